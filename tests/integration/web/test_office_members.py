"""Members, applications and alarms at the office: what it may do to them, and what it has to say for it."""

import re
from base64 import b64encode

import pytest

from shopguard.registry.desk import Role as MemberRole
from shopguard.registry.members.model import State
from shopguard.web.roles import Role

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
    refused = press(browser, f"/office/applications/{made.id}/reject")
    assert (refused.status_code, 'id="why_not-error"' in refused.text) == (422, True)
    press(browser, f"/office/applications/{made.id}/reject", {"why_not": "no shop at this address"})
    assert "合同会社見本" not in browser.get("/office/applications?all=1").text


def test_an_alarm_is_answered_with_what_came_of_it(office: Office) -> None:
    office.raise_alarm()
    browser = office.somebody("aoki")
    assert "searches at night" in browser.get("/office/alarms").text
    assert press(browser, "/office/alarms/1/answer", {"reason": " "}).status_code == 422
    press(browser, "/office/alarms/1/answer", {"reason": "a night shift"})
    assert office.home.monitoring.open() == []


# --- keys -----------------------------------------------------------------------------------------------------------

FRESH = b64encode(bytes([1] * 32)).decode()


def created(office: Office, *members: str) -> str:
    """The page of the first of new members; each has one key of its own."""
    for number, name in enumerate(members, 7):
        office.home.members.create(name, f"店 {name}", bytes([number] * 32), 50)
    return f"/office/members/{members[0]}"


def test_a_shops_next_key_is_added_and_its_old_one_ended(office: Office) -> None:
    browser, page = office.somebody("aoki"), created(office, "flower-shop")
    (old,) = office.home.members.show("flower-shop").keys
    done = press(browser, f"{page}/keys", {"public": f" {FRESH}\n", "role": ["look_up", "report"]})
    assert "The shop may sign under this key from now on." in browser.get(done.location).text
    fresh = office.home.members.show("flower-shop").keys[0]
    assert (b64encode(fresh.public).decode(), fresh.roles) == (FRESH, {MemberRole.LOOK_UP, MemberRole.REPORT})
    assert press(browser, f"{page}/keys/end", {"key": old.id}).status_code == 303
    assert office.home.members.show("flower-shop").keys == (fresh,)
    shown = read(browser.get(page).text)
    assert "Key of a member added aoki" in shown
    assert "Key of a member ended aoki" in shown
    assert f"{fresh.id} since" in shown
    assert "Check orders · File reports" in shown
    assert "built-in" not in browser.get(page).text


def test_the_last_key_stays_and_the_page_says_so_in_the_readers_language(office: Office) -> None:
    page = created(office, "flower-shop")
    (key,) = office.home.members.show("flower-shop").keys
    refused = press(office.console.browser(Role.OFFICE, language="ja"), f"{page}/keys/end", {"key": key.id})
    assert refused.status_code == 403
    assert "最後の鍵は終了できません" in refused.text
    assert "the last key stays" not in refused.text
    assert office.home.members.show("flower-shop").keys == (key,)


def test_a_key_can_be_for_less(office: Office) -> None:
    browser, page = office.somebody("aoki"), created(office, "flower-shop")
    (key,) = office.home.members.show("flower-shop").keys
    assert press(browser, f"{page}/keys/roles", {"key": key.id}).status_code == 422, "for nothing is not for less"
    assert press(browser, f"{page}/keys/roles", {"key": key.id, "role": ["report"]}).status_code == 303
    assert office.home.members.roles("flower-shop", key.id) == {MemberRole.REPORT}


@pytest.mark.parametrize("public", ["", "no key", "AAAA", b64encode(bytes(33)).decode()])
def test_what_is_no_key_is_not_taken_and_stays(office: Office, public: str) -> None:
    page = created(office, "flower-shop")
    refused = press(office.somebody("aoki"), f"{page}/keys", {"public": public, "role": ["search"]})
    assert refused.status_code in (400, 422)
    assert f'name="public" type="text" value="{public}"' in refused.text
    assert 'id="public-error"' in refused.text
    assert re.findall(r'name="role" value="(\w+)" checked', refused.text.partition('id="role"')[2]) == ["search"]
    assert len(office.home.members.show("flower-shop").keys) == 1


def test_an_auditor_sees_the_keys_and_changes_none(office: Office) -> None:
    page = created(office, "flower-shop")
    (key,) = office.home.members.show("flower-shop").keys
    browser = office.console.browser(Role.AUDITOR)
    assert key.id in browser.get(page).text
    assert "Add a key" not in browser.get(page).text
    assert press(browser, f"{page}/keys", {"public": FRESH, "role": ["search"]}).status_code == 403


# --- one voice ------------------------------------------------------------------------------------------------------


def test_two_shops_are_one_voice_as_the_office_found_out_and_two_again(office: Office) -> None:
    page, browser = created(office, "flower-shop", "book-shop"), office.somebody("aoki")
    form = {"other": "book-shop", "tie_reason": "one family"}
    press(browser, f"{page}/tie", form)
    groups = office.home.members.groups()
    assert groups["flower-shop"] == groups["book-shop"]
    assert "one with flower-shop: one family" in read(browser.get("/office/members/book-shop").text)
    done = press(browser, f"{page}/untie", form)
    assert "two voices" in browser.get(done.location).text
    groups = office.home.members.groups()
    assert groups["flower-shop"] != groups["book-shop"]


def test_shops_that_stated_the_same_stay_one_voice_and_that_is_told(office: Office) -> None:
    page, browser = created(office, "flower-shop", "book-shop"), office.somebody("aoki")
    for member in ("flower-shop", "book-shop"):
        office.home.members.describe(member, APPLIED.shop)
    done = press(browser, f"{page}/untie", {"other": "book-shop", "tie_reason": "sold"})
    assert "still makes them one voice" in browser.get(done.location).text


@pytest.mark.parametrize(
    ("form", "at_field"),
    [
        ({"tie_reason": "x"}, "other"),
        ({"other": "book-shop"}, "tie_reason"),
        ({"other": "nobody", "tie_reason": "x"}, "other"),
    ],
)
def test_what_is_missing_to_tie_two_shops_is_asked_for_at_its_place(
    office: Office, form: dict[str, str], at_field: str
) -> None:
    page = created(office, "flower-shop", "book-shop")
    refused = press(office.somebody("aoki"), f"{page}/tie", form)
    assert refused.status_code in (404, 422)
    assert f'id="{at_field}-error"' in refused.text
    groups = office.home.members.groups()
    assert groups["flower-shop"] != groups["book-shop"]


# --- what a shop states ---------------------------------------------------------------------------------------------

STATED = {
    "legal_name": "合同会社見本",
    "representative": "見本 花子",
    "address": "東京都港区芝公園4-2-8",
    "phone": "06-6345-1234",
    "mail": "shop@example.jp",
    "site": "https://shop.example.jp",
    "bank_account": "0001-001-1234567",
    "people": "見本 梅子、080-0000-1111、umeko@example.com\n\n見本 松子",
}


def test_an_application_that_came_by_letter_is_entered_and_waits(office: Office) -> None:
    browser = office.somebody("aoki")
    form = {**STATED, "key": FRESH, "daily_orders": "120"}
    done = press(browser, "/office/applications", form)
    assert press(browser, "/office/applications", form).location == done.location, "twice is as once"
    assert "合同会社見本" in browser.get(done.location).text
    (made,) = office.home.applications.all()
    assert (made.applied.key, made.applied.daily_orders) == (FRESH, 120)
    first, second = made.applied.shop.people
    assert (first.name, first.phones, first.emails) == ("見本 梅子", ("080-0000-1111",), ("umeko@example.com",))
    assert (second.name, second.phones) == ("見本 松子", ())
    press(browser, f"/office/applications/{made.id}/approve", {"member": "sample-shop"})
    assert office.home.members.show("sample-shop").daily_orders == 120


def test_what_is_wrong_with_an_application_stands_at_each_field_and_nothing_is_lost(office: Office) -> None:
    form = {**STATED, "phone": "0", "site": "<shop>", "needs_licence": "1", "key": "x", "daily_orders": "many"}
    refused = press(office.somebody("aoki"), "/office/applications", form)
    assert refused.status_code == 422
    wrong = set(re.findall(r'id="(\w+)-error"', refused.text))
    assert wrong == {"phone", "site", "licence", "key", "daily_orders"}
    assert 'value="&lt;shop&gt;"' in refused.text
    assert 'name="needs_licence" value="1" checked' in refused.text
    assert "見本 松子</textarea>" in refused.text
    assert office.home.applications.all() == []


def test_what_a_member_states_is_kept_as_digests_that_show_with_whom_it_is_one(office: Office) -> None:
    page, browser = created(office, "flower-shop", "book-shop"), office.somebody("aoki")
    office.home.members.describe("book-shop", APPLIED.shop)
    refused = press(browser, f"{page}/describe", {**STATED, "mail": ""})
    assert refused.status_code == 422
    assert 'id="mail-error"' in refused.text
    assert "東京都港区芝公園4-2-8" in refused.text
    press(browser, f"{page}/describe", STATED)
    groups = office.home.members.groups()
    assert groups["flower-shop"] == groups["book-shop"]
    assert "東京都港区" not in browser.get(page).text
    assert ("view_member_particulars", "flower-shop") in office.views("aoki")


def test_what_was_stated_with_the_application_stands_in_the_form_again(office: Office) -> None:
    made = office.home.applications.apply(APPLIED, "office")
    office.home.applications.approve(made.id, "sample-shop", "aoki")
    page = office.somebody("kubo").get("/office/members/sample-shop/describe").text
    assert 'value="東京都港区芝公園4-2-8"' in page
    assert APPLIED.shop.bank_account not in page
