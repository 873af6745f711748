"""Setting up a shop in the browser: what is asked, what is written, what is never shown again, and the way back."""

import hmac
import json
import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shopguard.adapter import AdapterContext, Secret, WebhookRequest
from shopguard.bootstrap import Installation
from shopguard.config import load_config
from shopguard.crypto import StoredSecrets
from shopguard.guard.setting_up import RENEW
from shopguard.model import OrderEvent
from shopguard.testing.fakes import FixedClock
from shopguard.testing.registry import FakeRegistry
from shopguard.web.roles import Role
from shopguard.web.shops.questions import guide_of

from .conftest import ORDER, SHOP, Console, press, read

FORM = "/console/set-up/generic/own-cart"
KEY, OTHER_KEY = "ck_0123456789", "cs_0123456789"
WOO = "/console/set-up/woocommerce/woo-store"
WOO_ANSWERS = {"at.url": "https://shop.example.com", "at.consumer_key": KEY, "at.consumer_secret": OTHER_KEY}


def fields(page: str) -> dict[str, str]:
    """What the form for a shop's settings would send as it stands."""
    form = page[page.index("What ShopGuard needs") :]
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    found |= re.findall(r'name="(at\.[^"]+)" type="text" value="([^"]*)"', form)
    found |= re.findall(r'<textarea id="(\w+)".*?>\n(.*?)</textarea>', form, re.S)
    found = {name: unescape(value) for name, value in found.items()}
    found |= {"mode": "observe", "language": "ja"}
    if "at.signature.encoding" in form:
        found["at.signature.encoding"] = "hex"
    return found


def made_secret(page: str) -> str:
    found = re.search(r'id="made-1">(\w+)<', page)
    assert found is not None
    return found.group(1)


def save(browser: FlaskClient, address: str = FORM, **changes: str) -> tuple[TestResponse, str]:
    """Fill the form in with ``changes`` and save it; returns the answer and the page before."""
    page = browser.get(address).text
    return press(browser, address, {**fields(page), **changes}), page


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def shops(settings: Path) -> Mapping[str, Any]:
    return yaml.safe_load(settings.read_text())["shops"] or {} if settings.exists() else {}


def secrets(console: Console, tmp_path: Path) -> StoredSecrets:
    return StoredSecrets(tmp_path / "secrets.enc", console.guard.keyring)


# --- platform and name ---


def test_a_platform_and_a_name_lead_to_its_questions(console: Console) -> None:
    answer = press(console.browser(), "/console/set-up", {"platform": "generic", "name": "own-cart"})
    assert answer.location == FORM


@pytest.mark.parametrize("name", ["", "Own Cart", "ショップ", "a" * 41, "<b>", SHOP])
def test_a_name_that_cannot_be_is_refused_beside_its_field_and_kept(console: Console, name: str) -> None:
    answer = press(console.browser(), "/console/set-up", {"platform": "generic", "name": name})
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text
    assert f'value="{name}"'.replace("<b>", "&lt;b&gt;") in answer.text


def test_a_platform_must_be_chosen(console: Console) -> None:
    answer = press(console.browser(), "/console/set-up", {"platform": "nothing", "name": "own-cart"})
    assert "Choose the platform" in answer.text


def test_a_platform_that_is_not_installed_has_no_questions(console: Console) -> None:
    assert console.browser().get("/console/set-up/nothing/own-cart").status_code == 404


def test_only_whoever_sees_all_shops_sets_one_up(console: Console) -> None:
    browser = console.browser(Role.SHOP_ADMIN, shops=[SHOP])
    assert browser.get("/console/set-up").status_code == 403
    assert press(browser, FORM).status_code == 403


def test_a_platform_without_a_guide_asks_for_its_settings_by_name(console: Console) -> None:
    assert "Further settings" in console.browser().get("/console/set-up/fake/other").text


# --- the address that platforms call ---

ADDRESS = "/console/set-up/address"
OUTSIDE = "https://guard.example.com"


def test_the_address_is_asked_for_wherever_it_is_missed(console: Console, settings: Path) -> None:
    browser = console.browser()
    for page in ("/console/set-up", FORM, f"/console/shops/{SHOP}", f"/console/shops/{SHOP}/arrival"):
        shown = browser.get(page).text
        (link,) = set(re.findall(rf'href="({ADDRESS}\?next=[^"]+)"', shown))
        assert f'name="next" value="{page}"' in browser.get(unescape(link)).text
    settings.write_text(f"server: {{public_url: {OUTSIDE!r}}}\n")
    for page in ("/console/set-up", FORM, f"/console/shops/{SHOP}", f"/console/shops/{SHOP}/arrival"):
        assert ADDRESS not in browser.get(page).text


@pytest.mark.parametrize(
    "before", ["", "# ours\nserver:\n  threads: 4\n", "server: {public_url: 'http://old.example'}\n"]
)
def test_the_address_is_written_and_shown_before_it_is_taken_up(
    console: Console, settings: Path, tmp_path: Path, before: str
) -> None:
    settings.write_text(before)
    browser = console.browser(name="aiko")
    answer = press(browser, ADDRESS, {"public_url": f" {OUTSIDE} ", "next": FORM})
    assert (answer.status_code, answer.location) == (303, FORM)
    wanted = yaml.safe_load(before) or {}
    assert yaml.safe_load(settings.read_text()) == {"server": {**wanted.get("server", {}), "public_url": OUTSIDE}}
    assert (tmp_path / RENEW).exists()
    assert f"{OUTSIDE}/webhooks/generic/own-cart" in browser.get(FORM).text
    assert f"{OUTSIDE}/webhooks/fake/{SHOP}" in browser.get(f"/console/shops/{SHOP}").text
    assert ("aiko", "set_public_url", OUTSIDE) in console.audit()


@pytest.mark.parametrize("typed", ["", "guard.example.com", "ftp://guard.example.com", '"><b>', "https://"])
def test_what_is_no_address_is_refused_and_kept(console: Console, settings: Path, typed: str) -> None:
    settings.write_text("# ours\n")
    answer = press(console.browser(), ADDRESS, {"public_url": typed, "next": FORM})
    assert answer.status_code == 422
    assert 'id="public_url-error"' in answer.text
    kept = re.findall('name="public_url" type="url" value="([^"]*)"', answer.text)
    assert [unescape(one) for one in kept] == [typed]
    assert f'name="next" value="{FORM}"' in answer.text
    assert settings.read_text() == "# ours\n"


def test_whoever_sees_only_some_shops_may_not_set_the_address_of_all(console: Console, settings: Path) -> None:
    some = console.browser(Role.SHOP_ADMIN, shops=[SHOP])
    assert ADDRESS not in some.get(f"/console/shops/{SHOP}").text
    assert some.get(ADDRESS).status_code == 403
    assert press(some, ADDRESS, {"public_url": OUTSIDE}).status_code == 403
    assert press(console.browser(Role.OPERATOR), ADDRESS, {"public_url": OUTSIDE}).status_code == 403
    assert not settings.exists()


def test_saving_the_address_leads_to_no_other_site(console: Console, settings: Path) -> None:
    answer = press(console.browser(), ADDRESS, {"public_url": OUTSIDE, "next": "https://example.org/"})
    assert answer.location == "/console/shops"


# --- what is written ---


def test_a_shop_is_written_with_its_secret_apart(console: Console, settings: Path, tmp_path: Path) -> None:
    browser = console.browser(name="aiko")
    answer, page = save(browser)
    assert answer.status_code == 303, read(answer.text)
    written, secret = shops(settings)["own-cart"], made_secret(page)
    assert written["platform"] == "generic"
    assert written["mode"] == "observe"
    assert written["signature"]["secrets"] == [{"stored": "own-cart.signature.secrets"}]
    assert secrets(console, tmp_path).get("own-cart.signature.secrets") == Secret(secret)
    assert secret not in settings.read_text()
    assert (tmp_path / RENEW).exists()


def test_the_shop_that_is_written_reads_a_signed_order(console: Console, settings: Path, tmp_path: Path) -> None:
    _, page = save(console.browser())
    config = load_config(settings, {}, secrets(console, tmp_path).all())
    adapter = console.guard.platforms["generic"](
        config.shops["own-cart"].adapter, AdapterContext("own-cart", FixedClock())
    )
    order = {
        "id": "C-1",
        "total": "3000",
        "payment": {"kind": "cod"},
        "buyer": {"name": "見本 花子", "lines": ["芝公園"]},
    }
    body = json.dumps(order).encode()
    signed = {"x-shop-signature": hmac.digest(made_secret(page).encode(), body, "sha256").hex()}
    request = WebhookRequest("http://127.0.0.1/", signed, body, FixedClock().now)
    adapter.verify(request)
    (event,) = adapter.parse(request)
    assert isinstance(event, OrderEvent)
    assert event.order is not None
    assert (event.order.buyer.name, event.order.buyer.lines) == ("見本 花子", ("芝公園",))
    assert event.order.payment.kind == "cod"


def test_a_shop_that_was_set_up_is_what_the_next_start_guards(
    console: Console, settings: Path, tmp_path: Path
) -> None:
    save(console.browser())
    config = load_config(settings, {}, secrets(console, tmp_path).all())
    again = Installation(config, console.guard.keyring, tmp_path)
    vars(again).update(registry=FakeRegistry())
    browser = again.console_app().test_client()
    browser.get("/console/sign-in", query_string={"token": again.people.links.make()})
    shown = browser.get("/console/shops/own-cart/arrival", headers={"Accept-Language": "en"}).text
    again.close()
    assert "ShopGuard knows the shop" in shown
    assert "Nothing has arrived yet" in shown


def test_saving_twice_writes_once(console: Console, settings: Path) -> None:
    browser = console.browser()
    filled = fields(browser.get(FORM).text)
    assert press(browser, FORM, filled).status_code == 303
    before = settings.read_text()
    assert press(browser, FORM, filled).location == "/console/shops/own-cart/arrival"
    assert settings.read_text() == before


def test_a_mode_or_language_that_does_not_exist_is_the_mildest(console: Console, settings: Path) -> None:
    save(console.browser(), mode="gate", language="xx")
    assert (shops(settings)["own-cart"]["mode"], shops(settings)["own-cart"]["language"]) == ("observe", "ja")


# --- faults ---


def test_a_fault_stands_beside_its_field_and_nothing_is_written(console: Console, settings: Path) -> None:
    answer, _ = save(console.browser(), WOO, **{**WOO_ANSWERS, "at.url": "ftp://shop"})
    assert answer.status_code == 422
    assert 'id="at.url-error"' in answer.text
    assert 'value="ftp://shop"' in answer.text
    assert not settings.exists()


def test_faults_are_japanese_on_a_japanese_page(console: Console, settings: Path) -> None:
    settings.write_text("servre: {threads: 4}\n")
    browser = console.browser()
    form = {**fields(browser.get(WOO).text), **WOO_ANSWERS, "at.url": "http://shop.example.com"}
    shown = press(browser, WOO, form, headers={"Accept-Language": "ja"}).text
    assert "https://で始めてください。WooCommerceはHTTPSでだけキーを受け付けます" in read(shown)
    assert "servre: 不明な名前です。serverではありませんか。" in read(shown)
    assert "must begin" not in shown


def test_what_is_required_must_be_there(console: Console) -> None:
    answer, _ = save(console.browser(), WOO, **{"at.url": "https://shop.example.com"})
    assert answer.text.count("Please fill this in.") == 4  # two fields, and both at the top


def test_secrets_that_were_typed_are_kept_sealed_through_an_error(
    console: Console, settings: Path, tmp_path: Path
) -> None:
    browser = console.browser()
    refused, _ = save(browser, WOO, **{**WOO_ANSWERS, "at.url": ""})
    assert KEY not in refused.text
    assert OTHER_KEY not in refused.text
    again = {
        **fields(refused.text),
        "at.url": "https://shop.example.com",
        "at.consumer_key": "",
        "at.consumer_secret": "",
    }
    assert press(browser, WOO, again).status_code == 303
    assert secrets(console, tmp_path).get("woo-store.consumer_key") == Secret(KEY)


def test_a_sealed_value_of_somebody_elses_making_counts_as_empty(console: Console) -> None:
    answer, _ = save(console.browser(), **{"kept.signature.secrets": "made-up"})
    assert answer.status_code == 422


@pytest.mark.parametrize("more", ["- a list", "fields: [", "a: b: c", "\x00"])
def test_a_description_that_is_no_yaml_is_refused_and_kept(console: Console, settings: Path, more: str) -> None:
    answer, _ = save(console.browser(), more=more)
    assert answer.status_code == 422
    assert 'id="more-error"' in answer.text
    assert not settings.exists()


def test_a_description_with_an_unknown_key_names_it(console: Console) -> None:
    answer, _ = save(console.browser(), more="feilds: {id: [id]}")
    assert answer.status_code == 422
    assert "did you mean fields?" in read(answer.text)


def test_a_settings_file_that_cannot_be_changed_gives_lines_to_write_by_hand(
    console: Console, settings: Path, tmp_path: Path
) -> None:
    settings.symlink_to("/proc/closed/config.yaml")  # closed to root, too
    answer, page = save(console.browser())
    assert answer.status_code == 422
    shown = unescape(answer.text)
    assert "stored: own-cart.signature.secrets" in shown
    assert made_secret(page) not in shown


def test_a_file_with_a_fault_elsewhere_is_said_and_left_alone(console: Console, settings: Path) -> None:
    settings.write_text("servre: {threads: 4}\n")
    answer, _ = save(console.browser())
    assert answer.status_code == 422
    assert "servre: unknown; did you mean server?" in read(answer.text)
    assert settings.read_text() == "servre: {threads: 4}\n"


# --- the first order, and the way back ---


def test_a_shop_that_is_written_and_not_taken_up_says_what_to_do(console: Console) -> None:
    browser = console.browser()
    answer, page = save(browser)
    shown = browser.get(answer.location).text
    assert "ShopGuard takes up the settings" in shown
    assert "systemctl restart shopguard" in shown
    assert made_secret(page) not in shown
    assert "own-cart" in read(browser.get("/console/shops").text)


def test_an_order_that_arrived_is_seen_with_what_became_of_it(console: Console) -> None:
    console.order()
    shown = read(console.browser().get(f"/console/shops/{SHOP}/arrival/now").text)
    assert "An order has arrived" in shown
    assert "5001 ‖ On hold" in shown


def test_what_arrived_and_cannot_be_read_is_no_order(console: Console) -> None:
    console.guard.inbox.bury(SHOP, "dead", console.platform.delivery(ORDER), "id: missing")
    shown = read(console.browser().get(f"/console/shops/{SHOP}/arrival/now").text)
    assert "An order has arrived" not in shown
    assert "could not be read id: missing" in shown


def test_nobody_waits_for_a_shop_that_does_not_exist(console: Console) -> None:
    assert console.browser().get("/console/shops/nothing/arrival").status_code == 404


def test_a_shop_is_taken_back_with_its_secrets(console: Console, settings: Path, tmp_path: Path) -> None:
    settings.write_text("# ours\nserver: {threads: 4}\n")
    browser = console.browser()
    answer, _ = save(browser)
    version = answer.location.rpartition("version=")[2]
    press(browser, "/console/set-up/undo", {"version": version, "added": "own-cart"})
    assert settings.read_text() == "# ours\nserver: {threads: 4}\n"
    assert secrets(console, tmp_path).list() == ()


def test_a_change_that_others_followed_is_not_taken_back(console: Console, settings: Path, tmp_path: Path) -> None:
    browser = console.browser()
    answer, _ = save(browser)
    settings.write_text(settings.read_text() + "# by hand\n")
    undone = press(
        browser, "/console/set-up/undo", {"version": answer.location.rpartition("version=")[2], "added": "own-cart"}
    )
    assert undone.status_code == 409
    assert "own-cart" in shops(settings)
    assert len(secrets(console, tmp_path).list()) == 1


# --- what adapters say ---


@pytest.mark.parametrize("platform", ["generic", "shopify", "woocommerce"])
def test_every_guide_speaks_both_languages_and_asks_for_what_the_settings_know(
    console: Console, platform: str
) -> None:
    guide = guide_of(console.guard.platforms[platform])
    said = [*guide.before, *guide.after, guide.first_order]
    said += [words for question in guide.questions for words in (question.label, question.hint) if words]
    assert all(words.get("en") and words.get("ja") for words in said)
    known = console.guard.platforms[platform].settings_class.__dataclass_fields__
    assert {question.key.partition(".")[0] for question in guide.questions} - {""} <= set(known)
