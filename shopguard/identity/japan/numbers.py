"""The numbers of a Japanese address: 四丁目二番八号, 4-2-8, 2335番地の4 and 甲1234 become one row of counts."""

import re
from typing import NamedTuple

from shopguard.identity.tables.place_key import place_key
from shopguard.identity.text import kanji_number

NUMERALS = "〇一二三四五六七八九十百千廿壱弐参拾"

_ORDINARY = str.maketrans({"廿": "二十", "壱": "一", "弐": "二", "参": "三", "拾": "十"})
_HAS_NUMERAL = re.compile(f"[{NUMERALS}]")
# 4一2一8: the kanji for one (or the long mark of katakana) typed for the hyphen that looks like it.
_LOOKS_LIKE_HYPHEN = re.compile(
    f"(?<=[0-9])一(?=[0-9])|(?<![ぁ-ゖァ-ヺー])ー+|--+|(?<=[0-9{NUMERALS}])[~〜](?=[0-9{NUMERALS}])"
)
_COUNTED = re.compile(
    f"[{NUMERALS}]+(?= ?(?:丁[目日]?|番(?![町館街])|番町(?=[0-9])|号|地割|階|[部区組班線](?=[0-9{NUMERALS}])))"
)
_IN_A_ROW = re.compile(
    f"(?:(?<=[-のノ之])|(?<=[丁目番地号])|^ ?)[{NUMERALS}]+(?=$|[-のノ之・,. 第]|[^一-鿿])"
    f"|(?<=[0-9{NUMERALS}]-)[{NUMERALS}]+"
    f"|(?<=[0-9] )[{NUMERALS}]+(?=$| [{NUMERALS}0-9])"
    "|[〇一二三四五六七八九]{3,4}(?=$| )"  # ハイツ二〇三
)

# One number with its mark, and what divides it from the next. A number that counts wings, floors or rooms is none.
_COUNT = re.compile(
    r"((?:(?<=丁目)[東西南北])?[0-9]{1,5}+)(?![0-9]| ?(?:号 ?[棟館室]|[棟館室階]|f(?![a-z])|戸室|号線))"
    r"(?: ?(?:(丁[目日]?|町目|丁[めメ]|ち[ょよ]うめ|チ[ョヨ]ウメ|番町(?=[ -]?第?[0-9]|$))"
    r"|(番(?![町館街])地?|ばんち?|バンチ?)|(号|ごう|ゴウ)"
    r"|(?:線[東西南北]?|[部区組班条])(?=[ -]?第?[0-9])))?"
    r"( ?[-ー,.、。・:;/_=] ?| ?[のノ之](?= ?[0-9]))?( ?)"
)
_FIRST = re.compile("(?<![第0-9])[0-9]")
# 丁 after another name is 町 misspelt; the kanji 口 and hiragana are typed for the katakana of イロハ.
_BLOCK = re.compile(
    "(?:(?:^|.*[^ァ-ヺー])([甲乙丙戊己庚辛壬癸]|(?<![ァ-ヺー])[イロハニホヘトチリヌルヲ])"
    "|(?:^|.*[字の ])(丁)|^(?:大?字)?([口いろはにほへとちりぬるを]))[-の ]?$",
    re.DOTALL,
)
_BLOCK_BEHIND = re.compile("([甲乙丙丁])(?=$| )")  # 1790乙
_SAME_BLOCK = str.maketrans("口いろはにほへとちりぬるを", "ロイロハニホヘトチリヌルヲ")
# 第5地割字外川目54番地2: the land's own name adds nothing to its number.
_LAND = re.compile("(?:第 ?)?([0-9]+) ?地割(?: ?(?:の|字?[^-0-9 ]{1,8}(?=[0-9]))| ?-)? ?(?=[0-9])")
# A 小字 or what it is called in town; 寺町通御池上る is a street of Kyoto.
_SMALL_AREA = re.compile("[ -]*([大小]?字)? ?([一-鿿々ぁ-ゖァ-ヺー]{1,10})(?<![上下入][るルりリ])(?<![東西]入)[ -]*$")
_POST_BOX = re.compile("私書[箱函]第?$")
_COMPOUND = re.compile("[0-9]+ ?(?:丁目|番|-[0-9])")
_BUILDING = re.compile(
    "[ァ-ヺー]{3}|ビル|荘|団地|コーポ|ハイツ|メゾン|ハイム|マンション|アパート|住宅|寮|ホテル|宿舎|館|棟|[a-z]{3}"
)


class Count(NamedTuple):
    """A number without leading zeros, its mark (``chome``, ``ban``, ``go`` or none), and if a space parts it."""

    number: str
    mark: str = ""
    apart: bool = False

    def __str__(self) -> str:
        return f"{self.number}丁目" if self.mark == "chome" else self.number


class Numbers(NamedTuple):
    """The first row of numbers in a text, with the texts before and after it."""

    before: str
    counts: tuple[Count, ...]
    after: str

    @property
    def small_area(self) -> str:
        """The key of the small area (字) that ``before`` names, if that is not a building, a street or a note."""
        found = _SMALL_AREA.match(self.before) if self.counts and self.before else None
        return place_key(found[2]) if found and (found[1] or not _BUILDING.search(found[2])) else ""


def read_numbers(text: str) -> Numbers:
    """Return the row of numbers that names the house in folded ``text``, the part of an address after its town."""
    text = one_notation(text)
    if "地割" in text:
        text = _LAND.sub(r"\1丁目", text)
    first = _FIRST.search(text)
    if first is None:
        return Numbers(text, (), "")
    start = first.start()
    counts, end = _row(text, start)
    if start and _BUILDING.search(text, 0, start) and (len(counts) < 2 or counts[1].apart):
        later = _COMPOUND.search(text, text.find(" ", start))
        if later is not None:  # the building stands before the numbers
            counts, end = _row(text, later.start())
            return Numbers("", tuple(counts), f"{text[end:]} {text[: later.start()]}")
        if counts and counts[0].mark != "ban" and "字" not in text[:start]:
            return Numbers("", (), text)  # a room alone
    if not counts or _POST_BOX.search(text, 0, start):
        return Numbers("", (), text)
    before = text[:start]
    if (block := _BLOCK.match(before)) and counts[0].mark != "chome":
        letter = block[block.lastindex or 0]
        before = before[: block.start(block.lastindex or 0)]
        counts[0] = counts[0]._replace(number=letter.translate(_SAME_BLOCK) + counts[0].number)
    elif block := _BLOCK_BEHIND.match(text, end):
        counts[0] = counts[0]._replace(number=block[1] + counts[0].number)
        end = block.end()
    return Numbers(before, _without_zeros(counts), text[end:])


def _without_zeros(counts: list[Count]) -> tuple[Count, ...]:
    """Return the counts that number something: 0-0-0 is written where a form insists on a number."""
    while counts and (counts[0].number == "0" or counts[-1].number == "0"):
        counts = [] if counts[0].number == "0" else counts[:-1]
    return tuple(counts)


def one_notation(text: str) -> str:
    """Return folded ``text`` with ASCII hyphens, and with digits where kanji numerals count something."""
    text = _LOOKS_LIKE_HYPHEN.sub("-", text)
    if _HAS_NUMERAL.search(text) is None:
        return text
    return _IN_A_ROW.sub(_digits, _COUNTED.sub(_digits, text))


def _digits(run: re.Match[str]) -> str:
    bare = run[0].lstrip()
    return run[0][: len(run[0]) - len(bare)] + kanji_number(bare.translate(_ORDINARY))


def _row(text: str, start: int) -> tuple[list[Count], int]:
    """Return the counts from ``start`` and where they end.

    A space divides numbers only while nothing else has divided any: in 4-2-8 101 the last is a room.
    """
    counts: list[Count] = []
    at = start
    apart, divided, end = False, False, start
    while found := _COUNT.match(text, at):
        number, chome, ban, go, divide, gap = found.groups()
        mark = "chome" if chome else "ban" if ban else "go" if go else ""
        counts.append(Count(number.lstrip("0") or "0", mark, apart))
        at = end = found.end()
        joined = bool(divide or chome or ban) or end > found.end(1) + len(gap)
        if go or not (joined or (gap and not divided)):
            break
        divided = divided or joined
        apart = bool(gap) and not divide
    return counts, end
