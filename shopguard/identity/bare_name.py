"""A name without what people write around it: honorifics, brackets, decoration, characters that only look right."""

import re
from functools import cache

from shopguard.identity.text import fold

_KANJI = "々一-鿿㐀-䶿\U00020000-\U0003ffff"
_BRACKETED = re.compile(r"\(([^()]*)\)?|\[([^\[\]]*)\]?|[【「『〈《〔<\"“]([^】」』〉》〕>\"”]*)[】」』〉》〕>\"”]?")
_CONTACT = re.compile(r"\S+@\S+|https?:\S+|^\s*c/o\s")
_CARE_OF = re.compile(r"\S+様方\s*")
_SEPARATOR = re.compile(r"[・･,、.。/|&;:~〜_]+")
_DECORATION = re.compile(r"[^\w\s]|[0-9_]")
_LETTER = re.compile(r"[^\W\d_]")

_HONORIFIC = re.compile(
    r"(?<=[^\s])(?:様|さま|サマ|さん|御中|先生|ちゃん|くん|氏|宛|殿|御一同|ご一同|御家族|ご家族)+(?= |$)"
    r"|(?<=[^ ]{3})(?<![三大安古])宅(?=$)"
)
_HONORIFIC_WORD = re.compile(
    r"(?<=\S) (?:様|さま|サマ|さん|サン|御中|先生|ちゃん|チャン|くん|クン|君|氏|宛|殿|どの|行|宅|夫人|御一同"
    r"|ご一同|sama)+(?= |$)"
)
_LATIN_HONORIFIC = re.compile(r"(?<=[a-z])-(?:san|sama|sensei|kun|chan)(?= |$)")

# What makes the slower rules worth a try.
_PLAIN = re.compile(f"[ ぁ-ゖァ-ヺー{_KANJI}]*")
_MAY_END = re.compile("[様まマんンサ中生氏宛殿君同族人行の宅]( |$)|様方|sama")
_MAY_DECEIVE = re.compile(
    f"[{_KANJI}][ーニハカロエタゝヽ仝]|[ニハエ力口二八工夕卜一][{_KANJI}ァ-ヺー]|[ァ-ヺー][力口工夕卜]|([{_KANJI}])\\1"
)

# Said instead of a name.
_NO_NAME = """
同上 同じ 同左 本人 ご本人 御本人 なし 無し ナシ 不明 匿名 名無し 名無しさん 名前 氏名 お名前 フリガナ ふりがな
未定 未記入 未入力 未設定 未登録 省略 記入なし 入力なし none null nil na nan n/a undefined unknown anonymous
テスト てすと test tester ダミー dummy 仮名 仮 user ユーザー guest ゲスト
お客様 お客 お客さま 客 ご担当者様 ご担当者 担当者 担当 ご担当 各位 ご家族 家族 自宅 実家 友人 知人 代理 代理人
購入者 注文者 受取人 送り主 依頼主 会員 会員様 退会済み 退会 削除済み 削除 匿名配送 匿名希望 非公開
非表示
姓 名 苗字 名字 名前 姓名 みょうじ なまえ ふりがな first last name firstname lastname fullname
店長 社長 部長 課長 先生 院長 代表 代表者 事務局 事務所 事務 受付 総務 総務部 経理 経理部 営業部 管理人 管理室
フロント
株式会社 有限会社 合同会社 合資会社 社団法人 財団法人 医療法人 npo法人 会社 当社 弊社 株 有 本社 支店 営業所
市役所 区役所 町役場 役場 病院 学校 ホテル 旅館 郵便局 交番 消防署 倉庫 ヤマト運輸 佐川急便 日本郵便 クロネコヤマト
セブンイレブン セブン-イレブン ローソン ファミリーマート ミニストップ 楽天 メルカリ ヤフー amazon アマゾン
あ ああ あああ ああああ いいい aaa aaaa xxx xxxx abc asdf qwerty
"""

# Characters of the other script that look the same, inside a word of one script.
_TO_KANJI = dict(zip("ーニハカロエタゝヽ仝", "一二八力口工夕々々々", strict=True))
_LONE_KANA = re.compile(
    f"(?<![ぁ-ヺー])(?:(?<=[{_KANJI}])[ーニカロエタハゝヽ仝](?![ぁ-ヺー])|[ニハエ](?=[{_KANJI}]))"
)
_LONE_BAR = re.compile(f"(?<![^ ])ー(?=[{_KANJI}])|(?<=[{_KANJI}] )ー$")  # 古賀 ー成
_SCRIPTS_MEET = re.compile(f"(?<=[ぁ-ヺー{_KANJI}])(?=[a-z])|(?<=[a-z])(?=[ぁ-ヺ{_KANJI}])")  # 荻原E.
_TO_KATAKANA = str.maketrans("力口二八工夕卜一", "カロニハエタトー")
_MOSTLY_KATAKANA = re.compile("[ァ-ヺー力口二八工夕卜一]*[ァ-ヺー力口工夕卜]")
_KATAKANA = re.compile("[ァ-ヺ]")
_DOUBLED_KANJI = re.compile("([㐀-䶿一-鿿])(?<![一二三四五六七八九十百千])\\1")


def has_letters(text: str) -> bool:
    """Say whether there is a letter of any script in ``text``."""
    return _LETTER.search(text) is not None


def names_nobody(text: str) -> bool:
    """Say whether the folded ``text`` is what people write where they give no name (同上, 本人, フリガナ)."""
    bare = text.strip(" ()様.-")
    if not bare or bare in _no_names():
        return True
    if " " not in bare:
        return False
    words = bare.split()
    return "".join(words) in _no_names() or all(word.strip("()様.-") in _no_names() for word in words)


@cache
def _no_names() -> frozenset[str]:
    return frozenset(fold(word) for word in _NO_NAME.split())


def without_brackets(text: str) -> tuple[str, str]:
    """Return ``text`` without bracketed parts, and the bracketed parts; all in brackets is a name in brackets."""
    if not _BRACKETED.search(text):
        return text, ""
    inside = " ".join(found[1] or found[2] or found[3] or "" for found in _BRACKETED.finditer(text))
    outside = _BRACKETED.sub(" ", text)
    return (outside, inside) if _LETTER.search(outside) else (inside, "")


def bare_words(text: str) -> list[str]:
    """Return the words of a folded name without brackets, honorifics and decoration, look-alikes put right."""
    if not _PLAIN.fullmatch(text):
        if "@" in text or "/" in text:
            text = _CONTACT.sub(" ", text)
        text = _LATIN_HONORIFIC.sub("", text).replace("〃", "々")
        text = " ".join(_DECORATION.sub("", _SEPARATOR.sub(" ", text)).split())
        if text.isascii():
            return _HONORIFIC_WORD.sub("", text).split()
        text = _SCRIPTS_MEET.sub(" ", text)
    if _MAY_END.search(text):
        text = _HONORIFIC.sub("", _HONORIFIC_WORD.sub("", _CARE_OF.sub("", text)))
    if "ー" in text:
        text = _LONE_BAR.sub("一", text)
    words = [bare for word in text.split() if (bare := word.lstrip("ー"))]
    if _MAY_DECEIVE.search(text):
        return [bare for word in words if (bare := _one_script(word).lstrip("ー"))]
    return words


def is_bare(text: str) -> bool:
    """Say whether ``bare_words`` would surely leave the kanji and kana of ``text`` as they are."""
    return _PLAIN.fullmatch(text) is not None and not (_MAY_END.search(text) or _MAY_DECEIVE.search(text))


def _one_script(word: str) -> str:
    word = _LONE_KANA.sub(lambda found: _TO_KANJI[found[0]], word)
    if _MOSTLY_KATAKANA.fullmatch(word) and len(_KATAKANA.findall(word)) >= 2:
        word = word.translate(_TO_KATAKANA)
    return with_repeat_marks(word)


def with_repeat_marks(text: str) -> str:
    """Return ``text`` with a kanji that is written twice as 佐々木 is, for 佐佐木 and 佐〃木 alike."""
    return _DOUBLED_KANJI.sub(r"\1々", text)
