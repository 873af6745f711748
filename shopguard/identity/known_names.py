"""What is known of surnames and given names: from the tables, and from two lists of our own of several readings."""

import re
from collections import defaultdict
from functools import cache, lru_cache

from shopguard.identity.kana import hiragana
from shopguard.identity.surname_kanji import composed_readings
from shopguard.identity.tables import tables
from shopguard.identity.text import fold

_RARE = 1e-5  # share of the population taken for a surname of our own list that the tables do not have

# Surnames read in several ways that differ in more than voicing, likelier first. Public knowledge, our own choice.
_SURNAMES = """
渡部 わたべ わたなべ/東 ひがし あずま/角田 つのだ かくた すみだ/河野 こうの かわの/菅野 かんの すがの
小山 こやま おやま/上村 うえむら かみむら/河内 かわうち こうち/新田 にった しんた/菅 すが かん/長田 おさだ ながた
羽田 はねだ はだ/神田 かんだ こうだ/神山 かみやま こうやま/熊谷 くまがい くまがや/小谷 こたに おたに
米田 よねだ こめだ/吉川 よしかわ きっかわ/藤原 ふじわら ふじはら/柏原 かしわばら かしはら/神谷 かみや かみたに
神戸 かんべ ごうど/小川 おがわ こがわ/小田 おだ こだ/小原 おはら こはら/小沢 おざわ こざわ/小島 こじま おじま
小椋 おぐら こむく/小倉 おぐら こくら/小畑 おばた こばた/小幡 おばた こはた/小高 おだか こだか
小柳 こやなぎ おやなぎ/大谷 おおたに おおや/大城 おおしろ おおき/中谷 なかたに なかや/金城 きんじょう かねしろ
金田 かねだ かなだ/金沢 かなざわ かねざわ/金山 かなやま かねやま/新谷 しんたに あらや/新山 にいやま しんやま
新村 にいむら しんむら/新城 しんじょう あらしろ/新垣 あらかき しんがき/玉城 たまき たましろ/宮城 みやぎ みやしろ
東海林 しょうじ とうかいりん/長谷 はせ ながたに/石原 いしはら いしわら/上原 うえはら かみはら/上田 うえだ かみだ
上野 うえの かみの/上山 うえやま かみやま/川内 かわうち かわち/川原 かわはら かわら/河原 かわはら かわら
河本 かわもと こうもと/安部 あべ あんべ/五島 ごとう ごしま/古谷 ふるや ふるたに/古沢 ふるさわ こざわ
土井 どい つちい/土橋 つちはし どばし/土谷 つちや つちたに/谷口 たにぐち やぐち/谷田 たにだ やた
谷内 たにうち やち/水谷 みずたに みずのや/三谷 みたに みや/三田 みた さんだ/三枝 さいぐさ みえだ
深谷 ふかや ふかたに/渋谷 しぶや しぶたに/細谷 ほそや ほそたに/塩谷 しおや しおたに/相田 あいだ そうだ
赤羽 あかばね あかば/木下 きのした きした/日下 くさか ひのした/日向 ひなた ひゅうが/今野 こんの いまの
門田 かどた もんでん/門間 かどま もんま/国分 こくぶ こくぶん/佐伯 さえき さいき/白石 しらいし しろいし
白井 しらい しろい/城 じょう しろ/城戸 きど しろと/城間 しろま ぐすくま/富田 とみた とんだ/富山 とみやま とやま
豊島 とよしま てしま/内海 うつみ うちうみ/難波 なんば なにわ/西谷 にしたに にしや/羽生 はにゅう はぶ
畠山 はたけやま はたやま/東野 ひがしの とうの/東山 ひがしやま とうやま/平良 たいら ひらら/宗 そう むね
茂木 もてぎ もぎ/八木 やぎ やつぎ/八代 やしろ やつしろ/八田 はった やだ/保田 やすだ ほだ/山内 やまうち やまのうち
山家 やまが やんべ/山谷 やまや やまたに/四方 しかた よも/入谷 いりや いりたに/海野 うんの うみの
尾上 おのえ おがみ/奥谷 おくたに おくや/織田 おだ おりた/梶原 かじわら かじはら/勝田 かつた しょうだ
清田 きよた せいた/高野 たかの こうの/高谷 たかや たかたに/高坂 こうさか たかさか/高城 たかぎ たかしろ
信田 しのだ のぶた/清水 しみず きよみず/正田 しょうだ まさだ/関谷 せきや せきたに/千田 ちだ せんだ
田部 たなべ たべ/田原 たはら たわら/田上 たがみ たのうえ/玉置 たまき たまおき/土肥 どひ どい/角 すみ かど
新里 しんざと にいさと/萩原 はぎわら はぎはら/八幡 やはた やわた はちまん/一柳 いちやなぎ ひとつやなぎ
日置 ひおき へき/二村 ふたむら にむら/二木 ふたき にき/別府 べっぷ べふ/逸見 へんみ いつみ/蒔田 まきた まいた
水上 みずかみ みなかみ/満田 みつだ まんだ/宮地 みやじ みやち/油井 ゆい あぶらい/和泉 いずみ わいずみ
御手洗 みたらい/渡会 わたらい/神 じん かみ/向 むかい むこう/金 きん きむ かね/朴 ぼく ぱく/李 り い/崔 さい ちぇ
鄭 てい ちょん/姜 きょう かん/張 ちょう ちゃん/趙 ちょう ちょ/林 はやし りん/王 おう わん/陳 ちん ちぇん
劉 りゅう りう/黄 こう ふぁん/楊 よう やん/周 しゅう ちょう/呉 ご くれ うー/許 きょ ほ/尹 いん ゆん/高 こう たか
文 ぶん むん/安 あん やす/孫 そん すん/申 しん/韓 かん はん/白 はく ぺく/梁 りょう やん/郭 かく くぉ/徐 じょ そ
朱 しゅ/馬 ば/胡 こ/何 か/宋 そう そん/曹 そう/蔡 さい つぁい/謝 しゃ/許 きょ/鄧 とう/葉 よう/欧陽 おうよう
"""

# Given names read in several ways, or so that the tables would guess another reading first.
_GIVEN_NAMES = """
誠 まこと せい/健 けん たけし/翔 しょう かける/光 ひかる ひかり/陽菜 ひな はるな/大翔 ひろと はると/蓮 れん
陽 よう はる/葵 あおい/蒼 あおい そう/優 ゆう まさる/浩 ひろし こう/茂 しげる/隆 たかし りゅう/豊 ゆたか/勉 つとむ
実 みのる まこと/清 きよし せい/進 すすむ しん/勇 いさむ ゆう/明 あきら めい/博 ひろし/修 おさむ しゅう
徹 とおる てつ/剛 つよし たけし/学 まなぶ がく/聡 さとし さとる/淳 じゅん あつし/仁 ひとし じん/薫 かおる
恵 めぐみ けい/幸 ゆき さち/愛 あい まな/舞 まい/彩 あや さや/恵子 けいこ/裕子 ゆうこ ひろこ/優子 ゆうこ
智子 ともこ さとこ/幸子 さちこ ゆきこ/和子 かずこ/洋子 ようこ ひろこ/陽子 ようこ/順子 じゅんこ/京子 きょうこ
久美子 くみこ/由美子 ゆみこ/恵美子 えみこ/真理子 まりこ/明美 あけみ/裕美 ひろみ ゆみ/由美 ゆみ/直美 なおみ
健一 けんいち/健二 けんじ/健太 けんた/健太郎 けんたろう/浩一 こういち ひろかず/浩二 こうじ ひろじ/誠一 せいいち
誠司 せいじ/達也 たつや/和也 かずや/直樹 なおき/大輔 だいすけ/大樹 だいき ひろき/拓也 たくや/翔太 しょうた
翔平 しょうへい/雄太 ゆうた/雄一 ゆういち/裕一 ゆういち/祐介 ゆうすけ/悠斗 ゆうと はると/悠真 ゆうま はるま
湊 みなと/結衣 ゆい/結菜 ゆいな ゆな/美咲 みさき/美穂 みほ/美香 みか/美紀 みき/真由美 まゆみ/真美 まみ/麻衣 まい
愛子 あいこ/花子 はなこ/一郎 いちろう/二郎 じろう/三郎 さぶろう/次郎 じろう/太郎 たろう/正 ただし まさ/正人 まさと
正樹 まさき/正雄 まさお/昭 あきら/昇 のぼる しょう/昌 まさ あきら/亮 りょう あきら/涼 りょう/諒 りょう/遼 りょう
稜 りょう/樹 いつき たつき/律 りつ/凛 りん/凪 なぎ/楓 かえで/颯太 そうた/陽太 ようた ひなた/陽斗 はると ひなと
陽翔 はると ひなと/朝陽 あさひ/咲良 さくら/心春 こはる/莉子 りこ/芽依 めい/結愛 ゆあ/紬 つむぎ/杏 あん
澪 みお れい/美桜 みお みおう/美羽 みう みわ/七海 ななみ/菜々子 ななこ/奈々 なな/文子 ふみこ あやこ
良子 よしこ りょうこ/節子 せつこ/敏子 としこ/弘子 ひろこ/雅子 まさこ/典子 のりこ/紀子 のりこ/礼子 れいこ
玲子 れいこ/貴子 たかこ/孝 たかし こう/聖 さとし せい/司 つかさ/翼 つばさ/渉 わたる しょう/航 わたる こう
治 おさむ はる/稔 みのる/毅 たけし つよし/武 たけし/猛 たけし/彰 あきら/章 あきら しょう/晃 あきら こう
真一 しんいち/信一 しんいち/伸一 しんいち/慎一 しんいち/賢一 けんいち/憲一 けんいち/純一 じゅんいち
順一 じゅんいち/淳一 じゅんいち/恭子 きょうこ/香織 かおり/里美 さとみ/千尋 ちひろ/瞳 ひとみ/忍 しのぶ
望 のぞみ のぞむ/希 のぞみ のぞむ/歩 あゆみ あゆむ/泉 いずみ/梓 あずさ/渚 なぎさ/遥 はるか よう/遥香 はるか
悠 ゆう はるか/徹也 てつや/哲也 てつや/竜也 たつや りゅうや/竜太 りゅうた/俊介 しゅんすけ/俊 しゅん とし/駿 しゅん
隼 しゅん はやと/大 だい まさる/大介 だいすけ
"""

# One-character surnames of Chinese and Korean people, asked only where no Japanese surname fits.
_CONTINENTAL = """
王李張劉陳楊黃趙吳周徐孫馬朱胡郭何高林羅鄭梁謝宋唐許韓馮鄧曹彭曾蕭田董潘袁蔡蔣余于杜葉程魏蘇呂丁任盧姚沈鍾姜崔譚陸
汪范金石廖賈夏韋付方白鄒孟熊秦邱江尹薛閻段雷侯龍史陶黎賀顧毛郝龔邵萬錢嚴覃武戴莫孔向湯朴申安文裵權洪全柳南郭成車具
辛閔池玄卞咸
"""
_PARTICLES = re.compile("(?<=.)(?:(?P<ga>[ヶケがガ])|(?P<no>[のノ之乃])|(?P<tsu>[つツッっ]))(?=.)")
_SPELLINGS: tuple[dict[str | None, str], ...] = (
    {"ga": "ヶ", "no": "ノ", "tsu": "ツ"},
    {"ga": "ケ", "no": "の", "tsu": "つ"},
    {"ga": "が", "no": "之", "tsu": "ツ"},
)


@cache
def _listed(rows: str) -> dict[str, tuple[str, ...]]:
    entries = (entry.split() for entry in rows.replace("\n", "/").split("/") if entry)
    return {fold(entry[0]): tuple(entry[1:]) for entry in entries}


@lru_cache(maxsize=1 << 15)
def surname_share(word: str) -> float:
    """Return the share of the population that bears the folded surname (0 to 1); 0 where it is unknown."""
    for spelling in _spellings(word):
        if known := tables().surname(spelling):
            return known.share
    return _RARE if word in _listed(_SURNAMES) else 0.0


@lru_cache(maxsize=1 << 15)
def surname_readings(word: str) -> tuple[str, ...]:
    """Return the readings of the folded surname in hiragana, likelier first; none where nothing tells them."""
    known = next((found.readings for spelling in _spellings(word) if (found := tables().surname(spelling))), ())
    return tuple(dict.fromkeys((*_listed(_SURNAMES).get(word, ()), *known))) or composed_readings(word)


@lru_cache(maxsize=1 << 15)
def given_readings(word: str) -> tuple[str, ...]:
    """Return the readings of the folded given name in hiragana, likelier first; none where it is unknown."""
    if word in _listed(_GIVEN_NAMES):
        return _listed(_GIVEN_NAMES)[word]
    return next((found for spelling in _spellings(word) if (found := tables().given_readings(spelling))), ())


# How given names end, for those that no table has.
_GIVEN_ENDS = """
太郎 たろう/次郎 じろう/一郎 いちろう/之介 のすけ/乃介 のすけ/之助 のすけ/右衛門 えもん/左衛門 ざえもん/兵衛 べえ
太 た/郎 ろう/朗 ろう/一 いち/二 じ/三 ぞう/介 すけ/助 すけ/輔 すけ/也 や/哉 や/夫 お/男 お/雄 お/生 お/彦 ひこ
樹 き/基 き/人 と/斗 と/翔 と/平 へい/吉 きち/司 じ/治 じ/次 じ/志 し/則 のり/信 のぶ/明 あき/之 ゆき/行 ゆき
幸 ゆき/弘 ひろ/和 かず/正 まさ/久 ひさ/美 み/実 み/子 こ/江 え/恵 え/絵 え/枝 え/香 か/花 か/華 か/佳 か/奈 な
菜 な/那 な/代 よ/世 よ/里 り/莉 り/理 り/衣 い/音 ね/乃 の/穂 ほ/希 き/紀 き/沙 さ/咲 さ/織 おり/葉 は/海 み
月 つき/羽 は/李 り
"""


@lru_cache(maxsize=1 << 14)
def composed_given(word: str) -> tuple[str, ...]:
    """Return up to two readings of a folded given name that no table has (貴絵, ケン太), from how others are read."""
    for length in (3, 2, 1):
        end = _listed(_GIVEN_ENDS).get(word[-length:])
        if end and len(word) > length:
            fronts = _front_readings(word[:-length])
            return tuple(front + end[0] for front in fronts[:2])
    return ()


def _front_readings(front: str) -> tuple[str, ...]:
    """How the front of a given name is read: as in most names that begin so and end in a known way."""
    if all("ぁ" <= char <= "ヺ" or char == "ー" for char in front):
        return (hiragana(front),)
    found: dict[str, float] = defaultdict(float)
    for end, (heard,) in _listed(_GIVEN_ENDS).items():
        for rank, reading in enumerate(given_readings(front + end)):
            if reading.endswith(heard) and len(reading) > len(heard):
                found[reading[: -len(heard)]] += 1 / (rank + 1)
    return tuple(sorted(found, key=found.__getitem__, reverse=True)[:2])


def is_continental_surname(char: str) -> bool:
    """Say whether the folded character is a common Chinese or Korean surname."""
    return char in _continental()


@cache
def _continental() -> frozenset[str]:
    return frozenset(fold(_CONTINENTAL))


@lru_cache(maxsize=1 << 15)
def is_surname_sound(skeleton: str) -> bool:
    """Say whether a known Japanese surname is read so."""
    return tables().is_surname_sound(skeleton)


@lru_cache(maxsize=1 << 15)
def is_given_sound(skeleton: str) -> bool:
    """Say whether a known Japanese given name is read so."""
    return tables().is_given_sound(skeleton)


def _spellings(word: str) -> list[str]:
    """The word as it is, and with the particles that people write in several ways (一ノ瀬, 一之瀬, 一の瀬)."""
    if not _PARTICLES.search(word):
        return [word]
    return [word, *(_respelt(word, marks) for marks in _SPELLINGS)]


def _respelt(word: str, marks: dict[str | None, str]) -> str:
    return _PARTICLES.sub(lambda found: marks[found.lastgroup], word)
