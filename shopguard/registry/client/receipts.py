"""The receipts that a shop has in hand: one file for each report that the registry took."""

import base64
from pathlib import Path

import msgspec

from shopguard.private_file import write_private
from shopguard.registry.client.reports import Filed

RECEIPTS = "receipts"  # in the data directory


class Receipts:
    """Those of one installation. Safe to share between threads."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / RECEIPTS

    def keep(self, filed: Filed) -> Path:
        """Keep a receipt with the registry's signature: with the log, it proves what was received and when."""
        path, proof = self._path(filed.receipt.report), filed.proof
        signed = {
            "status": proof.status,
            "body": base64.b64encode(proof.body).decode(),
            "key": proof.key_id,
            "time": proof.time,
            "nonce": proof.nonce,
            "signature": base64.b64encode(proof.signature).decode(),
        }
        write_private(path, msgspec.json.format(msgspec.json.encode({"receipt": filed.receipt, "answer": signed})))
        return path

    def has(self, report_id: str) -> bool:
        """Whether the receipt of a report lies here."""
        return self._path(report_id).exists()

    def _path(self, report_id: str) -> Path:
        return self._folder / f"{report_id}.json"
