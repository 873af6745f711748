"""Whether a file may be evidence: of a kind that shows something, what its name says it is, and harmless to open.

Nothing is opened further than is needed to know that; what is inside pictures is not looked at.
"""

import codecs
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NoReturn

import puremagic

from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.documents import (
    Unfit,
    check_alone,
    check_mail,
    check_pdf,
    check_png,
    check_table,
    check_text,
    check_workbook,
)
from shopguard.registry.reports.wording import both

MAX_FILE = 10 * 1024 * 1024
"""Bytes of one file: a photograph of a telephone, a scan of a few pages."""

MAX_FILES = 20
MAX_ALL = 50 * 1024 * 1024
"""Bytes of all files of a report."""

_HEAD = 4_096  # bytes that tell what a file is
_SURE = 0.3  # how puremagic grades three bytes that fit: fewer begin many a sentence


class Kind(StrEnum):
    """What is taken as evidence."""

    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"
    HEIC = "heic"
    TIFF = "tiff"
    TEXT = "text"
    MAIL = "mail"
    CSV = "csv"
    XLSX = "xlsx"


def inspect(name: str, content: bytes) -> Kind:
    """Return what a file is; ``Refused`` says why it is not taken and what to send instead.

    Args:
        name: with its extension, which must say what the content is.
    """
    if not content:
        _refuse("空のファイルです。", "the file is empty")
    if len(content) > MAX_FILE:
        limit = MAX_FILE // 1024**2
        raise Refused(Refusal.TOO_LARGE, both(f"ファイルは{limit}MBまでです。", f"a file has {limit} MB at most"))
    kind = _BY_EXTENSION.get(name.rpartition(".")[2].lower())
    if kind is None:
        _refuse(
            f"受け取れる種類ではありません。{_TAKEN_JA}", f"it is of none of the kinds that are taken: {_TAKEN_EN}"
        )
    if not _is(kind, content):
        _refuse(
            "中身がファイル名の拡張子と違います。元のファイルをそのまま送ってください。",
            "the content is not what the file's name says: send the file as it was made",
        )
    try:
        if kind is not Kind.XLSX:  # which is an archive by itself
            check_alone(content)
        if kind in _CHECKS:
            _CHECKS[kind](content)
    except Unfit as unfit:
        _refuse(unfit.ja, unfit.en)
    return kind


def check_name(name: str) -> None:
    """Raise ``Refused`` for what is no file's name: it is kept and shown, and becomes a file's where it is saved."""
    if not _NAME.fullmatch(name) or not name.isprintable():
        _refuse(
            "ファイル名が使えません。100文字以内で、/ や \\ や改行を含まない名前にしてください。",
            "the file's name is of no use: at most 100 characters, without slashes and line breaks",
        )


def _is(kind: Kind, content: bytes) -> bool:
    """Whether a file begins like one of its kind; text like nothing else."""
    found = [match for match in _matches(content) if match.confidence >= _SURE]
    if kind in _MIME_TYPES:
        return any(match.mime_type == _MIME_TYPES[kind] for match in found)
    return (_is_utf16(content) or b"\0" not in content) and all(_is_of_text(match) for match in found)


def _matches(content: bytes) -> list[puremagic.PureMagicWithConfidence]:
    try:
        return puremagic.magic_string(content[:_HEAD].removeprefix(codecs.BOM_UTF8))
    except (puremagic.PureError, ValueError):
        return []


def _is_of_text(match: puremagic.PureMagicWithConfidence) -> bool:
    return match.mime_type in _TEXT_TYPES or match.extension in (".eml", ".txt", ".csv")


def _is_utf16(content: bytes) -> bool:
    """As spreadsheets write it."""
    return content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def _check_mail(content: bytes) -> None:
    check_mail(content, _check_attached)


def _check_attached(name: str, content: bytes) -> None:
    """What comes with a mail is looked at as if it came alone; a mail in a mail is to come alone."""
    if name.lower().endswith(".eml"):
        raise Unfit(
            "メールの中に別のメールが添付されています。そのメールを別のファイルで送ってください。",
            "a mail is attached to the mail: send that one as a file of its own",
        )
    inspect(name, content)


def _refuse(ja: str, en: str) -> NoReturn:
    raise Refused(Refusal.UNREADABLE, both(ja, en))


_NAME = re.compile(r"[^/\\:]{1,100}")
_TEXT_TYPES = ("text/plain", "text/csv", "message/rfc822")
_BY_EXTENSION = {
    "pdf": Kind.PDF,
    "jpg": Kind.JPEG,
    "jpeg": Kind.JPEG,
    "png": Kind.PNG,
    "heic": Kind.HEIC,
    "heif": Kind.HEIC,
    "tif": Kind.TIFF,
    "tiff": Kind.TIFF,
    "txt": Kind.TEXT,
    "eml": Kind.MAIL,
    "csv": Kind.CSV,
    "xlsx": Kind.XLSX,
}
_MIME_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.JPEG: "image/jpeg",
    Kind.PNG: "image/png",
    Kind.HEIC: "image/heif",
    Kind.TIFF: "image/tiff",
    Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_CHECKS: Mapping[Kind, Callable[[bytes], None]] = {
    Kind.PDF: check_pdf,
    Kind.PNG: check_png,
    Kind.TEXT: check_text,
    Kind.MAIL: _check_mail,
    Kind.CSV: check_table,
    Kind.XLSX: check_workbook,
}
_TAKEN_JA = "PDF、写真（JPEG・PNG・HEIC）、TIFF、テキスト、メール（eml）、CSV、Excel（xlsx）で送ってください。"
_TAKEN_EN = "send PDF, pictures (JPEG, PNG, HEIC), TIFF, text, mail (eml), CSV or Excel (xlsx)"
