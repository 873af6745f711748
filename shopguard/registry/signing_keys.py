"""A file of signing keys: one signs, an announced one will, older ones are still known to those who check."""

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shopguard.adapter import Secret
from shopguard.crypto import under_master_key, without_master_key
from shopguard.errors import ConfigError
from shopguard.private_file import exclusively, read_private, stamp, write_private
from shopguard.registry.signing import Signer

Tell = Callable[[tuple[bytes, ...]], None]
"""Makes public keys known to those who check; raises if that fails."""


def _now() -> datetime:
    return datetime.now(UTC)


def _nobody(_publics: tuple[bytes, ...]) -> None:
    """Those who check ask by themselves."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key of the file. ``created_at`` and ``signs_from`` are UTC: before the latter it is only announced."""

    signer: Signer = field(compare=False)  # follows from the seed
    created_at: str
    signs_from: str
    seed: bytes

    @property
    def id(self) -> str:
        return self.signer.key_id

    def __repr__(self) -> str:
        return f"SigningKey({self.id})"


class SigningKeys:
    """The Ed25519 keys in one private file. Safe to share between threads.

    A change by another process is noticed before the next use: a rotation needs no restart. ``ConfigError`` if the
    file is missing, damaged or open to other users.

    Args:
        master_key: seals the file itself, as it does ``keys.json``.
    """

    def __init__(self, path: Path, master_key: Secret | None = None, clock: Callable[[], datetime] = _now) -> None:
        self._path, self._master_key, self._clock = path, master_key, clock
        self._read: tuple[object, tuple[SigningKey, ...]] = (None, ())

    @classmethod
    def create(
        cls, path: Path, master_key: Secret | None = None, clock: Callable[[], datetime] = _now
    ) -> "SigningKeys":
        """Write one fresh key to ``path``; ``FileExistsError`` if there is a file: keys are never replaced."""
        keys = cls(path, master_key, clock)
        now = clock()
        write_private(path, under_master_key(_text((_new(now, now),)), master_key), replace=False)
        return keys

    def all(self) -> tuple[SigningKey, ...]:
        """Return every key, the newest first."""
        found = stamp(self._path)
        known, keys = self._read
        if found is None or found != known:
            keys = self._keys()
            self._read = (found, keys)
        return keys

    @property
    def publics(self) -> tuple[bytes, ...]:
        """The public half of every key, the newest first."""
        return tuple(key.signer.public for key in self.all())

    @property
    def signing(self) -> SigningKey:
        """The key that signs now: the newest of those that are not only announced."""
        keys, now = self.all(), self._clock()
        return next((key for key in keys if datetime.fromisoformat(key.signs_from) <= now), keys[-1])

    @property
    def signer(self) -> Signer:
        return self.signing.signer

    def rotate(self, overlap: timedelta = timedelta(0), tell: Tell = _nobody) -> SigningKey:
        """Make a new key and return it.

        Args:
            overlap: how long it is only announced before it signs.
            tell: gets all public keys first, the new one among them: nothing is ever signed under a key that those
                who check do not know.
        """
        now = self._clock()
        new = _new(now, now + overlap)
        with exclusively(self._path):
            keys = (new, *self.all())
            tell(tuple(key.signer.public for key in keys))
            self._write(keys)
        return new

    def retire(self, key_id: str, tell: Tell = _nobody) -> None:
        """Forget a key; ``ConfigError`` for the one that signs, or one that is not there.

        Args:
            tell: gets the public keys that remain, first.
        """
        with exclusively(self._path):
            keys = self.all()
            if key_id == self.signing.id:
                raise ConfigError(f"key {key_id}: signs at present; rotate first")
            kept = tuple(key for key in keys if key.id != key_id)
            if kept == keys:
                raise ConfigError(f"key {key_id}: unknown; the keys are {', '.join(key.id for key in keys)}")
            tell(tuple(key.signer.public for key in kept))
            self._write(kept)

    def _keys(self) -> tuple[SigningKey, ...]:
        text = without_master_key(read_private(self._path), self._path, self._master_key)
        try:
            read: Any = json.loads(text)
            keys = tuple(_of_row(row) for row in read["keys"])
        except (ValueError, KeyError, TypeError):
            keys = ()
        if not keys:
            raise ConfigError(f"{self._path}: damaged; restore it from a backup")
        return keys

    def _write(self, keys: tuple[SigningKey, ...]) -> None:
        write_private(self._path, under_master_key(_text(keys), self._master_key))


def _new(now: datetime, signs_from: datetime) -> SigningKey:
    seed = secrets.token_bytes(32)
    return SigningKey(Signer.of_seed(seed), _moment(now), _moment(signs_from), seed)


def _of_row(row: Any) -> SigningKey:
    seed = base64.b64decode(row["seed"], validate=True)
    moments = row["created_at"], row["signs_from"]
    if any(datetime.fromisoformat(moment).tzinfo is None for moment in moments):
        raise ValueError("a moment without an offset")
    return SigningKey(Signer.of_seed(seed), *moments, seed)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _text(keys: tuple[SigningKey, ...]) -> bytes:
    rows = [
        {"created_at": key.created_at, "signs_from": key.signs_from, "seed": base64.b64encode(key.seed).decode()}
        for key in keys
    ]
    return json.dumps({"keys": rows}, indent=2).encode()
