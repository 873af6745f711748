"""Folding of text: the one spelling that all ways to write the same characters end in."""

import re
import unicodedata

LONGEST = 1000  # characters kept of any one text: longer than a name or an address can be

_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)

# The first character of each group stands for all of it: old shapes, and related characters that are mixed up
# daily (斉/斎, 島/嶋, 辺/邊/邉), which NFKC leaves apart. Our own list; more belong here as they turn up.
_VARIANT_GROUPS = """
高髙 崎﨑碕嵜 辺邊邉 斉齊齋斎 島嶋嶌 浜濱濵 徳德 吉𠮷 館舘 富冨 沢澤 広廣 国國圀 竜龍 滝瀧 桜櫻 条條 恵惠 真眞
栄榮 円圓 塩鹽 関關 県縣 桧檜 桑桒 梅楳 薮藪籔 柳栁 蔵藏 壱壹 寿壽 亀龜 鉄鐵銕 峰峯 野埜 渕淵渊 曽曾 静靜 礼禮
彦彥 弥彌 豊豐 穣穰 譲讓 鶴靏靍 鴎鷗 郎郞 緑綠 青靑 清淸 増增 黒黑 黄黃 槙槇 糸絲 学學 当當 万萬 与與 会會 来來
楽樂 気氣 応應 尭堯 遥遙 凛凜 瀬瀨 頼賴 祷禱 園薗 荘莊 船舩 須湏 浅淺 戸戶 涼凉 歩步 毎每 従從 経經 総總 続續 歳歲
満滿 湾灣 焼燒 狭狹 独獨 画畫 発發 磯礒 稲稻 絵繪 芸藝 蛍螢 覚覺 観觀 転轉 鉱鑛 銭錢 鋭銳 録錄 隠隱 霊靈 顕顯 駅驛
鶏鷄 麦麥 黙默 齢齡 点點 済濟 渓溪 沖冲 仏佛 仮假 伝傳 両兩 並竝 乗乘 予豫 争爭 亜亞 角⻆ 芦蘆 剣劍劔 巌巖 暁曉
宝寶 実實 写寫 双雙 台臺 図圖 団團 塚塚 売賣 奥奧 将將 岳嶽 巣巢 帯帶 庁廳 弐貳 弾彈 恒恆 悦悅 懐懷 戦戰 拡擴 拝拜
挙擧 数數 断斷 旧舊 昼晝 晩晚 横橫 檪櫟 歓歡 沼沼 渋澁 温溫 灯燈 猟獵 瑶瑤 瓶甁 畳疊 砺礪 祢禰 秘祕 粋粹 茂茂 薫薰
虎乕 衛衞 誉譽 読讀 辞辭 逓遞 遅遲 郷鄕 醤醬 釈釋 鎮鎭 陥陷 険險 雑雜 頴穎 髄髓 鯵鰺
"""
VARIANTS = {
    ord(variant): group[0]
    for group in _VARIANT_GROUPS.split()
    for variant in group[1:]
    if unicodedata.normalize("NFKC", variant) != group[0]
}

_KANJI = "々〇一-鿿㐀-䶿\U00020000-\U0003ffff"
_BETWEEN_KANJI = re.compile(f"(?<=[{_KANJI}])(?:([ヶケがガヵゖけ])|([のノ之乃])|([つツッっ]))(?=[{_KANJI}])")
_JAPANESE = re.compile(f"[ぁ-ゖァ-ヺー{_KANJI}]")
_NOT_WORD = re.compile(r"[\W_]+")
_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}

KANJI_DIGITS = "〇一二三四五六七八九"
_UNITS = {"十": 10, "百": 100, "千": 1000}


def fold(text: str) -> str:
    """Return ``text`` in its one spelling: width, case, invisible characters, kanji variants and spaces folded.

    At most ``LONGEST`` characters are kept. Folding twice changes nothing.
    """
    for _ in range(4):  # case folding can undo NFKC for a few exotic letters; two rounds settle all known ones
        folded = _fold_once(text)
        if folded == text:
            break
        text = folded
    return text


def _fold_once(text: str) -> str:
    visible = _INVISIBLE.sub("", text[:LONGEST])
    folded = unicodedata.normalize("NFKC", visible).casefold().translate(VARIANTS)
    return " ".join(folded[:LONGEST].split())


def folded_variants(text: str) -> tuple[str, ...]:
    """Return which kanji variants ``fold`` replaces in ``text``, each once, as ``邊→辺``."""
    visible = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text[:LONGEST]))
    return tuple(dict.fromkeys(f"{char}→{VARIANTS[ord(char)]}" for char in visible if ord(char) in VARIANTS))


def fold_place(text: str) -> str:
    """Return folded text with the particles that place names mix freely (ヶ/ケ/が, ノ/の/之, ツ/つ) made equal."""
    return _BETWEEN_KANJI.sub(lambda found: "が" if found[1] else "の" if found[2] else "つ", text)


def squash(text: str) -> str:
    """Return the letters and digits of ``text`` alone."""
    return _NOT_WORD.sub("", text)


def hiragana(text: str) -> str:
    """Return ``text`` with katakana written as hiragana."""
    return text.translate(_TO_HIRAGANA)


def is_japanese(text: str) -> bool:
    """Say whether ``text`` holds any kana or kanji."""
    return _JAPANESE.search(text) is not None


def kanji_number(run: str) -> str:
    """Return a run of kanji numerals (二十三, 一〇二) as digits; the run must hold nothing else."""
    if not any(char in _UNITS for char in run):
        return "".join(str(KANJI_DIGITS.index(char)) for char in run)
    total, digit = 0, 0
    for char in run:
        if char in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[char], 0
        else:
            digit = KANJI_DIGITS.index(char)
    return str(total + digit)
