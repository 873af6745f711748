"""The life of epochs: sealing every entry anew under a fresh seed, from the vault, and letting the old epoch go.

Every step may be killed and is simply done again.
"""

from collections.abc import Callable
from datetime import timedelta

from shopguard.errors import ShopGuardError
from shopguard.identity import PROFILE
from shopguard.registry.epochs import Epoch, EpochState
from shopguard.registry.placing import BATCH, Placing
from shopguard.storage.engine import writing

OVERLAP_DAYS = 14
"""How long members have to switch: an epoch that is no longer current is served at least as long."""

_UNLINKED_AT_ONCE = 5_000


class EpochStaysOpen(ShopGuardError):
    """The epoch is not there, or not to be closed (yet); the message says why."""


class Epochs:
    """What is done to whole epochs."""

    def __init__(self, placing: Placing) -> None:
        self._placing, self._index, self._vault = placing, placing.index, placing.vault

    def ensure_current(self, progress: Callable[[int, int], None]) -> int:
        """See that there is a live epoch of the present rules of identity; one query where there is."""
        if any(e.state is EpochState.LIVE and e.profile >= PROFILE for e in self._index.epochs()):
            return 0
        return self.reseal(progress)

    def reseal(self, progress: Callable[[int, int], None]) -> int:
        """Seal every active entry under the next epoch, make that live, and return how many were sealed here.

        What broke off goes on where it stopped; processes that do it together share the work.

        Args:
            progress: hears how many of how many, at the beginning and after each batch, if there are any.
        """
        self._abandon_outdated()
        number = self._begin()
        done, total, after = 0, self._vault.count_missing_in(number), 0
        if total:
            progress(0, total)
        while True:
            with self._placing.turn():
                epoch = self._epoch(number)
                if epoch.state is not EpochState.PREPARING:
                    return done  # another process has been quicker
                batch = self._vault.missing_in(number, after, BATCH)
                if batch:
                    self._placing.extend(batch, epoch)
                elif not after and not self._placing.settle_some():
                    self._make_live(number)
                    return done
            after = batch[-1].number if batch else 0  # the last round starts at the beginning, and finds none
            done += len(batch)
            if batch:
                progress(done, max(done, total))

    def close(self, number: int, force: bool = False) -> None:
        """Serve an epoch no more, take its rows away and have its seed destroyed; goes on where it broke off.

        Args:
            force: also before the members have had ``OVERLAP_DAYS`` to switch, and for one that was never live.

        Raises:
            EpochStaysOpen: it is the current one, there is none of this number, or it is too early.
        """
        with self._placing.turn():
            epoch = next((epoch for epoch in self._index.epochs() if epoch.number == number), None)
            self._check_closing(number, epoch, force)
            if epoch is not None and epoch.state is not EpochState.CLOSED:
                self._set((number, epoch.profile, EpochState.CLOSED))
        self._clear(number)

    def make_anew(self, progress: Callable[[int, int], None]) -> int:
        """Make an index of another day out of the vault, and return how many entries were sealed.

        Nothing is left of the epochs that were there, as nobody knows what lies in them. Until it is done to its end,
        the stores stay apart, and nothing is served.
        """
        with self._placing.turn():
            there = self._index.epochs()
            self._set(*((epoch.number, epoch.profile, EpochState.CLOSED) for epoch in there))
        for number in {*self._vault.epochs(), *(epoch.number for epoch in there)}:
            if any(epoch.number == number for epoch in there):
                self._clear(number)
            else:  # begun since: its seed may serve
                self._unlink(number)
        done = self.reseal(progress)
        with self._placing.turn():
            self._placing.changes.agree()
        return done

    def _clear(self, number: int) -> None:
        """Take away all that was in a closed epoch, its seed last."""
        self._index.purge(number)
        self._unlink(number)
        self._placing.office.destroy_epoch(number)

    def _unlink(self, number: int) -> None:
        above: int | None = 0
        while above is not None:
            with writing(self._vault.engine) as connection:
                above = self._vault.unlink(connection, number, above, _UNLINKED_AT_ONCE)

    def _check_closing(self, number: int, epoch: Epoch | None, force: bool) -> None:
        if epoch is None:
            raise EpochStaysOpen(f"epoch {number}: there is none")
        if epoch.state is EpochState.LIVE:
            raise EpochStaysOpen(f"epoch {number}: it is the current one; seal the entries anew first")
        if force or epoch.state is EpochState.CLOSED:
            return
        if epoch.state is EpochState.PREPARING:
            raise EpochStaysOpen(f"epoch {number}: it is being prepared; go on with that, or force it")
        left = timedelta(days=OVERLAP_DAYS) - timedelta(seconds=self._placing.clock().timestamp() - epoch.since)
        if left > timedelta():
            raise EpochStaysOpen(f"epoch {number}: its members have {left.days + 1} more days to switch")

    def _abandon_outdated(self) -> None:
        """Let go of what was being prepared when the rules of identity changed: nobody was ever served from it."""
        for epoch in self._index.epochs():
            if epoch.state is EpochState.PREPARING and epoch.profile != PROFILE:
                self.close(epoch.number, force=True)

    def _begin(self) -> int:
        """Return the epoch that is being prepared under the present rules; the seed of a new one is made first."""
        with self._placing.turn():
            epochs = self._index.epochs()
            for epoch in epochs:
                if epoch.state is EpochState.PREPARING and epoch.profile == PROFILE:
                    return epoch.number
            newest = max((epoch.number for epoch in epochs), default=0)
            unused = [number for number in self._placing.office.epochs() if number > newest]
            number = max(unused) if unused else self._placing.office.begin_epoch()
            self._set((number, PROFILE, EpochState.PREPARING))
        return number

    def _make_live(self, number: int) -> None:
        """From one moment to the next the epoch is current, and those before it are on their way out."""
        live = [epoch for epoch in self._index.epochs() if epoch.state is EpochState.LIVE]
        self._set(*((e.number, e.profile, EpochState.CLOSING) for e in live), (number, PROFILE, EpochState.LIVE))

    def _set(self, *epochs: tuple[int, int, EpochState]) -> None:
        """Bring epochs (number, profile) into their states, all in one transaction. Needs the turn."""
        now = self._placing.clock().timestamp()
        with self._placing.changes.changing() as connection:
            for number, profile, state in epochs:
                self._index.set_epoch(connection, Epoch(number, profile, state, now))

    def _epoch(self, number: int) -> Epoch:
        return next(epoch for epoch in self._index.epochs() if epoch.number == number)
