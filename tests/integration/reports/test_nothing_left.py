"""What is left in any file of a registry once everything about a person has ended: needles, looked for as bytes."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from shopguard.crypto import Keyring
from shopguard.identity import PROFILE, identify, tokens
from shopguard.model import Party
from shopguard.registry.client.search import SearchClient
from shopguard.registry.disputes.letters import Template
from shopguard.registry.disputes.model import Contact, Fact, RequestKind
from shopguard.registry.disputes.outbox import Way
from shopguard.registry.entry_keys import EntryKey
from tests.integration.reports.conftest import FILES, OTHER

if TYPE_CHECKING:
    from tests.integration.reports.conftest import Registry

PERSON = Party(
    name="針山 縫子",
    postal_code="105-0011",
    city="港区",
    lines=("芝公園4-2-8", "針箱荘101"),
    phones=("090-0000-7777",),
    emails=("needle@example.jp",),
)
SAID: dict[str, Any] = {
    "party": {
        "name": "針山 縫子",
        "postal_code": "105-0011",
        "city": "港区",
        "lines": ["芝公園4-2-8", "針箱荘101"],
        "phones": ["090-0000-7777"],
        "emails": ["needle@example.jp"],
    },
    "order_id": "needle-1042",
    "items": "針刺し",
}
NEEDLES = [
    *("針山", "縫子", "針箱荘", "090-0000-7777", "9000007777", "needle", "針刺し"),
    *("払いましたのに", "針のあて先", "縫物の件で検索", "まち針の判断"),
    *(content.decode("latin-1") for content in FILES.values()),
]
STAYS = {"registry-vault/code", "registry-vault/id", "registry-vault/reported-order"}
"""Digests by which a person hears that the entry is gone, and nothing of an erased entry or order is filed anew."""


@dataclass
class Spied:
    """All that was sealed of the person, and every digest, as it may lie in a file."""

    sealed: list[bytes] = field(default_factory=list)
    under: set[bytes] = field(default_factory=set)
    wrapped: dict[bytes, bytes] = field(default_factory=dict)
    digests: dict[str, set[bytes]] = field(default_factory=dict)

    def left(self, folder: Path) -> list[str]:
        """In which files what can be found."""
        files = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        wanted = [("text", text.encode()) for text in NEEDLES]
        wanted += [("file", text.encode("latin-1")) for text in FILES]
        wanted += [("sealed by the master", sealed) for sealed in self.sealed]
        wanted += [("a key", self.wrapped[key]) for key in self.under]
        for purpose, digests in self.digests.items():
            wanted += [(purpose, digest) for digest in digests if purpose not in STAYS]
        return sorted(
            {f"{name}: {what}" for name, content in files.items() for what, one in wanted if one in content}
        )


@pytest.fixture
def spied(monkeypatch: pytest.MonkeyPatch) -> Spied:
    found = Spied()
    seal, master_seal, digest = EntryKey.seal, Keyring.seal, Keyring.digest
    needles = [text.encode() for text in NEEDLES] + [text.encode("latin-1") for text in NEEDLES[-len(FILES) :]]

    def entry_seal(key: EntryKey, clear: bytes, label: bytes) -> bytes:
        if any(needle in clear for needle in needles):
            found.under.add(key.key)
        return seal(key, clear, label)

    def keyring_seal(keyring: Keyring, clear: bytes) -> bytes:
        sealed = master_seal(keyring, clear)
        found.wrapped[clear] = sealed
        if any(needle in clear for needle in needles):
            found.sealed.append(sealed)
        return sealed

    def keyring_digest(keyring: Keyring, purpose: str, *parts: bytes) -> bytes:
        made = digest(keyring, purpose, *parts)
        found.digests.setdefault(purpose, set()).add(made[:16])
        return made

    monkeypatch.setattr(EntryKey, "seal", entry_seal)
    monkeypatch.setattr(Keyring, "seal", keyring_seal)
    monkeypatch.setattr(Keyring, "digest", keyring_digest)
    return found


def pass_days(registry: "Registry", days: int) -> None:
    """Let days pass, and then everything happen that happens by the clock."""
    registry.now += timedelta(days=days)
    for _ in range(2):
        registry.home.__dict__.pop("rounds", None)  # new ones, of which every chore is due
        registry.home.rounds.do_due()


def listed(registry: "Registry") -> int:
    """An entry on the person, reported by two shops, told to the person, served, and found by a search."""
    home = registry.home
    first, _ = registry.file(**SAID)
    second, _ = registry.file(OTHER, **SAID)
    entry = registry.list_as(first)
    registry.add_to(entry, second)
    home.persons.following.follow()
    (notice,) = [one for one in home.persons.files.outbox.waiting() if one.template is Template.NOTICE]
    home.persons.mailroom.sent(notice.number, "office-1", Way.POST, "1234-5678")
    pass_days(registry, 15)
    client = home.client(b"m" * 32)
    assert SearchClient(client, b"m" * 32, PROFILE).search(tokens(identify(PERSON)), "縫物の件で検索").candidates
    return entry


def test_of_a_person_whose_entry_was_overturned_nothing_is_left_in_any_file(
    registry: "Registry", spied: Spied
) -> None:
    home, entry = registry.home, listed(registry)
    assert spied.under and spied.digests["registry-vault/seen"]
    desk, code = home.persons.desk, home.entries.get(entry).code
    contact = Contact("針山 縫子", "needle@example.jp", "針のあて先")
    asked = desk.open_request(RequestKind.ACCESS, "写しをください", contact, code)
    assert desk.prove(asked.receipt, {Fact.ORDER_NUMBER: "needle-1042", Fact.PHONE_END: "7777"}).proven
    home.persons.answers.disclose(asked.request, "office-1")
    disputed = desk.open_request(RequestKind.CONTEST, "払いましたのに", contact, code)
    home.persons.answers.overturn(disputed.request, "office-1", "まち針の判断")
    pass_days(registry, 200)
    assert spied.left(home.data_dir) == []


def test_of_a_misused_name_nothing_is_left_once_it_is_protected_no_more(registry: "Registry", spied: Spied) -> None:
    home, entry = registry.home, listed(registry)
    contact = Contact("針山 縫子", address="針のあて先")
    asked = home.persons.desk.open_request(RequestKind.MISUSE, "", contact, home.entries.get(entry).code)
    protection = home.persons.answers.protect(asked.request, "office-1", "まち針の判断")
    pass_days(registry, 200)
    assert protection.entry_id and spied.left(home.data_dir), "it is there as long as it protects"
    home.persons.protections.end(protection.number, "office-1", "針山様のご希望")
    pass_days(registry, 1)
    assert spied.left(home.data_dir) == []


def test_of_reports_taken_back_paid_and_rejected_nothing_is_left_in_any_file(
    registry: "Registry", spied: Spied
) -> None:
    entry = listed(registry)
    first, second = (report.id for report in registry.reports_of(entry))
    third, _ = registry.file(**{**SAID, "order_id": "needle-1043"})
    registry.decide(third, "rejected", "まち針の判断")
    draft = registry.draft(**{**SAID, "order_id": "needle-1044"})
    registry.done("POST", f"/{first}/withdraw", {"reason": "針山様より入金"})
    registry.done("POST", f"/{second}/payment", {"on": "2026-11-16"}, OTHER)
    assert draft and spied.left(registry.home.data_dir)
    pass_days(registry, 91)
    assert spied.left(registry.home.data_dir) == []
