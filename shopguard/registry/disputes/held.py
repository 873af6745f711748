"""What is held about one person: as the person is told it with a code alone, and as a whole copy. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from msgspec.structs import replace as altered

from shopguard.identity.one_line import address_line, name_line
from shopguard.model import Category, Party
from shopguard.registry.calendar import day_of
from shopguard.registry.disputes.identity import Known, known
from shopguard.registry.disputes.letters import Case
from shopguard.registry.disputes.model import Contact, Recorded, RequestKind
from shopguard.registry.disputes.words import category_en, category_ja
from shopguard.registry.entries.model import Life, LifeState, Source
from shopguard.registry.entries.rules import entry_of
from shopguard.registry.reports.model import Report
from shopguard.registry.reports.wording import both
from shopguard.registry.search.model import Purpose

_BANDS = (3_000, 10_000, 30_000, 100_000)  # yen


@dataclass(frozen=True, slots=True)
class Looked:
    """A shop of some kind (Japanese, English) was told of the entry on a day."""

    on: date
    shop_kind: tuple[str, str]
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Held:
    """An entry with the reports it rests on. Personal data."""

    life: Life
    reports: Sequence[Report]

    @property
    def parties(self) -> tuple[Party, ...]:
        """The person as each shop knows them, the newest first."""
        loaded = () if self.life.loaded is None else (self.life.loaded.entry.party, *self.life.loaded.entry.also)
        newest_first = sorted(self.life.sources, key=lambda source: source.last_on, reverse=True)
        return (*(source.party for source in newest_first), *loaded)

    @property
    def facts(self) -> Known:
        return known(self.parties, [report.content for report in self.reports])

    @property
    def contact(self) -> Contact:
        """Where the newest report says that the person lives and reads."""
        party = next((party for party in self.parties if party.lines or party.emails), self.parties[0])
        return Contact(name_of(party), next(iter(party.emails), ""), address_of(party), next(iter(party.phones), ""))

    def about(self, reports: Collection[int]) -> "Held":
        """Return only what these reports say of the person, by their numbers."""
        sources = tuple(source for source in self.life.sources if source.report in reports)
        said = [report for report in self.reports if report.number in reports]
        return Held(altered(self.life, sources=sources, loaded=None), said)

    def contact_about(self, reports: Collection[int]) -> Contact:
        """Return where these reports say that the person lives and reads; where they do not, what is known else."""
        contact = self.about(reports).contact
        return contact if contact.is_reachable else self.contact

    def case(self, on: date) -> Case:
        """What a letter may say of it."""
        return Case(entry_of(self.life, on).category, self.months(on)[1], self.life.expires_on)

    def months(self, on: date) -> tuple[str, str]:
        """Return the months of the first order and the last; of what was loaded, when it happened."""
        served = entry_of(self.life, on)
        days = [report.content.ordered_on for report in self.reports] or [served.first_on, served.last_on]
        return f"{min(days):%Y-%m}", f"{max(days):%Y-%m}"

    def __repr__(self) -> str:
        return f"Held({self.life!r})"


def name_of(party: Party) -> str:
    return name_line(party) or party.company or ""


def address_of(party: Party) -> str:
    if not party.lines and not party.city:
        return ""
    return " ".join(filter(None, (party.postal_code, address_line(party))))


def recorded(held: Held, on: date, answer_until: date | None, decided_until: date | None) -> Recorded:
    """Return what whoever has the code is told: nothing that says whom it is about, and no shop's name."""
    life, served, (first, last) = held.life, entry_of(held.life, on), held.months(on)
    return Recorded(
        state=life.state,
        state_text=both(*_STATES[life.state]),
        category=served.category,
        category_text=both(category_ja(served.category), category_en(served.category)),
        shops=_SHOPS,
        reports=max(len(life.sources), 1),
        first=first,
        last=last,
        amount=_band(held.reports),
        served=life.state is LifeState.ACTIVE,
        answer_until=answer_until,
        decided_until=decided_until,
        gone_on=life.expires_on,
        rights=_RIGHTS,
        may_ask=tuple(RequestKind),
        proofs=tuple(held.facts),
    )


def erased(category: Category, on: date) -> Recorded:
    """Return what whoever has the code of an erased entry is told: that it is gone."""
    return Recorded(
        state=LifeState.ERASED,
        state_text=both(*_STATES[LifeState.ERASED]),
        category=category,
        category_text=both(category_ja(category), category_en(category)),
        shops=_SHOPS,
        reports=0,
        first="",
        last="",
        amount="",
        served=False,
        answer_until=None,
        decided_until=None,
        gone_on=on,
        rights=_RIGHTS,
        may_ask=(),
        proofs=(),
    )


def copy(held: Held, looks: Sequence[Looked], on: date, with_statements: bool) -> tuple[str, str]:
    """Return everything that is held, in Japanese and English, but for the names of shops.

    Args:
        with_statements: also what the shops wrote in words of their own, which may speak of others.
    """
    return _copy(held, looks, on, with_statements, 0), _copy(held, looks, on, with_statements, 1)


def _copy(held: Held, looks: Sequence[Looked], on: date, with_statements: bool, language: int) -> str:
    sections = [_entry(held, on, language), *(_party(party, language) for party in dict.fromkeys(held.parties))]
    sources = {source.report: source for source in held.life.sources}
    sections += [_report(report, sources[report.number], with_statements, language) for report in held.reports]
    sections.append(_looks(looks, language))
    return "\n\n".join(sections)


def _entry(held: Held, on: date, language: int) -> str:
    served = entry_of(held.life, on)
    facts = [
        (("照会番号", "Code"), held.life.code),
        (("状態", "State"), _STATES[held.life.state][language]),
        (("区分", "Category"), (category_ja, category_en)[language](served.category)),
        (("時期", "Time"), f"{served.first_on.isoformat()} - {served.last_on.isoformat()}"),
        (("登録した日", "Recorded on"), day_of(held.life.opened_at).isoformat()),
        (("遅くとも消去される日", "Erased at the latest on"), held.life.expires_on.isoformat()),
    ]
    return _section(("登録", "The entry"), facts, language)


def _party(party: Party, language: int) -> str:
    facts = [
        (("氏名", "Name"), name_of(party)),
        (("フリガナ", "Kana"), party.kana or ""),
        (("会社名", "Company"), party.company or ""),
        (("住所", "Address"), address_of(party)),
        (("電話", "Phone"), ", ".join(party.phones)),
        (("メール", "Mail"), ", ".join(party.emails)),
    ]
    return _section(("ご本人について", "About you"), facts, language)


def _report(report: Report, source: Source, with_statements: bool, language: int) -> str:
    said = report.content
    reminders = ", ".join(f"{one.on.isoformat()} ({one.channel.value})" for one in said.reminders)
    payments = ", ".join(f"{one.on.isoformat()} {one.amount} {said.currency}" for one in said.payments)
    facts = [
        (("受け付けた日", "Received on"), day_of(report.filed_at).isoformat()),
        (("お知らせした日", "You were told on"), _day_of(source.notice.told_at)),
        (("加盟店に伝わり始めた日", "Told to shops since"), _day_of(source.counts_from)),
        (("注文番号", "Order"), said.order_number or said.order_id),
        (("注文日", "Ordered on"), said.ordered_on.isoformat()),
        (("商品", "Items"), said.items),
        (("金額", "Amount"), f"{said.amount} {said.currency}"),
        (("発送日", "Shipped on"), _day(said.shipped_on)),
        (("配達日", "Delivered on"), _day(said.delivered_on)),
        (("支払期日", "Due on"), _day(said.due_on)),
        (("返送日", "Returned on"), _day(said.refused_on)),
        (("ご案内", "Reminders"), reminders),
        (("ご入金", "Payments"), payments),
    ]
    if with_statements:
        answers = (said.answers.ground, said.answers.clear, said.answers.fits, said.answers.acted)
        facts += [
            (("返送の理由", "Why it was returned"), said.return_reason),
            (("お返事", "Replies"), said.replies),
            (("店舗の説明", "What the shop says"), " / ".join(filter(None, (*answers, said.note)))),
        ]
    return _section(("店舗からの連絡", "What a shop told us"), facts, language)


def _looks(looks: Sequence[Looked], language: int) -> str:
    title = ("照会した店舗", "Who looked")[language]
    if not looks:
        return f"[{title}]\n  {('ありません', 'Nobody')[language]}"
    lines = (
        f"  {look.on.isoformat()}: {look.shop_kind[language]}, {_PURPOSES[look.purpose][language]}" for look in looks
    )
    return "\n".join([f"[{title}]", *lines])


def _section(title: tuple[str, str], facts: Sequence[tuple[tuple[str, str], str]], language: int) -> str:
    lines = (f"  {name[language]}: {value}" for name, value in facts if value)
    return "\n".join([f"[{title[language]}]", *lines])


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _day_of(at: float | None) -> str:
    return "" if at is None else _day(day_of(at))


def _band(reports: Iterable[Report]) -> str:
    """The amount of all orders in a broad band: enough to remember them by, too little to prove anything."""
    amounts = [report.content.amount for report in reports if report.content.currency == "JPY"]
    total = sum(amounts, Decimal(0))
    if not total:
        return ""
    above = max((band for band in _BANDS if total >= band), default=0)
    below = min((band for band in _BANDS if total < band), default=None)
    if below is None:
        return both(f"{above:,}円以上", f"{above:,} yen or more")
    return both(f"{above:,}円以上{below:,}円未満", f"{above:,} to {below:,} yen") if above else _LEAST


_LEAST = both(f"{_BANDS[0]:,}円未満", f"less than {_BANDS[0]:,} yen")
_PURPOSES = {
    Purpose.ORDER: ("ご注文の確認", "about an order"),
    Purpose.SEARCH: ("登録の検索", "a search"),
}
ANY_SHOP = ("通信販売の店舗", "an online shop")
_SHOPS = both(*ANY_SHOP)
_STATES = {
    LifeState.PENDING: (
        "登録の前です。加盟店には伝わっていません",
        "not recorded yet: member shops are told nothing",
    ),
    LifeState.ACTIVE: (
        "登録されています。ご注文があると、加盟店に確認をお願いすることがあります",
        "recorded: member shops may be asked to check an order",
    ),
    LifeState.CONTESTED: (
        "お申出を確かめています。加盟店には伝わりません",
        "what you told us is being checked: member shops are told nothing",
    ),
    LifeState.SUSPENDED: (
        "当事務局が確かめています。加盟店には伝わりません",
        "being looked at by our office: member shops are told nothing",
    ),
    LifeState.ASLEEP: (
        "店舗の再確認を待っています。加盟店には伝わりません",
        "waiting for the shop to confirm it: member shops are told nothing",
    ),
    LifeState.ERASED: ("消去されました", "erased"),
}
_RIGHTS = both(
    "異議、写しの請求、訂正、利用の停止、消去、お名前の無断使用のお申出は、いつでも無料で受け付けます。写しの請求のほかは、"
    "お申出の時から確認が終わるまで、加盟店には伝わりません",
    "you may at any time and free of charge say that it is not right, ask for a copy, a correction, an end of use or "
    "erasure, or tell us that somebody else used your name; but for a copy, member shops are told nothing from that "
    "moment until it has been checked",
)
