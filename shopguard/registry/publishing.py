"""The office's hand on the entries: loading, blocking, erasing, sealing anew. What members meet comes from here."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from shopguard.config.periods import USUAL, Periods
from shopguard.crypto import Keyring
from shopguard.registry.entry_keys import EntryKeys, Witness, no_witness
from shopguard.registry.evaluating import OfficeEvaluation
from shopguard.registry.index import Index
from shopguard.registry.load import LineFault, LoadReport
from shopguard.registry.loading import load
from shopguard.registry.placing import Placing
from shopguard.registry.prf.function import KeyedFunction
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both
from shopguard.registry.reseal import Epochs
from shopguard.registry.same_day import check_same_day
from shopguard.registry.signing import Signer
from shopguard.registry.vault import EntryState, Kept, Vault
from shopguard.storage.engine import writing

Progress = Callable[[int, int], None]

TOLD_DAYS = 30
"""How long members can read what was listed: a shop that did not ask for longer does not hear of it."""

_MANY = 5_000  # entries


class Publisher:
    """Writes entries to the stores, in an order that a crash at any step cannot turn against anybody.

    Every method may be broken off and done again. ``StoreUnavailable`` when a database is full or away, ``Refused``
    when the keyed function is: what was done is kept, what was under way is finished by ``settle``.

    Args:
        vault, keys: databases whose histories ``registry_vault`` and ``registry_keys`` are up to date.
        prf: the keyed function; ``office`` is the key it knows the office by, or what gives it anew at each use.
        master: wraps the entries' keys, and its root finds entries by their id.
        clock: returns now, in UTC.
        witness: hears of every key before it is destroyed.
    """

    def __init__(
        self,
        vault: sa.Engine,
        keys: sa.Engine,
        index: Index,
        prf: KeyedFunction,
        office: Signer | Callable[[], Signer],
        master: Keyring,
        registry_id: str,
        clock: Callable[[], datetime],
        witness: Witness = no_witness,
        periods: Periods = USUAL,
    ) -> None:
        self._vault = Vault(vault, master)
        evaluation = OfficeEvaluation(prf, office, registry_id, clock)
        self.placing = Placing(self._vault, EntryKeys(keys, master, witness), index, evaluation, clock, periods)
        self._index, self._epochs, self._clock = index, Epochs(self.placing), clock

    def load(
        self,
        lines: Iterable[bytes | str],
        progress: Callable[[LoadReport], None] = lambda report: None,
        on_fault: Callable[[LineFault], None] = lambda fault: None,
    ) -> LoadReport:
        """Store decided entries from JSON lines and return what was done.

        An entry replaces the one with its id; what is there unchanged is skipped quickly, so a load that broke off is
        simply run again. A blocked entry stays blocked; a line that names an erased one is a fault.

        Args:
            progress: called after each stored batch with the report so far.
            on_fault: called for each line that is left out.
        """
        report = load(self.placing, lines, progress, on_fault)
        if self._tidied(report.stored):
            self._index.forget_additions((self._clock() - timedelta(days=TOLD_DAYS)).timestamp())
        return report

    def block(self, entry_id: str) -> bool:
        """Serve the entry no more, from the moment this returns; False if there is none with this id.

        ``Refused`` for an entry with a life of its own: the office suspends it, and its clocks go on.
        """
        found = self._vault.find(entry_id)
        if found is None:
            return False
        _check_loaded(found)
        self._index.block(found.handle)  # at once, whatever else is being written
        with self.placing.turn():
            kept = self._vault.find(entry_id)
            if kept is not None:
                _check_loaded(kept)
                self._index.block(kept.handle)  # once more: an unblocking may have been under way
                with writing(self._vault.engine) as connection:
                    self._vault.set_state(connection, kept.number, EntryState.BLOCKED)
        return kept is not None

    def unblock(self, entry_id: str) -> bool:
        """Serve a blocked entry again, in every epoch; False if there is none with this id. See ``block``."""
        with self.placing.turn():
            kept = self._vault.find(entry_id)
            if kept is None:
                return False
            _check_loaded(kept)
            if kept.state is EntryState.BLOCKED or (kept.is_active and self._index.blocked([kept.handle])):
                with writing(self._vault.engine) as connection:
                    self._vault.set_state(connection, kept.number, EntryState.ACTIVE)
            now: Kept | None = self._vault.find(entry_id)
            if now is not None and not now.indexed:
                self.placing.renew([now])
        return True

    def erase(self, entry_id: str) -> bool:
        """Take the entry out of every epoch and destroy its key, for good; False if there is none with this id.

        Afterwards nothing can read it, nor with a backup of every store but the one of keys. It does not come back
        under its id.
        """
        with self.placing.turn():
            kept = self._vault.find(entry_id)
            if kept is not None:
                self.placing.erase(kept)
        return kept is not None

    def settle(self) -> None:
        """Finish what a crash left between the stores; one query where nothing is. Done before every load too."""
        self.placing.settle()

    def ensure_current(self, progress: Progress = lambda done, total: None) -> int:
        """See to it at start that there is a live epoch of this version's rules of identity.

        The first start begins epoch 1. Where the rules have changed since, every entry is sealed anew in an epoch of
        the new ones, and the old one stays for members of older versions. One query where there is nothing to do;
        processes that start together share the work. Returns how many entries were sealed here.
        """
        return self._tidied(self._epochs.ensure_current(progress))

    def reseal(self, progress: Progress = lambda done, total: None) -> int:
        """Seal every active entry under a new epoch and make that current; see ``Epochs.reseal``.

        An index of another day than the vault is made anew; see ``Epochs.make_anew``.
        """
        epochs = self._epochs
        seal = epochs.reseal if self.placing.changes.are_known() else epochs.make_anew
        return self._tidied(seal(progress))

    def check_same_day(self) -> None:
        """Raise ``StoresApart``, which says what mends it, where one of the stores is of another day."""
        check_same_day(self._vault, self.placing.keys, self.placing.changes)

    def close_epoch(self, number: int, force: bool = False) -> None:
        """Let go of an epoch that is no longer current, and of its seed; see ``Epochs.close``."""
        self._epochs.close(number, force)
        self._index.tidy()

    def bury(self) -> int:
        """Erase every entry whose key is gone, after a backup of the other stores was restored; returns how many."""
        return self.placing.bury()

    def _tidied(self, written: int) -> int:
        """After many entries were written the index is tidied."""
        if written >= _MANY:
            self._index.tidy()
        return written


def _check_loaded(kept: Kept) -> None:
    if kept.has_own_life:
        raise Refused(Refusal.STATE, _OWN_LIFE)


_OWN_LIFE = both(
    "この登録は事務局が管理しています。`shopguard registry office` の suspend / resume で操作してください。",
    "the office keeps this entry: use suspend and resume of `shopguard registry office`",
)
