"""Shops apply, the office decides, and of who was turned down or left nothing is kept."""

import base64
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from shopguard.crypto import Keyring
from shopguard.model import Party
from shopguard.registry.home import RegistryHome
from shopguard.registry.log import LeafKind
from shopguard.registry.members.applications import Applied, Stage
from shopguard.registry.members.particulars import TraitKind
from shopguard.registry.records import Forgotten
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.seen import is_one_person
from shopguard.registry.signing import Signer
from shopguard.registry.subjects import Subject, SubjectKind
from tests.unit.test_member_particulars import SHOP, but

NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
STAFF = Party(name="見本 梅子", phones=("080-0000-1111",), emails=("umeko@example.com",))


@pytest.fixture
def home(tmp_path: Path, keyring: Keyring) -> Iterator[RegistryHome]:
    yield from _home(tmp_path, keyring, None)


@pytest.fixture(params=["sqlite", "postgres"])
def either_home(request: pytest.FixtureRequest, tmp_path: Path, keyring: Keyring) -> Iterator[RegistryHome]:
    url = None
    if request.param == "postgres":
        url = request.getfixturevalue("empty_postgres").url.render_as_string(hide_password=False)
    yield from _home(tmp_path, keyring, url)


def _home(folder: Path, keyring: Keyring, url: str | None) -> Iterator[RegistryHome]:
    made = RegistryHome(folder, "local", keyring, lambda: NOW, url, apart=False)
    made.upgrade()
    yield made
    made.close()


def applied(**changed: object) -> Applied:
    public = Signer.of_seed(secrets.token_bytes(32)).public
    return Applied(but(people=(STAFF,), **changed), base64.b64encode(public).decode(), 120)


def test_an_approved_shop_is_a_member_with_all_that_it_stated(home: RegistryHome) -> None:
    waiting = home.applications.apply(applied(), "shop")
    assert home.applications.all() == [waiting]
    member = home.applications.approve(waiting.id, "shop-1", "clerk")
    assert (member.name, member.contact, member.daily_orders) == (SHOP.legal_name, SHOP.mail, 120)
    assert home.applications.all() == []
    (kept,) = home.applications.all(Stage.APPROVED)
    assert (kept.member, kept.applied.shop) == ("shop-1", but(bank_account=""))
    assert home.members.like(SHOP)["shop-1"] >= {TraitKind.BANK, TraitKind.OWNER, TraitKind.ADDRESS}
    assert is_one_person(home.seen.like(STAFF)[Subject.of(SubjectKind.MEMBER, "shop-1")])


def test_what_is_handed_in_twice_is_one_application(home: RegistryHome) -> None:
    said = applied()
    once, again = (home.applications.apply(said, "shop") for _ in range(2))
    assert again == once
    assert home.applications.all() == [once]
    home.applications.reject(once.id, "not yet", "clerk")
    assert home.applications.apply(said, "shop").id != once.id, "what was decided is no reason not to ask again"


def test_who_decided_stands_in_the_log(home: RegistryHome) -> None:
    waiting = home.applications.apply(applied(), "shop")
    home.applications.approve(waiting.id, "shop-1", "clerk", "known for years")
    acts = home.acts.of(Subject.of(SubjectKind.APPLICATION, waiting.number))
    assert [(one.act.kind, one.act.by, one.act.before, one.act.after) for one in acts] == [
        (LeafKind.MEMBER_APPLIED, "shop", "", "submitted"),
        (LeafKind.MEMBER_APPLIED, "clerk", "submitted", "approved"),
    ]
    assert acts[1].act.reason == "known for years"
    assert all(one.leaf is not None for one in acts)


def test_the_office_sees_before_it_decides_whom_the_shop_resembles(home: RegistryHome) -> None:
    home.applications.approve(home.applications.apply(applied(), "shop").id, "shop-1", "clerk")
    other = applied(
        legal_name="合同会社別の店", representative="別野 太郎", mail="taro@example.com", phone="06-6345-1234"
    )
    waiting = home.applications.apply(other, "shop")
    assert home.applications.like(waiting.id) == {
        "shop-1": {TraitKind.OWNER, TraitKind.ADDRESS, TraitKind.BANK, TraitKind.HOUSE}
    }
    home.applications.approve(waiting.id, "shop-2", "clerk")
    assert home.members.groups() == {"shop-1": "shop-1", "shop-2": "shop-1"}


def test_a_bad_application_is_refused_with_everything_that_is_wrong(home: RegistryHome) -> None:
    with pytest.raises(Refused) as refused:
        home.applications.apply(applied(phone="", site="shop"), "shop")
    assert len(str(refused.value).splitlines()) == 2
    with pytest.raises(Refused, match="no public key"):
        home.applications.apply(Applied(SHOP, "AAAA"), "shop")
    with pytest.raises(Refused, match="daily orders"):
        home.applications.apply(msgspec.structs.replace(applied(), daily_orders=0), "shop")
    assert home.applications.all(None) == []


def test_an_application_is_decided_once(home: RegistryHome) -> None:
    waiting = home.applications.apply(applied(), "shop")
    home.applications.approve(waiting.id, "shop-1", "clerk")
    for decide in (
        lambda: home.applications.approve(waiting.id, "shop-2", "clerk"),
        lambda: home.applications.reject(waiting.id, "x", "clerk"),
    ):
        with pytest.raises(Refused, match="decided"):
            decide()
    assert [member.id for member in home.members.all()] == ["shop-1"]


def test_of_two_who_decide_at_once_one_is_refused(either_home: RegistryHome) -> None:
    waiting = either_home.applications.apply(applied(), "shop")

    def approve(member: str) -> bool:
        try:
            either_home.applications.approve(waiting.id, member, "clerk")
        except Refused as refused:
            assert "decided" in str(refused)
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(approve, [f"shop-{number}" for number in range(4)]))
    (member,) = either_home.members.all()
    assert done.count(True) == 1
    assert [one.member for one in either_home.applications.all(Stage.APPROVED)] == [member.id]


def test_where_the_member_cannot_be_taken_in_the_application_waits_on(home: RegistryHome) -> None:
    waiting = home.applications.apply(applied(), "shop")
    home.members.create("shop-1", "another", Signer.of_seed(secrets.token_bytes(32)).public)
    with pytest.raises(Refused, match="such a member already"):
        home.applications.approve(waiting.id, "shop-1", "clerk")
    assert home.applications.all() == [waiting]
    assert home.members.like(SHOP) == {}


def test_of_a_rejected_shop_nothing_is_kept(home: RegistryHome) -> None:
    waiting = home.applications.apply(applied(), "shop")
    home.applications.reject(waiting.id, "no such shop", "clerk")
    assert home.applications.all(None) == []
    with pytest.raises(Refused) as refused:
        home.applications.show(waiting.id)
    assert refused.value.code is Refusal.NOT_FOUND
    with pytest.raises(Forgotten):
        home.records.seal(waiting.number, "application", b"")
    assert home.acts.of(Subject.of(SubjectKind.APPLICATION, waiting.number)) == []


def test_of_a_shop_that_left_nothing_is_kept(either_home: RegistryHome) -> None:
    home = either_home
    waiting = home.applications.apply(applied(), "shop")
    home.applications.approve(waiting.id, "shop-1", "clerk")
    home.members.leave("shop-1", "", "clerk")
    home.leaving.finish()
    assert home.applications.all(None) == []
    with pytest.raises(Forgotten):
        home.records.seal(waiting.number, "application", b"")
    assert (home.members.like(SHOP), home.seen.like(STAFF)) == ({}, {})


def test_what_broke_off_while_a_shop_left_is_finished_later(
    home: RegistryHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = home.applications.apply(applied(), "shop")
    home.applications.approve(waiting.id, "shop-1", "clerk")
    home.members.leave("shop-1", "", "clerk")
    with monkeypatch.context() as patched:
        patched.setattr(home.applications, "tidy", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            home.leaving.finish()
    assert home.applications.all(Stage.APPROVED) != []
    home.leaving.finish()
    assert home.applications.all(None) == []
    assert home.applications.tidy() == 0


def test_an_application_that_waits_is_not_tidied_away(home: RegistryHome) -> None:
    waiting = home.applications.apply(applied(), "shop")
    home.applications.approve(home.applications.apply(applied(), "shop").id, "shop-1", "clerk")
    assert home.applications.tidy() == 0
    assert home.applications.all() == [waiting]


def test_nothing_that_a_shop_stated_stands_in_clear(home: RegistryHome, tmp_path: Path) -> None:
    waiting = home.applications.apply(applied(), "shop")
    home.applications.approve(waiting.id, "shop-1", "clerk", "見本 花子 called")
    home.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("registry-*.db*"))
    for text in ("見本", "hanako", "芝公園", "1234567", "090", "umeko"):
        assert text.encode() not in stored, text
