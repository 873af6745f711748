"""Search for a person: in the registry, for a stated case, and on the shops' own lists.

First it is shown how what was typed is understood; only what is confirmed is looked up. Every step is posted, as no
detail of a person may stand in an address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request

from shopguard.guard.own_people import OwnEntry
from shopguard.guard.own_sheet import Column
from shopguard.guard.searching import Found, weighed
from shopguard.guard.wording import why_silent
from shopguard.identity import Identity, tokens
from shopguard.matching import meets, said_of
from shopguard.model import Comparison, Effect, Evidence, Match, Order, OrderRef, Relation
from shopguard.registry.client.silence import NoAnswer
from shopguard.registry.messages import MAX_CASE
from shopguard.registry.refusals import Refusal
from shopguard.web.app import Link, Section, service, viewed
from shopguard.web.console.beside import Beside, beside
from shopguard.web.language import gettext, language, later
from shopguard.web.lists.desk import ListDesk, sees_own_list
from shopguard.web.lists.typed import Typed
from shopguard.web.lists.understanding import understood
from shopguard.web.lists.words import COLUMNS
from shopguard.web.roles import Role, only

_MOST = 20
_SEARCHERS = (Role.OPERATOR, Role.MEMBER)

pages = Blueprint("search", __name__, template_folder="templates", url_prefix="/console/search")


def search_section(desk: ListDesk) -> Section:
    return Section(pages, [Link(later("Search"), "search.form", frozenset(_SEARCHERS))], [desk])


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is searched for, where, and what for."""

    typed: Typed
    case: str
    registry: bool
    own: bool

    @classmethod
    def read(cls) -> "_Asked":
        form = request.form
        return cls(
            Typed.of(form), form.get("case", "").strip(), "registry" in form, "own" in form and sees_own_list()
        )

    def faults(self, identity: Identity) -> Mapping[str, str]:
        found = self.typed.faults()
        if not (self.registry or self.own):
            found["registry"] = gettext("Choose where to search.")
        if self.registry and not found and not meets(tokens(identity)):
            found["phone"] = gettext(
                "A name alone finds nobody in the registry, as many people share it. Add a phone number, a mail "
                "address or a full address."
            )
        if self.registry and not self.case:
            found["case"] = gettext("Say what for: an order's number and a few words.")
        elif len(self.case) > MAX_CASE:
            found["case"] = gettext("Use at most %(most)s characters.", most=MAX_CASE)
        return found


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry of the registry, as far as a search is told; ``match`` has the details side by side."""

    match: Beside
    is_opened: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """One field compared."""

    label: str
    relation: str
    said: str


@dataclass(frozen=True, slots=True)
class OwnHit:
    """One line of an own list, and what it has in common with what was searched for."""

    entry: OwnEntry
    details: Sequence[Detail]


@pages.get("/")
@only(*_SEARCHERS)
def form() -> str:
    """An empty form."""
    return _form(_Asked(Typed.of({}), "", registry=True, own=sees_own_list()))


@pages.post("/")
@only(*_SEARCHERS)
def understand() -> str | tuple[str, int]:
    """Show how what was typed is understood; nothing is looked up yet."""
    asked = _Asked.read()
    if "change" in request.form:
        return _form(asked)
    identity = asked.typed.identity
    if faults := asked.faults(identity):
        return _form(asked, errors=faults), 422
    return _form(asked, read=understood(asked.typed, identity))


@pages.post("/found")
@only(*_SEARCHERS)
def found() -> str | tuple[str, int]:
    """Look up what was confirmed."""
    asked = _Asked.read()
    identity = asked.typed.identity
    if faults := asked.faults(identity):
        return _form(asked, errors=faults), 422
    hits, refused = _in_registry(asked, identity) if asked.registry else ([], "")
    own = _on_lists(asked) if asked.own else []
    viewed("search", detail=f"registry: {len(hits) if asked.registry else '-'}; own list: {len(own)}")
    return render_template(
        "lists/found.html",
        asked=asked,
        read=understood(asked.typed, identity),
        hits=hits,
        refused=refused,
        own=own,
        many_shops=len(service(ListDesk).shops_seen()) > 1,
    )


def _form(asked: _Asked, **more: object) -> str:
    return render_template(
        "lists/search.html", asked=asked, max_case=MAX_CASE, sees_own=sees_own_list(), **{"errors": {}, **more}
    )


def _in_registry(asked: _Asked, identity: Identity) -> tuple[Sequence[Hit], str]:
    """Return who is found, and why nothing is told if the registry does not answer."""
    elements = tokens(identity)
    try:
        answer = service(ListDesk).search(elements, asked.case)
    except NoAnswer as silence:
        return [], _politely(silence)
    return [_hit(asked, one) for one in weighed(identity, elements, answer)], ""


def _politely(silence: NoAnswer) -> str:
    if silence.code is Refusal.SEARCHES_SPENT:
        return gettext(
            "Your shop has searched as often as it may for now. A few searches come back each day; orders are looked "
            "up as ever."
        )
    return why_silent(silence.code.value, language()).text


def _hit(asked: _Asked, one: Found) -> Hit:
    candidate, comparison = one
    facts = candidate.facts
    match = Match(candidate.handle, facts.category, facts.reporters, facts.last_on, "buyer", comparison, facts.effect)
    return Hit(beside(Order("", buyer=asked.typed.party), match), facts.opened or facts.effect is Effect.CONFIRM)


def _on_lists(asked: _Asked) -> Sequence[OwnHit]:
    desk = service(ListDesk)
    found: list[tuple[OwnEntry, Comparison]] = []
    for shop in desk.shops_seen():
        hits = desk.own_list.find(shop, asked.typed.party, _MOST)
        if hits:
            viewed("own_list", OrderRef(shop, ""), f"search: {len(hits)}")
        found += hits
    return [OwnHit(entry, details_of(comparison)) for entry, comparison in found]


@pages.app_template_filter("details")
def details_of(comparison: Comparison) -> Sequence[Detail]:
    """Return how well each field agrees, in words."""
    return [_detail(item) for item in comparison.evidence if item.relation is not Relation.MISSING]


def _detail(item: Evidence) -> Detail:
    said = "" if item.relation is Relation.DIFFERENT else said_of(item, language().value)[0]
    return Detail(gettext(COLUMNS[_COLUMN_OF[item.field]]), item.relation.value, said)


_COLUMN_OF = {"name": Column.NAME, "address": Column.LINES, "phone": Column.PHONES, "email": Column.EMAILS}
