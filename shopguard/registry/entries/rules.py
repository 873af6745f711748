"""What the rules say of an entry on a day: how long it stands, what it may cause, what is served of it. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from msgspec.structs import replace as replace_life

from shopguard.config.periods import USUAL, Periods
from shopguard.model import Category, Effect, Entry, Party
from shopguard.registry.calendar import add_months, add_years, day_of
from shopguard.registry.entries.model import Life, Loaded, Source

MOST_PARTIES = 8
"""Names and addresses that one entry is found by: of more reports, the newest."""


def ends_on(category: Category, happened_on: date, periods: Periods = USUAL) -> date:
    """Return the last day on which a case supports an entry.

    Args:
        happened_on: when it was due (``unpaid``), refused (``cod_refused``), or happened.
    """
    years = {Category.UNPAID: periods.unpaid_years, Category.COD_REFUSED: periods.refused_years}
    return add_years(happened_on, years.get(category, periods.other_years))


def lapses_on(source: Source, periods: Periods = USUAL) -> date:
    """Return the last day on which the reporter's word holds."""
    return add_months(day_of(source.confirmed_at), periods.confirm_months)


def counting(life: Life, on: date, periods: Periods = USUAL) -> tuple[Source, ...]:
    """Return the reports that support an entry on a day: heard about, not ended, and confirmed in time."""
    begun = (source for source in life.sources if source.counts_from is not None)
    return tuple(s for s in begun if on <= s.ends_on and on <= lapses_on(s, periods))


def waiting(life: Life, on: date) -> tuple[Source, ...]:
    """Return the reports that do not count yet, as the person was not told, or may still answer first."""
    return tuple(source for source in life.sources if source.counts_from is None and on <= source.ends_on)


def standing(life: Life, on: date) -> Entry | None:
    """Return what was loaded, as long as it stands."""
    return life.loaded.entry if life.loaded is not None and on <= life.loaded.ends_on else None


def is_supported(life: Life, on: date, periods: Periods = USUAL) -> bool:
    return bool(counting(life, on, periods)) or standing(life, on) is not None


def voices(sources: Iterable[Source]) -> int:
    """Return how many independent shops these are."""
    return len({source.group for source in sources})


def is_decided_by_two(sources: Iterable[Source]) -> bool:
    """Whether two independent shops report it, or two persons at the office accepted one report."""
    given = tuple(sources)
    return voices(given) >= 2 or any(len(set(source.checked_by)) >= 2 for source in given)


def needs_two(category: Category) -> bool:
    """Whether two persons at the office must accept such a report before it can be part of an entry."""
    return category is Category.MALICIOUS_CLAIM


def may_count(source: Source, on: date, periods: Periods = USUAL) -> bool:
    """Whether the person was told of a report, or could not be, and had the time to answer."""
    until = answer_by(source, periods)
    return until is not None and on > until


def answer_by(source: Source, periods: Periods = USUAL) -> date | None:
    """Return the last day of the person's time to answer to a report; None: the person was not told yet."""
    return _pending_until(source.notice.at, periods)


def answers_until(life: Life, on: date, periods: Periods = USUAL) -> date | None:
    """Return the first day after which a report begins to count; None: of none is that known."""
    days = (answer_by(source, periods) for source in waiting(life, on))
    return min((day for day in days if day is not None), default=None)


def _told_and_heard_by(source: Source, periods: Periods) -> date | None:
    return _pending_until(source.notice.told_at, periods)


def _is_told_and_heard(source: Source, on: date, periods: Periods) -> bool:
    until = _told_and_heard_by(source, periods)
    return until is not None and on > until


def _pending_until(at: float | None, periods: Periods) -> date | None:
    return None if at is None else day_of(at) + timedelta(days=periods.pending_days)


def tell_by(source: Source, periods: Periods = USUAL) -> date:
    """Return the last day on which the person is told of a report, or it supports nothing."""
    return day_of(source.added_at) + timedelta(days=periods.notice_days)


def effect(life: Life, on: date, periods: Periods = USUAL) -> Effect:
    """Return the most that an entry may cause on a day."""
    loaded = standing(life, on)
    most = Effect.NOTE if loaded is None else _effect_of_loaded(loaded)
    acting = [source for source in counting(life, on, periods) if source.category is not Category.OTHER]
    if acting:
        may_hold = is_decided_by_two(source for source in acting if _is_told_and_heard(source, on, periods))
        most = max(most, Effect.HOLD if may_hold else Effect.FLAG, key=_MILDEST_FIRST.index)
    fades = fades_on(life, on, periods)
    return Effect.NOTE if fades is not None and on > fades else most


def fades_on(life: Life, on: date, periods: Periods = USUAL) -> date | None:
    """Return the last day on which an entry that is found by phone alone may act; None: it is found by more."""
    sources, loaded = _supporting(life, on, periods)
    return _fades_on(_parties(sources, loaded), _last_on(sources, loaded), periods)


def weighs_on(life: Life, on: date, periods: Periods = USUAL) -> date | None:
    """Return the first day from ``on`` after which an entry says or causes something else; None: there is none."""
    days = [source.ends_on for source in life.sources]
    if life.loaded is not None:
        days.append(life.loaded.ends_on)
    # one that counts though nobody could be told, and was told since, may hold when that was heard
    heard_by = (_told_and_heard_by(s, periods) for s in life.sources if s.counts_from is not None)
    days += [day for day in heard_by if day is not None]
    fades = fades_on(life, on, periods)
    if fades is not None:
        days.append(fades)
    return min((day for day in days if on <= day < life.expires_on - _DAY), default=None)


def confirm_by(life: Life, on: date, periods: Periods = USUAL) -> date | None:
    """Return the next day on which the word of a reporter lapses; None: there is none to lapse."""
    days = (lapses_on(source, periods) for source in life.sources if on <= source.ends_on)
    return min((day for day in days if day >= on), default=None)


def entry_of(life: Life, on: date, periods: Periods = USUAL) -> Entry:
    """Return what members meet of an entry on a day."""
    sources, loaded = _supporting(life, on, periods)
    party, *others = _parties(sources, loaded)
    shown = [source for source in sources if source.category is not Category.OTHER] or sources
    newest = max(shown, key=lambda source: source.last_on, default=None)
    if newest is None or (loaded is not None and loaded.entry.last_on >= newest.last_on):
        category = loaded.entry.category if loaded is not None else Category.OTHER
    else:
        category = newest.category
    return Entry(
        id=life.reference,
        category=category,
        party=party,
        reporters=max(voices(sources), loaded.entry.reporters if loaded is not None else 1),
        first_on=_first_on(sources, loaded),
        last_on=_last_on(sources, loaded),
        effect=effect(life, on, periods),
        expires_on=_expires_on(life, on, periods),
        also=tuple(others[: MOST_PARTIES - 1]),
    )


# --- entries that were loaded and have no life of their own ---------------------------------------------------------


def loaded_ends_on(entry: Entry, periods: Periods = USUAL) -> date:
    """Return the last day on which a loaded entry stands: by its category from its last case, sooner if it says so.

    A note that protects a person stands as long as it says.
    """
    told = date.max if entry.expires_on is None else max(entry.expires_on, date.min + _DAY) - _DAY
    if entry.effect is Effect.CONFIRM:
        return told
    return min(told, ends_on(entry.category, entry.last_on, periods))


def loaded_due_on(entry: Entry, on: date, periods: Periods = USUAL) -> date:
    """Return the first day from ``on`` after which the rules change or end a loaded entry.

    Of one that stands without end, a day that nobody lives to see.
    """
    ends = min(loaded_ends_on(entry, periods), date.max - _DAY)
    fades = _fades_on((entry.party, *entry.also), entry.last_on, periods)
    return fades if fades is not None and on <= fades < ends and entry.effect is not Effect.CONFIRM else ends


def loaded_as_served(entry: Entry, on: date, periods: Periods = USUAL) -> Entry:
    """Return what members meet of a loaded entry on a day."""
    ends = loaded_ends_on(entry, periods)
    fades = _fades_on((entry.party, *entry.also), entry.last_on, periods)
    may = _effect_of_loaded(entry)
    if may is not Effect.CONFIRM and fades is not None and on > fades:
        may = Effect.NOTE
    return replace(entry, effect=may, expires_on=None if ends == date.max else ends + _DAY)


_DAY = timedelta(days=1)
_MILDEST_FIRST = (Effect.NOTE, Effect.FLAG, Effect.HOLD)


def _effect_of_loaded(entry: Entry) -> Effect:
    """What does not fit a category never acts, whoever decided it."""
    acts = entry.category is not Category.OTHER or entry.effect is Effect.CONFIRM
    return entry.effect if acts else Effect.NOTE


def _supporting(life: Life, on: date, periods: Periods) -> tuple[tuple[Source, ...], Loaded | None]:
    """What an entry rests on; where nothing supports it, it is not served, and what it was is kept."""
    sources = counting(life, on, periods)
    loaded = life.loaded if standing(life, on) is not None else None
    return (sources, loaded) if sources or loaded is not None else (life.sources, life.loaded)


def _expires_on(life: Life, on: date, periods: Periods) -> date:
    """The day from which it must be gone, as members may be told: a report that does not count yet moves no end."""
    begun = tuple(source for source in life.sources if source.counts_from is not None)
    return (replace_life(life, sources=begun) if is_supported(life, on, periods) else life).expires_on


def _parties(sources: Iterable[Source], loaded: Loaded | None) -> tuple[Party, ...]:
    """The person as each shop knows them, the newest first; what one says no more than another is left out."""
    newest_first = sorted(sources, key=lambda source: (source.last_on, source.report), reverse=True)
    given = [source.party for source in newest_first]
    if loaded is not None:
        given += [loaded.entry.party, *loaded.entry.also]
    kept: list[Party] = []
    for party in given:
        if not any(party.is_within(other) for other in kept):
            kept = [other for other in kept if not other.is_within(party)]
            kept.append(party)
    return tuple(kept)


def _first_on(sources: Iterable[Source], loaded: Loaded | None) -> date:
    days = [source.first_on for source in sources]
    return min([*days, loaded.entry.first_on] if loaded is not None else days)


def _last_on(sources: Iterable[Source], loaded: Loaded | None) -> date:
    days = [source.last_on for source in sources]
    return max([*days, loaded.entry.last_on] if loaded is not None else days)


def _fades_on(parties: Iterable[Party], last_on: date, periods: Periods) -> date | None:
    is_phone_alone = all(not (party.emails or party.lines or party.postal_code or party.city) for party in parties)
    return add_months(last_on, periods.phone_months) if is_phone_alone else None
