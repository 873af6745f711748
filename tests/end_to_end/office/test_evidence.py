"""Evidence: taken by what it is, not by what it is called; kept sealed; given back byte for byte."""

import hashlib
import io
import json
import secrets
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from .association import Association
from .invented import LETTER, evidence, pdf, png, unpaid
from .test_bad_reports import explained
from .wire import REPORTS, Reporter, understandable

pytestmark = pytest.mark.timeout(600)  # the first one founds the association

MIB = 1024 * 1024


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def sheet(cells: bytes, **more: bytes) -> bytes:
    """An Excel file as far as anybody looks."""
    head = b'<?xml version="1.0" encoding="UTF-8"?>'
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    types = (
        b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        b'<Default Extension="xml" ContentType="application/xml"/>'
        b'<Override PartName="/xl/workbook.xml" ContentType="' + kind + b'"/></Types>'
    )
    return zipped({"[Content_Types].xml": head + types, "xl/workbook.xml": head + cells, **more})


def bomb() -> bytes:
    """A small Excel file that is 400 MB once opened."""
    return sheet(b"<workbook>" + b" " * (400 * MIB) + b"</workbook>")


def endless_png() -> bytes:
    """A picture of 60,000 times 60,000 points in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    drawn = zlib.compress(bytes(4 * MIB))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", drawn) + chunk(b"IEND", b"")


BAD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "program called a picture": ("slip.png", lambda: b"MZ" + bytes(200)),
    "program of Linux called a PDF": ("invoice.pdf", lambda: b"\x7fELF" + bytes(200)),
    "page called a picture": ("slip.png", lambda: b"<html><script>alert(1)</script></html>"),
    "drawing with a script": (
        "slip.svg",
        lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
    ),
    "PDF called a picture": ("slip.png", pdf),
    "archive": ("slip.zip", lambda: zipped({"a.txt": LETTER})),
    "archive called text": ("letter.txt", lambda: zipped({"a.txt": LETTER})),
    "archive behind a PDF": ("invoice.pdf", lambda: pdf() + zipped({"a.exe": b"MZ" + bytes(99)})),
    "exploding sheet": ("list.xlsx", bomb),
    "sheet with macros": ("list.xlsx", lambda: sheet(b"<workbook/>", **{"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"})),
    "PDF that runs a script": (
        "invoice.pdf",
        lambda: pdf(b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"),
    ),
    "PDF that starts a program": ("invoice.pdf", lambda: pdf(b"/OpenAction<</S/Launch/F(cmd.exe)>>")),
    "PDF under a password": ("invoice.pdf", lambda: pdf().replace(b"/Root 1 0 R", b"/Root 1 0 R/Encrypt 5 0 R")),
    "picture without end": ("slip.png", endless_png),
    "picture cut off": ("slip.png", lambda: png()[:30]),
    "nothing": ("slip.png", lambda: b""),
    "over 10 MB": ("letter.txt", lambda: LETTER * (11 * MIB // len(LETTER))),
}


@pytest.mark.parametrize(("name", "made"), list(BAD.values()), ids=list(BAD))
def test_a_bad_file_is_refused_and_not_kept(reporter: Reporter, name: str, made: Callable[[], bytes]) -> None:
    report = reporter.draft(unpaid(200, order_id=f"FILE-{secrets.token_hex(4)}")).json()["head"]["id"]
    understandable(reporter.put_file(report, name, made()))
    assert reporter.send("GET", f"{REPORTS}/{report}").json()["files"] == []


def test_one_bad_file_among_good_ones_leaves_nothing_filed(shared: Association) -> None:
    done = shared.try_to_file("shop-a", unpaid(201), {**evidence(), "slip.png": b"MZ" + bytes(200)})
    explained(done, "slip.png")
    assert not [each for each in shared.reports("shop-a") if each["order_id"] == "U-201" and each["state"] != "draft"]


def test_the_twenty_first_file_is_refused(reporter: Reporter) -> None:
    report = reporter.draft(unpaid(204)).json()["head"]["id"]
    for number in range(20):
        assert reporter.put_file(report, f"{number}.txt", LETTER + str(number).encode()).status_code == 200
    understandable(reporter.put_file(report, "20.txt", LETTER))
    assert len(reporter.send("GET", f"{REPORTS}/{report}").json()["files"]) == 20


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.txt", "a\0.txt", "x" * 200 + ".txt", "a\r\nSet-Cookie:x.txt", "..\\a.txt"]
)
def test_a_name_that_leads_elsewhere_is_refused(reporter: Reporter, name: str) -> None:
    report = reporter.draft(unpaid(205, order_id=f"FILE-{secrets.token_hex(4)}")).json()["head"]["id"]
    understandable(reporter.put_file(report, name, LETTER))
    assert reporter.send("GET", f"{REPORTS}/{report}").json()["files"] == []
    assert reporter.send("DELETE", f"{REPORTS}/{report}/files/letter.txt").status_code == 404


def test_what_was_shown_is_what_is_filed(reporter: Reporter) -> None:
    shown = reporter.draft(unpaid(206)).json()
    for name, data in evidence().items():
        shown = reporter.put_file(shown["head"]["id"], name, data).json()
    understandable(reporter.submit(shown | {"digest": "0" * 64}))
    assert reporter.submit(shown).status_code == 200


def test_evidence_comes_back_byte_for_byte_and_lies_sealed(shared: Association) -> None:
    report = shared.file("shop-a", unpaid(202))
    told = shared.office("show", report)["files"]
    assert {each["name"]: each["sha256"] for each in told} == {
        name: hashlib.sha256(data).hexdigest() for name, data in evidence().items()
    }
    for each in told:
        target = shared.home / f"copy-of-{each['name']}"
        shared.centre.run("registry", "office", "evidence", report, each["id"], "--to", str(target))
        assert target.read_bytes() == evidence()[each["name"]]
    marker = LETTER.strip()
    assert not [path.name for path in shared.centre.home.rglob("*") if path.is_file() and marker in path.read_bytes()]


def test_the_receipt_is_of_what_was_sent(shared: Association) -> None:
    done = shared.try_to_file("shop-a", unpaid(203))
    receipt = json.loads(Path(json.loads(done.stdout)["receipt"]).read_text("utf-8"))
    told = json.dumps(receipt, ensure_ascii=False)
    assert json.loads(done.stdout)["id"] in told
    assert "12800" not in told, "a receipt is kept in clear and names nobody"
    again = shared.shops["shop-a"].try_to("report", "receipt", json.loads(done.stdout)["id"])
    assert again.returncode == 0, again.stderr
