"""Screening one order: who is asked about, what the registry answers, what that is worth. Writes nothing."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import sqlalchemy as sa

from shopguard.config import Language, PolicySettings, SignalEffect
from shopguard.guard import policy as rules
from shopguard.guard import signals
from shopguard.guard.own_people import NobodyKnown, OwnPeople, Standing, is_allowed
from shopguard.guard.phone_use import NoPhoneUse, PhoneUse
from shopguard.guard.signals import Signal
from shopguard.guard.store import Vault, digest_of
from shopguard.guard.watch import Pieces
from shopguard.guard.wording import reason, why_silent
from shopguard.identity import Identity, Token, identify, tokens
from shopguard.matching import compare_identities, score_each, weakened
from shopguard.model import (
    Comparison,
    Effect,
    Match,
    Order,
    OwnMatch,
    Party,
    Reason,
    ScreeningState,
    Strength,
    Verdict,
)
from shopguard.registry.protocol import Answer, Candidate, Query, Registry
from shopguard.storage.engine import reading
from shopguard.storage.tables import pair_ok


class KnownPairs(Protocol):
    """Which entries an operator found to be another person than this buyer."""

    def entries(self, shop: str, buyer: str) -> frozenset[str]: ...


class PairStore:
    """``KnownPairs`` in the database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def entries(self, shop: str, buyer: str) -> frozenset[str]:
        with reading(self._engine) as connection:
            return frozenset(connection.execute(_KNOWN, {"which_shop": shop, "which_buyer": buyer}).scalars())


_KNOWN = sa.select(pair_ok.c.entry).where(
    pair_ok.c.shop == sa.bindparam("which_shop"), pair_ok.c.buyer == sa.bindparam("which_buyer")
)


@dataclass(frozen=True, slots=True)
class ScreeningRules:
    """What a shop's settings say about screening."""

    policy: PolicySettings
    language: Language
    allow_list: tuple[Party, ...] = ()


@dataclass(frozen=True, slots=True)
class Screened:
    """A verdict, and by which pieces of locators a later entry would be noticed that could change it."""

    verdict: Verdict
    pieces: Pieces = field(default_factory=dict)


class Screener:
    """Turns an order into a verdict."""

    def __init__(
        self,
        registry: Registry,
        vault: Vault,
        pairs: KnownPairs,
        phone_use: PhoneUse | None = None,
        own_list: OwnPeople | None = None,
    ) -> None:
        self._registry, self._vault, self._pairs = registry, vault, pairs
        self._phone_use = phone_use or NoPhoneUse()
        self._own_list = own_list or NobodyKnown()

    def digest(self, order: Order) -> str:
        """Return the keyed digest of what ``screen`` depends on."""
        return digest_of(order, self._vault)

    def screen(self, order: Order, rules_: ScreeningRules) -> Verdict:
        """Return the full verdict on ``order``, whatever the shop's mode."""
        return self.look_into(order, rules_).verdict

    def look_into(self, order: Order, rules_: ScreeningRules) -> Screened:
        """Return what ``screen`` does, and what is to be watched."""
        why = rules.let_go(order, rules_.policy, rules_.language)
        if why is not None:
            return Screened(rules.allowed(order, why, rules_.policy))
        matches: list[Match] = []
        own: list[OwnMatch] = []
        noticed: list[Signal] = []
        asides: dict[Reason, None] = {}
        causes: dict[Reason, None] = {}
        pieces: dict[int, set[bytes]] = defaultdict(set)
        state = ScreeningState.SCREENED
        digest = self.digest(order)
        customer = next(iter(order.parties))  # the buyer, wherever the platform names one
        for role, party in order.parties.items():
            identity = identify(party)
            known_here = self._known_here(order.shop, identity, rules_, is_customer=role == customer)
            if role == customer and known_here.allowed:
                return Screened(rules.allowed(order, reason("allow_listed", rules_.language), rules_.policy))
            if known_here.watched:
                own += [OwnMatch(entry, role, found) for entry, found in known_here.watched.items()]
                noticed.append(Signal.OWN_LIST if role == customer else Signal.OWN_LIST_RECIPIENT)
            if identity.address is not None:
                noticed += signals.of_address(identity.address.remarks)
            if role == customer:
                noticed += self._signs(party, identity, rules_.policy)
            asked = tokens(identity)
            answer = self._registry.look_up(Query(order.ref, role, digest, asked))
            state = _worse(state, answer.state)
            if answer.state is not ScreeningState.SCREENED:
                causes[why_silent(answer.cause, rules_.language)] = None
            for watch in answer.watch:  # too many entries share a hot token: one more of them says nothing either
                pieces[watch.epoch].update(v for at, v in enumerate(watch.values) if at not in answer.hot)
            found = _matches(role, identity, asked, answer)
            known = self._pairs.entries(order.shop, buyer_key(identity, self._vault)) if found else frozenset()
            matches += [match for match in found if match.entry not in known]
            if any(match.entry in known for match in found):
                asides[reason("different_person", rules_.language)] = None
        if state is not ScreeningState.SCREENED:
            silent = state is ScreeningState.UNSCREENED
            asides[reason("registry_silent" if silent else "from_cache", rules_.language)] = None
            asides |= causes
        verdict = rules.judge(order, _best_of_each(matches), state, rules_.policy, rules_.language, tuple(asides))
        verdict = rules.notice(verdict, order, noticed, rules_.policy, rules_.language)
        return Screened(replace(verdict, own=tuple(own)), pieces)

    def _known_here(self, shop: str, identity: Identity, rules_: ScreeningRules, *, is_customer: bool) -> Standing:
        """What the shop itself knows of somebody: known to be fine wins, and nobody is looked at who is ignored."""
        known = self._own_list.standing(shop, identity)
        matters = is_customer or known.watched  # a recipient's being fine speaks for nobody else
        if known.allowed or (matters and is_known(identity, rules_.allow_list)):
            return Standing(allowed=True)
        return Standing() if rules_.policy.signals.own_list is SignalEffect.IGNORE else known

    def remember(self, order: Order, rules_: ScreeningRules) -> Callable[[sa.Connection], None]:
        """Return the step that takes note of the phones of an order that counts: later ones are judged by it."""
        wanted = rules_.policy.signals.many_names is not SignalEffect.IGNORE
        screened = rules.let_go(order, rules_.policy, rules_.language) is None
        customer = next(iter(order.parties.values()), None)
        used = signals.uses(identify(customer)) if customer and wanted and screened else ()
        return self._phone_use.remember(used)

    def _signs(self, customer: Party, identity: Identity, policy: PolicySettings) -> Iterator[Signal]:
        """Yield what is odd about the buyer's phone and mail; a recipient's are often made up by an honest buyer."""
        yield from signals.of_contact(customer)
        if policy.signals.many_names is not SignalEffect.IGNORE:
            names = self._phone_use.surnames(signals.uses(identity))
            if names >= policy.signals.many_names_from:
                yield Signal.MANY_NAMES

    def unasked(self, order: Order, rules_: ScreeningRules) -> Verdict:
        """Return the verdict on ``order`` when it could not be asked: the shop's chosen failure behaviour.

        What is never looked up has the verdict that ``screen`` gives it.
        """
        why = rules.let_go(order, rules_.policy, rules_.language)
        if why is not None:
            return rules.allowed(order, why, rules_.policy)
        silent = (reason("registry_silent", rules_.language), why_silent("", rules_.language))
        return rules.judge(order, (), ScreeningState.UNSCREENED, rules_.policy, rules_.language, silent)


def is_known(identity: Identity, allow_list: Sequence[Party]) -> bool:
    """Whether somebody is a customer on the allow-list of the shop's settings."""
    return any(is_allowed(compare_identities(identity, identify(party))) for party in allow_list)


def buyer_key(identity: Identity, vault: Vault) -> str:
    """Return the keyed digest that stands for this buyer in ``pair_ok``: all that identifies, in any order."""
    return vault.digest("buyer", *sorted(token.encode() for token in tokens(identity))).hex()


def _matches(role: str, identity: Identity, asked: Sequence[Token], answer: Answer) -> list[Match]:
    candidates = [(candidate.shared, candidate.fields) for candidate in answer.candidates]
    comparisons = score_each(identity, asked, candidates, answer.hot)
    found = (
        _match(role, candidate, comparison)
        for candidate, comparison in zip(answer.candidates, comparisons, strict=True)
        if comparison.strength is not Strength.NONE
    )
    return [match for match in found if match.is_report or match.comparison.strength is not Strength.WEAK]


def _match(role: str, candidate: Candidate, comparison: Comparison) -> Match:
    facts = candidate.facts
    return Match(
        entry=candidate.handle,
        category=facts.category,
        reporters=facts.reporters,
        last_on=facts.last_on,
        party=role,
        comparison=weakened(comparison) if facts.effect is Effect.NOTE else comparison,
        effect=facts.effect,
    )


def _best_of_each(matches: Sequence[Match]) -> list[Match]:
    """One match for each entry: the strongest, where buyer and recipient both resemble it."""
    best: dict[str, Match] = {}
    for match in sorted(matches, key=lambda m: m.comparison.score):
        best[match.entry] = match
    return list(best.values())


def _worse(one: ScreeningState, other: ScreeningState) -> ScreeningState:
    order = (ScreeningState.SCREENED, ScreeningState.FROM_CACHE, ScreeningState.UNSCREENED)
    return max(one, other, key=order.index)
