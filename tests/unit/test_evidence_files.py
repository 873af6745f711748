"""Which files are taken as evidence, and which are not: by what they hold, whatever they are called."""

import contextlib
import io
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Mapping
from email.message import EmailMessage

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.files import MAX_FILE, Kind, inspect

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x55" * 200 + b"\xff\xd9"
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100
TIFF = b"II*\0\x08\0\0\0" + b"\0" * 100
EXE = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8" + b"\0" * 200
HTML = b"<!DOCTYPE html><html><body>hello</body></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
TEXT = "10月1日に電話で督促しました。\n残額 12,800円 < 15,000円".encode()


def png(width: int = 20, height: int = 10) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def real_workbook() -> bytes:
    file, book = io.BytesIO(), openpyxl.Workbook()
    book.active.append(["注文番号", "金額"])
    book.active.append(["5001", 12800])
    book.save(file)
    return file.getvalue()


def workbook(parts: Mapping[str, bytes]) -> bytes:
    """A workbook with further parts."""
    file = io.BytesIO(real_workbook())
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return file.getvalue()


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for name in names:
            package.writestr(name, b"x")
    return file.getvalue()


def mail(attached: Mapping[str, bytes] | None = None, html: str | None = None) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@example.jp", "taro@example.jp", "ご入金のお願い"
    message["Date"] = "Thu, 1 Oct 2026 10:00:00 +0900"
    message.set_content("お支払いをお願いします。")
    if html is not None:
        message.add_alternative(html, subtype="html")
    for name, content in (attached or {}).items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def pdf(body: bytes) -> bytes:
    return b"%PDF-1.7\n" + body + b"\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def packed(content: bytes) -> bytes:
    return (
        b"5 0 obj\n<< /Type /ObjStm /N 1 /Filter /FlateDecode >>\nstream\n" + zlib.compress(content) + b"\nendstream"
    )


GOOD = {
    "invoice.pdf": (PDF, Kind.PDF),
    "INVOICE.PDF": (PDF, Kind.PDF),
    "parcel.jpg": (JPEG, Kind.JPEG),
    "parcel.JPEG": (JPEG, Kind.JPEG),
    "screen.png": (png(), Kind.PNG),
    "parcel.heic": (HEIC, Kind.HEIC),
    "fax.tif": (TIFF, Kind.TIFF),
    "call.txt": (TEXT, Kind.TEXT),
    "call-cp932.txt": (TEXT.decode().encode("cp932"), Kind.TEXT),
    "call-utf16.txt": (TEXT.decode().encode("utf-16"), Kind.TEXT),
    "bmw.txt": ("BMWのミニカーの件。MZ-80の箱も同梱。".encode(), Kind.TEXT),
    "reminder.eml": (mail(), Kind.MAIL),
    "reminder-html.eml": (mail(html="<html><body><p>お支払い</p></body></html>"), Kind.MAIL),
    "with-invoice.eml": (mail({"invoice.pdf": PDF}), Kind.MAIL),
    "orders.csv": ("注文番号,金額,備考\n5001,-500,@返品\n".encode("cp932"), Kind.CSV),
    "orders-utf8.csv": ("\ufeff注文番号,金額\n5001,12800\n".encode(), Kind.CSV),
    "orders.xlsx": (real_workbook(), Kind.XLSX),
    "compressed.pdf": (pdf(packed(b"<< /Type /Page /Contents 6 0 R >>")), Kind.PDF),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_shows_something_is_taken(name: str) -> None:
    content, kind = GOOD[name]
    assert inspect(name, content) is kind


def refused(name: str, content: bytes) -> str:
    with pytest.raises(Refused) as refusal:
        inspect(name, content)
    text = str(refusal.value)
    assert " / " in text
    assert refusal.value.code in (Refusal.UNREADABLE, Refusal.TOO_LARGE)
    return text


@pytest.mark.parametrize("kind", ["pdf", "jpg", "png", "heic", "tif", "txt", "eml", "csv", "xlsx"])
@pytest.mark.parametrize(
    "content",
    [EXE, HTML, SVG, archive("a.txt"), b"\x7fELF\x02\x01\x01" + b"\0" * 60, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 80],
    ids=["exe", "html", "svg", "zip", "elf", "old office"],
)
def test_what_is_disguised_is_refused(kind: str, content: bytes) -> None:
    refused(f"invoice.{kind}", content)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.jpg", png()), ("a.png", JPEG), ("a.pdf", JPEG), ("a.txt", PDF), ("a.csv", JPEG), ("a.xlsx", PDF)],
)
def test_a_kind_under_the_name_of_another_is_refused(name: str, content: bytes) -> None:
    assert "extension" in refused(name, content) or "拡張子" in refused(name, content)


@pytest.mark.parametrize(
    "name",
    ["run.exe", "page.html", "page.svg", "old.xls", "macro.xlsm", "all.zip", "invoice.pdf.exe", "letter.docx", "x"],
)
def test_other_kinds_are_refused_with_those_that_are_taken(name: str) -> None:
    assert "PDF" in refused(name, PDF)


def test_nothing_at_all_is_refused() -> None:
    assert "empty" in refused("a.txt", b"")


def test_a_file_above_the_limit_is_refused_with_the_limit() -> None:
    assert "10 MB" in refused("a.txt", b"x" * (MAX_FILE + 1))
    assert inspect("a.txt", b"x" * MAX_FILE) is Kind.TEXT


@pytest.mark.parametrize(
    "body",
    [
        b"<< /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> >>",
        b"<< /S /J#61vaScript >>",
        b"<< /S /Launch /F (cmd.exe) >>",
        b"<< /Names << /EmbeddedFiles 7 0 R >> >>",
        packed(b"<< /S /JavaScript >>"),
        packed(b"<< /S /JavaScript >>").replace(b"/ObjStm", b"/Obj#53tm"),
        packed(b"<< /S /JavaScript >>").replace(b"/N 1", b"/DecodeParms << /Columns 4 >> /N 1"),
        b"% a stream is\n" + packed(b"<< /S /JavaScript >>"),
        packed(b"<< /S /JavaScript >>").replace(b"FlateDecode", b"LZWDecode").replace(b"x\x9c", b"\x80\x0b"),
    ],
    ids=["script", "in numbers", "program", "files", "stream", "numbered stream", "nested", "decoy", "other packing"],
)
def test_a_pdf_that_does_more_than_show_pages_is_refused(body: bytes) -> None:
    assert "programs" in refused("a.pdf", pdf(body))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", pdf(b"/ObjStm /Filter >> stream\n" * 300_000)),
        ("a.pdf", pdf(b"/J#61v" * 1_000_000)),
        ("a.pdf", pdf(b"<<" * 3_000_000)),
        ("a.csv", b"5001," + b" " * 6_000_000),
        ("a.csv", b"\n" * 6_000_000),
        ("a.txt", b"< " * 3_000_000),
        ("a.eml", mail().replace(b"\n\n", b"\n\n--" + b"-" * 3_000_000, 1)),
    ],
)
def test_what_is_made_to_take_long_is_looked_at_in_one_pass(name: str, content: bytes) -> None:
    """It ends: where each byte is looked at again for each other, it would take hours."""
    with contextlib.suppress(Refused):
        inspect(name, content)


def test_a_workbook_as_a_printer_left_it_is_taken() -> None:
    assert inspect("a.xlsx", workbook({"xl/printerSettings/printerSettings1.bin": b"x"})) is Kind.XLSX


def test_a_mail_of_endless_parts_is_refused() -> None:
    nested = b"From: a@example.jp\nDate: x\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(3_000)
    )
    assert "cannot be read" in refused("a.eml", nested)


def test_a_locked_pdf_is_refused_with_the_remedy() -> None:
    assert "password" in refused("a.pdf", PDF.replace(b"/Root", b"/Encrypt 9 0 R /Root"))


def test_a_pdf_that_is_cut_off_is_refused() -> None:
    assert "cut off" in refused("a.pdf", PDF[:-10])


def test_a_pdf_that_explodes_is_refused_in_little_memory() -> None:
    bomb = pdf(packed(b"\0" * 30_000_000))
    tracemalloc.start()
    try:
        assert "too large" in refused("a.pdf", bomb)
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


def test_a_picture_that_explodes_is_refused() -> None:
    assert "too large" in refused("a.png", png(60_000, 60_000))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", PDF),
        ("a.jpg", JPEG),
        ("a.png", png()),
        ("a.heic", HEIC),
        ("a.tif", TIFF),
    ],
)
def test_an_archive_behind_a_file_is_refused(name: str, content: bytes) -> None:
    assert "hidden" in refused(name, content + archive("a.exe"))


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "#!/bin/sh\nrm -rf /", "hello <IFRAME src=x>", "<?php echo 1;", "javascript:x"],
)
def test_programs_and_pages_as_text_are_refused(text: str) -> None:
    assert "web page" in refused("note.txt", text.encode())


def test_text_in_no_charset_of_japan_is_refused() -> None:
    assert "Shift_JIS" in refused("note.txt", b"abc\x81\x01\xfc")


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", '=HYPERLINK("http://example.com")', "+SUM(A1)", "@SUM(A1)"])
def test_a_csv_that_computes_is_refused(cell: str) -> None:
    assert "formulas" in refused("a.csv", f"5001,見本\n5002,{cell}\n".encode())


@pytest.mark.parametrize(
    "part",
    [
        "xl/vbaProject.bin",
        "xl/embeddings/oleObject1.bin",
        "xl/activeX/activeX1.xml",
        "xl/externalLinks/x.xml",
        "a.zip",
    ],
)
def test_a_workbook_with_macros_or_further_files_is_refused(part: str) -> None:
    assert "macros" in refused("a.xlsx", workbook({part: b"x"}))


def test_a_workbook_that_explodes_is_refused_in_little_memory() -> None:
    bomb = workbook({f"xl/media/{n}.xml": b"\0" * 30_000_000 for n in range(4)})
    assert len(bomb) < MAX_FILE
    tracemalloc.start()
    try:
        assert "too large" in refused("a.xlsx", bomb)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_workbook_that_lies_of_its_sizes_is_refused() -> None:
    bomb = workbook({"xl/media/0.xml": b"\0" * 120_000_000})
    assert refused("a.xlsx", bomb.replace(struct.pack("<I", 120_000_000), struct.pack("<I", 1_000)))


def test_a_workbook_of_a_thousand_parts_is_refused() -> None:
    assert "too large" in refused("a.xlsx", workbook({f"xl/{n}.xml": b"" for n in range(2_001)}))


def test_a_package_that_is_no_workbook_is_refused() -> None:
    refused("a.xlsx", archive("[Content_Types].xml", "word/document.xml"))
    refused("a.xlsx", real_workbook()[:500])


@pytest.mark.parametrize(
    "attached",
    [{"run.exe": EXE}, {"invoice.pdf": EXE}, {"page.html": HTML}, {"more.eml": mail()}, {"a.zip": archive("x")}],
)
def test_what_comes_with_a_mail_is_looked_at_too(attached: Mapping[str, bytes]) -> None:
    refused("a.eml", mail(attached))


def test_a_forwarded_mail_is_to_come_alone() -> None:
    message = EmailMessage()
    message["From"], message["Date"] = "shop@example.jp", "Thu, 1 Oct 2026 10:00:00 +0900"
    message.set_content("see below")
    inner = EmailMessage()
    inner["From"] = "taro@example.jp"
    inner.set_content("hello")
    message.add_attachment(inner)
    assert "file of its own" in refused("a.eml", message.as_bytes())


def test_a_mail_without_headers_is_refused() -> None:
    assert "headers" in refused("a.eml", b"hello, this is only text\n")


@given(content=st.binary(min_size=1, max_size=300), kind=st.sampled_from(list(GOOD)))
def test_no_bytes_are_anything_but_taken_or_refused(content: bytes, kind: str) -> None:
    good = GOOD[kind][0]
    for tried in (content, good + content, good[: len(content)] + content):
        try:
            inspect(kind, tried)
        except Refused as refusal:
            assert " / " in str(refusal)
