"""Files that a report came with, out of the sealed store to the screen: what can do no harm is shown, the rest saved.

What a file is, its first bytes say, and no name. A browser runs nothing of it, keeps nothing, and asks nobody else.
"""

from collections.abc import Mapping
from io import BytesIO

from flask import Response, abort, render_template, request, send_file

from shopguard.registry.home import RegistryHome
from shopguard.registry.reports.files import Kind
from shopguard.registry.reports.readable import READABLE, words_of
from shopguard.registry.reports.store import StoredFile
from shopguard.web.app import viewed
from shopguard.web.office.desk import home, pages, seen_by_office

_BEGINNINGS: Mapping[bytes, tuple[Kind, str]] = {
    b"%PDF-": (Kind.PDF, "application/pdf"),
    b"\x89PNG\r\n\x1a\n": (Kind.PNG, "image/png"),
    b"\xff\xd8\xff": (Kind.JPEG, "image/jpeg"),
}
_PICTURES = frozenset({Kind.PNG, Kind.JPEG})
_SAVED = "application/octet-stream"
_NOTHING_RUNS = "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def is_picture(file: StoredFile) -> bool:
    """Whether a file is shown within the page of its report."""
    return file.kind in _PICTURES


def is_shown(file: StoredFile) -> bool:
    """Whether a browser shows a file by itself; else it is saved."""
    return file.kind in {kind for kind, _ in _BEGINNINGS.values()}


def is_read(file: StoredFile) -> bool:
    """Whether a file has words that are shown on a page of their own."""
    return file.kind in READABLE


@pages.get("/reports/<report_id>/files/<file_id>")
@seen_by_office
def evidence(report_id: str, file_id: str) -> Response:
    """Send a file of a report; ``?save`` always to be saved."""
    registry = home()
    file, content = _file(registry, report_id, file_id), registry.reports.read_file(report_id, file_id)
    viewed("evidence", detail=f"{report_id} {file_id}")
    found = next((kind for beginning, kind in _BEGINNINGS.items() if content.startswith(beginning)), None)
    shows = found is not None and found[0] == file.kind and "save" not in request.args
    kind = found[1] if found is not None and shows else _SAVED
    answer = send_file(BytesIO(content), kind, not shows, file.name, conditional=False, etag=False)
    answer.headers["Content-Security-Policy"] = _NOTHING_RUNS
    return answer


@pages.get("/reports/<report_id>/files/<file_id>/text")
@seen_by_office
def evidence_text(report_id: str, file_id: str) -> str:
    """Show the words of a file that is text."""
    registry = home()
    file = _file(registry, report_id, file_id)
    if not is_read(file):
        abort(404)
    words = words_of(Kind(file.kind), registry.reports.read_file(report_id, file_id))
    viewed("evidence", detail=f"{report_id} {file_id}")
    return render_template("office/evidence_text.html", report_id=report_id, file=file, words=words)


def _file(registry: RegistryHome, report_id: str, file_id: str) -> StoredFile:
    file = next((file for file in registry.reports.get(report_id).files if file.id == file_id), None)
    if file is None:
        abort(404)
    return file
