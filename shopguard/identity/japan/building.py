"""What follows the numbers of a Japanese address: the building's name and the room."""

import re
from typing import NamedTuple

from shopguard.identity.text import squash

# 山田様方, c/o Yamada: the household that the person lives with. It names no building.
_HOUSEHOLD = re.compile(r"[^ ]{1,12} ?様 ?方?(?= |$)|(?:^| )[一-鿿々ァ-ヺー]{1,6}方$|c/o ?[^ ]+(?: [a-z]+)?")
_FLOOR = re.compile(
    r"(?:(地下|b) ?)?([0-9]{1,2}) ?(?:階|f(?![a-z]))"
    r"(?:[- ]?([a-z])(?:号?室)?(?![a-z0-9棟館]))?|(?<![a-z0-9])b([1-3])(?![0-9a-z])"
)
_WINGS = {"イースト": "e", "ウエスト": "w", "ウェスト": "w", "サウス": "s", "ノース": "n", "センター": "c"}
_WINGS |= {"east": "e", "west": "w", "south": "s", "north": "n"}
_DIRECTION = "|".join(_WINGS)
_WING = re.compile(
    rf"(?<![a-z0-9])([a-z]|[0-9]{{1,3}}|(?<![一-鿿])[東西南北中]|{_DIRECTION}) ?(?:号? ?棟|号館|(?<=[a-z])館)"
    rf"|(?<![a-z])({_DIRECTION}) ?(?:タワー|ウ[イィ]ング|tower|wing)(?![a-zァ-ヺー])|(?<= )({_DIRECTION})(?= |[0-9])"
)
_WINGS |= {"東": "e", "西": "w", "南": "s", "北": "n", "中": "c"}
_NUMBER = (  # with the wing before it or the letter after it: a-102, 3-405, 203a
    r"(?:(?<![a-z])([a-hj-uwyz])[- ]?|(?<![0-9-])((?:[0-9]{1,2}-){1,2}))?"
    r"([0-9]{1,5})(?![0-9])(?:-?([a-z])(?![a-z]))?"
)
_MARKED = re.compile(
    rf"(?<![0-9]){_NUMBER} ?(?:号室|戸室|号(?![棟館線地])|室)"
    rf"|(?:#|(?<![a-z])(?:room|rm|apt|no)(?![a-z])\.?) ?{_NUMBER}"
)
_AT_END = re.compile(rf"(?:(?<![0-9a-z])|(?<=[0-9] )|(?<=[a-z])(?=[0-9]{{2}})){_NUMBER}$")
_BEFORE_NOTE = re.compile(f"{_NUMBER.replace('{1,5}', '{3,4}')}(?= )")
_AT_START = re.compile(rf"{_NUMBER}(?= |[^0-9a-z])")
# 市営住宅3-405 is in its wing 3; コーポ21-305 is room 305 of コーポ21.
_NUMBERED_WINGS = ("団地", "住宅", "宿舎", "社宅", "公舎", "寮", "アパート", "公団")
_LETTER_ROOM = re.compile(r"(?<![a-z0-9])([a-z]) ?(?:号室|号|室)")
_NOISE = re.compile("番地先|地先|付近|番外地|以下余白")
_NEXT_ROOMS = re.compile("(?<=[0-9]{3}) ?[-,・、&] ?[0-9]{3,4}(?![0-9])")


class Building(NamedTuple):
    """A building's name without its room, the room without leading zeros, the floor, and the household lived with.

    ``wing`` is set where no room is written beside it: the room may stand among the numbers before the building.
    """

    name: str = ""
    room: str = ""
    floor: str = ""
    household: str = ""
    wing: str = ""


def read_building(text: str) -> Building:
    """Return the building and the room in folded ``text``, the part of an address after its numbers.

    A wing belongs to the room: A棟102 is a102, 3号棟405 is 3-405.
    """
    text = _NEXT_ROOMS.sub("", _NOISE.sub(" ", text)).strip(" -,.、。・:;/_=ー")
    if not text:
        return Building()
    text, household = _taken(text, _HOUSEHOLD)
    text, floor = _taken_floor(text)
    text, wing = _taken(text, _WING)
    wing = _WINGS.get(wing, wing)
    name, room = _room(text.strip(" -"), bool(floor))
    if room:
        room, wing = placed(wing, room), ""
    return Building(squash(name), room, floor, squash(household), wing)


def _taken(text: str, part: re.Pattern[str]) -> tuple[str, str]:
    found = part.search(text)
    if found is None:
        return text, ""
    return f"{text[: found.start()]} {text[found.end() :]}".strip(), found[found.lastindex or 0]


def _taken_floor(text: str) -> tuple[str, str]:
    found = _FLOOR.search(text)
    if found is None:
        return text, ""
    number = (found[2] or found[4]).lstrip("0")
    floor = f"b{number}" if found[1] or found[4] else f"{number}f{found[3] or ''}"
    return f"{text[: found.start()]} {text[found.end() :].lstrip('-')}".strip(), floor


def _room(text: str, has_floor: bool) -> tuple[str, str]:
    """Return the text without the room, and the room."""
    if not text:
        return "", ""
    marked = list(_MARKED.finditer(text))
    found = marked[-1] if marked else None  # the last one: 3号 ハイツ 203号
    if found is None:
        found = _LETTER_ROOM.search(text)
        if found is not None:
            return text[: found.start()] + text[found.end() :], found[1]
        found = _unmarked(text, has_floor)
    if found is None:
        return text, ""
    parts = [part or "" for part in found.groups()]
    letter, wing, number, suffix = parts[:4] if parts[2] else parts[4:]
    before = text[: found.start()]
    if wing and before[-1:].strip() and not before.endswith(_NUMBERED_WINGS):
        before, wing = f"{before}{wing[:-1]}", ""
    number = number.lstrip("0") or "0"
    return f"{before} {text[found.end() :]}", f"{wing or letter}{number}{suffix}"


def _unmarked(text: str, has_floor: bool) -> re.Match[str] | None:
    """Return the room at the end (ハイツ203), at the start (203 ハイツ) or before a note (ハイツ203 不在時は...).

    The 2 of ハイツ2 belongs to the name, and so do two digits beside a floor: サンシャイン60 45階.
    """
    found = _AT_END.search(text)
    if found is not None:
        alone = found.start() == 0 or text[found.start() - 1] == " "
        if alone or found[1] or found[2] or found[4] or len(found[3]) > (2 if has_floor else 1):
            return found
    found = _AT_START.match(text)
    if found is None or len(found[3]) < 2:
        found = _BEFORE_NOTE.search(text)
    return found


def placed(wing: str, room: str) -> str:
    """Return the room together with its wing; either may be missing."""
    if not wing or not room:
        return room or wing
    return f"{wing}-{room}" if wing.isdecimal() else wing + room
