"""The persons' desk from the command line."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from shopguard.bootstrap import Installation
from shopguard.cli import main
from shopguard.cli.invocation import Invocation
from shopguard.config import Config, OfficeSettings, RegistrySettings
from shopguard.model import Effect
from shopguard.registry.disputes.letters import Template
from shopguard.registry.disputes.model import RequestKind
from shopguard.registry.disputes.shapes import LOOK
from shopguard.registry.entries.model import LifeState, NoticeState
from shopguard.registry.home import OWN_MEMBER
from shopguard.storage.engine import migrate, open_engine, sqlite_url
from tests.integration.persons.conftest import PARTY, Centre

Json = Any


class Office(Invocation):
    """The command line of a registry; each command opens it anew, with the centre's clock and keys."""

    def __init__(self, centre: Centre) -> None:
        super().__init__()
        self.centre, self.data_dir = centre, centre.home.data_dir
        self.settings = Config()
        self.config = lambda: self.settings

    def installation(self, busy_timeout_s: float | None = None) -> Installation:
        made = Installation(self.config(), self.keyring(), self.data_dir, {}, busy_timeout_s)
        vars(made)["home"] = self.centre.again().home
        return made

    def run(self, *words: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, ["registry", "persons", *words], input=stdin, obj=self)

    def done(self, *words: str, stdin: str | None = None) -> str:
        result = self.run(*words, stdin=stdin)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def json(self, *words: str) -> Json:
        return json.loads(self.done(*words, "--json"))


@pytest.fixture(scope="session")
def furnished_guard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A guard's database, which every installation has, to be copied."""
    path = tmp_path_factory.mktemp("guard") / "guard.db"
    engine = open_engine(sqlite_url(path))
    migrate(engine, "guard")
    engine.dispose()
    return path


@pytest.fixture
def office(centre: Centre, furnished_guard: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("SHOPGUARD_MASTER_KEY", raising=False)
    shutil.copy(furnished_guard, centre.home.data_dir / "guard.db")
    return Office(centre)


def test_a_notice_is_printed_posted_and_kept_as_sent(office: Office, centre: Centre) -> None:
    life = centre.pending()
    (waiting,) = office.json("letters", "--to", "person")
    assert (waiting["what"], waiting["state"], waiting["sent"]) == ("notice", "drafted", None)
    text = office.done("letter", str(waiting["number"]))
    assert life.code in text
    assert "105-0011 港区 芝公園4-2-8 東京ハイツ101" in text
    office.done("sent", str(waiting["number"]), "--by", "post", "--proof", "123-4567-8901")
    assert office.json("letters", "--to", "person") == []
    assert centre.home.entries.get(life.number).sources[0].notice.shown == "post: 123-4567-8901"
    again = office.run("sent", str(waiting["number"]), "--by", "post")
    assert (again.exit_code, "already" in again.stderr) == (1, True)


def test_a_letter_that_came_back(office: Office, centre: Centre) -> None:
    life = centre.pending()
    (waiting,) = office.json("letters")
    office.done("undeliverable", str(waiting["number"]), "--reason", "addressee unknown")
    assert centre.home.entries.get(life.number).sources[0].notice.state is NoticeState.IMPOSSIBLE


def test_a_request_by_post_is_entered_shown_and_answered(office: Office, centre: Centre) -> None:
    life = centre.active()
    words = ("contest", "--code", life.code, "--text", "I paid", "--name", "渡邊太郎", "--address", "東京都港区")
    made = office.json("receive", *words)
    assert centre.met() == set()
    (row,) = office.json("requests")
    assert (row["id"], row["kind"], row["entry"], row["answer"]) == (made["request"], "contest", life.reference, None)
    shown = office.json("show", made["request"])
    assert (shown["text"], shown["contact"]["address"]) == ("I paid", "東京都港区")
    assert {letter["what"] for letter in shown["letters"]} == {"received", "reporter_told"}
    assert "I paid" in office.done("show", made["request"])
    assert office.done("answer", "uphold", made["request"], "--reason", "shown") == f"{made['request']}: upheld\n"
    assert centre.met() == {Effect.FLAG}
    assert office.json("requests") == []
    assert [row["answer"] for row in office.json("requests", "--state", "answered")] == ["upheld"]


def test_lists_name_nobody(office: Office, centre: Centre) -> None:
    centre.ask(RequestKind.CONTEST, centre.active(), text="a private matter")
    for words in (("requests",), ("letters",), ("protected",)):
        for printed in (office.done(*words), office.done(*words, "--json")):
            for personal in ("渡邊", *PARTY.phones, *PARTY.emails, *PARTY.lines, "new-address", "a private matter"):
                assert personal not in printed


def test_a_dispute_is_extended_and_overturned(office: Office, centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.ERASE, life)
    assert "2027-01-01" in office.done("extend", opened.request, "--reason", "new facts")
    office.done("answer", "overturn", opened.request, "--reason", "it was paid")
    assert centre.home.entries.by_code(life.code) is None


def test_a_copy_is_sent_to_whom_the_office_has_seen(office: Office, centre: Centre) -> None:
    opened = centre.ask(RequestKind.ACCESS, centre.active())
    refused = office.run("answer", "disclose", opened.request)
    assert (refused.exit_code, refused.stdout) == (1, "")
    office.done("identify", opened.request, "--seen")
    assert office.done("answer", "disclose", opened.request, "--withhold", "operations").endswith("partly\n")
    (copy,) = [letter for letter in office.json("letters") if letter["what"] == Template.DISCLOSED]
    assert "#1042" in office.done("letter", str(copy["number"]))


def test_an_address_is_checked_by_letter(office: Office, centre: Centre) -> None:
    opened = centre.ask(RequestKind.ACCESS, centre.active())
    office.done("identify", opened.request, "--letter")
    assert "address_check" in office.done("letters", "--to", "person")
    assert office.run("identify", opened.request).exit_code == 2


def test_facts_are_put_right(office: Office, centre: Centre, tmp_path: Path) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.CORRECT, life)
    (report,) = office.json("show", opened.request)["reports"]
    changes = tmp_path / "changes.json"
    changes.write_text('{"amount": "1300"}', "utf-8")
    office.done("answer", "correct", opened.request, report, str(changes), "--reason", "the amount")
    assert str(centre.home.reports.get(report).report.content.amount) == "1300"
    assert centre.home.entries.get(life.number).state is LifeState.ACTIVE


def test_a_misused_name_is_protected_until_it_is_not(office: Office, centre: Centre) -> None:
    opened = centre.ask(RequestKind.MISUSE, centre.active())
    office.done("answer", "protect", opened.request, "--reason", "shown", "--keep", "phones", "--keep", "emails")
    assert centre.met() == {Effect.CONFIRM}
    (row,) = office.json("protected")
    assert row["until"] == "2028-11-17"
    office.done("unprotect", str(row["number"]), "--reason", "asked by the person")
    assert (centre.met(), office.json("protected")) == (set(), [])


def test_a_misused_name_is_protected_with_its_address_where_nothing_else_is_said(
    office: Office, centre: Centre
) -> None:
    opened = centre.ask(RequestKind.MISUSE, centre.active())
    office.done("answer", "protect", opened.request, "--reason", "shown")
    assert centre.met() == {Effect.CONFIRM}


def test_a_person_without_a_code_is_attached(office: Office, centre: Centre) -> None:
    life = centre.active()
    made = office.json("receive", "stop", "--email", "taro@example.jp")
    assert office.run("attach", made["request"], "E-0000000000").exit_code == 1
    office.done("attach", made["request"], life.reference)
    assert centre.met() == set()


@pytest.mark.parametrize("outcome", ["nothing", "not-shown"])
def test_whoever_has_no_entry_is_answered(office: Office, outcome: str) -> None:
    made = office.json("receive", "access", "--email", "taro@example.jp")
    office.done("answer", outcome, made["request"])
    assert office.json("requests") == []


def test_a_shop_reads_what_the_office_writes(office: Office, centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    centre.ask(RequestKind.CONTEST, centre.active(OWN_MEMBER))
    english = CliRunner().invoke(main, ["report", "letters"], obj=office)
    assert "About your report\n\nNovember" in english.stdout
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert "通報へのお申出について" in CliRunner().invoke(main, ["report", "letters"], obj=office).stdout
    (row,) = json.loads(CliRunner().invoke(main, ["report", "letters", "--json"], obj=office).stdout)
    assert row["what"] == "reporter_told"


def test_the_registry_opens_the_desk_to_everybody(office: Office, centre: Centre) -> None:
    life = centre.active()
    office.settings = Config(registry=RegistrySettings(office=OfficeSettings("見本事務局", None, "03-0000-0000")))
    installation = office.installation()
    try:
        answer = installation.registry_app().test_client().post(LOOK, json={"code": life.code})
    finally:
        installation.close()
    assert (answer.status_code, answer.json["state"]) == (200, "active")


def test_the_settings_say_who_writes(office: Office, centre: Centre) -> None:
    settings = OfficeSettings("見本事務局", "https://registry.example.com/persons", "03-0000-0000")
    installation = Installation(
        Config(registry=RegistrySettings(office=settings)), office.keyring(), office.data_dir, {}
    )
    try:
        sender = installation.home.persons.files.sender
    finally:
        installation.close()
    assert (sender.name, sender.page, sender.contact) == (settings.name, settings.page, settings.contact)


def test_every_answer_is_named_in_the_help(office: Office) -> None:
    text = office.done("answer", "--help")
    assert all(
        word in text for word in ("uphold", "overturn", "correct", "protect", "disclose", "nothing", "not-shown")
    )
