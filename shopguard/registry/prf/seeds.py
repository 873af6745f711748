"""The epoch seeds in their private file, which only the process of the keyed function reads."""

import base64
import json
import secrets
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shopguard.adapter import Secret
from shopguard.crypto import under_master_key, without_master_key
from shopguard.errors import ConfigError
from shopguard.private_file import KEYS_FOLDER, exclusively, read_private, write_private
from shopguard.registry.prf.plain import PlainPrf


def seeds_path(data_dir: Path) -> Path:
    """Return where an installation keeps its seeds."""
    return data_dir / KEYS_FOLDER / "prf.json"


_BYTES = 32  # of a seed, of the root, of a public key


@dataclass(frozen=True, slots=True)
class _Content:
    """What the file says. ``last`` is the highest number an epoch ever had: none is used twice."""

    registry_id: str
    root: bytes
    office: tuple[bytes, ...]
    seeds: Mapping[int, bytes]
    last: int

    def __repr__(self) -> str:
        return f"_Content(epochs={sorted(self.seeds)})"


class EpochSeeds:
    """One seed for each epoch that is not destroyed.

    ``ConfigError`` if the file is missing, damaged or open to others.

    Safe to share between threads. Only one process may have it: ``server`` sees to that.

    Args:
        master_key: seals the file itself, as it does ``keys.json``.
    """

    def __init__(self, path: Path, master_key: Secret | None = None) -> None:
        self._path, self._master_key = path, master_key
        self._lock = threading.Lock()
        self._functions: dict[int, PlainPrf] = {}
        self._content = self._read()

    @classmethod
    def create(
        cls, path: Path, office_public: bytes, registry_id: str, master_key: Secret | None = None
    ) -> "EpochSeeds":
        """Write fresh secrets with epoch 1; ``FileExistsError`` if there is a file: seeds are never replaced.

        Args:
            office_public: the key (32 bytes) under which the office signs what it asks.
            registry_id: enters every value, so it stays what it is for good.
        """
        first = {1: secrets.token_bytes(_BYTES)}
        content = _Content(registry_id, secrets.token_bytes(_BYTES), (office_public,), first, 1)
        write_private(path, under_master_key(_text(content), master_key), replace=False)
        return cls(path, master_key)

    @property
    def registry_id(self) -> str:
        return self._content.registry_id

    @property
    def root(self) -> bytes:
        """What batches are digested under in the store, and nothing else."""
        return self._content.root

    @property
    def office(self) -> tuple[bytes, ...]:
        """The public keys of the office."""
        return self._content.office

    def numbers(self) -> tuple[int, ...]:
        """Return the epochs that have a seed, the oldest first."""
        return tuple(sorted(self._content.seeds))

    def functions(self, numbers: Sequence[int]) -> Mapping[int, PlainPrf]:
        """Return the functions of those of the epochs that have a seed, by number."""
        found = {}
        for number in numbers:
            with suppress(KeyError):  # destroyed, maybe at this moment
                found[number] = self.prf(number)
        return found

    def prf(self, number: int) -> PlainPrf:
        """Return the function of an epoch; ``KeyError`` if it has no seed (yet, or any more)."""
        with self._lock:
            if number not in self._functions:
                self._functions[number] = PlainPrf(self._content.seeds[number], self.registry_id, number)
            return self._functions[number]

    def add(self, number: int | None = None) -> int:
        """Make the seed of one more epoch, durably, and return its number.

        Args:
            number: the epoch that is wanted, so that asking twice makes one; ``ValueError`` unless it is there
                already or the next one. None: the next one.
        """
        with self._lock, exclusively(self._path):
            content = self._read()
            if number is not None and number in content.seeds:
                return number
            following = content.last + 1
            if number not in (None, following):
                raise ValueError(number)
            seeds = {**content.seeds, following: secrets.token_bytes(_BYTES)}
            self._keep(replace(content, seeds=seeds, last=following))
        return following

    def destroy(self, number: int) -> None:
        """Forget the seed of an epoch for good; one without a seed stays as it is."""
        with self._lock, exclusively(self._path):
            content = self._read()
            self._keep(replace(content, seeds={n: seed for n, seed in content.seeds.items() if n != number}))
            self._functions.pop(number, None)

    def set_office(self, keys: Sequence[bytes]) -> None:
        """Know the office by these public keys (32 bytes each) from now on."""
        with self._lock, exclusively(self._path):
            self._keep(replace(self._read(), office=tuple(keys)))

    def _keep(self, content: _Content) -> None:
        write_private(self._path, under_master_key(_text(content), self._master_key))
        self._content = content

    def _read(self) -> _Content:
        return _content(without_master_key(read_private(self._path), self._path, self._master_key), self._path)

    def __repr__(self) -> str:
        return f"EpochSeeds({self.numbers()})"


def _text(content: _Content) -> bytes:
    seeds = {str(number): _base64(seed) for number, seed in sorted(content.seeds.items())}
    office = [_base64(key) for key in content.office]
    return json.dumps(
        {
            "registry_id": content.registry_id,
            "root": _base64(content.root),
            "office": office,
            "seeds": seeds,
            "last": content.last,
        },
        indent=2,
    ).encode()


def _content(text: bytes, path: Path) -> _Content:
    try:
        read: Any = json.loads(text)
        seeds = {int(number): _bytes(seed) for number, seed in read["seeds"].items()}
        office = tuple(_bytes(key) for key in read["office"])
        return _Content(str(read["registry_id"]), _bytes(read["root"]), office, seeds, int(read["last"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(f"{path}: damaged; restore it from a backup") from None


def _bytes(text: str) -> bytes:
    value = base64.b64decode(text, validate=True)
    if len(value) != _BYTES:
        raise ValueError("wrong length")
    return value


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
