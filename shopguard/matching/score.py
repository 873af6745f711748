"""How strongly shared tokens tie an order's party to an entry: a sum of weights, and hard rules over it. Pure."""

from collections.abc import Collection, Sequence, Set
from dataclasses import replace

from shopguard.identity import Identity, Token, Type
from shopguard.matching.evidence import Facts, gather
from shopguard.matching.weights import EVEN_ODDS, Level
from shopguard.model import Comparison, Evidence, Strength


def score(
    identity: Identity, shared: Sequence[Token], fields: Collection[str], hot: Sequence[Token] = ()
) -> Comparison:
    """Return how strongly ``shared`` tokens tie ``identity`` to an entry that has ``fields``.

    The answer is the same whether the entry is in clear or sealed. ``score`` grows with the sum of the weights:
    ``1 / (1 + 10 ** (EVEN_ODDS - sum))``. ``strength`` follows rules that no sum can overrule (``strength_of``).

    Args:
        shared: those of ``tokens(identity)`` that the entry has too.
        fields: what the entry has, in the words of ``Identity.fields``; tells a missing field from a different one.
        hot: those of ``tokens(identity)`` that too many entries have to say anything.
    """
    evidence = gather(Facts.of(identity, shared, fields, hot))
    return comparison(evidence, strength_of(evidence) if meets(shared) else Strength.NONE)


def meets(shared: Sequence[Token]) -> bool:
    """Whether ``shared`` is worth showing: a name alone is not, nor a mail's name at another provider."""
    return any(token.type not in _NEVER_ALONE for token in shared)


_NEVER_ALONE = {Type.NAME, Type.SOUND, Type.MAIL_NAME}  # namesakes have mail names alike: both are made of the name

NAME_AGREES = {Level.NAME_WRITTEN, Level.NAME_SOUND, Level.NAME_GUESSED, Level.NAME_OTHER_KANJI}
_NAME_PARTLY = {Level.NAME_ALIKE, Level.NAME_CLOSE, Level.NAME_FAMILY}
_HOUSE_AGREES = {Level.ADDRESS_ROOM, Level.ADDRESS_HOUSE, Level.ADDRESS_ROOM_MISSING}
_WELL_NAMED = {Level.NAME_WRITTEN, Level.NAME_SOUND, Level.NAME_GUESSED}
_NAME_LEVELS = {level for level in Level if level.value.startswith("name")}
_OWN_HOME = {Level.ADDRESS_ROOM, Level.ADDRESS_HOUSE}
_HOUSE_PARTLY = {
    Level.ADDRESS_OTHER_ROOM,
    Level.ADDRESS_OTHER_AREA,
    Level.ADDRESS_NUMBERS,
    Level.ADDRESS_BLOCK,
}
_CONTACT_PARTLY = {Level.PHONE_CLOSE, Level.EMAIL_CLOSE}  # never from shared tokens: both texts are in clear
_CONTACT_AGREES = {Level.PHONE_MOBILE, Level.PHONE_LANDLINE, Level.EMAIL_SAME, Level.EMAIL_ROLE}
_OF_ONE_PERSON = {Level.PHONE_MOBILE, Level.EMAIL_SAME}
_BANDS = {
    Strength.NONE: (0.0, 0.1),
    Strength.WEAK: (0.0, 0.3),
    Strength.POSSIBLE: (0.1, 0.95),
    Strength.STRONG: (0.9, 1.0),
}


def comparison(evidence: Sequence[Evidence], strength: Strength) -> Comparison:
    """Return the evidence with its sum as a probability, held within the band of its strength.

    The rules know what a sum cannot (a household, a recycled number): the two must not say opposite things.
    """
    total = sum(item.weight for item in evidence)
    low, high = _BANDS[strength]
    return Comparison(strength, min(max(1 / (1 + 10 ** (EVEN_ODDS - total)), low), high), tuple(evidence))


def weakened(found: Comparison) -> Comparison:
    """Return ``found`` as weak, with the same evidence: for an entry too old or too thin to act on."""
    low, high = _BANDS[Strength.WEAK]
    return replace(found, strength=Strength.WEAK, score=min(max(found.score, low), high))


def strength_of(evidence: Sequence[Evidence]) -> Strength:
    """Return the strength of ``evidence`` (name, address, phone, email) by rules over the sum.

    - ``strong`` needs two independent fields that agree in full, and a sum of even odds.
    - A name that may be read the same agrees in full only beside a mobile number or a mail.
    - A landline, an office's mailbox and an address belong to everyone in the house: unless the name agrees, they are
      ``possible``. So is a mobile or a mail in a building, without the room, under an altogether different name.
    - A phone or a mail alone is ``possible``: numbers are recycled, mailboxes shared.
    - A name and an address of which one agrees in full and the other in part are ``possible``.
    - A name with a contact that agrees in part is ``possible`` if the sum is even odds: only rare names reach it.
    - A name alone or an address alone is ``weak``, whatever its sum.
    """
    levels = {item.level for item in evidence}
    agreeing = {item.field for item in evidence if item.level in NAME_AGREES | _HOUSE_AGREES | _CONTACT_AGREES}
    total = sum(item.weight for item in evidence)
    if Level.NAME_ALIKE in levels and levels & _OF_ONE_PERSON:
        agreeing.add("name")
    if len(agreeing) >= 2 and total >= EVEN_ODDS and not _may_be_others(agreeing, levels):
        return Strength.STRONG
    if levels & _CONTACT_AGREES:
        return Strength.POSSIBLE
    if (levels & NAME_AGREES and levels & _HOUSE_AGREES) or (levels & _WELL_NAMED and levels & _HOUSE_PARTLY):
        return Strength.POSSIBLE
    if levels & NAME_AGREES and levels & _CONTACT_PARTLY and total >= EVEN_ODDS:
        return Strength.POSSIBLE
    if levels & _NAME_PARTLY and levels & _HOUSE_AGREES:
        return Strength.POSSIBLE
    if Level.NAME_GIVEN in levels and levels & _OWN_HOME:
        return Strength.POSSIBLE
    return Strength.WEAK


def _may_be_others(agreeing: Set[str], levels: Set[str]) -> bool:
    """Whether somebody else in the same house could give the same details. Names of which none is known agree."""
    if "name" in agreeing or "address" not in agreeing or not levels & _NAME_LEVELS:
        return False
    if not levels & _OF_ONE_PERSON:
        return True
    return Level.ADDRESS_ROOM_MISSING in levels and Level.NAME_DIFFERENT in levels
