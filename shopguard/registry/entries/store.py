"""The lives of entries in the vault, sealed under each entry's own key. Works in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from shopguard.model import Category
from shopguard.registry.entries.model import Ending, Life, LifeState
from shopguard.registry.records import Records
from shopguard.storage.columns import NUMBER


@dataclass(frozen=True, slots=True)
class Gone:
    """What is left of an entry that is no more. ``at`` is Unix seconds; ``into`` is the entry that it goes on in."""

    number: int
    category: Category
    ending: Ending
    at: float
    into: int | None = None


class LifeStore:
    """Reads and writes lives. ``records`` seal them."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def get(self, connection: sa.Connection, number: int) -> Life | None:
        """Return a life that has not ended; whoever changes it has the turn of ``Placing``."""
        row = connection.execute(_living.where(_life.c.number == number)).first()
        return None if row is None else self._opened(row)

    def in_state(self, connection: sa.Connection, state: LifeState, after: int, limit: int) -> Sequence[Life]:
        """Return the first lives in a state above the number ``after``."""
        wanted = (_life.c.state == state.value) & (_life.c.number > after)
        rows = connection.execute(_living.where(wanted).order_by(_life.c.number).limit(limit)).all()
        return self._many(rows)

    def untold(self, connection: sa.Connection) -> Sequence[int]:
        """Return the entries whose person is to be told of something, by their numbers."""
        wanted = _life.c.untold & _life.c.sealed.is_not(None)
        return list(connection.scalars(sa.select(_life.c.number).where(wanted).order_by(_life.c.number)))

    def of_numbers(self, connection: sa.Connection, numbers: Sequence[int]) -> Sequence[Life]:
        """Return those of ``numbers`` whose life has not ended."""
        rows = connection.execute(_living.where(_life.c.number.in_(numbers)).order_by(_life.c.number)).all()
        return self._many(rows)

    def by_code(self, connection: sa.Connection, digest: bytes) -> int | None:
        """Return the number of the entry whose code has this digest, whatever became of it."""
        return connection.execute(sa.select(_life.c.number).where(_life.c.code_digest == digest)).scalar()

    def gone(self, connection: sa.Connection, number: int) -> Gone | None:
        """Return what is left of an entry whose life has ended; None while it lasts."""
        row = connection.execute(sa.select(_life).where(_life.c.number == number)).first()
        if row is None or row.state != LifeState.ERASED.value:
            return None
        return Gone(row.number, Category(row.category), Ending(row.ending), row.since, row.merged_into)

    def count_endings(self, connection: sa.Connection) -> Mapping[tuple[Category, Ending], int]:
        """Return how many entries ended, by category and why: all that is kept of them."""
        count = sa.func.count().label("entries")
        query = sa.select(_life.c.category, _life.c.ending, count).group_by(_life.c.category, _life.c.ending)
        rows = connection.execute(query.where(_life.c.state == LifeState.ERASED.value))
        return {(Category(row.category), Ending(row.ending)): row.entries for row in rows}

    def add(self, connection: sa.Connection, life: Life, category: Category, code_digest: bytes) -> None:
        row = {"number": life.number, "code_digest": code_digest, **self._row(life, category)}
        connection.execute(_life.insert(), row)

    def change(self, connection: sa.Connection, life: Life, category: Category) -> None:
        is_life = _life.c.number == life.number
        connection.execute(sa.update(_life).where(is_life).values(self._row(life, category)))

    def end(self, connection: sa.Connection, life: Life, into: int | None = None) -> None:
        """Keep of a life only how it ended, and which entry it goes on in."""
        ending = Ending.ERASED if life.ending is None else life.ending
        values = {"state": LifeState.ERASED.value, "since": life.since, "ending": ending.value, "merged_into": into}
        values["untold"] = False
        is_life = _life.c.number == life.number
        connection.execute(sa.update(_life).where(is_life).values(sealed=None, **values))
        follow = sa.update(_life).where(_life.c.merged_into == life.number)
        connection.execute(follow.values(merged_into=into))

    def _row(self, life: Life, category: Category) -> Mapping[str, object]:
        return {
            "state": life.state.value,
            "since": life.since,
            "category": category.value,
            "untold": bool(life.untold),
            "sealed": self._records.seal(life.number, "life", msgspec.msgpack.encode(life)),
        }

    def _opened(self, row: sa.Row[*tuple[object, ...]]) -> Life:
        return _decoder.decode(self._records.open(row.number, "life", row.sealed))

    def _many(self, rows: Sequence[sa.Row[*tuple[object, ...]]]) -> Sequence[Life]:
        opened = self._records.opener([row.number for row in rows], "life")
        clear = (opened(row.number, row.sealed) for row in rows)
        return [_decoder.decode(life) for life in clear if life is not None]


_decoder = msgspec.msgpack.Decoder(Life)
_life = sa.table(
    "life",
    sa.column("number", NUMBER),
    sa.column("state", sa.String),
    sa.column("since", sa.Float),
    sa.column("code_digest", sa.LargeBinary),
    sa.column("category", sa.String),
    sa.column("ending", sa.String),
    sa.column("merged_into", NUMBER),
    sa.column("untold", sa.Boolean),
    sa.column("sealed", sa.LargeBinary),
)
_living = sa.select(_life).where(_life.c.sealed.is_not(None))
