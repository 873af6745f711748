"""What shared tokens are worth: evidence per field, a sum of weights, and hard rules over the sum. Pure.

Weights are in log10-like units: +1 makes "one and the same person" ten times as likely. They are set by hand.
"""

from collections.abc import Collection, Sequence

from shopguard.identity import Identity, Token, identify, tokens
from shopguard.identity.phone import is_mobile
from shopguard.identity.token import (
    ADDRESS,
    ADDRESS_ROOM,
    EMAIL,
    FAMILY_ADDRESS,
    NAME_ADDRESS,
    NAME_CITY,
    NAME_EMAIL,
    NAME_PHONE,
    NAME_POSTAL,
    PHONE,
    POSTAL_NUMBERS,
    READING_ADDRESS,
    READING_CITY,
    READING_EMAIL,
    READING_PHONE,
    READING_POSTAL,
)
from shopguard.model import Comparison, Evidence, Party, Relation, Strength

RARITY = 1.8  # -log10 of a surname's share; without head counts every surname counts as the commonest, 佐藤
NAME_SAME = 2.2 + RARITY
READING_SAME = 1.6 + RARITY
FAMILY_ONLY = -0.6 + 0.6 * RARITY
NAME_DIFFERENT = -2.0
ADDRESS_SAME = 3.6
ADDRESS_ONE_NUMBER = 2.6  # a single number may name a whole hamlet
ROOM_SAME = 1.8
ROOM_DIFFERENT = -2.6
ADDRESS_DIFFERENT = -1.6
PHONE_SAME, PHONE_DIFFERENT = 5.0, -0.4
EMAIL_SAME, EMAIL_DIFFERENT = 5.0, -0.3

AGREES = 2.0  # a field that weighs as much counts as one of the two independent fields that a hold needs
EVEN_ODDS = 5.5  # the sum at which one person and two are equally likely: a candidate starts at 1 in 10**5.5

_WRITTEN = {NAME_ADDRESS, NAME_CITY, NAME_POSTAL, NAME_PHONE, NAME_EMAIL}
_READ = {READING_ADDRESS, READING_CITY, READING_POSTAL, READING_PHONE, READING_EMAIL}
_HOUSE = {ADDRESS, ADDRESS_ROOM, NAME_ADDRESS, READING_ADDRESS, FAMILY_ADDRESS}
_AREA = {NAME_CITY, READING_CITY, NAME_POSTAL, READING_POSTAL}
_PHONES = {PHONE, NAME_PHONE, READING_PHONE}
_EMAILS = {EMAIL, NAME_EMAIL, READING_EMAIL}
_SCRIPTS = frozenset({"kanji", "latin", "reading"})


def score(
    identity: Identity, shared: Sequence[Token], fields: Collection[str], hot: Sequence[Token] = ()
) -> Comparison:
    """Return how strongly ``shared`` tokens tie ``identity`` to an entry that has ``fields``.

    ``score`` grows with the sum of the weights: ``1 / (1 + 10 ** (EVEN_ODDS - sum))``. ``strength`` follows rules
    that no sum can overrule: ``strong`` needs two fields that agree, a name or an address alone is ``weak``.

    Args:
        shared: those of ``tokens(identity)`` that the entry has too.
        fields: what the entry has, in the words of ``Identity.fields``; tells a missing field from a different one.
        hot: those of ``tokens(identity)`` that too many entries have to say anything.
    """
    types = {token.type for token in shared}
    hot_types = {token.type for token in hot}
    evidence = (
        _name(identity, types, fields),
        _address(identity, types, fields, hot_types),
        _contact("phone", types & _PHONES, identity, fields, hot_types, PHONE_SAME, PHONE_DIFFERENT),
        _contact("email", types & _EMAILS, identity, fields, hot_types, EMAIL_SAME, EMAIL_DIFFERENT),
    )
    total = sum(item.weight for item in evidence)
    mobile = any(is_mobile(token.value.rpartition("|")[2]) for token in shared if token.type in _PHONES)
    strength = _strength(evidence, mobile) if shared else Strength.NONE
    return Comparison(strength, 1 / (1 + 10 ** (EVEN_ODDS - total)), evidence)


def compare(one: Party, other: Party) -> Comparison:
    """Return what two parties in clear have in common, as a look-up of ``one`` against ``other`` would find it."""
    identity, entry = identify(one), identify(other)
    there = set(tokens(entry))
    return score(identity, [token for token in tokens(identity) if token in there], entry.fields)


def _name(identity: Identity, types: set[int], fields: Collection[str]) -> Evidence:
    if types & _WRITTEN:
        folds = identity.name.folds if identity.name else ()
        return Evidence("name", Relation.SAME, NAME_SAME, ", ".join(folds))
    if types & _READ:
        return Evidence("name", Relation.SAME, READING_SAME, "by reading")
    if FAMILY_ADDRESS in types:
        return Evidence("name", Relation.NEAR, FAMILY_ONLY, "family name only")
    if not identity.fields & _SCRIPTS & set(fields):
        return Evidence("name", Relation.MISSING)
    return Evidence("name", Relation.DIFFERENT, NAME_DIFFERENT)


def _address(identity: Identity, types: set[int], fields: Collection[str], hot_types: set[int]) -> Evidence:
    if types & (_HOUSE | {POSTAL_NUMBERS}):
        return _house(identity, types, fields)
    if "address" not in identity.fields or "address" not in fields:
        return Evidence("address", Relation.MISSING)
    if hot_types & (_HOUSE | {POSTAL_NUMBERS}):
        return Evidence("address", Relation.MISSING, note="used by many people")
    if types & _AREA:
        return Evidence("address", Relation.DIFFERENT, note="same municipality")
    return Evidence("address", Relation.DIFFERENT, ADDRESS_DIFFERENT)


def _house(identity: Identity, types: set[int], fields: Collection[str]) -> Evidence:
    sites = identity.address.sites if identity.address else ()
    weight = ADDRESS_ONE_NUMBER if all(len(site.numbers) == 1 for site in sites) else ADDRESS_SAME
    if ADDRESS_ROOM in types:
        return Evidence("address", Relation.SAME, weight + ROOM_SAME)
    rooms = ("room" in identity.fields) + ("room" in fields)
    if not types & _HOUSE:
        return Evidence("address", Relation.NEAR if rooms else Relation.SAME, weight, "by postal code")
    if rooms == 2:
        return Evidence("address", Relation.NEAR, weight + ROOM_DIFFERENT, "another room")
    if rooms == 1:
        return Evidence("address", Relation.NEAR, weight, "room missing")
    return Evidence("address", Relation.SAME, weight)


def _contact(
    field: str,
    found: set[int],
    identity: Identity,
    fields: Collection[str],
    hot_types: set[int],
    same: float,
    different: float,
) -> Evidence:
    if found:
        return Evidence(field, Relation.SAME, same)
    if field not in identity.fields or field not in fields:
        return Evidence(field, Relation.MISSING)
    if hot_types & {PHONE if field == "phone" else EMAIL}:
        return Evidence(field, Relation.MISSING, note="used by many people")
    return Evidence(field, Relation.DIFFERENT, different)


def _strength(evidence: Sequence[Evidence], mobile: bool) -> Strength:
    """The hard rules. ``mobile``: a shared phone is a mobile one, so one person's and not a household's."""
    name, address, *_ = evidence
    agreeing = {item.field for item in evidence if item.weight >= AGREES}
    if agreeing == {"address", "phone"} and not mobile and name.relation is not Relation.MISSING:
        return Strength.POSSIBLE  # a landline and an address belong to everyone in the house: father and son
    if len(agreeing) >= 2:
        return Strength.STRONG
    if agreeing & {"phone", "email"}:
        return Strength.POSSIBLE  # numbers are recycled and mailboxes shared: a person must look
    if "address" in agreeing and name.relation is Relation.NEAR:
        return Strength.POSSIBLE
    if "name" in agreeing and address.relation is Relation.NEAR:
        return Strength.POSSIBLE
    return Strength.WEAK
