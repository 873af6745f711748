"""How cases are shown at the command line: plain rows for a program, tables and lines for a person at the office."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import click
import msgspec

from shopguard.cli.output import say, show_json, show_table
from shopguard.registry.acts import Logged
from shopguard.registry.calendar import JST
from shopguard.registry.disputes.outbox import Message
from shopguard.registry.disputes.words import DEADLINES
from shopguard.registry.entries.model import Life
from shopguard.registry.office.quality import Quality
from shopguard.registry.office.service import Case, Item, Page
from shopguard.registry.office.similar import Similar
from shopguard.registry.reports.store import StoredFile
from shopguard.registry.timers import Timer

_DAY_S = 86_400.0
_SHOWN = 120  # characters of a reason in a table


def show_page(page: Page, as_json: bool) -> None:
    """Print a part of the queue; nothing in it names a buyer."""
    rows = [_item(item) for item in page.items]
    if as_json:
        show_json({"total": page.total, "reports": rows})
        return
    headings = "report", "days", "category", "complete", "shop", "history", "marks", "similar", "checked by", "with"
    show_table(headings, [_cells(row) for row in rows])
    click.echo(say(f"{page.total} waiting", f"審査待ち {page.total}件"))


def show_case(case: Case, as_json: bool) -> None:
    """Print all there is about one report."""
    row = _case(case)
    if as_json:
        show_json(row)
        return
    facts = {name: value for name, value in row.items() if name not in ("content", "files", "similar", "acts")}
    show_table((case.report.id, ""), [(_words(name), _text(value)) for name, value in facts.items()])
    click.echo()
    show_table((say("the shop says", "店舗の申告"), ""), list(_flat(row["content"])))
    click.echo()
    show_table(("file", "name", "kind", "bytes", "sha256"), [tuple(file.values()) for file in row["files"]])
    click.echo()
    _show_similar(case.similar)
    click.echo()
    show_acts(case.acts, as_json=False)


def show_life(life: Life, as_json: bool) -> None:
    """Print where an entry stands, without anything of its person."""
    if as_json:
        show_json(life_row(life))
    else:
        click.echo(f"{life.reference}: {life.state.value}")


def life_row(life: Life) -> Mapping[str, Any]:
    """Return what a program gets to know of an entry."""
    return {
        "reference": life.reference,
        "state": life.state.value,
        "since": moment(life.since),
        "expires_on": life.expires_on.isoformat(),
        "reporters": sorted(life.members),
    }


def show_acts(acts: Iterable[Logged], as_json: bool) -> None:
    """Print what was done to a record, the oldest first."""
    rows = [_act(logged) for logged in acts]
    if as_json:
        show_json(rows)
    else:
        headings = "when", "what", "by", "before", "after", "reason", "log"
        # what a shop filed is kept with the whole request it signed: that is for programs
        shown = ({**row, "reason": _ERASED if row["reason"] is None else _shortened(row["reason"])} for row in rows)
        show_table(headings, [tuple(row.values()) for row in shown])


def show_deadlines(timers: Iterable[tuple[Timer, str]], now: float, as_json: bool) -> None:
    """Print deadlines, each with the name of what it is about."""
    rows = [
        {
            "due": moment(timer.due_at),
            "days": round((timer.due_at - now) / _DAY_S, 1),
            "what": timer.what,
            "says": say(*reversed(DEADLINES.get(timer.what, (timer.what, timer.what)))),
            "of": name,
            "subject": str(timer.subject),
        }
        for timer, name in timers
    ]
    if as_json:
        show_json(rows)
    else:
        show_table(("due", "days", "of", "what"), [(row["due"], row["days"], row["of"], row["says"]) for row in rows])


def show_warnings(warnings: Iterable[tuple[Message, str]], as_json: bool) -> None:
    """Print warnings of deadlines, each with the name of what it is about."""
    rows = [
        {
            "number": warning.number,
            "warned": moment(warning.drafted_at),
            "of": name,
            "subject": str(warning.subject),
            "text": "" if (letter := warning.letter) is None else say(letter.en.body, letter.ja.body),
        }
        for warning, name in warnings
    ]
    if as_json:
        show_json(rows)
        return
    for row in rows:
        click.echo(f"{row['number']}: {row['of']}\n{row['text']}\n")


def show_qualities(qualities: Mapping[str, Quality], as_json: bool) -> None:
    """Print how the reports of members held."""
    rows = [{"member": member, **_quality(one)} for member, one in qualities.items()]
    if as_json:
        show_json(rows)
    else:
        headings = "member", "filed", "accepted", "rejected", "overturned", "late", "two check", "speaks for"
        show_table(headings, [tuple(row.values()) for row in rows])


def moment(at: float) -> str:
    """Return a moment (Unix seconds) as people in Japan write it, and programs read it."""
    return datetime.fromtimestamp(at, JST).isoformat(timespec="minutes")


def _show_similar(similar: Sequence[Similar]) -> None:
    headings = "similar", "state", "category", "strength", "score"
    show_table(headings, [tuple(_similar(one).values())[:5] for one in similar])
    for one in similar:
        click.echo(f"\n{one.name}")
        for line in one.explanation[say("en", "ja")]:
            click.echo(f"  {line}")


def _item(item: Item) -> dict[str, Any]:
    return {
        "id": item.report.id,
        "age_days": round(item.age_days, 1),
        "filed_at": moment(item.waiting.filed_at),
        "category": item.waiting.category.value,
        "completeness": item.report.completeness,
        "member": item.report.member,
        "quality": _quality(item.quality),
        "marks": sorted(mark.value for mark in item.marks),
        "similar": item.similar,
        "checked_by": list(item.waiting.checked_by),
        "held_by": item.waiting.held_by,
    }


def _cells(row: Mapping[str, Any]) -> Sequence[object]:
    held = row["quality"]
    history = f"{held['filed']}/{held['accepted']}/{held['overturned']}"
    names = [", ".join(row[name]) or None for name in ("marks", "checked_by")]
    known = row["id"], row["age_days"], row["category"], f"{row['completeness']} %", row["member"], history
    return *known, names[0], row["similar"], names[1], row["held_by"]


def _case(case: Case) -> dict[str, Any]:
    report, waiting = case.report, case.waiting
    return {
        "id": report.id,
        "state": report.state.value,
        "member": report.member,
        "filed_at": moment(report.filed_at),
        "completeness": report.completeness,
        "marks": sorted(mark.value for mark in case.marks),
        "needs_two": case.needs_two,
        "checked_by": list(report.checked_by if waiting is None else waiting.checked_by),
        "held_by": None if waiting is None else waiting.held_by,
        "held_until": None if waiting is None or waiting.held_until is None else moment(waiting.held_until),
        "reason": report.reason,
        "quality": _quality(case.quality),
        "content": msgspec.to_builtins(report.content),
        "files": [_file(file) for file in case.files],
        "similar": [_similar(one) for one in case.similar],
        "acts": [_act(logged) for logged in case.acts],
    }


def _quality(quality: Quality) -> dict[str, Any]:
    return {
        "filed": quality.filed,
        "accepted": quality.accepted,
        "rejected": quality.rejected,
        "overturned": quality.overturned,
        "late": quality.late,
        "needs_two": quality.needs_two,
        "suggestion": quality.suggestion.value,
    }


def _file(file: StoredFile) -> dict[str, Any]:
    return {"id": file.id, "name": file.name, "kind": file.kind, "size": file.size, "sha256": file.sha256.hex()}


def _similar(one: Similar) -> dict[str, Any]:
    return {
        "name": one.name,
        "state": one.state,
        "category": one.category.value,
        "strength": one.comparison.strength.value,
        "score": round(one.comparison.score, 3),
        "explanation": one.explanation,
    }


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _act(logged: Logged) -> dict[str, Any]:
    act = logged.act
    return {
        "at": moment(act.at),
        "what": act.kind.value,
        "by": act.by,
        "before": act.before,
        "after": act.after,
        "reason": act.reason if logged.is_whole else None,
        "leaf": logged.leaf,
    }


_ERASED = "(erased)"


def _flat(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield every field of a report that says something, one below the other."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list | tuple):
        for at, inner in enumerate(value, 1):
            yield from _flat(inner, f"{name} {at}")
    elif value not in (None, "", False):
        yield _words(name), str(value)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _text(value: object) -> object:
    if isinstance(value, Mapping):
        return ", ".join(f"{inner} {_words(key)}" for key, inner in value.items() if inner)
    return ", ".join(map(str, value)) if isinstance(value, list) else value
