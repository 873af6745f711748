"""The words of evidence that is text: as a person reads them, whatever they are packed in. Pure, runs nothing."""

from email import message_from_bytes, policy

from shopguard.registry.reports.documents import Unfit, decoded
from shopguard.registry.reports.files import Kind

READABLE = frozenset({Kind.TEXT, Kind.CSV, Kind.MAIL})
"""The kinds that have words to be read."""

_HEADERS = ("From", "To", "Cc", "Date", "Subject")


def words_of(kind: Kind, content: bytes) -> str | None:
    """Return what a file says; of a mail its headers and its plain words. None where they cannot be read."""
    try:
        return _mail(content) if kind is Kind.MAIL else decoded(content)
    except (
        Unfit,
        LookupError,
        ValueError,
        AttributeError,
        TypeError,
        RecursionError,
    ):  # mails meet what nobody foresaw
        return None


def _mail(content: bytes) -> str:
    mail = message_from_bytes(content, policy=policy.default)
    said = [f"{name}: {mail[name]}" for name in _HEADERS if mail[name]]
    body = mail.get_body(("plain",))
    attached = [part.get_filename() or part.get_content_type() for part in mail.iter_attachments()]
    return "\n".join([*said, "", body.get_content() if body is not None else "", *attached])
