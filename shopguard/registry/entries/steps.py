"""What becomes of an entry at each thing that happens to it: from one life to the next. Pure.

An entry that nothing interrupts rests where the rules of the day put it: ``rested`` ends every step.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace as replace_entry
from datetime import date, timedelta
from typing import Protocol

from msgspec.structs import replace

from shopguard.config.periods import USUAL, Periods
from shopguard.registry.calendar import day_of
from shopguard.registry.entries.clocks import Clock
from shopguard.registry.entries.model import Ending, Life, LifeState, Loaded, Notice, NoticeState, Source
from shopguard.registry.entries.rules import answer_by, is_supported, may_count, standing, tell_by, waiting
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both


class Step(Protocol):
    """One of the steps below, with all it needs but the life and the moment (Unix seconds)."""

    def __call__(self, life: Life, /, *, now: float, periods: Periods) -> Life: ...


_DAY_S = 86_400.0

FREE = (LifeState.PENDING, LifeState.ACTIVE, LifeState.ASLEEP)
"""States of an entry that nothing interrupts."""


def rested(life: Life, now: float, periods: Periods = USUAL) -> Life:
    """Return the entry in the state that the rules of the day put it in."""
    return _placed(_still_to_answer(life, now, periods), now, periods)


def _placed(life: Life, now: float, periods: Periods) -> Life:
    today = day_of(now)
    if today >= life.expires_on:
        return ended(life, Ending.EXPIRED, now)
    if life.state not in FREE:
        return life
    heard = replace(life, sources=tuple(_begun(source, now, periods) for source in life.sources))
    if is_supported(heard, today, periods):
        return _in(heard, LifeState.ACTIVE, now)
    return _in(heard, LifeState.PENDING if waiting(heard, today) else LifeState.ASLEEP, now)


def _begun(source: Source, now: float, periods: Periods) -> Source:
    """Return a report that counts from now on, if the person had the time to answer to it."""
    begins = source.counts_from is None and may_count(source, day_of(now), periods)
    return replace(source, counts_from=now) if begins else source


def _still_to_answer(life: Life, now: float, periods: Periods) -> Life:
    """Return an entry with some days to answer left to what should have begun to count a day ago or more.

    The registry stood still, and the persons' desk with it: nothing counts before the office was warned and could
    enter what came by letter meanwhile.
    """
    if life.state not in FREE:
        return life
    at, today = now - (periods.pending_days - periods.warn_days) * _DAY_S, day_of(now)
    late = {source.report for source in waiting(life, today) if _is_late(source, today, periods)}
    return _noticed(life, late, lambda source: replace(source, notice=replace(source.notice, at=at)))


def _is_late(source: Source, today: date, periods: Periods) -> bool:
    until = answer_by(source, periods)
    return until is not None and today > until + timedelta(days=1)


def ended(life: Life, ending: Ending, now: float, periods: Periods = USUAL) -> Life:
    """Return the entry as it is erased."""
    return replace(life, state=LifeState.ERASED, since=now, ending=ending)


# --- what it rests on -----------------------------------------------------------------------------------------------


def opened(number: int, reference: str, code: str, sources: Sequence[Source], now: float) -> Life:
    """Return a new entry, pending."""
    return Life(number, reference, code, LifeState.PENDING, now, now, tuple(sources))


def adopted(number: int, code: str, loaded: Loaded, now: float) -> Life:
    """Return the life of an entry that was loaded already decided."""
    return Life(number, loaded.entry.id, code, LifeState.ACTIVE, now, now, loaded=loaded)


def with_sources(life: Life, sources: Sequence[Source], now: float, periods: Periods = USUAL) -> Life:
    """Return the entry with further reports, each of which counts when the person was told and had time to answer.

    One that it rests on already is as it is now, and stands no longer.
    """
    if life.ending is not None:
        raise Refused(Refusal.STATE, _ABOUT_TO_END)
    new, before = {source.report for source in sources}, {source.report: source for source in life.sources}
    kept = tuple(source for source in life.sources if source.report not in new)
    added = tuple(_standing_as(before.get(source.report, source), source) for source in sources)
    return rested(replace(life, sources=(*kept, *added)), now, periods)


def _standing_as(before: Source, source: Source) -> Source:
    """Only the shop renews its word, only a new report makes an entry last longer, and what was heard was heard."""
    return replace(
        source,
        ends_on=min(before.ends_on, source.ends_on),
        confirmed_at=before.confirmed_at,
        added_at=before.added_at,
        notice=before.notice,
        counts_from=before.counts_from,
    )


def without_sources(
    life: Life, reports: Collection[int], ending: Ending, now: float, periods: Periods = USUAL
) -> Life:
    """Return the entry without these reports: about to be erased, or erased, if it rests on nothing any more."""
    kept = tuple(source for source in life.sources if source.report not in reports)
    if len(kept) == len(life.sources) or life.ending is not None:
        return life
    if kept or standing(life, day_of(now)) is not None:
        return rested(replace(life, sources=kept), now, periods)
    if ending is not Ending.PAID:
        return ended(life, ending, now)
    return replace(life, state=LifeState.SUSPENDED, since=now, ending=Ending.PAID)


def confirmed(life: Life, report: int, now: float, periods: Periods = USUAL) -> Life:
    """Return the entry with the word of a reporter renewed."""
    sources = tuple(
        replace(source, confirmed_at=now) if source.report == report else source for source in life.sources
    )
    return rested(replace(life, sources=sources), now, periods)


def regrouped(life: Life, groups: Mapping[str, str], now: float, periods: Periods = USUAL) -> Life:
    """Return the entry with its reporters counted by the groups that they are of now."""
    sources = tuple(replace(source, group=groups.get(source.member, source.member)) for source in life.sources)
    return life if sources == life.sources else rested(replace(life, sources=sources), now, periods)


def merged(into: Life, other: Life, now: float, periods: Periods = USUAL) -> Life:
    """Return ``into`` resting on all that ``other`` rests on, too."""
    if into.state not in FREE or other.state not in FREE:
        raise Refused(Refusal.STATE, _INTERRUPTED)
    loaded = into.loaded or other.loaded
    if into.loaded is not None and other.loaded is not None:
        loaded = _both_loaded(into.loaded, other.loaded)
    return with_sources(replace(into, loaded=loaded), other.sources, now, periods)


def _both_loaded(one: Loaded, other: Loaded) -> Loaded:
    older, newer = sorted((one, other), key=lambda loaded: loaded.entry.last_on)
    entry = replace_entry(
        newer.entry,
        first_on=min(one.entry.first_on, other.entry.first_on),
        reporters=max(one.entry.reporters, other.entry.reporters),
        also=(*newer.entry.also, older.entry.party, *older.entry.also),
    )
    return Loaded(entry, max(one.ends_on, other.ends_on))


# --- telling the person ---------------------------------------------------------------------------------------------


def notice_sent(
    life: Life, shown: str, now: float, periods: Periods = USUAL, reports: Collection[int] | None = None
) -> Life:
    """Return the entry whose person was told of these reports (None: all), each of them once.

    Who could not be told before has the whole time to answer from now.
    """

    def told(source: Source) -> Source:
        before, is_over = source.notice, may_count(source, day_of(now), periods)
        if before.state is NoticeState.SENT:
            return source
        at = before.at if is_over and before.at is not None else now
        return replace(source, notice=Notice(NoticeState.SENT, at, now, shown))

    return rested(_noticed(life, reports, told), now, periods)


def notice_impossible(
    life: Life, why: str, now: float, periods: Periods = USUAL, reports: Collection[int] | None = None
) -> Life:
    """Return the entry whose person cannot be told of these reports (None: all), or whose letter came back."""

    def untold(source: Source) -> Source:
        at = now if source.notice.at is None else source.notice.at
        return replace(source, notice=Notice(NoticeState.IMPOSSIBLE, at, None, why))

    return rested(_noticed(life, reports, untold), now, periods)


def _noticed(life: Life, reports: Collection[int] | None, change: Callable[[Source], Source]) -> Life:
    sources = (change(s) if reports is None or s.report in reports else s for s in life.sources)
    return replace(life, sources=tuple(sources))


# --- disputes -------------------------------------------------------------------------------------------------------


def contested(life: Life, now: float, periods: Periods = USUAL) -> Life:
    """Return the entry with a dispute open; one that is contested, or about to be erased, stays as it is."""
    if life.state is LifeState.CONTESTED or life.ending is not None:
        return life
    disputed = replace(life, reporter_told_at=None, reporter_late=False, extended=False)
    return _in(disputed, LifeState.CONTESTED, now)


def reporter_told(life: Life, now: float, periods: Periods = USUAL) -> Life:
    _expect(life, LifeState.CONTESTED)
    return replace(life, reporter_told_at=now)


def extended(life: Life, now: float, periods: Periods = USUAL) -> Life:
    """Return the entry whose dispute has its one extension."""
    _expect(life, LifeState.CONTESTED)
    if life.extended:
        raise Refused(Refusal.STATE, _EXTENDED)
    return replace(life, extended=True)


def upheld(life: Life, now: float, periods: Periods = USUAL) -> Life:
    _expect(life, LifeState.CONTESTED)
    return _placed(_in(life, LifeState.PENDING, now), now, periods)  # what was heard meanwhile counts


def overturned(life: Life, now: float, periods: Periods = USUAL) -> Life:
    _expect(life, LifeState.CONTESTED)
    return ended(life, Ending.OVERTURNED, now)


# --- the office -----------------------------------------------------------------------------------------------------


def suspended(life: Life, now: float, periods: Periods = USUAL) -> Life:
    if life.state not in FREE:
        raise Refused(Refusal.STATE, _INTERRUPTED)
    return _in(life, LifeState.SUSPENDED, now)


def resumed(life: Life, now: float, periods: Periods = USUAL) -> Life:
    _expect(life, LifeState.SUSPENDED)
    if life.ending is not None:
        raise Refused(Refusal.STATE, _ABOUT_TO_END)
    return _placed(_in(life, LifeState.PENDING, now), now, periods)  # what was heard meanwhile counts


# --- clocks ---------------------------------------------------------------------------------------------------------


def fired(life: Life, clock: Clock, now: float, periods: Periods = USUAL) -> Life:
    """Return the entry after a deadline."""
    return _AT_DEADLINE[clock](life, now, periods)


def _untold(life: Life, now: float, periods: Periods) -> Life:
    """Nobody told the person in time: what they were not told of stands no more."""
    reports = [source.report for source in life.untold if day_of(now) > tell_by(source, periods)]
    return without_sources(life, reports, Ending.UNTOLD, now, periods)


def _reporter_late(life: Life, _now: float, _periods: Periods) -> Life:
    return replace(life, reporter_late=True)


def _ending(ending: Ending) -> Callable[[Life, float, Periods], Life]:
    def end(life: Life, now: float, _periods: Periods) -> Life:
        return ended(life, ending, now)

    return end


_AT_DEADLINE: Mapping[Clock, Callable[[Life, float, Periods], Life]] = {
    Clock.NOTICE: _untold,
    Clock.SERVE: rested,
    Clock.COUNT: rested,
    Clock.WEIGH: rested,
    Clock.CONFIRM: rested,
    Clock.EXPIRE: rested,
    Clock.TELL: _reporter_late,
    Clock.DECIDE: _ending(Ending.UNDECIDED),
    Clock.SUSPENSION: _ending(Ending.UNDECIDED),
    Clock.SLEEP: _ending(Ending.UNCONFIRMED),
    Clock.PAID: _ending(Ending.PAID),
}


def _in(life: Life, state: LifeState, now: float) -> Life:
    return life if life.state is state else replace(life, state=state, since=now)


def _expect(life: Life, state: LifeState) -> None:
    if life.state is not state:
        raise Refused(Refusal.STATE, _OTHER_STATE)


_ABOUT_TO_END = both(
    "この登録は支払済みのため、まもなく消去されます。新しい登録を作成してください。",
    "this entry was paid and is about to be erased: open a new one",
)
_INTERRUPTED = both(
    "この登録は異議申立て中または停止中です。先にその判断をしてください。",
    "this entry is contested or suspended: decide that first",
)
_OTHER_STATE = both(
    "登録の状態が変わっています。表示を更新して確認してください。",
    "this entry is in another state by now: look at it again",
)
_EXTENDED = both(
    "審査期間の延長は1回限りで、すでに延長されています。", "a dispute is extended once only, and this one was"
)
