"""What the index holds of an entry: rows sealed under what only a listed token leads to, in two layers with shares.

One row opens a weak posting; rows of two different groups, or one row of name and place, open the full one. Pure.
"""

import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shopguard.identity import FIELDS, Token
from shopguard.model import Category, Effect, Entry
from shopguard.registry.protocol import BUCKETS, bucket_of

ROW_BYTES, FULL_BYTES = 160, 1024  # before encryption, each of one size whatever it says
SEALED_ROW_BYTES, SEALED_FULL_BYTES = 12 + ROW_BYTES + 16, 12 + FULL_BYTES + 16  # nonce and tag around it
PRIME = 2**255 - 19
ALONE = 3  # the group of name and place in one token, which opens the full posting by itself
_ROW_VERSION = 1


class RowDamaged(Exception):
    """A row or posting cannot be opened: it is not what was sealed. Holds nothing of it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a token's row lies in the index (16 bytes), and what opens it (32 bytes). Secret, both of them."""

    locator: bytes
    row_key: bytes

    def __repr__(self) -> str:
        return "Place(***)"


def place(y: bytes, registry_id: str, cls: int, epoch: int) -> Place:
    """Return the place of a token whose keyed value is ``y`` (32 bytes)."""
    info = registry_id.encode() + epoch.to_bytes(4, "big") + bytes((cls,))
    okm = HKDF(SHA256(), 48, salt=b"sg1/row", info=info).derive(y)
    return Place(okm[:16], okm[16:])


def share(s: int, a: int, group: int) -> int:
    """Return the share of ``group`` (1 to 4): a point of the line that crosses 0 at ``s``."""
    return (s + a * group) % PRIME


def secret_of(shares: Mapping[int, int]) -> int | None:
    """Return ``s`` from shares by group, or None if they do not determine it. Group 0 is ``s`` itself."""
    if 0 in shares:
        return shares[0]
    if len(shares) < 2:
        return None
    (one, share_one), (other, share_other) = sorted(shares.items())[:2]
    a = (share_other - share_one) * pow(other - one, -1, PRIME)
    return (share_one - a * one) % PRIME


def full_key(s: int, t2_ref: bytes) -> bytes:
    """Return the key (32 bytes) of the full posting that lies under ``t2_ref`` (16 bytes)."""
    return HKDF(SHA256(), 32, salt=b"sg1/t2", info=t2_ref).derive(s.to_bytes(32, "big"))


@dataclass(frozen=True, slots=True)
class Listing:
    """What an entry says, towards those who meet it.

    Args:
        reference: the entry's id, told when it is opened.
        handle: 16 random bytes that stand for the entry in every epoch, told at once.
        fields: what the entry has, so that what is missing is not taken for different.
        effect: the most that it may cause.
        expires_on: the day from which it is served no more; None: not limited.
    """

    reference: str
    handle: bytes
    category: Category
    reporters: int
    first_on: date
    last_on: date
    fields: frozenset[str]
    effect: Effect = Effect.HOLD
    expires_on: date | None = None

    @classmethod
    def of(cls, entry: Entry, handle: bytes, fields: frozenset[str]) -> "Listing":
        return cls(
            entry.id,
            handle,
            entry.category,
            entry.reporters,
            entry.first_on,
            entry.last_on,
            fields,
            entry.effect,
            entry.expires_on,
        )


@dataclass(frozen=True, slots=True)
class SealedRow:
    locator: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """Everything the index gets of one entry in one epoch; ``rows`` in the order of their locators."""

    rows: tuple[SealedRow, ...]
    t2_ref: bytes
    full: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """An opened row: a weak posting. ``reporters`` is the lower bound of its bucket, months are first days."""

    group: int
    share: int = field(repr=False)  # in group 0 the secret itself
    t2_ref: bytes
    handle: bytes
    reporters: int
    first_month: date
    last_month: date
    profile: int
    fields: frozenset[str]
    effect: Effect
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Full:
    """An opened full posting."""

    reference: str
    category: Category
    reporters: int
    first_on: date
    last_on: date


def seal(listing: Listing, tokens: Sequence[Token], places: Sequence[Place], epoch: int) -> SealedEntry:
    """Return ``listing`` sealed for one epoch, under fresh shares.

    Args:
        places: the place of each token, in order.
    """
    s, a = secrets.randbelow(PRIME), secrets.randbelow(PRIME)
    t2_ref = os.urandom(16)
    same = _same_in_all(listing)
    rows: dict[bytes, SealedRow] = {}
    for token, at in zip(tokens, places, strict=True):
        group = 0 if token.group == ALONE else token.group
        clear = _row(listing, group, share(s, a, group), t2_ref, token.profile, same)
        rows[at.locator] = SealedRow(at.locator, _seal(at.row_key, clear, _row_label(epoch, at.locator)))
    full = _seal(full_key(s, t2_ref), _full(listing), _full_label(epoch, t2_ref))
    return SealedEntry(tuple(rows[locator] for locator in sorted(rows)), t2_ref, full)


def open_row(at: Place, sealed: bytes, epoch: int) -> Row:
    """Return what a row says; ``RowDamaged`` if it was not sealed for this place and epoch."""
    return _read_row(_open(at.row_key, sealed, _row_label(epoch, at.locator)))


def open_full(s: int, t2_ref: bytes, sealed: bytes, epoch: int) -> Full:
    """Return what a full posting says; ``RowDamaged`` if ``s`` is not its secret."""
    clear = _open(full_key(s, t2_ref), sealed, _full_label(epoch, t2_ref))
    return _decoder.decode(clear[2 : 2 + int.from_bytes(clear[:2], "big")])


def shares_of(rows: Iterable[Row]) -> Mapping[int, int]:
    """Return the shares that rows of one entry carry, by group."""
    return {row.group: row.share for row in rows}


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Full)
_EPOCH_DAY = date(1970, 1, 1)
_EFFECTS = (Effect.FLAG, Effect.HOLD, Effect.NOTE, Effect.CONFIRM)
"""By the number that stands for it in a row: it only grows, as there are rows of every version."""


def _row(listing: Listing, group: int, piece: int, t2_ref: bytes, profile: int, same: tuple[bytes, bytes]) -> bytes:
    before, after = same
    head = bytes((_ROW_VERSION, _EFFECTS.index(listing.effect), group))
    return b"".join((head, piece.to_bytes(32, "big"), t2_ref, before, bytes((profile,)), after)).ljust(
        ROW_BYTES, b"\0"
    )


# After these fields a row has 81 bytes of padding. The first ten are kept for the entry's state (u8, 0 active), the
# grade of its evidence (u8, 0 unknown) and its place in the log (u64, 0 none): what they say now, they say already.


def _same_in_all(listing: Listing) -> tuple[bytes, bytes]:
    """What every row of an entry says, before and after the profile: made once, as an entry has twenty rows."""
    fields = sum(1 << bit for bit, field in enumerate(FIELDS) if field in listing.fields)
    expires = 0 if listing.expires_on is None else (listing.expires_on - _EPOCH_DAY).days
    bucket = bytes((bucket_of(listing.reporters),))
    before = b"".join((listing.handle, bucket, _month(listing.first_on), _month(listing.last_on)))
    return before, fields.to_bytes(2, "big") + expires.to_bytes(4, "big")


def _read_row(clear: bytes) -> Row:
    if clear[0] != _ROW_VERSION or clear[1] >= len(_EFFECTS):
        raise RowDamaged  # of a newer version of the program
    bits, expires = int.from_bytes(clear[73:75], "big"), int.from_bytes(clear[75:79], "big")
    return Row(
        group=clear[2],
        share=int.from_bytes(clear[3:35], "big"),
        t2_ref=clear[35:51],
        handle=clear[51:67],
        reporters=BUCKETS[clear[67]],
        first_month=_first_day(clear[68:70]),
        last_month=_first_day(clear[70:72]),
        profile=clear[72],
        fields=frozenset(field for bit, field in enumerate(FIELDS) if bits >> bit & 1),
        effect=_EFFECTS[clear[1]],
        expires_on=_EPOCH_DAY + timedelta(days=expires) if expires else None,
    )


def _full(listing: Listing) -> bytes:
    content = _encoder.encode(
        Full(listing.reference, listing.category, listing.reporters, listing.first_on, listing.last_on)
    )
    if len(content) > FULL_BYTES - 2:
        raise ValueError("the reference of an entry is too long to be sealed")  # a longer posting would give it away
    return (len(content).to_bytes(2, "big") + content).ljust(FULL_BYTES, b"\0")


def _month(day: date) -> bytes:
    return (day.year * 12 + day.month - 1).to_bytes(2, "big")


def _first_day(month: bytes) -> date:
    year, number = divmod(int.from_bytes(month, "big"), 12)
    return date(year, number + 1, 1)


def _row_label(epoch: int, locator: bytes) -> bytes:
    return b"sg1/row" + epoch.to_bytes(4, "big") + locator


def _full_label(epoch: int, t2_ref: bytes) -> bytes:
    return b"sg1/t2" + epoch.to_bytes(4, "big") + t2_ref


def _seal(key: bytes, clear: bytes, label: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, clear, label)


def _open(key: bytes, sealed: bytes, label: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], label)
    except (InvalidTag, ValueError):
        raise RowDamaged from None
