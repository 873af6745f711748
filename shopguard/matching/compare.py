"""Comparing two parties that are both in clear: what shared tokens tell, refined by edit distances."""

from collections.abc import Sequence
from dataclasses import replace

from rapidfuzz.distance import OSA

from shopguard.identity import Identity, identify, tokens
from shopguard.identity.location import Address
from shopguard.identity.name import Name
from shopguard.matching.evidence import Facts, found, gather, named
from shopguard.matching.score import comparison, meets, strength_of
from shopguard.matching.weights import WEIGHTS, Level
from shopguard.model import Comparison, Evidence, Party, Strength

_LONG = 10  # letters of a whole name from which two slips are forgiven


def compare(one: Party, other: Party) -> Comparison:
    """Return what two parties in clear have in common.

    At least what a look-up of ``one`` against ``other`` would find; where a field does not agree, a near spelling
    (one character, two swapped digits) counts for something, but never as one of the two fields that make ``strong``.
    As in a look-up, how common a name is follows ``one``.
    """
    return compare_identities(identify(one), identify(other))


def compare_identities(one: Identity, other: Identity) -> Comparison:
    """Return ``compare`` of two identities."""
    there = set(tokens(other))
    shared = [token for token in tokens(one) if token in there]
    evidence = tuple(_refined(item, one, other) for item in gather(Facts.of(one, shared, other.fields, ())))
    return comparison(evidence, strength_of(evidence) if meets(shared) or _near(evidence) else Strength.NONE)


def _near(evidence: Sequence[Evidence]) -> bool:
    return len([item for item in evidence if item.weight > 0]) > 1


def _refined(item: Evidence, one: Identity, other: Identity) -> Evidence:
    """Return near evidence in place of *different*, or ``item`` where there is nothing near."""
    if item.level == Level.NAME_WRITTEN and one.name and other.name:
        folds = tuple(dict.fromkeys((*one.name.folds, *other.name.folds)))
        return replace(item, note=", ".join(folds), details=folds)
    if item.field == "name" and item.level in (
        Level.NAME_DIFFERENT,
        Level.NAME_UNCOMPARED,
        Level.NAME_FAMILY,
        Level.NAME_GIVEN,
    ):
        level = _near_name(one.name, other.name)
        return named(one, level) if level and item.level != level else item
    if item.field == "address" and item.level in (Level.ADDRESS_DIFFERENT, Level.ADDRESS_CITY):
        level = _near_address(one.address, other.address)
    elif item.level == Level.PHONE_DIFFERENT:
        level = Level.PHONE_CLOSE if _one_wrong_digit(one.phones, other.phones) else None
    elif item.level == Level.EMAIL_DIFFERENT:
        level = Level.EMAIL_CLOSE if _one_slip(one.emails, other.emails) else None
    else:
        return item
    return found(item.field, level, WEIGHTS[level]) if level else item


def _near_name(one: Name | None, other: Name | None) -> Level | None:
    if one is None or other is None:
        return None
    same_family = bool(one.family) and one.family == other.family
    is_written_alike = one.script == other.script and min(len(one.given), len(other.given)) > 1
    if same_family and is_written_alike and OSA.distance(one.given, other.given, score_cutoff=1) == 1:
        return Level.NAME_CLOSE
    sounds = [("".join(mine), "".join(theirs)) for mine in one.sounds for theirs in other.sounds]
    if one.full == other.full or any(_sound_alike(*pair) for pair in sounds):
        return Level.NAME_CLOSE
    return Level.NAME_FAMILY if same_family else None


def _sound_alike(one: str, other: str) -> bool:
    slips = 2 if min(len(one), len(other)) >= _LONG else 1
    return OSA.distance(one, other, score_cutoff=slips) <= slips


def _near_address(one: Address | None, other: Address | None) -> Level | None:
    """One town whose last number differs, or a town with a slip of the pen and the same numbers.

    Two towns that both exist are two places (北町, 南町).
    """
    if one is None or other is None:
        return None
    if set(one.places) & set(other.places) and _blocks(one) & _blocks(other):
        return Level.ADDRESS_BLOCK
    if one.has_town and other.has_town:
        return None
    if not {site.numbers for site in one.sites} & {site.numbers for site in other.sites}:
        return None
    towns = [
        (mine.town, theirs.town)
        for mine in one.places
        for theirs in other.places
        if mine.municipality == theirs.municipality and min(len(mine.town), len(theirs.town)) > 1
    ]
    return Level.ADDRESS_NUMBERS if any(OSA.distance(*pair, score_cutoff=1) == 1 for pair in towns) else None


def _blocks(address: Address) -> set[tuple[str, ...]]:
    return {site.numbers[:2] for site in address.sites if len(site.numbers) > 2}


def _one_slip(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether one character is wrong, missing or too many, or two neighbours are swapped."""
    return any(OSA.distance(one, other, score_cutoff=1) == 1 for one in mine for other in theirs)


def _one_wrong_digit(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    """As ``_one_slip``; two numbers that differ in the last digit alone are neighbours, not a slip."""
    return any(_one_slip((one,), (other,)) and one[:-1] != other[:-1] for one in mine for other in theirs)
