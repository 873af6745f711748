"""What a shop hears when the registry will not, or is silent."""

from datetime import UTC, date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest
from msgspec.structs import replace

from shopguard import wire
from shopguard.model import Category, Party
from shopguard.registry.client.reading import refusal
from shopguard.registry.client.reports import Declined, ReportClient
from shopguard.registry.client.silence import NoAnswer, Silence
from shopguard.registry.refusals import Refusal
from shopguard.registry.reports.model import Answers, ReportContent, ReportState
from shopguard.registry.reports.receipts import digest_of
from shopguard.registry.reports.routes import FILINGS, FaultShape, ReportHead, ReportShape, Submission, Taken
from shopguard.registry.reports.store import StoredFile
from shopguard.registry.reports.wording import label

if TYPE_CHECKING:
    from shopguard.registry.client import RegistryClient


class Refusing:
    """A line on which every request ends so."""

    def __init__(self, answer: NoAnswer) -> None:
        self._answer = answer

    def ask_for_proof(self, *_: object) -> Any:
        raise self._answer


def asked(answer: NoAnswer) -> None:
    ReportClient(cast("RegistryClient", Refusing(answer))).show("R-0000000000")


class Recording:
    """A registry that says it understood something else, and is silent when it comes to filing."""

    def __init__(self) -> None:
        self.filed: list[bytes] = []

    def ask_for_proof(self, _method: str, path: str, body: bytes, _shape: object) -> tuple[None, Any]:
        if path == FILINGS:
            return None, Taken(None, (FaultShape("same_order", "order_id", "there is a draft"),))
        if path.endswith("/submit"):
            self.filed.append(body)
            raise NoAnswer(Silence.TIMED_OUT)
        now = datetime(2026, 11, 2, tzinfo=UTC)
        head = ReportHead("R-0000000000", ReportState.DRAFT, "5001", "other", now, now, "")
        return None, ReportShape(head, CONTENT, 100, (), (), digest="of something else")


class OfBadFiles:
    """A registry that takes no picture, and finds evidence missing."""

    def ask_for_proof(self, _method: str, _path: str, body: bytes, _shape: object) -> tuple[None, Taken]:
        sent = [file["name"] for file in msgspec.json.decode(body)["files"]]
        bad = [FaultShape("bad_file", label_of(n), BAD_PICTURE) for n, name in enumerate(sent) if name == "b.png"]
        missing = FaultShape("no_evidence", "answers.evidence.ground", "ファイルを付けてください。 / Attach a file")
        return None, Taken(None, tuple(bad or [missing]))


def label_of(number: int) -> str:
    return f"files[{number}]"


BAD_PICTURE = f"{label('files[1]')}: 中身が違います。 / the content is not what its name says"
CONTENT = ReportContent("5001", Category.OTHER, Party(name="見本 太郎"), date(2026, 4, 1))
NAMING = replace(CONTENT, answers=Answers(evidence={"ground": ("slip.jpg",)}))


def test_shop_signs_for_what_it_sent_and_not_for_what_the_registry_says_it_understood() -> None:
    registry, files = Recording(), {"b.txt": b"two", "a.txt": b"one"}
    with pytest.raises(NoAnswer):
        ReportClient(cast("RegistryClient", registry)).file(CONTENT, files)
    stored = [StoredFile("", name, "", 0, sha256(files[name]).digest(), 0.0) for name in ("a.txt", "b.txt")]
    assert registry.filed == [wire.encode(Submission(digest_of(CONTENT, stored)))]


@pytest.mark.parametrize(
    ("files", "told"),
    [({"a.txt": b"one", "b.png": b"two"}, r"b\.png: 中身が違います。"), ({"a.txt": b"one"}, r"names slip\.jpg")],
    ids=["refused", "not attached"],
)
def test_the_file_that_keeps_a_report_from_being_filed_is_named(files: dict[str, bytes], told: str) -> None:
    with pytest.raises(Declined, match=told) as caught:
        ReportClient(cast("RegistryClient", OfBadFiles())).file(NAMING, files)
    assert "a.txt" not in str(caught.value)


@pytest.mark.parametrize("code", Refusal)
def test_every_refusal_is_said_in_one_sentence(code: Refusal) -> None:
    body = wire.encode({"code": code, "message": "規則 / the rule", "time": "2026-11-02T10:00:00+09:00"})
    heard, _ = refusal(body)
    assert (heard.code, heard.said) == (code, "規則 / the rule")
    assert str(heard)


@pytest.mark.parametrize("code", [Refusal.RULES, Refusal.STATE, Refusal.NOT_FOUND, Refusal.UNREADABLE])
def test_what_the_shop_can_mend_is_said_in_the_registrys_own_words(code: Refusal) -> None:
    with pytest.raises(Declined, match="規則 / the rule"):
        asked(NoAnswer(code, said="規則 / the rule"))


@pytest.mark.parametrize("code", [Refusal.NOT_AUTHENTICATED, Refusal.UNAVAILABLE, Silence.TIMED_OUT])
def test_what_it_cannot_mend_is_said_in_ours(code: Refusal | Silence) -> None:
    with pytest.raises(NoAnswer) as caught:
        asked(NoAnswer(code, said="something"))
    assert caught.value.code is code
