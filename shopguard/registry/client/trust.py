"""Which keys a shop believes its registry's answers under, and how it learns of new ones without anybody's help."""

import base64
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import structlog

from shopguard.errors import ConfigError
from shopguard.private_file import exclusively, read_private, stamp, write_private
from shopguard.registry.client.silence import NoAnswer
from shopguard.registry.client.witness import Witness
from shopguard.registry.log.copy import LogBroken
from shopguard.registry.messages import Additions, Centre
from shopguard.registry.signing import key_id_of

_LOOK_EVERY_S = 3_600.0
_MOST = 16  # keys that one registry could sensibly announce
_KEY_BYTES = 32
_log = structlog.get_logger()


class TrustedKeys:
    """The public keys that answers are believed under: those of the settings first, then those last announced.

    An announcement counts only in an answer that is signed under a key believed already; it replaces the keys of the
    settings, so that one the registry has retired is believed no more. Other keys in the settings start it anew.
    Several processes share the file at ``path``; without one, the settings count.
    """

    def __init__(self, path: Path, pinned: Sequence[bytes]) -> None:
        self._path, self._pinned = path, tuple(pinned)
        self._read: tuple[object, tuple[bytes, ...]] = (None, ())

    def all(self) -> Mapping[str, bytes]:
        """Return the keys by their ids."""
        return {key_id_of(public): public for public in self._announced() or self._pinned}

    def learn(self, announced: Sequence[bytes]) -> bool:
        """Believe from now on what a proven answer announced, and nothing else; whether that is something new."""
        keys = tuple(dict.fromkeys(announced))
        if not 0 < len(keys) <= _MOST or any(len(key) != _KEY_BYTES for key in keys):
            return False
        if set(keys) == set(self.all().values()):
            return False
        with exclusively(self._path):
            write_private(self._path, _text(self._pinned, keys))
        return True

    def _announced(self) -> tuple[bytes, ...]:
        found = stamp(self._path)
        known, keys = self._read
        if found != known:
            keys = () if found is None else _read(self._path, self._pinned)
            self._read = (found, keys)
        return keys


class Asked(Protocol):
    """What is needed of ``RegistryClient``."""

    def additions(self, after: int) -> Additions: ...

    def centre(self) -> Centre: ...


class Acquaintance:
    """Hands on what the registry added, and once an hour asks beside it under which keys it signs, and for its log.

    Args:
        clock: aware moments.
        witness: is shown the registry's log then, too.
    """

    def __init__(
        self,
        client: Asked,
        trusted: TrustedKeys,
        clock: Callable[[], datetime],
        witness: Witness | None = None,
    ) -> None:
        self._client, self._trusted, self._clock, self._witness = client, trusted, clock, witness
        self._asked_at: datetime | None = None
        self._lock = threading.Lock()

    def additions(self, after: int) -> Additions:
        """Return what became active after position ``after``; ``NoAnswer`` if the registry does not tell."""
        if self._is_time():
            self._ask()
        return self._client.additions(after)

    def _is_time(self) -> bool:
        with self._lock:
            now = self._clock()
            due = self._asked_at is None or abs((now - self._asked_at).total_seconds()) >= _LOOK_EVERY_S
            if due:
                self._asked_at = now
        return due

    def _ask(self) -> None:
        try:
            if self._trusted.learn(self._client.centre().answer_keys):
                _log.info("registry_keys_learned", keys=sorted(self._trusted.all()))
        except NoAnswer:
            self._asked_at = None  # asked again beside the next additions
            return  # who is away is not asked for its log too: a few failures in a row give it a rest
        except (ConfigError, OSError) as error:
            _log.error("registry_keys_not_kept", error=type(error).__name__)
        if self._witness is not None:
            self._look_at_log(self._witness)

    def _look_at_log(self, witness: Witness) -> None:
        try:
            witness.look()
        except NoAnswer:
            pass  # in an hour: what is missing then is missing later, too
        except LogBroken as broken:
            _log.error("registry_log_broken", text=str(broken))
        except (ConfigError, OSError) as error:
            _log.error("registry_log_not_kept", error=type(error).__name__)


def _text(pinned: Sequence[bytes], announced: Sequence[bytes]) -> bytes:
    return json.dumps({"settings": _printed(pinned), "announced": _printed(announced)}, indent=2).encode()


def _read(path: Path, pinned: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return what was announced since the settings are as they are; nothing, if the file cannot be understood."""
    try:
        read: Any = json.loads(read_private(path))
        if read["settings"] != _printed(pinned):
            return ()
        return tuple(base64.b64decode(text, validate=True) for text in read["announced"])
    except (ValueError, KeyError, TypeError):
        return ()


def _printed(keys: Sequence[bytes]) -> list[str]:
    return sorted(base64.b64encode(key).decode() for key in keys)
