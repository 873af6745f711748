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

_MAX_PARTS = 2_000  # of one workbook
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
        raise Unfit("PDFが途中で切れているか、壊れています。", "the PDF is cut off or damaged")
    plain = _names(content)
    if b"/Encrypt" in plain:
        raise Unfit(
            "パスワードや制限のかかったPDFです。解除するか、印刷してPDFにし直してください。",
            "the PDF is locked: remove its password or restrictions, or print it to a new PDF",
        )
    for text in (plain, *map(_names, _object_streams(content))):
        if _PDF_ACTS.search(text):
            raise Unfit(
                "プログラムや添付ファイルを含むPDFです。印刷してPDFにし直してください。",
                "the PDF holds programs or further files: print it to a new PDF",
            )


def check_png(content: bytes) -> None:
    """Raise ``Unfit`` for a picture that becomes huge where it is shown."""
    check_picture(content)
    width, height = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    if content[12:16] != b"IHDR" or b"IEND" not in content:
        raise Unfit("画像が途中で切れているか、壊れています。", "the picture is cut off or damaged")
    if width * height > _MAX_PIXELS:
        raise Unfit("画像の縦横が大きすぎます。縮小して送ってください。", "the picture is too large: make it smaller")


def check_picture(content: bytes) -> None:
    """Raise ``Unfit`` for a picture with an archive behind it."""
    if zipfile.is_zipfile(io.BytesIO(content)):
        raise Unfit("画像のうしろに別のファイルが隠れています。", "another file is hidden behind the picture")


def check_text(content: bytes) -> None:
    """Raise ``Unfit`` for text that no charset of Japan fits, or that is a program or a page."""
    text = _decoded(content)
    if text.startswith("#!") or _MARKUP.search(text):
        raise Unfit(
            "プログラムやWebページ（HTML・SVG）です。画面を画像かPDFにして送ってください。",
            "this is a program or a web page (HTML, SVG): send a picture of the screen or a PDF",
        )


def check_table(content: bytes) -> None:
    """Raise ``Unfit`` for a CSV that a spreadsheet would compute."""
    check_text(content)
    if _FORMULA.search(_decoded(content)):
        raise Unfit(
            "数式を含むCSVです。値だけにして保存し直してください。",
            "the CSV holds formulas: save it again with values alone",
        )


def check_mail(content: bytes, check_attached: Callable[[str, bytes], None]) -> None:
    """Raise ``Unfit`` for what is no mail; ``check_attached`` (name, bytes) looks at what came with it."""
    mail = message_from_bytes(content, policy=policy.default)
    if len(_MAIL_HEADERS & {name.lower() for name, _ in mail.items()}) < 2:
        raise Unfit(
            "メールのヘッダー（From、Dateなど）がありません。メールソフトから保存したemlを送ってください。",
            "the mail has no headers (From, Date): send the file as your mail program saved it",
        )
    try:
        attached = list(_attached(mail))
    except (LookupError, ValueError, AttributeError):  # the reader of mails meets what nobody foresaw
        raise Unfit("メールを読み取れません。", "the mail cannot be read") from None
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
    """What lies in the compressed object streams of a PDF, as far as it is not too much."""
    room = _MAX_OBJECTS
    for met in _OBJECT_STREAM.finditer(content):
        unpack = zlib.decompressobj()
        try:
            found = unpack.decompress(content[met.end() :], room)
        except zlib.error:
            continue  # packed otherwise: no reader takes it, or it is none
        room -= len(found)
        if unpack.unconsumed_tail or room <= 0:
            raise _explodes()
        yield found


def _names(content: bytes) -> bytes:
    """A name may be written in part as numbers: ``/J#61vaScript``."""
    return re.sub(rb"#([0-9A-Fa-f]{2})", lambda met: bytes((int(met[1], 16),)), content)


def _decoded(content: bytes) -> str:
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


_MAIL_HEADERS = frozenset({"from", "to", "date", "subject", "received", "message-id"})
_PDF_ACTS = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData)(?![A-Za-z0-9])"
)
_OBJECT_STREAM = re.compile(rb"/ObjStm\b[^>]{0,400}?>>\s{0,9}stream\r?\n", re.DOTALL)
_MARKUP = re.compile(
    r"<\s*(?:!doctype\s+html|html|head|script|svg|iframe|object|embed|meta|img)\b|<\?(?:php|xml)|javascript:",
    re.IGNORECASE,
)
_FORMULA = re.compile(
    r"""(?:^|[,;\t])\s*["']?\s*(?:=\s*[A-Za-z+\-@(]|[+\-@]\s*[A-Za-z]+\s*(?:\(|\|))""", re.MULTILINE
)
_ACTIVE_PART = re.compile(
    r"vbaProject|macrosheets|activeX|embeddings|externalLinks|ctrlProps|\.(?:bin|zip|exe|dll|js|vbs|docm?|xls[bm])$",
    re.IGNORECASE,
)
