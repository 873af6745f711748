"""What a shop holds in hand once it has filed a report: what was received, when, and where the log holds it for good.

The registry can neither deny nor change it afterwards: the leaf is a commitment to the act, the act names the digest
of all that was filed, and the salt shows that they belong together. Pure.
"""

import hmac
from collections.abc import Callable, Iterable
from hashlib import sha256

import msgspec

from shopguard.registry.acts import Act, Logged
from shopguard.registry.log import Inclusion, commitment
from shopguard.registry.reports.model import ReportContent
from shopguard.registry.reports.store import StoredFile


class Receipt(msgspec.Struct, frozen=True):
    """The receipt of one act on a report. It comes in a signed answer, which is kept with it.

    Args:
        act: what was done, as JSON: exactly the bytes that are committed to.
        digest: of what was filed (``digest_of``), which ``act`` names too.
        commitment: what the log's leaf holds, in hexadecimal; ``salt`` (in hexadecimal) shows that it is of ``act``.
        leaf: its number in the log; None: it is on its way there, and the receipt asked for later has it.
        inclusion: the proof that the log holds this leaf, as of when the receipt was asked for.
    """

    report: str
    act: str
    digest: str
    salt: str
    commitment: str
    leaf: int | None
    inclusion: Inclusion | None = None


def receipt_of(report_id: str, digest: str, logged: Logged, prove: Callable[[int], Inclusion]) -> Receipt:
    """Return the receipt of an act; ``prove`` shows that a leaf is in the log."""
    clear, leaf = msgspec.json.encode(logged.act), logged.leaf
    committed, salt = commitment(logged.salt, clear).hex(), logged.salt.hex()
    inclusion = None if leaf is None else prove(leaf)
    return Receipt(report_id, clear.decode(), digest, salt, committed, leaf, inclusion)


def is_true(receipt: Receipt) -> bool:
    """Whether a receipt holds: its act names the digest, the leaf commits to the act, and the log has the leaf."""
    try:
        salt, committed = bytes.fromhex(receipt.salt), bytes.fromhex(receipt.commitment)
        act = msgspec.json.decode(receipt.act, type=Act)
    except (ValueError, msgspec.DecodeError):
        return False
    fits = hmac.compare_digest(commitment(salt, receipt.act.encode()), committed)
    return fits and act.reason.startswith(filed(receipt.digest)) and _is_in_the_log(receipt, committed)


def _is_in_the_log(receipt: Receipt, committed: bytes) -> bool:
    proof = receipt.inclusion
    if proof is None or receipt.leaf is None:
        return proof is None and receipt.leaf is None
    return proof.number == receipt.leaf and proof.leaf.commitment == committed and proof.holds()


def filed(digest: str) -> str:
    """Return how an act names what was filed."""
    return f"sha256:{digest}"


def digest_of(content: ReportContent, files: Iterable[StoredFile]) -> str:
    """Return the SHA-256, in hexadecimal, of what a report says and of the names and bytes of its files."""
    parts = [msgspec.json.encode(content, order="deterministic")]
    parts += [b"%s %s" % (file.sha256.hex().encode(), file.name.encode()) for file in sorted(files, key=_by_name)]
    return sha256(b"sg1/report\n" + b"\n".join(parts)).hexdigest()


def _by_name(file: StoredFile) -> str:
    return file.name
