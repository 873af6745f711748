"""From sealed rows to candidates: which entries the tokens asked meet, and what may be told of each. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from shopguard.model import Category, Effect
from shopguard.registry.messages import CandidateShape
from shopguard.registry.sealing import Full, Place, Row, RowDamaged, open_full, open_row, secret_of, shares_of


@dataclass(frozen=True, slots=True)
class Met:
    """One entry that the tokens asked lead to.

    ``shared`` are their positions, ``row`` is one of its rows (they differ in nothing but the share). ``secret``
    opens the full posting: None where the rows are all of one group that does not open it alone.
    """

    shared: tuple[int, ...]
    row: Row
    secret: int | None

    def __repr__(self) -> str:
        return f"Met(shared={self.shared})"


def open_rows(
    places: Sequence[Place], found: Iterable[tuple[int, bytes]], epoch: int, today: date
) -> tuple[tuple[Met, ...], int]:
    """Return the entries met, and how many rows could not be opened. Expired rows are as if they were not there.

    Args:
        places: of the tokens asked, in order.
        found: position of a token, and a sealed row that lies there.
    """
    met: dict[bytes, list[tuple[int, Row]]] = {}
    damaged = 0
    for position, sealed in found:
        try:
            row = open_row(places[position], sealed, epoch)
        except RowDamaged:
            damaged += 1
            continue
        if row.expires_on is None or today < row.expires_on:
            met.setdefault(row.t2_ref, []).append((position, row))
    return tuple(_met(rows) for rows in met.values()), damaged


def tell(met: Iterable[Met], fulls: Mapping[bytes, bytes], epoch: int) -> tuple[tuple[CandidateShape, ...], int]:
    """Return what may be told of the entries met, and how many full postings are missing or could not be opened.

    Of those, and of entries without a secret, only what their rows say is told; so of a misused name, whose record is
    nobody's business. Who shares most comes first.

    Args:
        fulls: sealed full postings by ``t2_ref``.
    """
    told: list[CandidateShape] = []
    damaged = 0
    for entry in met:
        full = None
        if entry.secret is not None and entry.row.effect is not Effect.CONFIRM:
            t2_ref = entry.row.t2_ref
            try:
                full = open_full(entry.secret, t2_ref, fulls.get(t2_ref, b""), epoch)
            except RowDamaged:
                damaged += 1
        told.append(_weak(entry) if full is None else _opened(entry, full))
    told.sort(key=lambda candidate: (-len(candidate.shared), candidate.shared, candidate.handle))
    return tuple(told), damaged


def _met(rows: Iterable[tuple[int, Row]]) -> Met:
    ordered = sorted(rows, key=lambda one: one[0])
    shares = shares_of(row for _, row in ordered)
    return Met(tuple(position for position, _ in ordered), ordered[0][1], secret_of(shares))


def _weak(entry: Met) -> CandidateShape:
    row = entry.row
    return CandidateShape(
        handle=row.handle.hex(),
        shared=entry.shared,
        fields=tuple(sorted(row.fields)),
        category=Category.OTHER,
        reporters=row.reporters,
        last_on=row.last_month,
        may_hold=row.effect is Effect.HOLD,
        opened=False,
        effect=row.effect,
    )


def _opened(entry: Met, full: Full) -> CandidateShape:
    row = entry.row
    return CandidateShape(
        handle=full.reference,
        shared=entry.shared,
        fields=tuple(sorted(row.fields)),
        category=full.category,
        reporters=full.reporters,
        last_on=full.last_on,
        may_hold=row.effect is Effect.HOLD,
        opened=True,
        unopened=row.handle.hex(),
        effect=row.effect,
    )
