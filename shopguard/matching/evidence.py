"""Which level of agreement each field reaches, told from shared token types and the entry's fields alone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from shopguard.identity import Identity, Token, Type
from shopguard.identity.email import is_role
from shopguard.identity.location import Remark
from shopguard.identity.phone import is_mobile
from shopguard.identity.token import name_parts
from shopguard.matching.rarity import rarity, surname_share
from shopguard.matching.weights import BY_POSTAL_CODE, ONE_NUMBER, RARITY, WEIGHTS, Level
from shopguard.model import Evidence, Relation

_WRITTEN = {Type.NAME_HOUSE, Type.NAME_CITY, Type.NAME}
_HEARD = {Type.SOUND_HOUSE, Type.SOUND_CITY, Type.SOUND, Type.READING_HOUSE}
_PART = {Type.PART_HOUSE, Type.PART_BLOCK}
_HOUSE = {Type.ADDRESS, Type.ADDRESS_ROOM}
_POSTAL = {Type.POSTAL_NUMBERS, Type.POSTAL_ROOM}
_ROOM = {Type.ADDRESS_ROOM, Type.POSTAL_ROOM}
_NUMBERS = {Type.NAME_HOUSE, Type.SOUND_HOUSE, Type.READING_HOUSE, Type.PART_HOUSE}
_CITY = {Type.NAME_CITY, Type.SOUND_CITY}
_SCRIPTS = frozenset({"kanji", "sound"})
_RELATIONS = {
    Level.NAME_WRITTEN: Relation.SAME,
    Level.NAME_SOUND: Relation.SAME,
    Level.ADDRESS_ROOM: Relation.SAME,
    Level.ADDRESS_HOUSE: Relation.SAME,
    Level.PHONE_MOBILE: Relation.SAME,
    Level.PHONE_LANDLINE: Relation.SAME,
    Level.EMAIL_SAME: Relation.SAME,
    Level.EMAIL_ROLE: Relation.SAME,
    Level.NAME_DIFFERENT: Relation.DIFFERENT,
    Level.NAME_UNCOMPARED: Relation.MISSING,
    Level.NAME_ONE_SIDED: Relation.MISSING,
    Level.ADDRESS_CITY: Relation.DIFFERENT,
    Level.ADDRESS_DIFFERENT: Relation.DIFFERENT,
    Level.PHONE_DIFFERENT: Relation.DIFFERENT,
    Level.EMAIL_DIFFERENT: Relation.DIFFERENT,
}

NOTES = {
    Level.NAME_SOUND: "by reading",
    Level.NAME_GUESSED: "by a guessed reading",
    Level.NAME_OTHER_KANJI: "same reading, other characters",
    Level.NAME_ALIKE: "other characters that may be read the same",
    Level.NAME_CLOSE: "a character differs",
    Level.NAME_UNCOMPARED: "written in different scripts",
    Level.NAME_FAMILY: "family name only",
    Level.NAME_GIVEN: "given name only",
    Level.ADDRESS_ROOM_MISSING: "room missing",
    Level.ADDRESS_OTHER_ROOM: "another room",
    Level.ADDRESS_NUMBERS: "town written otherwise",
    Level.ADDRESS_OTHER_AREA: "another small area of the town",
    Level.ADDRESS_BLOCK: "last number differs",
    Level.ADDRESS_CITY: "same municipality",
    Level.PHONE_CLOSE: "a digit differs",
    Level.EMAIL_CLOSE: "a character differs",
    Level.EMAIL_ROLE: "a mailbox of several people",
    Level.EMAIL_LOCAL: "same name at another provider or with other digits",
}
"""What the contract's ``note`` says of a level, in English; ``explain`` has whole sentences in both languages."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when an order is compared with an entry whose party is sealed.

    ``shared`` and ``hot`` are types of the order's own tokens; ``parts`` the roles of the name parts that are shared,
    ``mobile`` whether a shared phone is a mobile one, ``personal_mail`` whether a shared mail is one person's, and
    ``fields`` what the entry has.
    """

    identity: Identity
    fields: Collection[str]
    shared: frozenset[int]
    hot: frozenset[int]
    parts: frozenset[str]
    mobile: bool
    personal_mail: bool

    @classmethod
    def of(
        cls, identity: Identity, shared: Sequence[Token], fields: Collection[str], hot: Sequence[Token]
    ) -> "Facts":
        roles = name_parts(identity.name) if identity.name and any(t.type in _PART for t in shared) else {}
        return cls(
            identity,
            fields,
            frozenset(token.type for token in shared),
            frozenset(token.type for token in hot),
            frozenset(roles.get(token.value.partition("|")[0], "part") for token in shared if token.type in _PART),
            any(is_mobile(token.value) for token in shared if token.type == Type.PHONE),
            not all(is_role(token.value) for token in shared if token.type == Type.EMAIL),
        )

    def both_have(self, field: str) -> bool:
        return field in self.fields and field in self.identity.fields


def gather(facts: Facts) -> tuple[Evidence, ...]:
    """Return one piece of evidence for each of name, address, phone and email, in this order."""
    return (_name(facts), _address(facts), _phone(facts), _email(facts))


def found(field: str, level: Level, weight: float, note: str = "", details: Sequence[str] = ()) -> Evidence:
    """Return the evidence of ``level``; levels that neither agree nor differ in full are *near*."""
    return Evidence(field, _RELATIONS.get(level, Relation.NEAR), round(weight, 2), note, level.value, tuple(details))


def named(identity: Identity, level: Level) -> Evidence:
    """Return the evidence of a name at ``level``: the rarer the surname, the more it weighs."""
    weight, factor = WEIGHTS[level], RARITY.get(level, 0.0)
    if not factor or identity.name is None:
        return found("name", level, weight, NOTES.get(level, ""))
    evidence = found("name", level, weight + factor * rarity(identity.name), NOTES.get(level, ""))
    return replace(evidence, share=surname_share(identity.name))


def _name(facts: Facts) -> Evidence:
    level = _name_level(facts)
    if level is None:
        hot = bool(facts.hot & (_WRITTEN | _HEARD))
        return Evidence("name", Relation.MISSING, note="used by many people" if hot else "")
    folds = facts.identity.name.folds if facts.identity.name and level is Level.NAME_WRITTEN else ()
    note = ", ".join(folds) or NOTES.get(level, "")
    return replace(named(facts.identity, level), note=note, details=tuple(folds))


def _name_level(facts: Facts) -> Level | None:
    if facts.shared & _WRITTEN:
        return Level.NAME_WRITTEN
    if facts.shared & _HEARD:
        if facts.both_have("kanji"):
            return Level.NAME_OTHER_KANJI if _is_read_alike(facts) else Level.NAME_ALIKE
        return Level.NAME_SOUND if facts.both_have("sound") else Level.NAME_GUESSED
    if facts.parts == {"family", "given"} and not facts.both_have("kanji"):
        return Level.NAME_GUESSED  # one part as written, the other as heard: なかたけ進
    if facts.parts:
        return Level.NAME_GIVEN if facts.parts == {"given"} else Level.NAME_FAMILY
    mine, theirs = facts.identity.fields & _SCRIPTS, _SCRIPTS & set(facts.fields)
    if facts.hot & (_WRITTEN | _HEARD) or not (mine or theirs):
        return None
    if not (mine and theirs):
        return Level.NAME_ONE_SIDED
    if not (facts.both_have("kanji") or facts.both_have("sound")):
        return Level.NAME_UNCOMPARED
    return Level.NAME_DIFFERENT


def _is_read_alike(facts: Facts) -> bool:
    """Whether both gave the reading, with the same voicing where the house is the same (タイキ is not ダイキ)."""
    return facts.both_have("sound") and (Type.READING_HOUSE in facts.shared or not facts.shared & _NUMBERS)


def _address(facts: Facts) -> Evidence:
    address = facts.identity.address
    if address is not None and address.is_shared:
        return Evidence("address", Relation.MISSING, 0.0, "shared place", details=(Remark.SHARED_PLACE.value,))
    level = _address_level(facts)
    if level is None:
        hot = facts.both_have("address") and bool(facts.hot & (_HOUSE | _POSTAL))
        return Evidence("address", Relation.MISSING, note="used by many people" if hot else "")
    weight, notes = WEIGHTS[level], [NOTES[level]] if level in NOTES else []
    if level in _AT_THE_HOUSE:
        if not facts.shared & _HOUSE:
            weight, notes = weight + BY_POSTAL_CODE, [*notes, "by postal code"]
        if address is not None and all(len(site.numbers) == 1 for site in address.sites):
            weight += ONE_NUMBER
    remarks = sorted(remark.value for remark in address.remarks) if address is not None and weight > 0 else ()
    return found("address", level, weight, ", ".join(notes), remarks)


_AT_THE_HOUSE = {
    Level.ADDRESS_ROOM,
    Level.ADDRESS_HOUSE,
    Level.ADDRESS_ROOM_MISSING,
    Level.ADDRESS_OTHER_ROOM,
}


def _address_level(facts: Facts) -> Level | None:
    if facts.both_have("town") and not facts.shared & _HOUSE:
        return _elsewhere(facts)  # two towns: equal numbers in one postal code or one city are chance
    if facts.both_have("area") and Type.ADDRESS_AREA not in facts.shared and facts.shared & (_HOUSE | _POSTAL):
        return Level.ADDRESS_OTHER_AREA
    if facts.shared & _ROOM:
        return Level.ADDRESS_ROOM
    if facts.shared & (_HOUSE | _POSTAL):
        rooms = ("room" in facts.identity.fields) + ("room" in facts.fields)
        return (Level.ADDRESS_HOUSE, Level.ADDRESS_ROOM_MISSING, Level.ADDRESS_OTHER_ROOM)[rooms]
    if facts.shared & _NUMBERS and ("town" in facts.fields or "town" in facts.identity.fields):
        return Level.ADDRESS_NUMBERS
    return _elsewhere(facts)


def _elsewhere(facts: Facts) -> Level | None:
    if not facts.both_have("address") or facts.hot & (_HOUSE | _POSTAL):
        return None
    if Type.PART_BLOCK in facts.shared:
        return Level.ADDRESS_BLOCK
    return Level.ADDRESS_CITY if facts.shared & _CITY else Level.ADDRESS_DIFFERENT


def _phone(facts: Facts) -> Evidence:
    if Type.PHONE in facts.shared:
        level = Level.PHONE_MOBILE if facts.mobile else Level.PHONE_LANDLINE
        return found("phone", level, WEIGHTS[level])
    return _no_contact("phone", Level.PHONE_DIFFERENT, Type.PHONE in facts.hot, facts)


def _email(facts: Facts) -> Evidence:
    if Type.EMAIL in facts.shared:
        level = Level.EMAIL_SAME if facts.personal_mail else Level.EMAIL_ROLE
        return found("email", level, WEIGHTS[level], NOTES.get(level, ""))
    if Type.MAIL_NAME in facts.shared:
        return found("email", Level.EMAIL_LOCAL, WEIGHTS[Level.EMAIL_LOCAL], NOTES[Level.EMAIL_LOCAL])
    return _no_contact("email", Level.EMAIL_DIFFERENT, Type.EMAIL in facts.hot, facts)


def _no_contact(field: str, different: Level, hot: bool, facts: Facts) -> Evidence:
    if not facts.both_have(field):
        return Evidence(field, Relation.MISSING)
    if hot:
        return Evidence(field, Relation.MISSING, note="used by many people")
    return found(field, different, WEIGHTS[different])
