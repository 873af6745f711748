"""Shops that apply to become members: what they state, what the office decides, and what is kept of it afterwards."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

import msgspec
import sqlalchemy as sa

from shopguard.registry.acts import Act, Acts
from shopguard.registry.ids import new_id
from shopguard.registry.log import LeafKind
from shopguard.registry.members.model import USUAL_DAILY_ORDERS, Member, State, check_daily_orders, public_key
from shopguard.registry.members.particulars import Particulars, TraitKind, faults
from shopguard.registry.members.service import Approval, Members
from shopguard.registry.records import Records
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.columns import NUMBER
from shopguard.storage.engine import reading, writing


class Stage(StrEnum):
    """Where an application stands."""

    SUBMITTED = "submitted"
    APPROVED = "approved"  # a member came of it, whose particulars it keeps
    REJECTED = "rejected"  # nothing of it is kept but that there was one


class Applied(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a shop hands in.

    Args:
        key: the public key (base64) that ``shopguard registry enrol`` printed at the shop.
        daily_orders: how many orders it usually has in a day.
    """

    shop: Particulars
    key: str
    daily_orders: int = USUAL_DAILY_ORDERS


def wrong_with(applied: Applied) -> Mapping[str, str]:
    """Return by field everything that is wrong with an application, one sentence each in Japanese and English."""
    found = dict(faults(applied.shop))
    checks: Mapping[str, Callable[[], object]] = {
        "key": lambda: public_key(applied.key),
        "daily_orders": lambda: check_daily_orders(applied.daily_orders),
    }
    for name, check in checks.items():
        try:
            check()
        except Refused as refused:
            found[name] = str(refused)
    return found


class Application(msgspec.Struct, frozen=True):
    """An application as the vault keeps it. ``at`` is Unix seconds; ``member``: the id given to it once approved."""

    number: int
    id: str
    stage: Stage
    at: float
    applied: Applied
    member: str = ""

    def __repr__(self) -> str:
        return f"Application(id={self.id!r}, stage={self.stage.value})"


class Applications:
    """The applications of one registry. Every method raises ``Refused`` with what is wrong and what to do.

    Args:
        clock: Unix seconds.
    """

    def __init__(self, members: Members, records: Records, acts: Acts, clock: Callable[[], float]) -> None:
        self._members, self._records, self._acts, self._clock = members, records, acts, clock
        self._vault = records.vault.engine

    def apply(self, applied: Applied, by: str) -> Application:
        """Take an application in; ``Refused`` names everything that is wrong with it.

        One that says just the same and waits already is returned as it is: the form was sent twice.
        """
        if wrong := wrong_with(applied):
            raise Refused(Refusal.UNREADABLE, "\n".join(wrong.values()))
        if same := next((one for one in self.all() if one.applied == applied), None):
            return same
        made = Application(self._records.begin(), new_id("A", _ID_LENGTH), Stage.SUBMITTED, self._clock(), applied)
        with writing(self._vault) as connection:
            connection.execute(application.insert(), self._row(made))
            self._record(connection, made, by, "", Stage.SUBMITTED)
        self._acts.settle()
        return made

    def all(self, stage: Stage | None = Stage.SUBMITTED) -> Sequence[Application]:
        """Return the applications that stand so, the oldest first, or all of which something is kept."""
        query = sa.select(application).where(application.c.sealed.is_not(None)).order_by(application.c.number)
        if stage is not None:
            query = query.where(application.c.state == stage.value)
        with reading(self._vault) as connection:
            rows = connection.execute(query).all()
        opened = self._records.opener([row.number for row in rows], _SEALED)
        contents = [opened(row.number, row.sealed) for row in rows]
        return [_decoder.decode(content) for content in contents if content is not None]

    def show(self, application_id: str) -> Application:
        with reading(self._vault) as connection:
            return self._get(connection, application_id)

    def like(self, application_id: str) -> Mapping[str, frozenset[TraitKind]]:
        """Return by member what the applicant has in common with it: to look at before it is decided."""
        return self._members.like(self.show(application_id).applied.shop)

    def approve(self, application_id: str, member_id: str, by: str, reason: str = "") -> Member:
        """Take the shop in under ``member_id``.

        With it is kept what shows whether it is one with another shop, and who its people are: as digests alone, and
        so its bank account.
        """
        with reading(self._vault) as connection:
            found = self._check_open(connection, application_id)
        applied = found.applied
        after = msgspec.structs.replace(
            found,
            stage=Stage.APPROVED,
            member=member_id,
            applied=msgspec.structs.replace(applied, shop=applied.shop.to_keep),
        )

        def approved(connection: sa.Connection) -> None:
            self._check_open(connection, application_id)
            self._change(connection, after)
            self._record(connection, found, by, Stage.SUBMITTED, Stage.APPROVED, reason)

        member = self._members.create(
            member_id,
            applied.shop.legal_name,
            public_key(applied.key),
            applied.daily_orders,
            applied.shop.mail,
            by,
            approval=Approval(found.number, applied.shop, approved),
        )
        self._acts.settle()
        return member

    def reject(self, application_id: str, reason: str, by: str) -> None:
        """Turn a shop down; what it stated is erased at once."""
        with writing(self._vault) as connection:
            found = self._check_open(connection, application_id)
            self._record(connection, found, by, Stage.SUBMITTED, Stage.REJECTED, reason)
            connection.execute(_is(found.number).values(state=Stage.REJECTED.value))
        self._acts.settle()
        self.tidy()

    def tidy(self) -> int:
        """Erase what was stated by shops that were rejected, or have left; returns how many those were."""
        kept = {member.record for member in self._members.all() if member.state is not State.LEFT}
        query = sa.select(application.c.number, application.c.state).where(application.c.sealed.is_not(None))
        with reading(self._vault) as connection:
            rows = connection.execute(query).all()
        ended = [row.number for row in rows if row.state != Stage.SUBMITTED.value and row.number not in kept]
        for number in ended:
            self._records.forget(number)
            with writing(self._vault) as connection:
                connection.execute(_is(number).values(sealed=None))
        return len(ended)

    def _get(self, connection: sa.Connection, application_id: str) -> Application:
        query = sa.select(application).where(application.c.id == application_id)
        if connection.get_execution_options().get("writing", False):
            query = query.with_for_update()
        row = connection.execute(query).first()
        opened = row and row.sealed and self._records.opener([row.number], _SEALED)(row.number, row.sealed)
        if not opened:
            raise Refused(Refusal.NOT_FOUND, _NOT_THERE)
        return _decoder.decode(opened)

    def _check_open(self, connection: sa.Connection, application_id: str) -> Application:
        found = self._get(connection, application_id)
        if found.stage is not Stage.SUBMITTED:
            raise Refused(Refusal.FORBIDDEN, _DECIDED)
        return found

    def _change(self, connection: sa.Connection, after: Application) -> None:
        connection.execute(_is(after.number).values(self._row(after)))

    def _record(
        self, connection: sa.Connection, about: Application, by: str, before: str, after: str, reason: str = ""
    ) -> None:
        subject = Subject.of(SubjectKind.APPLICATION, about.number)
        act = Act(self._clock(), LeafKind.MEMBER_APPLIED, str(subject), by, reason, before, after)
        self._acts.record(connection, subject, act)

    def _row(self, made: Application) -> dict[str, object]:
        sealed = self._records.seal(made.number, _SEALED, msgspec.json.encode(made))
        return {"number": made.number, "id": made.id, "state": made.stage.value, "at": made.at, "sealed": sealed}


_SEALED = "application"
_decoder = msgspec.json.Decoder(Application)
_ID_LENGTH = 6  # among the applications of one office
_NOT_THERE = both("この番号の加盟申込みはありません。", "there is no application of this number")
_DECIDED = both("この申込みは決定済みです。", "this application has been decided")


def _is(number: int) -> sa.Update:
    return sa.update(application).where(application.c.number == number)


application = sa.table(
    "application",
    sa.column("number", NUMBER),
    sa.column("id", sa.String),
    sa.column("state", sa.String),
    sa.column("at", sa.Float),
    sa.column("sealed", sa.LargeBinary),
)
