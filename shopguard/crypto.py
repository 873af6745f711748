"""The keyring: sealing what is stored, deriving keys for a purpose, and the secrets kept in the data directory.

The encryption keys may be rotated while processes run; the root, from which digests and sub-keys come, never changes.
"""

import base64
import hmac
import json
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shopguard.adapter import Secret
from shopguard.errors import ConfigError
from shopguard.private_file import exclusively, read_private, stamp, write_private

_ROOT_BYTES = 32
_MIN_MASTER_KEY = 32  # characters
_SECRET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """One key of the ring; ``id`` and ``created_at`` (UTC) are safe to show."""

    id: str
    key: Secret
    created_at: str

    @classmethod
    def new(cls, now: datetime) -> Self:
        return cls(secrets.token_hex(4), Secret(Fernet.generate_key().decode()), now.isoformat(timespec="seconds"))


@dataclass(frozen=True, slots=True)
class _Keys:
    """What the key file says: ``encryption`` newest first, the first one seals."""

    encryption: tuple[EncryptionKey, ...]
    root: bytes

    def to_json(self) -> bytes:
        keys = [{"id": k.id, "key": k.key.reveal(), "created_at": k.created_at} for k in self.encryption]
        return json.dumps({"encryption": keys, "root": _base64(self.root)}, indent=2).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        read: Any = json.loads(text)
        keys = tuple(EncryptionKey(k["id"], Secret(k["key"]), k["created_at"]) for k in read["encryption"])
        return cls(keys, _seed(read["root"]))

    def fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(k.key.reveal()) for k in self.encryption])


class Keyring:
    """The keys of one installation, in one JSON file of mode 0600. Safe to share between threads.

    A change of the file by another process is noticed before the next use, so a rotation needs no restart.
    """

    def __init__(self, path: Path, master_key: Secret | None = None) -> None:
        self._path, self._master_key = path, master_key
        self._lock = threading.Lock()
        self._subkeys: dict[str, bytes] = {}
        self._stamp = stamp(path)
        self._keys = self._read()
        self._fernet = self._keys.fernet()

    @classmethod
    def create(cls, path: Path, master_key: Secret | None = None, clock: Callable[[], datetime] = _now) -> "Keyring":
        """Write fresh keys to ``path`` and return them; ``ConfigError`` if the file exists, which is never replaced.

        Args:
            master_key: seals the key file itself; the same one is then needed by every later ``load``.
        """
        keys = _Keys((EncryptionKey.new(clock()),), secrets.token_bytes(_ROOT_BYTES))
        try:
            write_private(path, under_master_key(keys.to_json(), master_key), replace=False)
        except FileExistsError:
            raise ConfigError(f"{path}: exists; keys are never replaced, or nothing stored could be read") from None
        return cls(path, master_key)

    @classmethod
    def load(cls, path: Path, master_key: Secret | None = None) -> "Keyring":
        """Return the keys in ``path``; ``ConfigError`` if it is missing, damaged or open to other users."""
        return cls(path, master_key)

    @property
    def master_key(self) -> Secret | None:
        """What seals the key file itself."""
        return self._master_key

    @property
    def encryption_keys(self) -> tuple[EncryptionKey, ...]:
        """The keys that can open, newest first; the first one seals."""
        self._refresh()
        return self._keys.encryption

    def seal(self, clear: bytes) -> bytes:
        """Return ``clear`` encrypted and authenticated under the newest key."""
        self._refresh()
        return self._fernet.encrypt(clear)

    def open(self, sealed: bytes) -> bytes:
        """Return what was sealed under any key of the ring; ``ConfigError`` if none of them fits."""
        self._refresh()
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise ConfigError(
                f"{self._path}: none of its keys opens what was stored; restore the key file it was stored under"
            ) from None

    def subkey(self, purpose: str) -> bytes:
        """Return 32 bytes of their own for ``purpose``, always the same for it."""
        found = self._subkeys.get(purpose)
        if found is None:
            derive = HKDF(SHA256(), 32, salt=None, info=b"shopguard/" + purpose.encode())
            found = self._subkeys[purpose] = derive.derive(self._keys.root)
        return found

    def digest(self, purpose: str, *parts: bytes) -> bytes:
        """Return the HMAC-SHA256 of ``parts`` under the key of ``purpose``; ("ab", "c") is not ("a", "bc")."""
        message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return hmac.digest(self.subkey(purpose), message, "sha256")

    def rotate(self, clock: Callable[[], datetime] = _now) -> str:
        """Seal with a new key from now on and return its id. Older keys still open what they sealed."""
        new = EncryptionKey.new(clock())
        self._change(lambda keys: (new, *keys))
        return new.id

    def retire(self, key_id: str) -> None:
        """Forget an old key: whatever is still sealed under it is lost. ``ConfigError`` for the newest or no key."""

        def without(keys: tuple[EncryptionKey, ...]) -> tuple[EncryptionKey, ...]:
            if key_id == keys[0].id:
                raise ConfigError(f"key {key_id}: seals at present; rotate first")
            kept = tuple(key for key in keys if key.id != key_id)
            if kept == keys:
                raise ConfigError(f"key {key_id}: unknown; the keys are {', '.join(key.id for key in keys)}")
            return kept

        self._change(without)

    def _change(self, change: Callable[[tuple[EncryptionKey, ...]], tuple[EncryptionKey, ...]]) -> None:
        with exclusively(self._path):  # two rotations at once must not lose one of the new keys
            keys = self._read()
            changed = _Keys(change(keys.encryption), keys.root)
            write_private(self._path, under_master_key(changed.to_json(), self._master_key))
        self._refresh()

    def _refresh(self) -> None:
        found = stamp(self._path)
        if found is None or found == self._stamp:  # a file taken away does not stop a running process
            return
        with self._lock:
            if found != self._stamp:
                self._keys = self._read()
                self._fernet = self._keys.fernet()
                self._stamp = found

    def _read(self) -> _Keys:
        text = without_master_key(read_private(self._path), self._path, self._master_key)
        try:
            keys = _Keys.from_json(text)
            keys.fernet()
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ConfigError(f"{self._path}: damaged; restore it from a backup") from None  # the cause quotes keys
        return keys


class StoredSecrets:
    """Secrets by name in one sealed file, for shops that do not keep them in environment variables."""

    def __init__(self, path: Path, keyring: Keyring) -> None:
        self._path, self._keyring = path, keyring

    def all(self) -> Mapping[str, Secret]:
        """Return every secret by its name; none when the file does not exist yet."""
        if not self._path.exists():
            return {}
        read: dict[str, str] = json.loads(self._keyring.open(read_private(self._path)))
        return {name: Secret(text) for name, text in read.items()}

    def list(self) -> tuple[str, ...]:
        """Return the names in order."""
        return tuple(sorted(self.all()))

    def get(self, name: str) -> Secret | None:
        return self.all().get(name)

    def set(self, name: str, secret: Secret) -> None:
        """Keep ``secret`` under ``name``, in place of what was there; ``ConfigError`` for an unusable name."""
        if not _SECRET_NAME.fullmatch(name):
            raise ConfigError("a secret's name has up to 64 letters, digits, hyphens, dots and underscores")
        if not secret:
            raise ConfigError(f"{name}: an empty secret protects nothing")
        self._change(lambda known: {**known, name: secret})

    def remove(self, name: str) -> bool:
        """Forget ``name`` and return whether it was there."""
        known = name in self.all()
        self._change(lambda kept: {n: s for n, s in kept.items() if n != name})
        return known

    def seal_again(self) -> None:
        """Seal the file under the newest key, before an older one is retired."""
        self._change(lambda known: known)

    def _change(self, change: Callable[[Mapping[str, Secret]], Mapping[str, Secret]]) -> None:
        with exclusively(self._path):
            clear = {name: secret.reveal() for name, secret in change(self.all()).items()}
            write_private(self._path, self._keyring.seal(json.dumps(clear).encode()))


def under_master_key(clear: bytes, master_key: Secret | None) -> bytes:
    """Return ``clear`` as it is kept in a file of keys: sealed under the master key, if there is one."""
    return clear if master_key is None else _master_fernet(master_key).encrypt(clear)


def without_master_key(text: bytes, path: Path, master_key: Secret | None) -> bytes:
    """Return what ``under_master_key`` was given; ``text`` was read from ``path``, a file of JSON.

    ``ConfigError`` if it is damaged, or sealed under another master key.
    """
    if text.lstrip().startswith(b"{"):
        return text
    if master_key is None:
        raise ConfigError(f"{path}: damaged, or sealed under a master key; set SHOPGUARD_MASTER_KEY or restore it")
    try:
        return _master_fernet(master_key).decrypt(text)
    except InvalidToken:
        raise ConfigError(f"{path}: SHOPGUARD_MASTER_KEY does not open it, or it is damaged") from None


def _master_fernet(master_key: Secret) -> Fernet:
    text = master_key.reveal()
    if len(text) < _MIN_MASTER_KEY:
        raise ConfigError(
            f"SHOPGUARD_MASTER_KEY: needs {_MIN_MASTER_KEY} characters or more; make one by: openssl rand -hex 32"
        )
    key = HKDF(SHA256(), 32, salt=None, info=b"shopguard/master-key").derive(text.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def _base64(seed: bytes) -> str:
    return base64.b64encode(seed).decode()


def _seed(text: str) -> bytes:
    seed = base64.b64decode(text, validate=True)
    if len(seed) != _ROOT_BYTES:
        raise ValueError("a seed of another length")
    return seed
