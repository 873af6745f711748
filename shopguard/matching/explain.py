"""The evidence in words, field by field: what agreed, how exactly, what was folded, how common it is."""

from shopguard.identity.location import Remark
from shopguard.matching.weights import Level
from shopguard.matching.words import field_word
from shopguard.model import Comparison, Evidence

_LEVELS = {
    Level.NAME_WRITTEN: ("文字が一致", "written the same"),
    Level.NAME_SOUND: ("読みが一致", "same reading"),
    Level.NAME_GUESSED: ("推定した読みが一致", "same reading, guessed from the characters"),
    Level.NAME_OTHER_KANJI: ("読みは一致、漢字が異なる", "same reading, written in other characters"),
    Level.NAME_ALIKE: ("漢字は異なるが読みが同じかもしれない", "other characters that may be read the same"),
    Level.NAME_CLOSE: ("一文字程度の違い", "about one character differs"),
    Level.NAME_FAMILY: ("姓だけ一致", "only the family name is the same"),
    Level.NAME_GIVEN: ("名だけ一致", "only the given name is the same"),
    Level.NAME_DIFFERENT: ("異なる", "different"),
    Level.NAME_UNCOMPARED: ("文字の種類が違い比較できない", "written in different scripts, not compared"),
    Level.NAME_ONE_SIDED: ("片方に記載なし", "missing on one side"),
    Level.ADDRESS_ROOM: ("部屋番号まで一致", "same house and room"),
    Level.ADDRESS_HOUSE: ("番地まで一致", "same house number"),
    Level.ADDRESS_ROOM_MISSING: ("番地まで一致、部屋番号は片方だけ", "same house; only one side names a room"),
    Level.ADDRESS_OTHER_ROOM: ("同じ建物の別の部屋", "same house, another room"),
    Level.ADDRESS_NUMBERS: (
        "市区町村と番地が一致、町名の書き方が異なる",
        "same numbers; the town is written otherwise",
    ),
    Level.ADDRESS_OTHER_AREA: ("同じ町の別の小字", "same numbers in another small area of the town"),
    Level.ADDRESS_BLOCK: ("町名と番地の前半が一致", "same town and first numbers; the last one differs"),
    Level.ADDRESS_CITY: ("同じ市区町村の別の住所", "another address in the same municipality"),
    Level.ADDRESS_DIFFERENT: ("異なる", "different"),
    Level.PHONE_MOBILE: ("携帯番号が一致", "same mobile number"),
    Level.PHONE_LANDLINE: ("固定電話などの番号が一致", "same number, not a mobile one"),
    Level.PHONE_CLOSE: ("一桁の違い", "one digit differs"),
    Level.PHONE_DIFFERENT: ("異なる", "different"),
    Level.EMAIL_SAME: ("一致", "same mailbox"),
    Level.EMAIL_ROLE: ("代表アドレスが一致", "same mailbox, one of several people"),
    Level.EMAIL_LOCAL: ("＠の前の名前だけ一致", "only the name before the @ is the same"),
    Level.EMAIL_CLOSE: ("一文字の違い", "one character differs"),
    Level.EMAIL_DIFFERENT: ("異なる", "different"),
}
_REMARKS = {
    Remark.FORMER_NAME: ("旧市町村名を現在の名前に読み替え", "former municipality read as the present one"),
    Remark.KYOTO_STREET: ("京都の通り名を除外", "Kyoto street phrase left out"),
    Remark.KANA: ("かなの住所を読み替え", "address written in kana"),
    Remark.ROMAJI: ("ローマ字の住所を読み替え", "address written in Latin letters"),
    Remark.BY_POSTAL_CODE: ("郵便番号から補完", "completed from the postal code"),
    Remark.MISSPELT: ("町名の誤字を補正", "misspelt town corrected"),
    Remark.POSTAL_CONFLICT: ("郵便番号と住所が食い違う", "postal code and address disagree"),
    Remark.PREFECTURE_CONFLICT: ("都道府県と市区町村が食い違う", "prefecture and municipality disagree"),
    Remark.UNKNOWN_POSTAL_CODE: ("存在しない郵便番号", "unknown postal code"),
    Remark.UNKNOWN_MUNICIPALITY: ("市区町村を特定できない", "municipality not known"),
    Remark.UNKNOWN_TOWN: ("町名を特定できない", "town not known"),
    Remark.SHARED_PLACE: (
        "多くの人が使う場所なので根拠にしない",
        "a place that many people use: it counts for nothing",
    ),
    Remark.FORWARDER: ("転送サービスの住所", "a forwarding address"),
}
_NOT_COUNTED = ("比較しない", "not compared")
_MISSING = ("片方に記載なし", "missing on one side")
_SHARED_BY_MANY = ("多くの登録に共通のため根拠にしない", "used by many people: it counts for nothing")
_FOLDED = ("{}を同じ字とみなした", "{} read as one")
_COMMON = ("姓は約{:,}人に1人", "about 1 in {:,} people bears the surname")


def explain(comparison: Comparison, language: str = "ja") -> tuple[str, ...]:
    """Return one line for each field, in ``language`` (``ja`` or ``en``), without any personal value.

    ``氏名：文字が一致（邊→辺を同じ字とみなした、姓は約120人に1人） +4.3``; a missing field is said without a weight.
    """
    return tuple(_line(item, 0 if language == "ja" else 1) for item in comparison.evidence)


def explained(comparison: Comparison) -> dict[str, tuple[str, ...]]:
    """Return ``explain`` in every language it has."""
    return {language: explain(comparison, language) for language in ("ja", "en")}


def said_of(item: Evidence, language: str = "ja") -> tuple[str, tuple[str, ...]]:
    """Return how well one field agrees, and what was folded, noticed and how common it is, each in words."""
    at = 0 if language == "ja" else 1
    said = [_REMARKS[Remark(code)][at] for code in item.details if code in _CODES]
    folds = [detail for detail in item.details if detail not in _CODES]
    if folds:
        said.append(_FOLDED[at].format(("、", ", ")[at].join(folds)))
    if item.share:
        said.append(_COMMON[at].format(round(1 / item.share)))
    return _level(item)[at], tuple(said)


def _line(item: Evidence, at: int) -> str:
    language = ("ja", "en")[at]
    level, said = said_of(item, language)
    aside = ("（{}）", " ({})")[at].format(("、", "; ")[at].join(said)) if said else ""
    weight = f" {item.weight:+.1f}" if item.weight else ""
    return f"{field_word(item.field, language)}{('：', ': ')[at]}{level}{aside}{weight}"


def _level(item: Evidence) -> tuple[str, str]:
    if item.level:
        return _LEVELS[Level(item.level)]
    if Remark.SHARED_PLACE.value in item.details:
        return _NOT_COUNTED
    return _SHARED_BY_MANY if item.note else _MISSING


_CODES = frozenset(_REMARKS)
