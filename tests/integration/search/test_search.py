"""What a person at a member is told for a stated case, and what it costs."""

from collections.abc import Callable
from datetime import date

import msgspec
import pytest
from flask import Flask

from shopguard.identity import PROFILE, identify, tokens
from shopguard.model import Category, Party
from shopguard.registry.client import Http, NoAnswer
from shopguard.registry.desk import Role
from shopguard.registry.lookup.routes import registry_app
from shopguard.registry.messages import SEARCHES, Element, Search, SearchAnswer
from shopguard.registry.refusals import Refusal
from shopguard.registry.signing import Signer
from tests.integration.search.conftest import NOBODY, PARTY, Town

ALONE = {
    "phone": Party(phones=PARTY.phones),
    "email": Party(emails=PARTY.emails),
    "address": Party(postal_code=PARTY.postal_code, city=PARTY.city, lines=PARTY.lines),
}


def test_two_details_open_an_entry_without_its_day(either_town: Town) -> None:
    (found,) = either_town.search("shop-1", Party(phones=PARTY.phones, emails=PARTY.emails)).candidates
    assert (found.opened, found.handle, found.category, found.reporters) == (True, "E-1", Category.UNPAID, 4)
    assert found.last_on == date(2026, 8, 1)


def test_name_and_address_are_two_details(town: Town) -> None:
    both = Party(name=PARTY.name, postal_code=PARTY.postal_code, city=PARTY.city, lines=PARTY.lines)
    (found,) = town.search("shop-1", both).candidates
    assert found.opened


@pytest.mark.parametrize("detail", ALONE)
def test_one_detail_alone_opens_nothing(town: Town, detail: str) -> None:
    (found,) = town.search("shop-1", ALONE[detail]).candidates
    assert (found.opened, found.category, found.reporters) == (False, Category.OTHER, 3)
    assert found.handle == town.handle().hex()


def test_a_name_alone_finds_nobody(town: Town) -> None:
    assert town.search("shop-1", Party(name=PARTY.name, kana=PARTY.kana)).candidates == ()


def test_who_is_not_listed_is_not_found(town: Town) -> None:
    assert town.search("shop-1", NOBODY).candidates == ()


def test_who_is_blocked_is_not_found(town: Town) -> None:
    town.home.publisher.block("E-1")
    assert town.search("shop-1").candidates == ()


@pytest.mark.parametrize("case", ["", "  　", "x" * 201])
def test_a_search_without_a_case_is_refused(town: Town, case: str) -> None:
    with pytest.raises(NoAnswer) as silence:
        town.search("shop-1", case=case)
    assert silence.value.code is Refusal.UNREADABLE
    assert town.rows() == []


def test_searches_are_few_and_come_back_by_the_day(town: Town) -> None:
    for number in range(20):
        town.search("shop-1", case=f"注文{number}")
    with pytest.raises(NoAnswer) as silence:
        town.search("shop-1", case="注文20")
    assert silence.value.code is Refusal.SEARCHES_SPENT
    assert silence.value.retry_after_s == pytest.approx(86_400 / 10)
    assert town.order("shop-1").candidates, "orders have a budget of their own"
    assert town.search("shop-2").candidates, "so has every other member"
    town.pass_time(hours=2.5)
    assert town.search("shop-1", case="注文20").candidates


def test_the_same_search_for_the_same_case_costs_nothing(town: Town) -> None:
    for _ in range(30):
        assert town.search("shop-1").candidates


def test_a_member_cannot_pass_a_search_off_as_a_repeated_look_up(town: Town) -> None:
    asked = bytes(16)
    elements = tuple(Element(token.cls, token.encode()) for token in tokens(identify(PARTY)))
    batch = msgspec.json.encode(Search("shop-1", 1, PROFILE, asked, elements, "注文1042"))
    town.order("shop-1", asked=asked)
    for number in range(20):
        town.search("shop-1", case=f"注文{number}")
    with pytest.raises(NoAnswer) as silence:
        town.client("shop-1").ask("POST", SEARCHES, batch, SearchAnswer)
    assert silence.value.code is Refusal.SEARCHES_SPENT


def test_what_a_search_asks_is_charged_as_an_order_is(town: Town) -> None:
    before = {budget.cls: budget.left for budget in town.client("shop-1").me().budgets}
    town.search("shop-1", Party(phones=PARTY.phones))
    after = {budget.cls: budget.left for budget in town.client("shop-1").me().budgets}
    assert before[1] - after[1] == 1


def test_the_office_gives_searches_back(town: Town) -> None:
    for number in range(20):
        town.search("shop-1", case=f"注文{number}")
    town.home.members.resume_budget("shop-1")
    assert town.search("shop-1", case="注文20").candidates


def test_a_search_comes_over_http(town: Town, serve: Callable[[Flask], int]) -> None:
    line = Http(f"http://127.0.0.1:{serve(registry_app(town.home.service))}", 5)
    (found,) = town.search("shop-1", line=line).candidates
    assert found.opened
    with pytest.raises(NoAnswer) as silence:
        town.search("shop-1", case="", line=line)
    assert silence.value.code is Refusal.UNREADABLE
    line.close()


def test_a_key_searches_only_if_it_may(town: Town) -> None:
    guard, person = town.signers["shop-1"], Signer.of_seed(bytes(32))
    town.home.members.add_key("shop-1", person.public, roles={Role.SEARCH})
    town.signers["shop-1"] = person
    assert town.search("shop-1").candidates
    with pytest.raises(NoAnswer) as silence:
        town.order("shop-1")
    assert silence.value.code is Refusal.FORBIDDEN
    town.home.members.remove_key("shop-1", guard.key_id)
    guard = Signer.of_seed(bytes([1]) * 32)
    town.home.members.add_key("shop-1", guard.public, roles={Role.LOOK_UP})
    town.signers["shop-1"] = guard
    with pytest.raises(NoAnswer) as silence:
        town.search("shop-1")
    assert silence.value.code is Refusal.FORBIDDEN


def test_a_suspended_member_cannot_search(town: Town) -> None:
    town.home.members.suspend("shop-1", "問い合わせ中")
    with pytest.raises(NoAnswer) as silence:
        town.search("shop-1")
    assert silence.value.code is Refusal.SUSPENDED
