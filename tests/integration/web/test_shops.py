"""Shops and health: what is seen of each shop, what was given up, and the red lines across every page."""

import re
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from shopguard.adapter import Capability, Secret
from shopguard.bootstrap import Installation
from shopguard.config import Config, Mode, ShopSettings
from shopguard.crypto import StoredSecrets
from shopguard.guard import effects
from shopguard.guard.heartbeats import SILENT_S, Beating, Heartbeats
from shopguard.guard.outlook import KEPT_S, Gap, Outlook, Trouble
from shopguard.guard.policy import Action
from shopguard.guard.setting_up import RENEW
from shopguard.guard.shops import ACCESS_REQUEST
from shopguard.model import OrderRef, ShopAlarm
from shopguard.storage.tables import audit, effect, heartbeat, inbox
from shopguard.testing.fakes import FakePlatform
from shopguard.testing.registry import FakeRegistry
from shopguard.web.roles import Role

from .conftest import ORDER, OTHER_SHOP, SHOP, Clock, Console, Install, press, read


def page(browser: FlaskClient, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, answer.text
    return read(answer.text)


def bury(console: Console, shop: str = SHOP) -> int:
    """Let a delivery of a shop be a dead letter, and return its number."""
    guard = console.guard
    guard.inbox.bury(
        shop, f"dead-{shop}", console.platform.delivery(ORDER), "body is not readable JSON: JSONDecodeError"
    )
    return guard.inbox.lines(state="dead", shop=shop)[0].id


def state_of(console: Console, number: int) -> str:
    with console.guard.engine.connect() as connection:
        return str(connection.execute(sa.select(inbox.c.state).where(inbox.c.id == number)).scalar_one())


def acts(console: Console, action: str) -> list[tuple[str, str, str]]:
    """Who did this to which shop, and the detail, by the audit log."""
    query = sa.select(audit.c.actor, audit.c.shop, audit.c.detail).where(audit.c.action == action)
    with console.guard.engine.connect() as connection:
        return [(row.actor, row.shop, row.detail) for row in connection.execute(query)]


# --- looking ---


def test_every_shop_is_on_one_page_with_its_mode(console: Console) -> None:
    shown = page(console.browser(Role.AUDITOR), "/console/shops")
    assert shown.count("Holding") == 2
    assert "none yet" in shown


def test_a_shop_that_somebody_may_not_see_is_not_there(console: Console) -> None:
    browser = console.browser(Role.OPERATOR, Role.SHOP_ADMIN, shops=[SHOP])
    assert OTHER_SHOP not in page(browser, "/console/shops")
    assert browser.get(f"/console/shops/{OTHER_SHOP}").status_code == 404
    assert press(browser, f"/console/shops/{OTHER_SHOP}/alarm").status_code == 404


def test_a_shop_says_what_waits_and_what_was_given_up(console: Console) -> None:
    bury(console)
    console.guard.inbox.accept(SHOP, "waits", console.platform.delivery(ORDER))
    shown = page(console.browser(), "/console/shops")
    assert "Waiting orders 1" in shown
    assert "1 unreadable, 0 not written back" in shown


def test_whoever_only_looks_is_given_nothing_to_press(console: Console) -> None:
    bury(console)
    for role in (Role.OPERATOR, Role.AUDITOR):
        shown = page(console.browser(role), f"/console/shops/{SHOP}")
        assert "body is not readable JSON" in shown
        assert "Run again" not in shown
        assert "Set the mode" not in shown


def test_an_installation_without_a_shop_says_what_to_do(install: Install) -> None:
    empty = install(Config(), FakeRegistry())
    browser = empty.console_app().test_client()
    assert browser.get("/console/sign-in", query_string={"token": empty.people.links.make()}).status_code == 302
    assert "No shop is set up yet" in browser.get("/console/shops", headers={"Accept-Language": "en"}).text


def test_the_guard_itself_is_examined(console: Console) -> None:
    browser = console.browser(Role.OPERATOR)
    bury(console)
    assert press(browser, "/console/shops-examined").status_code == 303
    assert "✗ Unreadable deliveries 1" in page(browser, "/console/shops")


# --- dead letters ---


def test_a_dead_letter_is_run_again(console: Console) -> None:
    number, browser = bury(console), console.browser(name="aiko")
    answer = press(browser, f"/console/shops/{SHOP}/dead/{number}/replay")
    assert "It will be run again" in page(browser, answer.location)
    assert state_of(console, number) == "received"
    assert acts(console, "replay_delivery") == [("aiko", SHOP, str(number))]


def test_a_dead_letter_is_taken_off_the_list_and_stays_stored(console: Console) -> None:
    number, browser = bury(console), console.browser()
    press(browser, f"/console/shops/{SHOP}/dead/{number}/settle")
    assert state_of(console, number) == "settled"


def test_a_button_pressed_twice_says_so_and_does_nothing(console: Console) -> None:
    number, browser = bury(console), console.browser()
    press(browser, f"/console/shops/{SHOP}/dead/{number}/settle")
    answer = press(browser, f"/console/shops/{SHOP}/dead/{number}/settle")
    assert "off the list already" in page(browser, answer.location)
    assert len(acts(console, "settle_delivery")) == 1


@pytest.mark.parametrize("what", ["replay", "settle"])
def test_a_dead_letter_of_another_shop_is_out_of_reach(console: Console, what: str) -> None:
    number = bury(console, OTHER_SHOP)
    press(console.browser(Role.SHOP_ADMIN, shops=[SHOP]), f"/console/shops/{SHOP}/dead/{number}/{what}")
    assert state_of(console, number) == "dead"


def test_a_write_back_that_failed_is_sent_again(console: Console) -> None:
    writer = console.guard.writer
    writer.run(lambda c: effects.plan(c, OrderRef(SHOP, "5001"), Action.HOLD, 1, "text", 0.0))
    writer.run(lambda c: c.execute(sa.update(effect).values(state="failed", last_error="403 not allowed")))
    (failed,), browser = console.guard.effects.failed(), console.browser()
    assert "403 not allowed" in page(browser, f"/console/shops/{SHOP}")
    press(browser, f"/console/shops/{SHOP}/failed/{failed.id}/replay")
    assert console.guard.effects.failed() == []


# --- settings of a shop ---


@pytest.fixture
def written(console: Console, tmp_path: Path) -> Path:
    """The settings file of the console's shops, the first with a stored secret."""
    path = tmp_path / "config.yaml"
    StoredSecrets(tmp_path / "secrets.enc", console.guard.keyring).set("their-name", Secret("first"))
    path.write_text(
        "# ours\nshops:\n"
        f"  {SHOP}:\n    platform: generic\n"
        "    signature: {scheme: token, header: x, secrets: [{stored: their-name}]}\n"
    )
    return path


def test_the_mode_is_changed_in_the_settings_and_taken_back(console: Console, written: Path, tmp_path: Path) -> None:
    before, browser = written.read_text(), console.browser(name="aiko")
    answer = press(browser, f"/console/shops/{SHOP}/mode", {"mode": "flag"})
    assert "mode: flag" in written.read_text()
    assert acts(console, "set_mode") == [("aiko", SHOP, "flag")]
    assert (tmp_path / RENEW).exists()
    assert "Undo" in page(browser, answer.location)
    version = answer.location.rpartition("version=")[2]
    press(browser, "/console/set-up/undo", {"version": version, "back": SHOP})
    assert written.read_text() == before


def test_a_mode_that_cannot_be_written_is_said_and_nothing_is_changed(console: Console, written: Path) -> None:
    written.write_text("shops: {}\n")
    answer = press(console.browser(), f"/console/shops/{SHOP}/mode", {"mode": "flag"})
    assert answer.status_code == 409
    assert "Nothing was changed" in answer.text
    assert written.read_text() == "shops: {}\n"


def test_a_secret_is_replaced_and_never_shown(console: Console, written: Path, tmp_path: Path) -> None:
    browser = console.browser()
    assert "their-name ***" in page(browser, f"/console/shops/{SHOP}")
    press(browser, f"/console/shops/{SHOP}/secret", {"stored": "their-name", "secret": "another one"})
    assert StoredSecrets(tmp_path / "secrets.enc", console.guard.keyring).get("their-name") == Secret("another one")
    assert "another one" not in browser.get(f"/console/shops/{SHOP}").text


def test_only_a_secret_of_the_shop_itself_can_be_replaced(console: Console, written: Path) -> None:
    browser = console.browser()
    form = {"stored": "their-name", "secret": "another one"}
    assert press(browser, f"/console/shops/{OTHER_SHOP}/secret", form).status_code == 404


def test_what_the_program_says_is_japanese_on_a_japanese_page(console: Console) -> None:
    guard, browser = console.guard, console.browser(language="ja")
    bury(console)
    guard.states.update(SHOP, feed_error="shop.example.com: GET answered 503")
    guard.states.raise_alarm(ShopAlarm(SHOP, "code", "Allowed memory size exhausted"), 1.0)
    shown = browser.get(f"/console/shops/{SHOP}").text
    assert "本文をJSONとして読み取れません" in shown
    assert "shop.example.com: GETへの応答は503" in shown
    assert '<span lang="en">Allowed memory size exhausted</span>' in shown
    press(browser, "/console/shops-examined")
    assert "`shopguard dead`で確認し" in page(browser, "/console/shops")


def test_an_alarm_that_was_seen_to_is_taken_off(console: Console) -> None:
    console.guard.states.raise_alarm(ShopAlarm(SHOP, "gone", "webhooks are gone"), 1.0)
    browser = console.browser()
    assert "webhooks are gone" in page(browser, f"/console/shops/{SHOP}")
    press(browser, f"/console/shops/{SHOP}/alarm")
    assert "webhooks are gone" not in page(browser, f"/console/shops/{SHOP}")


# --- the red lines ---


@pytest.fixture
def clock() -> Clock:
    made = Clock()
    made.now = 2_000_000_000.0
    return made


@pytest.fixture
def works() -> list[bool]:
    """Whether a worker runs: what stands last."""
    return [True]


@pytest.fixture
def heartbeats(console: Console, clock: Clock) -> Heartbeats:
    """The signs of life of other processes, at the time of ``clock``."""
    return Heartbeats(console.guard.engine, console.guard.writer, clock)


@pytest.fixture
def outlook(console: Console, clock: Clock, works: list[bool], heartbeats: Heartbeats) -> Outlook:
    guard = console.guard
    return Outlook(guard.inbox, guard.states, guard.shadows, guard.shops, heartbeats, lambda: works[-1], clock)


def test_a_guard_that_sees_and_acts_has_no_gap(outlook: Outlook) -> None:
    assert outlook.troubles() == ()


def test_a_guard_that_never_had_a_worker_is_off_since_its_oldest_order(
    console: Console, outlook: Outlook, works: list[bool]
) -> None:
    works.append(False)
    request = console.platform.delivery(ORDER)
    console.guard.inbox.accept(SHOP, "k", request)
    assert outlook.troubles() == (Trouble(Gap.OFF, None, request.received_at.timestamp()),)


def test_a_guard_without_a_worker_is_off_since_the_workers_last_sign_of_life(
    console: Console, outlook: Outlook, works: list[bool], heartbeats: Heartbeats, clock: Clock
) -> None:
    heartbeats.beat(Beating.WORKER)
    ended, clock.now = clock.now, clock.now + 5.0
    works.append(False)
    console.guard.inbox.accept(SHOP, "k", console.platform.delivery(ORDER))
    assert outlook.troubles() == (Trouble(Gap.OFF, None, ended),)


def test_a_guard_whose_receiver_fell_silent_is_deaf_since_its_last_sign_of_life(
    outlook: Outlook, heartbeats: Heartbeats, clock: Clock
) -> None:
    heartbeats.beat(Beating.RECEIVER)
    ended, clock.now = clock.now, clock.now + SILENT_S
    assert outlook.troubles() == ()
    clock.now += KEPT_S
    assert outlook.troubles() == (Trouble(Gap.DEAF, None, ended),)
    heartbeats.beat(Beating.RECEIVER)
    clock.now += KEPT_S
    assert outlook.troubles() == ()


def test_a_worker_is_no_receiver(outlook: Outlook, heartbeats: Heartbeats, clock: Clock) -> None:
    clock.now += SILENT_S + 1
    heartbeats.beat(Beating.WORKER)
    assert outlook.troubles() == (Trouble(Gap.DEAF, None, None),)


def test_nothing_is_missed_before_it_could_have_started(
    console: Console, heartbeats: Heartbeats, clock: Clock
) -> None:
    heartbeats.beat(Beating.RECEIVER)
    clock.now += 86_400.0
    listener = Heartbeats(console.guard.engine, console.guard.writer, clock)
    clock.now += SILENT_S
    assert listener.silence(Beating.RECEIVER) is None
    clock.now += 1
    assert listener.silence(Beating.RECEIVER) is not None


def test_shops_that_are_only_asked_need_no_receiver(
    console: Console, outlook: Outlook, heartbeats: Heartbeats, clock: Clock
) -> None:
    for shop in console.guard.shops.values():
        adapter = cast(FakePlatform, shop.adapter)
        adapter.capabilities = adapter.capabilities - {Capability.PUSH}
    heartbeats.beat(Beating.RECEIVER)
    clock.now += SILENT_S + 1
    assert outlook.troubles() == ()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "the receiver is silent since 18 May 2033, 12:33"),
        ("ja", "2033年5月18日 12:33から受信プロセスの応答が"),
    ],
)
def test_every_page_says_since_when_no_order_can_come_in(
    console: Console, heartbeats: Heartbeats, clock: Clock, language: str, said: str
) -> None:
    guard = console.guard
    vars(guard)["heartbeats"] = heartbeats
    vars(guard).pop("outlook", None)
    heartbeats.beat(Beating.RECEIVER)
    clock.now += 86_400.0
    browser = Console(guard).browser(Role.OPERATOR, language=language)
    for address in ("/console/", "/console/shops", "/console/me"):
        assert said in page(browser, address)


def test_doctor_says_for_how_long_the_receiver_is_silent(console: Console) -> None:
    guard = console.guard
    guard.heartbeats.beat(Beating.RECEIVER)
    guard.heartbeats.beat(Beating.WORKER)
    with guard.engine.begin() as connection:
        ago = heartbeat.update().where(heartbeat.c.process == "receiver")
        connection.execute(ago.values(at=guard.clock() - 7_300.0))
    browser = console.browser()
    press(browser, "/console/shops-examined")
    said = page(browser, "/console/shops")
    assert "Receiver silent for 2 h" in said
    assert "Worker at work" in said


def test_an_order_that_waits_too_long_says_that_the_guard_is_behind(console: Console, outlook: Outlook) -> None:
    request = console.platform.delivery(ORDER)
    console.guard.inbox.accept(SHOP, "k", request)
    assert outlook.troubles() == (Trouble(Gap.BEHIND, None, request.received_at.timestamp()),)


def test_a_shop_that_raised_an_alarm_is_one_the_guard_is_blind_to(console: Console, outlook: Outlook) -> None:
    console.guard.states.raise_alarm(ShopAlarm(SHOP, "gone", "webhooks are gone"), 5.0)
    assert outlook.troubles() == (Trouble(Gap.BLIND, SHOP, 5.0),)


def test_a_persons_request_does_not_blind_the_guard(console: Console, outlook: Outlook) -> None:
    console.guard.states.raise_alarm(ShopAlarm(SHOP, ACCESS_REQUEST, "a person asks"), 5.0)
    assert outlook.troubles() == ()


def test_a_feed_that_fails_is_a_gap_since_the_last_good_look(console: Console, outlook: Outlook) -> None:
    console.guard.states.update(SHOP, feed_error="403", feed_cursor=7.0)
    assert outlook.troubles() == (Trouble(Gap.UNLISTED, SHOP, 7.0),)


def test_the_tables_are_looked_at_once_in_a_few_seconds(console: Console, outlook: Outlook, clock: Clock) -> None:
    assert outlook.troubles() == ()
    console.guard.states.update(SHOP, feed_error="403")
    assert outlook.troubles() == ()
    clock.now += KEPT_S
    assert outlook.troubles() != ()


def observing(install: Install, **modes: Mode) -> Installation:
    shops = {name: ShopSettings(name, "fake", None, mode=mode) for name, mode in modes.items()}
    return install(Config(shops=shops), FakeRegistry())


def test_a_shop_observes_since_its_mode_was_changed(install: Install) -> None:
    guard = observing(install, cart=Mode.HOLD)
    guard.modes.note(100.0)
    changed = observing(install, cart=Mode.OBSERVE)
    changed.modes.note(200.0)
    changed.modes.note(300.0)
    assert changed.modes.since() == {"cart": 200.0}


def test_a_shop_whose_mode_never_changed_observes_since_it_is_guarded(install: Install) -> None:
    guard = observing(install, cart=Mode.OBSERVE)
    guard.modes.note(200.0)
    (trouble,) = [one for one in guard.outlook.troubles() if one.gap is Gap.OBSERVE]
    assert trouble.since == guard.states.get("cart").guarded_since


def test_a_shop_that_observed_for_two_weeks_is_led_to_what_it_would_have_done(install: Install) -> None:
    guard = observing(install, cart=Mode.OBSERVE, store=Mode.HOLD)
    began = guard.states.get("cart").guarded_since
    assert began is not None
    guard.clock = clock = Clock()
    app = guard.console_app()
    for days, said, leads in (
        (13.9, "cart: only observing since", "/console/shops"),
        (14.01, "cart has observed for two weeks, since", "/console/replay/?shop=cart"),
    ):
        clock.now = began + days * 86_400
        browser = app.test_client()
        browser.get("/console/sign-in", query_string={"token": guard.people.links.make()})
        shown = browser.get("/console/me", headers={"Accept-Language": "en"}).text
        assert re.search(f'<a href="{re.escape(leads)}">{said}', shown), days
        assert shown.count(" observ") == 1
        browser.get(leads)


def test_every_page_says_that_nobody_checks_orders(console: Console) -> None:
    for address in ("/console/", "/console/shops", "/console/me"):
        assert "Nobody checks orders" in page(console.browser(Role.OPERATOR), address)


def test_somebody_of_the_office_alone_is_not_told_of_the_shops(console: Console) -> None:
    assert "Nobody checks orders" not in page(console.browser(Role.OFFICE), "/console/me")


def test_whoever_may_not_see_a_shop_is_not_told_of_its_gaps(console: Console) -> None:
    console.guard.states.raise_alarm(ShopAlarm(OTHER_SHOP, "gone", "webhooks are gone"), 5.0)
    assert OTHER_SHOP in page(console.browser(Role.OPERATOR), "/console/me")
    assert OTHER_SHOP not in page(console.browser(Role.OPERATOR, shops=[SHOP]), "/console/me")


def test_several_shops_that_observe_share_one_line(install: Install) -> None:
    guard = observing(install, cart=Mode.OBSERVE, store=Mode.OBSERVE)
    browser = guard.console_app().test_client()
    browser.get("/console/sign-in", query_string={"token": guard.people.links.make()})
    shown = browser.get("/console/me", headers={"Accept-Language": "en"}).text
    assert "Only observing in cart, store" in shown
    assert shown.count("bserving") == 1
