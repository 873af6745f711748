"""Records of the vault, each sealed under a key of its own: what is to be forgotten is forgotten with its key."""

from collections.abc import Callable

from shopguard.registry.entry_keys import EntryKey, EntryKeys
from shopguard.registry.vault import Vault
from shopguard.storage.engine import writing


class Records:
    """Numbers and keys of records. Reports, requests and the like share them with entries: a number is never reused.

    Args:
        vault: hands out the numbers.
        keys: the store of keys.
    """

    def __init__(self, vault: Vault, keys: EntryKeys) -> None:
        self.vault, self.keys = vault, keys

    def begin(self) -> int:
        """Return a fresh number that has a key, before the transaction that stores the record.

        Should that never come, the key is one that opens nothing.
        """
        with writing(self.vault.engine) as connection:
            (number,) = self.vault.allocate(connection, "entry", 1)
        self.keys.make([number])
        return number

    def seal(self, number: int, what: str, clear: bytes) -> bytes:
        """Return ``clear`` sealed under the key of ``number``; it opens only as the same ``what``."""
        return self._key(number).seal(clear, _label(number, what))

    def open(self, number: int, what: str, sealed: bytes) -> bytes:
        """Return what was sealed; ``Forgotten`` where the key is destroyed, ``ConfigError`` where it is damaged."""
        return self._key(number).open(sealed, _label(number, what))

    def opener(self, numbers: list[int], what: str) -> Callable[[int, bytes], bytes | None]:
        """Return how many records are opened with one reading of their keys; None for what is forgotten."""
        keys = self.keys.open(numbers)

        def opened(number: int, sealed: bytes) -> bytes | None:
            return keys[number].open(sealed, _label(number, what)) if number in keys else None

        return opened

    def forget(self, number: int) -> None:
        """Destroy the key of a record, for good."""
        self.keys.destroy(number)

    def _key(self, number: int) -> EntryKey:
        found = self.keys.open([number])
        if number not in found:
            raise Forgotten(number)
        return found[number]


class Forgotten(LookupError):
    """The key of a record was destroyed: nothing can read it again."""

    def __init__(self, number: int) -> None:
        super().__init__(f"record {number} was erased")


def _label(number: int, what: str) -> bytes:
    return b"sg1/record/" + what.encode() + b"/" + number.to_bytes(8, "big")
