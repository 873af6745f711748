"""The accounts: kept in the guard's database."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from shopguard.errors import ShopGuardError
from shopguard.storage.engine import reading
from shopguard.storage.tables import account, session
from shopguard.storage.writer import Writer
from shopguard.web.accounts.model import OWNER, Account
from shopguard.web.roles import EVERYBODY, Role


class AccountRefused(ShopGuardError):
    """What was wanted of an account cannot be; says why."""


class Accounts:
    """Makes, changes and closes accounts.

    Args:
        clock: Unix seconds.
    """

    def __init__(self, engine: sa.Engine, writer: Writer, clock: Callable[[], float]) -> None:
        self._engine, self._writer, self._clock = engine, writer, clock

    def all(self) -> Sequence[Account]:
        """Return the accounts that are not closed, by name."""
        with reading(self._engine) as connection:
            return [_read(row) for row in connection.execute(_open().order_by(account.c.name))]

    def get(self, number: int) -> Account | None:
        return self._one(account.c.id == number)

    def find(self, name: str) -> Account | None:
        return None if "\0" in name else self._one(account.c.name == name)  # PostgreSQL takes no such text

    def create(
        self,
        name: str,
        shown: str,
        roles: Iterable[Role],
        shops: Iterable[str] | None = None,
        company: str | None = None,
    ) -> Account:
        """Make an account that nobody can sign in to yet; ``AccountRefused`` if the name is taken, empty, or one that
        the audit log has for others.

        Args:
            company: whose it is at the company's own sign-in; see ``Company``.
        """
        if not name.strip() or len(name) > 100 or len(shown) > 100 or "\0" in name + shown:
            raise AccountRefused("a name has 1 to 100 characters")
        if _is_reserved(name):
            raise AccountRefused(f"{name} stands for somebody else in the audit log; choose another name")
        row = {
            "name": name,
            "shown": shown or name,
            "roles": _written(roles),
            "shops": None if shops is None else json.dumps(sorted(shops)),
            "oidc": company,
            "made_at": self._clock(),
        }
        added = account.insert().values(row).returning(account)
        try:
            return _read(self._writer.run(lambda connection: connection.execute(added).one()))
        except sa.exc.IntegrityError:
            raise AccountRefused(f"there is an account named {name} already") from None

    def of_company(self, subject: str) -> Account | None:
        """Return the account that stands for somebody of the company's own sign-in; see ``Company``."""
        return self._one(account.c.oidc == subject)

    def link(self, number: int, subject: str | None) -> None:
        """Let an account stand for somebody of the company's own sign-in from now on; None: for nobody.

        ``AccountRefused`` if another account, maybe a closed one, stands for them.
        """
        changed = sa.update(account).where(account.c.id == number).values(oidc=subject)
        try:
            self._writer.run(lambda connection: connection.execute(changed))
        except sa.exc.IntegrityError:
            raise AccountRefused("another account stands for them") from None

    def owner(self) -> Account:
        """Return the owner's account, made if it is not there."""
        return self.find(OWNER) or self.create(OWNER, OWNER, EVERYBODY)

    def change(self, number: int, **values: Any) -> None:
        """Set ``shown``, ``roles``, ``shops`` or ``language``."""
        if "roles" in values:
            values["roles"] = _written(values["roles"])
        if values.get("shops") is not None:
            values["shops"] = json.dumps(sorted(values["shops"]))
        changed = sa.update(account).where(account.c.id == number).values(**values)
        self._writer.run(lambda connection: connection.execute(changed))

    def close(self, number: int) -> None:
        """Let nobody sign in to an account any more, and end its sessions. Its name stays taken.

        ``AccountRefused`` for the owner's: it is the way back in.
        """
        now = self._clock()
        found = self.get(number)
        if found and found.name == OWNER:
            raise AccountRefused("the owner's account is the way back in and stays")

        def work(connection: sa.Connection) -> None:
            connection.execute(sa.update(account).where(account.c.id == number).values(closed_at=now))
            connection.execute(sa.delete(session).where(session.c.account == number))

        self._writer.run(work)

    def _one(self, where: sa.ColumnElement[bool]) -> Account | None:
        with reading(self._engine) as connection:
            row = connection.execute(_open().where(where)).first()
        return None if row is None else _read(row)


def _open() -> sa.Select[Any]:
    return sa.select(account).where(account.c.closed_at.is_(None))


def _read(row: sa.Row[Any]) -> Account:
    shops = None if row.shops is None else frozenset(json.loads(row.shops))
    return Account(row.id, row.name, row.shown, frozenset(map(Role, row.roles.split())), shops, row.language)


def _written(roles: Iterable[Role]) -> str:
    return " ".join(sorted(role.value for role in roles))


def _is_reserved(name: str) -> bool:
    """Whether the logs mean somebody else by a name: this program, the shop, the listed person, a member."""
    plain = name.strip().casefold()
    return plain in _RESERVED or plain.startswith("member:")


_RESERVED = frozenset({"shopguard", "shop", "person", "office", "system"})
