"""What evidence must not hold: programs, scripts, further files, locks, or far more than it seems. Pure."""

import codecs
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

MAX_EXPANDED = 100 * 1024 * 1024
"""Bytes that a workbook may become: ten times the largest file that is taken."""

_MAX_OBJECTS = 20 * 1024 * 1024  # bytes of a PDF's packed objects, which hold no pictures

_MAX_PARTS = 2_000  # of one file
_MAX_MULTIPARTS = 100  # of one mail
_MAX_PIXELS = 200_000_000
_PIECE = 64 * 1024
_CHARSETS = ("utf-8-sig", "cp932", "iso2022_jp_2")


class Unfit(Exception):
    """A file that is not taken; why and what to send instead, in Japanese and English."""

    def __init__(self, ja: str, en: str) -> None:
        super().__init__(en)
        self.ja, self.en = ja, en


def check_pdf(content: bytes) -> None:
    """Raise ``Unfit`` for a PDF that is locked, cut off, or does more than show pages.

    Source: ISO 32000-1 sections 7.3.5 (names), 7.5.7 (object streams), 7.6 (encryption), 12.6.4 (actions).
    """
    end = content.rfind(b"%%EOF")
    if end < 0 or len(content) - end > _PIECE:
        raise _cut_off()
    plain = _names(content)
    if b"/Encrypt" in plain:
        raise Unfit(
            "パスワードや制限のかかったPDFです。解除するか、印刷してPDFにし直してください。",
            "the PDF is locked: remove its password or restrictions, or print it to a new PDF",
        )
    for text in (plain, *map(_names, _object_streams(content))):
        if _PDF_ACTS.search(text):
            raise _hidden()


def check_png(content: bytes) -> None:
    """Raise ``Unfit`` for a picture that becomes huge where it is shown."""
    width, height = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    if content[12:16] != b"IHDR" or b"IEND" not in content:
        raise Unfit("画像が途中で切れているか、壊れています。", "the picture is cut off or damaged")
    if width * height > _MAX_PIXELS:
        raise Unfit("画像の縦横が大きすぎます。縮小して送ってください。", "the picture is too large: make it smaller")


def check_alone(content: bytes) -> None:
    """Raise ``Unfit`` for a file that is an archive too: programs read one from its end, whatever stands before."""
    if zipfile.is_zipfile(io.BytesIO(content)):
        raise Unfit(
            "ファイルのうしろに別のファイル（ZIP）が隠れています。元のファイルだけを送ってください。",
            "another file (ZIP) is hidden behind this one: send the original alone",
        )


def decoded(content: bytes) -> str:
    """Return the text in any of the charsets of Japan; ``Unfit`` where none fits."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        charsets: tuple[str, ...] = ("utf-16",)
    else:
        charsets = _CHARSETS
    for charset in charsets:
        try:
            return content.decode(charset)
        except UnicodeDecodeError:
            continue
    raise Unfit(
        "文字を読み取れません。UTF-8かShift_JISで保存し直してください。",
        "the text cannot be read: save it again in UTF-8 or Shift_JIS",
    )


def check_text(content: bytes) -> None:
    """Raise ``Unfit`` for text that no charset of Japan fits, or that is a program or a page."""
    text = decoded(content)
    if text.startswith("#!") or _MARKUP.search(text):
        raise Unfit(
            "プログラムやWebページ（HTML・SVG）です。画面を画像かPDFにして送ってください。",
            "this is a program or a web page (HTML, SVG): send a picture of the screen or a PDF",
        )


def check_table(content: bytes) -> None:
    """Raise ``Unfit`` for a CSV that a spreadsheet would compute."""
    check_text(content)
    if _FORMULA.search(decoded(content)):
        raise Unfit(
            "数式を含むCSVです。値だけにして保存し直してください。",
            "the CSV holds formulas: save it again with values alone",
        )


def check_mail(content: bytes, check_attached: Callable[[str, bytes], None]) -> None:
    """Raise ``Unfit`` for what is no mail; ``check_attached`` (name, bytes) looks at what came with it."""
    if content.lower().count(b"multipart/") > _MAX_MULTIPARTS:  # reading them takes the square of their number
        raise _unreadable_mail()
    try:
        mail = message_from_bytes(content, policy=policy.default)
        headers, attached = {name.lower() for name, _ in mail.items()}, list(_attached(mail))
    except (LookupError, ValueError, AttributeError, TypeError, RecursionError):  # it meets what nobody foresaw
        raise _unreadable_mail() from None
    if len(_MAIL_HEADERS & headers) < 2:
        raise Unfit(
            "メールのヘッダー（From、Dateなど）がありません。メールソフトから保存したemlを送ってください。",
            "the mail has no headers (From, Date): send the file as your mail program saved it",
        )
    for name, part in attached:
        check_attached(name, part)


def check_workbook(content: bytes) -> None:
    """Raise ``Unfit`` for a workbook with macros, embedded or linked files, or that becomes huge.

    Source: ECMA-376 part 2 (packages); macros and controls by their part names (read 2026-11).
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            _check_package(package)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError):
        raise Unfit(
            "Excelファイルが壊れているか、読み取れません。", "the workbook is damaged or cannot be read"
        ) from None


def _check_package(package: zipfile.ZipFile) -> None:
    parts = package.infolist()
    names = {part.filename for part in parts}
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= names:
        raise Unfit("Excelファイルではありません。", "this is no workbook")
    if len(parts) > _MAX_PARTS or len(names) < len(parts) or sum(part.file_size for part in parts) > MAX_EXPANDED:
        raise _explodes()
    if any(_ACTIVE_PART.search(name) for name in names):
        raise Unfit(
            "マクロや埋め込みファイルを含むExcelです。値だけの新しいブックかPDFにして送ってください。",
            "the workbook holds macros or further files: send a new workbook of values alone, or a PDF",
        )
    room = MAX_EXPANDED
    for part in parts:  # what a package says of its sizes need not be so
        with package.open(part) as stream:
            while piece := stream.read(_PIECE):
                room -= len(piece)
                if room < 0:
                    raise _explodes()


def _explodes() -> Unfit:
    return Unfit(
        "展開すると大きくなりすぎるファイルです。必要な部分だけを送ってください。",
        "the file becomes far too large when it is opened: send only the part that matters",
    )


def _unreadable_mail() -> Unfit:
    return Unfit(
        "メールを読み取れません。PDFか画像にして送ってください。", "the mail cannot be read: send a PDF or a picture"
    )


def _attached(mail: EmailMessage) -> Iterator[tuple[str, bytes]]:
    """What came with a mail, beside its own words."""
    for part in mail.walk():
        name, kind = part.get_filename(), part.get_content_type()
        if part.is_multipart() and not kind.startswith("message/"):
            continue
        if name is None and kind in ("text/plain", "text/html"):
            continue
        if kind.startswith("message/"):
            yield "forwarded.eml", b""
            return
        content = part.get_payload(decode=True)
        yield name or f"unnamed.{part.get_content_subtype()}", content if isinstance(content, bytes) else b""


def _object_streams(content: bytes) -> Iterator[bytes]:
    """What lies in the packed object streams of a PDF; ``Unfit`` where that cannot be seen, or is too much."""
    room = _MAX_OBJECTS
    for count, named in enumerate(_OBJECT_STREAM.finditer(content)):
        if count == _MAX_PARTS:
            raise _explodes()
        begins = _BEGINS_STREAM.search(content, named.end(), named.end() + _DICTIONARY)
        if begins is None or b"/Filter" not in content[max(0, named.start() - _DICTIONARY) : begins.start()]:
            continue  # not packed: looked at with the rest
        found = _unpacked(memoryview(content)[begins.end() :], room)
        room -= len(found)
        yield found


def _unpacked(packed: memoryview, room: int) -> bytes:
    unpack, found = zlib.decompressobj(), bytearray()
    for start in range(0, len(packed), _PIECE):
        try:
            found += unpack.decompress(packed[start : start + _PIECE], room - len(found) + 1)
        except zlib.error:
            raise _hidden() from None  # packed in a way that hardly any program uses
        if len(found) > room:
            raise _explodes()
        if unpack.eof:
            break
    return bytes(found)


def _names(content: bytes) -> bytes:
    """A name may be written in part as numbers: ``/J#61vaScript``."""
    return _ESCAPED_NAME.sub(lambda name: _ESCAPE.sub(lambda met: bytes((int(met[1], 16),)), name[0]), content)


def _cut_off() -> Unfit:
    return Unfit("PDFが途中で切れているか、壊れています。", "the PDF is cut off or damaged")


def _hidden() -> Unfit:
    return Unfit(
        "プログラムや添付ファイルを含むPDFです。印刷してPDFにし直してください。",
        "the PDF holds programs or further files: print it to a new PDF",
    )


_MAIL_HEADERS = frozenset({"from", "to", "date", "subject", "received", "message-id"})
_PDF_ACTS = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData)(?![A-Za-z0-9])"
)
_ESCAPED_NAME = re.compile(rb"/[\w+.#-]{0,60}#[0-9A-Fa-f]{2}[\w+.#-]{0,60}")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_OBJECT_STREAM = re.compile(rb"/(?:O|#4[Ff])(?:b|#62)(?:j|#6[Aa])(?:S|#53)(?:t|#74)(?:m|#6[Dd])(?![A-Za-z0-9])")
_BEGINS_STREAM = re.compile(rb">>\s{0,9}stream(?:\r?\n|\r)")
_DICTIONARY = 2_000  # bytes before a stream that say what it is
_MARKUP = re.compile(
    r"<\s{0,9}(?:!doctype\s{1,9}html|html|head|script|svg|iframe|object|embed|meta|img)\b|<\?(?:php|xml)|javascript:",
    re.IGNORECASE,
)
_FORMULA = re.compile(
    r"""(?:^|[,;\t])[ ]{0,9}["']?[ ]{0,9}(?:=[ ]{0,9}[A-Za-z+\-@(]|[+\-@][ ]{0,9}[A-Za-z]{1,30}[ ]{0,9}[(|])""",
    re.MULTILINE,
)
_ACTIVE_PART = re.compile(
    r"vbaProject|macrosheets|activeX|embeddings|externalLinks|\.(?:zip|exe|dll|js|vbs|docm?|xls[bm])$"
    r"|^(?!xl/printerSettings/).*\.bin$",
    re.IGNORECASE,
)
