"""Members, applications and alarms at the office: what it may do to them, and what it has to say for it."""

from shopguard.registry.members.model import State
from shopguard.registry.search.monitoring import alarm_table
from shopguard.storage.engine import writing

from .conftest import press, read
from .office_desk import APPLIED, WHY, Office


def test_a_member_is_suspended_and_may_ask_again(office: Office) -> None:
    office.home.members.create("flower-shop", "花の店", bytes(32), 50)
    browser = office.somebody("aoki")
    assert press(browser, "/office/members/flower-shop/suspend").status_code == 422
    press(browser, "/office/members/flower-shop/suspend", WHY)
    assert office.home.members.show("flower-shop").state is State.SUSPENDED
    press(browser, "/office/members/flower-shop/resume")
    assert office.home.members.show("flower-shop").state is State.ACTIVE
    page = read(browser.get("/office/members/flower-shop").text)
    assert "Member suspended aoki" in page


def test_a_member_leaves_only_for_whoever_types_its_id_once_more(office: Office) -> None:
    office.home.members.create("flower-shop", "花の店", bytes(32), 50)
    browser, page = office.somebody("aoki"), "/office/members/flower-shop/leave"
    assert press(browser, page, WHY).status_code == 422
    assert press(browser, page, {**WHY, "again": "flower-shop"}).status_code == 303
    assert office.home.members.show("flower-shop").state is State.LEFT


def test_whoever_belongs_to_a_shop_is_kept_and_cannot_end_it_alone(office: Office) -> None:
    office.home.members.create("flower-shop", "花の店", bytes(32), 50)
    aoki, kubo = office.somebody("aoki"), office.somebody("kubo")
    page = "/office/members/flower-shop"
    press(kubo, f"{page}/affiliate", {"account": "aoki", "as": "owner"})
    assert office.home.conflicts.barred("aoki") == {"flower-shop"}
    assert press(aoki, f"{page}/end-affiliation", {"account": "aoki"}).status_code == 403
    press(kubo, f"{page}/end-affiliation", {"account": "aoki"})
    assert office.home.conflicts.barred("aoki") == frozenset()


def test_a_shop_is_taken_in_and_told_what_to_write(office: Office) -> None:
    made = office.home.applications.apply(APPLIED, "office")
    browser, page = office.somebody("aoki"), f"/office/applications/{made.id}"
    assert "合同会社見本" in browser.get(page).text
    refused = press(browser, f"{page}/approve", {"member": "Not An Id"})
    assert (refused.status_code, 'value="Not An Id"' in refused.text) == (400, True)
    done = press(browser, f"{page}/approve", {"member": "sample-shop"})
    assert "member: sample-shop" in browser.get(done.location).text
    assert office.home.members.show("sample-shop").state is State.ACTIVE


def test_a_shop_that_is_turned_down_leaves_nothing(office: Office) -> None:
    made = office.home.applications.apply(APPLIED, "office")
    browser = office.somebody("aoki")
    press(browser, f"/office/applications/{made.id}/reject", WHY)
    assert "合同会社見本" not in browser.get("/office/applications?all=1").text


def test_an_alarm_is_answered_with_what_came_of_it(office: Office) -> None:
    with writing(office.home.engine("vault")) as connection:
        columns = {"code": "night", "member": "flower-shop", "about": "", "times": 7, "first_at": 1.0, "last_at": 2.0}
        connection.execute(alarm_table.insert(), {**columns, "raised_at": 3.0})
    browser = office.somebody("aoki")
    assert "searches at night" in browser.get("/office/alarms").text
    assert press(browser, "/office/alarms/1/answer", {"reason": " "}).status_code == 422
    press(browser, "/office/alarms/1/answer", {"reason": "a night shift"})
    assert office.home.monitoring.open() == []
