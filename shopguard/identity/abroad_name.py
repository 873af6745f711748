"""Names from abroad: Chinese characters in pinyin, and Latin letters as Japan writes them in katakana.

Source: our own lists, from common knowledge of names; pinyin after GB/T 28039-2011, Korean and Vietnamese names as
Japanese offices and newspapers write them (read 2026-11).
"""

import re
from functools import cache, lru_cache

from shopguard.identity.kana import hiragana, kana_skeleton, romaji_skeleton, sound

# Common characters of Chinese names in Japanese or simplified form, by how they are read.
_PINYIN = """
ai 愛艾 an 安 ao 敖奥 ba 巴 bai 白柏百 ban 班 bao 宝保包鮑葆 bei 貝北蓓 bi 畢碧必 bian 辺卞 bin 斌彬賓浜
bing 冰兵炳丙秉 bo 波博伯柏渤 bu 卜歩 cai 蔡才彩財 can 燦 cao 曹 cen 岑 chang 長昌常暢 chao 超朝潮晁 chen 陳晨辰琛沈
cheng 成程承誠城澄 chi 池馳遅 chong 崇充 chu 楚初褚 chuan 川伝 chun 春純淳 cong 聡従叢 cui 崔翠 da 大達 dai 戴代
dan 丹単旦 dao 道 de 徳 deng 鄧登 di 迪地狄 ding 丁定鼎 dong 東董冬棟 dou 竇 du 杜都 duan 段端 en 恩 er 児尓 fa 発法
fan 範范凡帆樊繁 fang 方芳房 fei 飛菲費斐妃 fen 芬奮 feng 峰鳳馮風楓豊鋒封 fu 福富付傅夫甫芙符 gan 甘 gang 剛鋼綱
gao 高 ge 葛歌格戈 gen 根 geng 耿庚 gong 功宮龔公貢 gu 顧谷古 guan 関管冠官 guang 光広 gui 桂貴 guo 国郭果 ha 哈
hai 海 han 韓涵漢寒翰晗 hang 航杭 hao 浩昊豪 hao 皓好郝 he 何和賀荷鶴赫河 heng 恒衡 hong 紅洪宏虹鴻弘 hou 侯厚後
hu 胡虎湖 hua 華花化 huai 懐 huan 歓環煥桓 huang 黄煌 hui 慧恵輝会暉匯卉 huo 霍 ji 吉季紀継済姫冀計 jia 家佳嘉賈甲加
jian 建健剣堅簡見 jiang 江姜蔣蒋将 jiao 焦嬌 jie 傑潔捷杰婕 jin 金進錦晋瑾今津 jing 静晶京敬景婧菁経荊精靖
jiu 久玖九 ju 菊居巨 juan 娟巻 jun 軍俊君鈞峻駿均 kai 凱開 kang 康 ke 可克科柯珂 kong 孔 kuan 寛 kun 坤昆琨 lai 来頼
lan 蘭藍嵐 lang 朗郎 le 楽 lei 雷磊蕾 leng 冷 li 李麗力立利莉黎理里礼励厲 lian 連蓮廉 liang 良亮梁量 liao 廖
lin 林琳霖麟臨 ling 玲凌霊嶺令齢鈴 liu 劉柳六 long 龍竜隆 lou 楼婁 lu 陸盧路魯露璐呂鹿 luan 欒 lun 倫 luo 羅洛駱
lv 緑 ma 馬 mai 麦 man 満曼 mao 毛茂 mei 美梅妹 meng 孟夢蒙萌 mi 米密 miao 苗妙 min 敏民閔 ming 明銘名鳴 mo 莫墨
mu 木慕牧穆 na 娜那納 nan 南楠男 ni 倪妮尼 nian 年 ning 寧凝 niu 牛 ou 欧 pan 潘盤 pei 裴培佩沛 peng 彭鵬朋
ping 平萍 pu 蒲浦朴 qi 斉祁琦奇啓琪棋旗七齊 qian 銭倩謙乾 qiang 強 qiao 喬橋巧 qin 秦琴勤欽 qing 青清慶晴卿情
qiong 瓊 qiu 邱秋丘 qu 曲屈瞿 quan 全権泉 que 雀 ran 然冉 ren 任仁人 rong 栄容榮蓉戎 rou 柔 ru 如汝 rui 瑞睿鋭蕊芮
run 潤 ruo 若 sai 賽 sha 沙莎 shan 山珊善単 shang 尚商 shao 邵少紹 she 佘 shen 沈申慎深 sheng 生勝聖昇盛声晟
shi 石史施師世時詩士実仕 shou 寿守 shu 樹書淑舒叔 shuai 帥 shuang 双爽 shui 水 shun 順舜 si 思司斯四 song 宋松
su 蘇素 sui 隋 sun 孫 suo 索 ta 塔 tai 太泰台 tan 譚談潭 tang 唐湯棠 tao 濤涛陶桃韜 teng 滕藤 ti 悌 tian 田天甜
tie 鉄 ting 婷庭亭廷 tong 童彤同桐佟通 tu 塗 wan 万婉宛 wang 王汪旺望 wei 偉韋魏衛威薇維微巍未為唯味 wen 文温雯聞
weng 翁 wu 呉武伍吾五鄔 xi 西希熙喜席習奚曦錫溪夕 xia 夏霞 xian 賢仙先憲顕 xiang 向祥翔香湘項想 xiao 蕭暁小肖笑孝
xie 謝解諧 xin 新欣心馨鑫辛昕信 xing 星興邢幸杏 xiong 熊雄 xiu 秀修 xu 徐許旭緒序須 xuan 宣萱軒璇玄 xue 雪学薛
xun 勲荀遜尋 ya 雅亜婭 yan 燕艶岩彦厳顔言妍炎延閻焔晏 yang 楊陽洋揚羊 yao 姚耀瑶堯尭 ye 葉業也野
yi 一義怡毅易宜儀依伊藝芸逸奕益翊以 yin 銀尹殷音印因 ying 英瑩穎影盈応 yong 永勇用咏詠雍 you 友尤有佑優悠由
yu 玉余于雨宇予喩羽語俞郁虞育魚瑜 yuan 元袁源園遠媛原苑 yue 月岳悦越 yun 雲芸允韻 ze 沢 zeng 曾曽増 zhai 翟
zhan 詹展湛 zhang 張章 zhao 趙昭兆照 zhe 哲喆 zhen 真珍貞振鎮甄震禎 zheng 鄭正政征 zhi 志智之芝治致知直
zhong 鍾中忠仲鐘 zhou 周舟 zhu 朱祝竹珠諸 zhuang 荘庄 zhuo 卓 zi 子紫梓自 zong 宗 zou 鄒 zu 祖 zuo 左佐
"""

# Family names of Asia as Japan hears them.
_ASIAN = """
kim キム lee イ yi イ rhee イ park パク pak パク choi チェ jung チョン jeong チョン chung チョン kang カン cho チョ
jo チョ yoon ユン yun ユン jang チャン chang チャン lim イム im イム oh オ han ハン shin シン seo ソ suh ソ
kwon クォン hwang ファン ahn アン song ソン yoo ユ yu ユ hong ホン jeon チョン ko コ moon ムン bae ペ baek ペク
heo ホ nam ナム noh ノ ha ハ min ミン nguyen グエン tran チャン pham ファム hoang ホアン huynh フイン phan ファン
vu ブ vo ボ dang ダン bui ブイ do ド ho ホ ngo ゴ duong ズオン ly リ dinh ディン truong チュオン dao ダオ
doan ドアン trinh チン
"""
# Names whose katakana follow no rule of English spelling.
_UNRULY = """
thomas トマス tomas トマス theresa テレサ dubois デュボワ jose ホセ juan フアン jorge ホルヘ jean ジャン
michael マイケル george ジョージ charles チャルズ christopher クリストファ sean ション hugh ヒュ louis ルイス
leigh リ nguyen グエン joan ジョン phoebe フィビ xavier ザビエ jacques ジャック cruz クルス laurent ロラン
stephen スティブン edwards エドワズ ngoc ゴック ruth ルス bruce ブルス lucas ルカス
"""


@cache
def _pinyin() -> dict[str, str]:
    syllables = _PINYIN.split()
    found: dict[str, str] = {}
    for syllable, chars in zip(syllables[::2], syllables[1::2], strict=True):
        for char in chars:
            found.setdefault(char, syllable)
    return found


@lru_cache(maxsize=1 << 14)
def pinyin_sound(part: str) -> str:
    """Return how a part of a Chinese name sounds in pinyin; "" where a character is not among the common ones."""
    known = _pinyin()
    syllables = [known.get(char, "") for char in part]
    return sound(romaji_skeleton("".join(syllables))) if syllables and all(syllables) else ""


@cache
def characters_of(skeleton: str) -> str:
    """Return the characters that ``pinyin_sound`` reads so."""
    return "".join(char for char, syllable in _pinyin().items() if romaji_skeleton(syllable) == skeleton)


@cache
def _listed(words: str) -> dict[str, str]:
    items = words.split()
    return {romaji_skeleton(word): kana for word, kana in zip(items[::2], items[1::2], strict=True)}


def asian_family(skeleton: str) -> str:
    """Return how Japan hears a Korean or Vietnamese family name, as a sound; "" for any other name."""
    kana = _listed(_ASIAN).get(skeleton)
    return sound(kana_skeleton(kana)) if kana else ""


def asian_kana(kana: str) -> str:
    """Return the sound of a Korean or Vietnamese family name in kana; "" for any other name."""
    heard = sound(kana_skeleton(kana))
    return _LEE.get(heard, heard) if heard in _asian_sounds() else ""


@cache
def _asian_sounds() -> frozenset[str]:
    return frozenset((*map(asian_family, _listed(_ASIAN)), *_LEE))


_LEE = {"ri": "i", "re": "i"}  # Lee and Lê are written alike, and read イ, リー or レ


_VIETNAMESE = (("th", "t"), ("tr", "ch"))


@lru_cache(maxsize=1 << 14)
def asian_given(skeleton: str) -> str:
    """Return the consonants of a Korean or Vietnamese given name, as ``katakana_sound`` gives those of its kana."""
    for spelling, heard in _VIETNAMESE:
        skeleton = skeleton.replace(spelling, heard)
    return western_sound(skeleton)


_WESTERN = re.compile(
    "(?P<k>k|ch(?=r)|ck|c(?![eiyh])|q|(?<!n)g(?![eih])|g(?=[aou])|gh(?=[aiueo]))|(?P<s>tch|sch|ch|sh|c(?=[eiy])|ts"
    "|tz|th|[szj]|g(?=[ei])|x)|(?P<h>ph|(?<!^w)h(?=[aiueoy])|[bpvf])|(?P<r>[lr](?=[aiouy])|[lr](?=e(?!s?$)))"
    "|(?P<w>(?<![aiueo])wh?(?=[aiueo]))|(?P<y>(?<![^aiueo])y(?=[aiou]))|(?P<m>m)|(?P<n>n)|(?P<t>[td])"
)
_IN_KANA = re.compile(
    "(?P<k>k|(?<!n)g|g(?!u$))|(?P<s>ts|ch|sh|[szj])|(?P<h>[bpfh])|(?P<r>^r|r(?!u(?![aiueo])))|(?P<w>w)"
    "|(?P<y>(?<![^aiueo])y)|(?P<m>m)|(?P<n>n)|(?P<t>[td])"
)
_FOREIGN_KANA = (("ほわ", "わ"), ("るー", "ろ"))


@lru_cache(maxsize=1 << 14)
def western_sound(skeleton: str) -> str:
    """Return the consonants of a Western name as katakana keeps them: Johnson and ジョンソン are ``snsn``."""
    kana = _listed(_UNRULY).get(skeleton)
    return katakana_sound(kana) if kana else _consonants(_WESTERN, skeleton, skeleton.endswith(("a", "ah")))


@lru_cache(maxsize=1 << 14)
def katakana_sound(kana: str) -> str:
    """Return the consonants of a Western name in kana, as ``western_sound`` gives those of its Latin form."""
    kana = hiragana(kana)
    for written, plain in _FOREIGN_KANA:
        kana = kana.replace(written, plain)
    skeleton = kana_skeleton(kana)
    return _consonants(_IN_KANA, skeleton, skeleton.endswith("a") and not kana.endswith("ー"))


def _consonants(rule: re.Pattern[str], skeleton: str, ends_in_a: bool) -> str:
    """``a`` marks a vowel in front, and an ``a`` at the end: Maria is not Mario."""
    found = "".join(match.lastgroup or "" for match in rule.finditer(skeleton))
    return _DOUBLED.sub(r"\1", ("a" if skeleton[:1] in tuple("aiueo") else "") + found + "a" * ends_in_a)


_DOUBLED = re.compile(r"(.)\1+")
