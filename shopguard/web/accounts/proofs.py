"""What an account proves itself with, kept beside it: its password, its one-time codes, and the tries that failed."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.storage.engine import reading
from shopguard.storage.tables import account, passkey
from shopguard.storage.writer import Writer

TRIES = 5
PAUSE_S = 15 * 60.0
"""After so many wrong tries in a row each further one is followed by a pause: 96 guesses a day at most."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """What an account has.

    Args:
        password: its argon2id hash.
        totp: the secret of its one-time codes, in base32.
        recovery: hashes of the recovery codes that nobody used yet.
    """

    password: str | None = field(default=None, repr=False)
    totp: str | None = field(default=None, repr=False)
    recovery: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Ways:
    """How somebody can sign in without a link, for a list; ``paused_until`` is in Unix seconds."""

    password: bool
    codes: bool
    passkeys: int
    company: bool
    paused_until: float | None

    @property
    def own(self) -> bool:
        """Whether there is one that needs nobody else."""
        return self.password or self.passkeys > 0

    @property
    def any(self) -> bool:
        return self.own or self.company


class ProofStore:
    """``clock`` is Unix seconds."""

    def __init__(self, engine: sa.Engine, writer: Writer, keyring: Keyring, clock: Callable[[], float]) -> None:
        self._engine, self._writer, self._keyring, self._clock = engine, writer, keyring, clock

    def of(self, number: int) -> Proofs:
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(account).where(account.c.id == number)).one()
        return Proofs(row.password, *self._opened(row.sealed))

    def ways(self) -> Mapping[int, Ways]:
        """Return how each account can be signed in to, by its number."""
        keys = sa.select(passkey.c.account, sa.func.count()).group_by(passkey.c.account)
        with reading(self._engine) as connection:
            counts = {row[0]: row[1] for row in connection.execute(keys)}
            rows = connection.execute(sa.select(account)).all()
        return {row.id: self._ways(row, counts.get(row.id, 0)) for row in rows}

    def _ways(self, row: sa.Row[Any], passkeys: int) -> Ways:
        is_paused = row.locked_until is not None and row.locked_until > self._clock()
        paused = row.locked_until if is_paused else None
        return Ways(row.password is not None, row.sealed is not None, passkeys, row.oidc is not None, paused)

    # --- password and codes ---

    def set_password(self, number: int, hashed: str | None) -> None:
        self._change(number, password=hashed)

    def set_codes(self, number: int, totp: str, recovery: Sequence[str]) -> None:
        """Ask for one-time codes from now on; ``recovery`` are hashes."""
        self._change(number, sealed=self._sealed(totp, recovery), totp_step=None)

    def drop_codes(self, number: int) -> None:
        self._change(number, sealed=None, totp_step=None)

    def use_step(self, number: int, step: int) -> bool:
        """Return whether nobody has used the code of this or a later half minute, and let nobody do so again."""
        fresh = (account.c.id == number) & (account.c.totp_step.is_(None) | (account.c.totp_step < step))
        used = sa.update(account).where(fresh).values(totp_step=step)
        return self._writer.run(lambda connection: connection.execute(used).rowcount) == 1

    def use_recovery(self, number: int, hashed: str) -> bool:
        """Return whether this is an unused recovery code of the account, which it then is no more."""

        def work(connection: sa.Connection) -> bool:
            mine = account.c.id == number
            row = connection.execute(sa.select(account.c.sealed).where(mine).with_for_update()).one()
            totp, recovery = self._opened(row.sealed)
            if totp is None or hashed not in recovery:
                return False
            left = self._sealed(totp, [code for code in recovery if code != hashed])
            connection.execute(sa.update(account).where(mine).values(sealed=left))
            return True

        return self._writer.run(work)

    # --- tries ---

    def take_try(self, number: int | None) -> int | None:
        """Count one more try before it is looked at, so that many at once are not more than allowed.

        Returns the count with this one; None during a pause: the try does not take place.

        Args:
            number: None: of no account. It takes as long: another row is written as it was.
        """
        now = self._clock()
        any_row = sa.select(sa.func.min(account.c.id)).scalar_subquery()
        row_of = account.c.id == (any_row if number is None else number)

        def work(connection: sa.Connection) -> int | None:
            row = connection.execute(sa.select(account).where(row_of).with_for_update()).first()
            if row is None:
                return None
            counts = number is not None and (row.locked_until is None or row.locked_until <= now)
            failures, until = row.failures, row.locked_until
            if counts:
                failures += 1
                until = now + PAUSE_S if failures >= TRIES else None
            written = sa.update(account).where(account.c.id == row.id).values(failures=failures, locked_until=until)
            connection.execute(written)
            return failures if counts else None

        return self._writer.run(work)

    def give_back(self, number: int, taken: int) -> None:
        """Uncount a try that was right but is not yet all; unless another one was counted since."""
        same = (account.c.id == number) & (account.c.failures == taken)
        before = sa.update(account).where(same).values(failures=taken - 1, locked_until=None)
        self._writer.run(lambda connection: connection.execute(before))

    def forget_tries(self, number: int) -> None:
        """Begin counting anew: somebody signed in, or ended the pause."""
        self._change(number, failures=0, locked_until=None)

    def _change(self, number: int, **values: Any) -> None:
        changed = sa.update(account).where(account.c.id == number).values(**values)
        self._writer.run(lambda connection: connection.execute(changed))

    def _sealed(self, totp: str, recovery: Sequence[str]) -> bytes:
        return self._keyring.seal(json.dumps({"totp": totp, "recovery": list(recovery)}).encode())

    def _opened(self, sealed: bytes | None) -> tuple[str | None, tuple[str, ...]]:
        if sealed is None:
            return None, ()
        read = json.loads(self._keyring.open(sealed))
        return read["totp"], tuple(read["recovery"])
