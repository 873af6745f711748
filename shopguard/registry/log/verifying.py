"""What checking a log found, and checking the registry's own: no leaf was changed, removed or moved, or which was."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from shopguard.registry.log.checking import Checked, Wrong, check
from shopguard.registry.log.copy import proven
from shopguard.registry.log.heads import Head
from shopguard.registry.log.signing import Heads
from shopguard.registry.log.store import Log
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both


class Found(msgspec.Struct, frozen=True):
    """What checking a log found. ``covered`` leaves stand under a head signed at ``signed_at`` (RFC 3339)."""

    leaves: int
    covered: int
    signed_at: str | None
    wrong: Wrong | None
    different: Wrong | None = None

    @property
    def is_right(self) -> bool:
        return self.wrong is None and self.different is None and self.signed_at is not None


def check_own(log: Log, heads: Heads, keys: Sequence[bytes]) -> Found:
    """Return what checking a registry's own log finds; ``Refused`` as long as no head of it was signed.

    Args:
        keys: public keys (32 bytes each) under which heads are believed.
    """
    notes = heads.all()
    if not notes:
        raise Refused(Refusal.STATE, _NO_HEAD)
    signed = proven(notes, keys)
    return findings(check(log.kept(), signed), signed)


def findings(checked: Checked, heads: Sequence[Head]) -> Found:
    """Return what was found under these heads (proven)."""
    last = max((head.at for head in heads), default=None)
    signed_at = None if last is None else datetime.fromtimestamp(last, UTC).isoformat()
    return Found(checked.size, checked.covered, signed_at, checked.wrong)


_NO_HEAD = both(
    "記録の署名がまだありません。`shopguard serve` が1時間ごとに署名します。",
    "no head of the log was signed yet: `shopguard serve` signs one every hour",
)
