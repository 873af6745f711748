"""The words of files as the office reads them."""

import pytest

from shopguard.registry.reports.files import Kind
from shopguard.registry.reports.readable import words_of

MAIL = """From: Shop <shop@example.jp>
To: taro@example.jp
Subject: =?utf-8?B?44GU6KuL5rGC?=
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

お支払いをお願いします。
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename=invoice.pdf

%PDF
--b--
"""


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_text_is_read_in_every_charset_that_is_taken(charset: str) -> None:
    assert words_of(Kind.TEXT, "督促のメモ".encode(charset)) == "督促のメモ"


def test_of_a_mail_headers_words_and_names_of_what_came_with_it_are_read() -> None:
    words = words_of(Kind.MAIL, MAIL.encode())
    assert words is not None
    assert words.splitlines()[:3] == ["From: Shop <shop@example.jp>", "To: taro@example.jp", "Subject: ご請求"]
    assert "お支払いをお願いします。" in words
    assert words.endswith("invoice.pdf")


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.CSV])
def test_what_cannot_be_read_is_none(kind: Kind) -> None:
    assert words_of(kind, b"\xff\xff\x80\x81") is None


def test_a_mail_without_words_is_no_breakdown() -> None:
    assert words_of(Kind.MAIL, b"Content-Type: text/plain; charset=nothing\n\n\xff") in (None, "\n\ufffd", "\n\xff")
