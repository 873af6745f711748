"""A file of signing keys: the newest one signs, the others are still known to those who check."""

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shopguard.errors import ConfigError
from shopguard.private_file import exclusively, read_private, write_private
from shopguard.registry.signing import Signer


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key of the file; ``created_at`` is UTC."""

    signer: Signer
    created_at: str
    seed: bytes

    @property
    def id(self) -> str:
        return self.signer.key_id

    def __repr__(self) -> str:
        return f"SigningKey({self.id})"


class SigningKeys:
    """The Ed25519 keys in one private file. Read anew at every use: a rotation needs no restart.

    ``ConfigError`` if the file is missing, damaged or open to other users.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def create(cls, path: Path, clock: Callable[[], datetime] = _now) -> "SigningKeys":
        """Write one fresh key to ``path``; ``FileExistsError`` if there is a file: keys are never replaced."""
        write_private(path, _text((_new(clock()),)), replace=False)
        return cls(path)

    def all(self) -> tuple[SigningKey, ...]:
        """Return every key, the newest first."""
        try:
            read: Any = json.loads(read_private(self._path))
            return tuple(_key(base64.b64decode(k["seed"], validate=True), k["created_at"]) for k in read["keys"])
        except (ValueError, KeyError, TypeError):
            raise ConfigError(f"{self._path}: damaged; restore it from a backup") from None

    @property
    def signer(self) -> Signer:
        """The key that signs."""
        return self.all()[0].signer

    def rotate(self, clock: Callable[[], datetime] = _now) -> SigningKey:
        """Sign with a new key from now on and return it; those who check must know it first."""
        new = _new(clock())
        with exclusively(self._path):
            write_private(self._path, _text((new, *self.all())))
        return new

    def retire(self, key_id: str) -> None:
        """Forget an older key; ``ConfigError`` for the one that signs, or one that is not there."""
        with exclusively(self._path):
            keys = self.all()
            if key_id == keys[0].id:
                raise ConfigError(f"key {key_id}: signs at present; rotate first")
            kept = tuple(key for key in keys if key.id != key_id)
            if kept == keys:
                raise ConfigError(f"key {key_id}: unknown; the keys are {', '.join(key.id for key in keys)}")
            write_private(self._path, _text(kept))


def _new(now: datetime) -> SigningKey:
    return _key(secrets.token_bytes(32), now.isoformat(timespec="seconds"))


def _key(seed: bytes, created_at: str) -> SigningKey:
    return SigningKey(Signer.of_seed(seed), created_at, seed)


def _text(keys: tuple[SigningKey, ...]) -> bytes:
    rows = [{"created_at": key.created_at, "seed": base64.b64encode(key.seed).decode()} for key in keys]
    return json.dumps({"keys": rows}, indent=2).encode()
