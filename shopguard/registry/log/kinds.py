"""What leaves of the log are about, and the bytes that stand in the tree for one."""

import hmac
from enum import StrEnum

import msgspec

COMMITMENT_BYTES = 32


class LeafKind(StrEnum):
    """What a leaf is about."""

    MEMBER_CREATED = "member_created"
    MEMBER_SUSPENDED = "member_suspended"
    MEMBER_RESUMED = "member_resumed"
    MEMBER_LEFT = "member_left"
    MEMBER_BUDGET = "member_budget"
    MEMBER_KEY_ADDED = "member_key_added"
    MEMBER_KEY_ENDED = "member_key_ended"
    MEMBER_APPLIED = "member_applied"
    MEMBER_CHANGED = "member_changed"
    OFFICE_AFFILIATION = "office_affiliation"
    REPORT_RECEIVED = "report_received"
    REPORT_RETURNED = "report_returned"
    REPORT_CHECKED = "report_checked"
    REPORT_REJECTED = "report_rejected"
    REPORT_WITHDRAWN = "report_withdrawn"
    REPORT_PAID = "report_paid"
    REPORT_CONFIRMED = "report_confirmed"
    ENTRY_OPENED = "entry_opened"
    ENTRY_CHANGED = "entry_changed"
    ENTRY_NOTICE = "entry_notice"
    ENTRY_ACTIVE = "entry_active"
    ENTRY_CONTESTED = "entry_contested"
    ENTRY_SUSPENDED = "entry_suspended"
    ENTRY_ASLEEP = "entry_asleep"
    ENTRY_ERASED = "entry_erased"
    REQUEST_RECEIVED = "request_received"
    REQUEST_DECIDED = "request_decided"
    PROTECTION_BEGUN = "protection_begun"
    PROTECTION_ENDED = "protection_ended"
    ALARM_ANSWERED = "alarm_answered"
    LOOK_UPS = "look_ups"


class Leaf(msgspec.Struct, frozen=True, array_like=True):
    """One leaf: that something of this kind happened at a moment (Unix seconds). What exactly, its salt shows."""

    kind: str
    at: int
    commitment: bytes

    @property
    def data(self) -> bytes:
        """The bytes that the tree hashes."""
        return b"sg1/leaf\n" + f"{self.kind}\n{self.at}\n{self.commitment.hex()}".encode()


def commitment(salt: bytes, content: bytes) -> bytes:
    """Return what a leaf holds instead of ``content``; without ``salt`` (16 random bytes) it means nothing."""
    return hmac.digest(salt, content, "sha256")
