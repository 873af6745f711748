"""What becomes of a member's reports when it is stopped or leaves, and under which of its keys it reports."""

from typing import TYPE_CHECKING

import msgspec
import pytest

from shopguard.registry.desk import Role
from shopguard.registry.entries.model import LifeState
from shopguard.registry.entries.rules import voices
from shopguard.registry.members.routes import MY_FEES, FeeList
from shopguard.registry.refusals import Refused
from shopguard.registry.signing import Signer
from tests.integration.reports.conftest import OTHER, SHOP, UNPAID

if TYPE_CHECKING:
    from tests.integration.reports.conftest import Registry


def test_a_suspended_member_files_nothing_and_reads_nothing(registry: "Registry") -> None:
    draft = registry.draft()
    registry.home.members.suspend(SHOP, "a lost key")
    for method, path, body in (("POST", "", UNPAID), ("GET", f"/{draft}", b""), ("GET", "", b"")):
        assert registry.ask(method, path, body).code == "suspended"
    registry.home.members.resume(SHOP)
    assert registry.submit(draft).status == 200


@pytest.mark.parametrize("roles", [{Role.LOOK_UP}, {Role.SEARCH, Role.ADMIN}], ids=["guard", "owner"])
def test_only_a_key_for_it_reports(registry: "Registry", roles: set[Role]) -> None:
    registry.home.members.set_roles(SHOP, registry.signers[SHOP].key_id, roles)
    assert registry.ask("POST", "", UNPAID).code == "forbidden"
    registry.home.members.set_roles(SHOP, registry.signers[SHOP].key_id, {Role.REPORT})
    assert registry.ask("POST", "", UNPAID).status == 200


def test_only_an_administrator_sees_the_fees(registry: "Registry") -> None:
    def ask() -> tuple[int, bytes]:
        answer = registry.home.service.handle(registry.request("GET", MY_FEES))
        return answer.status, answer.body

    status, body = ask()
    assert (status, msgspec.json.decode(body, type=FeeList)) == (200, FeeList(()))
    registry.home.members.set_roles(SHOP, registry.signers[SHOP].key_id, {Role.REPORT})
    assert ask()[0] == 403


def test_who_leaves_takes_its_reports_back(registry: "Registry") -> None:
    draft, (filed, _) = registry.draft(order_id="1"), registry.file(order_id="2")
    listed, _ = registry.file(order_id="3")
    entry = registry.list_as(listed)
    kept, _ = registry.file(OTHER)
    registry.home.members.leave(SHOP)
    assert registry.home.leaving.finish() == 3
    for report in (draft, filed, listed):
        with pytest.raises(Refused):
            registry.stored(report)
    assert registry.stored(kept).member == OTHER
    with pytest.raises(Refused):
        registry.home.entries.get(entry)
    assert registry.home.leaving.finish() == 0


def test_an_entry_that_rests_on_another_shop_too_stays(registry: "Registry") -> None:
    entry = listed_by_both(registry)
    registry.home.members.leave(SHOP)
    registry.home.leaving.finish()
    life = registry.home.entries.get(entry)
    assert (life.state, life.members) == (LifeState.PENDING, {OTHER})


def listed_by_both(registry: "Registry") -> int:
    """The number of an entry that both shops support."""
    entry = registry.list_as(registry.file()[0])
    registry.add_to(entry, registry.file(OTHER)[0])
    return entry


def counted(registry: "Registry", entry: int) -> int:
    return voices(registry.home.entries.get(entry).sources)


def test_shops_known_to_be_one_are_one_voice(registry: "Registry") -> None:
    registry.home.members.tie(SHOP, OTHER, "one owner")
    assert counted(registry, listed_by_both(registry)) == 1


def test_entries_follow_when_shops_turn_out_to_be_one_or_not(registry: "Registry") -> None:
    entry = listed_by_both(registry)
    assert counted(registry, entry) == 2
    registry.home.members.tie(SHOP, OTHER, "one owner")
    assert registry.home.sweeper.sweep() >= 1
    assert counted(registry, entry) == 1
    registry.home.members.untie(SHOP, OTHER, "sold")
    registry.home.sweeper.sweep()
    assert counted(registry, entry) == 2
    assert registry.home.timers.upcoming(registry.now.timestamp()) == []


def test_two_that_were_one_through_a_third_are_still_counted_alike_when_it_leaves(registry: "Registry") -> None:
    entry = listed_by_both(registry)
    registry.home.members.create("a-third", "a third", Signer.of_seed(bytes(32)).public)
    for member in (SHOP, OTHER):
        registry.home.members.tie("a-third", member, "one owner")
    registry.home.sweeper.sweep()
    assert counted(registry, entry) == 1
    registry.home.members.tie(SHOP, OTHER, "one owner")
    registry.home.members.leave("a-third")
    registry.home.sweeper.sweep()
    assert counted(registry, entry) == 1


def test_an_entry_that_ended_keeps_no_other_from_following(registry: "Registry") -> None:
    gone, entry = registry.list_as(registry.file(order_id="7")[0]), listed_by_both(registry)
    with registry.home.entries.changing(gone) as connection:
        registry.home.entries.erase(connection, gone, "clerk", "wrong person")
    registry.home.members.tie(SHOP, OTHER, "one owner")
    registry.home.sweeper.sweep()
    assert counted(registry, entry) == 1
