"""The persons' pages: what somebody with a letter reads and sends, in either language, without script or account."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs

from shopguard.bootstrap import Installation
from shopguard.config import Config
from shopguard.model import Effect
from shopguard.registry.disputes.codes import new_code
from shopguard.registry.disputes.model import RequestKind, RequestState
from shopguard.registry.disputes.shapes import LOOK
from shopguard.registry.protocol import Registry
from shopguard.testing.registry import FakeRegistry
from shopguard.web.public.furigana import furigana

from ..persons.conftest import CONTENT, FACTS, MAIL, SENDER, Centre, centre
from .conftest import read
from .persons_visitor import Visitor, field, served, visitor

__all__ = ["centre", "visitor"]

SHOP = "flower-shop"
GET = ("", "record", "ask", "ask/send", "status", "status/proof", "letter")
POST = ("record", "ask", "ask/send", "status", "status/proof", "letter")
LOOKED_FOR = ("渡邊", "芝公園", "東京ハイツ", "0000-1111", "taro@example", "5001", SHOP, str(CONTENT.items))
"""What would say whom an entry is about, and who reported."""

# --- every page -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("page", GET)
def test_a_page_is_kept_by_nobody_and_runs_nothing(centre: Centre, page: str, language: str) -> None:
    answer = Visitor(centre, language).open(page)
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in answer.text
    assert "Set-Cookie" not in answer.headers
    assert "<script" not in answer.text
    assert "style=" not in answer.text


def test_robots_stay_away_and_members_find_the_registry_as_before(visitor: Visitor) -> None:
    assert visitor.browser.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
    assert visitor.browser.post(LOOK, json={"code": new_code()}).status_code == 404
    assert visitor.browser.get("/healthz").status_code == 200


@pytest.mark.parametrize("address", ["/persons", "/persons/"])
def test_the_address_of_a_letter_opens_as_it_is_typed(visitor: Visitor, address: str) -> None:
    assert "For everybody who got a letter" in visitor.browser.get(address).text


def test_an_unknown_address_says_so_on_a_page_of_ours(visitor: Visitor) -> None:
    answer = visitor.open("nowhere")
    assert (answer.status_code, SENDER.name in answer.text) == (404, True)
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_installation_serves_the_pages_beside_its_registry(
    install: Callable[[Config, Registry], Installation],
) -> None:
    installation = install(Config(), FakeRegistry())
    installation.home.prepare()
    browser = installation.registry_app().test_client()
    assert browser.get("/persons/").status_code == 200
    assert browser.post("/persons/record", data={"code": new_code()}).status_code == 404


def test_no_page_says_whom_an_entry_is_about_or_who_reported(centre: Centre, visitor: Visitor) -> None:
    life = centre.active()
    receipt = visitor.ask(code=life.code, kind="contest")
    every = [visitor.open(page) for page in GET]
    every += [visitor.send(page, code=life.code, kind="access", receipt=receipt) for page in POST]
    assert [word for answer in every for word in LOOKED_FOR if word in answer.text] == []


def test_no_code_ever_stands_in_an_address(centre: Centre, visitor: Visitor) -> None:
    life = centre.active()
    receipt = visitor.ask(code=life.code, kind="contest")
    every = [visitor.send(page, code=life.code, kind="access", receipt=receipt) for page in POST]
    addresses = [found for one in every for found in re.findall(r'(?:href|action|src)="([^"]*)"', one.text)]
    assert addresses
    assert [one for one in addresses if life.code in one or receipt in one or "?code" in one] == []
    assert [one.location for one in every if one.location] == []
    assert "Sixteen letters" in visitor.open("record", query_string={"code": life.code}).text


# --- what is held ---------------------------------------------------------------------------------------------------


def test_a_code_shows_what_is_held_and_what_can_be_done(centre: Centre, visitor: Visitor) -> None:
    answer = visitor.send("record", code=centre.active().code)
    page = read(answer.text)
    assert answer.status_code == 200
    assert "An order whose payment the shop could not confirm" in page
    assert "10,000 to 30,000 yen" in page
    assert "August 2026" in page
    assert "Erased at the latest on September 2, 2031" in page
    assert set(re.findall(r'name="kind" value="(\w+)"', answer.text)) == {kind.value for kind in RequestKind}


def test_before_an_entry_is_served_its_person_reads_until_when_to_answer(centre: Centre, visitor: Visitor) -> None:
    life = centre.pending()
    centre.persons.following.follow()
    centre.pass_days(0.1)
    assert "Not recorded yet" in visitor.send("record", code=life.code).text


def test_a_code_is_read_as_people_type_it(centre: Centre, visitor: Visitor) -> None:
    code = centre.active().code.lower().replace("-", "ー").replace("0", "o")
    assert visitor.send("record", code=f"  {code} ").status_code == 200


def test_of_an_erased_entry_the_day_is_told_and_nothing_can_be_asked(centre: Centre, visitor: Visitor) -> None:
    life = centre.active()
    request = centre.proven(RequestKind.ERASE, life)
    centre.persons.answers.overturn(request.request, "aoki", "paid")
    answer = visitor.send("record", code=life.code)
    assert "It was erased on" in read(answer.text)
    assert 'name="kind"' not in answer.text


@pytest.mark.parametrize("typed", ["nothing like a code", "ABCD-1234-EFGH-5678", "<b>渡邊</b>" * 20])
def test_a_wrong_code_stays_in_its_field_with_a_word_beside_it(visitor: Visitor, typed: str) -> None:
    answer = visitor.send("record", code=typed)
    assert answer.status_code == 404
    assert 'aria-invalid="true"' in answer.text
    assert typed[:12].replace("<", "&lt;").replace(">", "&gt;") in answer.text
    assert "<b>" not in answer.text


def test_no_code_at_all_is_not_counted_as_a_wrong_one(visitor: Visitor) -> None:
    assert {visitor.send("record", code=" ").status_code for _ in range(30)} == {400}


def test_after_many_wrong_codes_a_kind_page_says_when_to_come_back(centre: Centre, visitor: Visitor) -> None:
    life = centre.active()
    for _ in range(20):
        assert visitor.send("letter", code=new_code()).status_code == 404
    answer = visitor.send("record", code=life.code)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 3_600
    assert f'value="{life.code}"' in answer.text
    assert "Please try again in 1 hour." in read(answer.text)
    assert SENDER.contact in read(answer.text)
    centre.pass_days(1 / 20)
    assert visitor.send("record", code=life.code).status_code == 200


def test_page_and_json_have_one_door(centre: Centre, visitor: Visitor) -> None:
    for _ in range(10):
        visitor.browser.post(LOOK, json={"code": new_code()})
        visitor.send("status", receipt=new_code())
    assert visitor.browser.post(LOOK, json={"code": new_code()}).status_code == 429
    assert visitor.send("status", receipt=new_code()).status_code == 429


# --- asking ---------------------------------------------------------------------------------------------------------


def test_who_contests_is_served_to_nobody_and_gets_a_code(centre: Centre, visitor: Visitor) -> None:
    life = centre.active()
    assert centre.met() == {Effect.FLAG}
    form = visitor.send("ask", code=life.code, kind="contest")
    assert 'value="contest" aria-describedby="kind-contest-means" checked' in form.text
    assert centre.met() == {Effect.FLAG}, "nothing was sent yet"
    answer = visitor.send("ask/send", code=life.code, kind="contest", form=field(form, "form"), text="払いました")
    assert centre.met() == set()
    assert "From this moment shops are told nothing" in read(answer.text)
    standing = visitor.send("status", receipt=field(answer, "receipt"))
    assert "We are checking it." in standing.text


@pytest.mark.parametrize("kind", RequestKind)
def test_everything_can_be_asked(centre: Centre, visitor: Visitor, kind: RequestKind) -> None:
    life = centre.active()
    visitor.ask(code=life.code, kind=kind.value)
    (request,) = centre.persons.files.requests.in_state(RequestState.OPEN)
    assert (request.kind, request.code) == (kind, life.code)


@pytest.mark.parametrize("has_code", [True, False])
def test_a_form_sent_twice_is_one_request(centre: Centre, visitor: Visitor, has_code: bool) -> None:
    fields = {"kind": "contest", "email": "taro@example.jp", "form": field(visitor.open("ask"), "form")}
    if has_code:
        fields["code"] = centre.active().code
    first, second = visitor.ask(**fields), visitor.ask(**fields)
    assert first == second
    assert len(centre.persons.files.requests.in_state(RequestState.OPEN)) == 1


@pytest.mark.parametrize("kind", [RequestKind.CONTEST, RequestKind.ACCESS])
def test_two_presses_in_one_moment_are_one_request(centre: Centre, kind: RequestKind) -> None:
    life, form = centre.active(), new_code()

    def press(_: int) -> str:
        return centre.persons.desk.open_request(kind, "once", MAIL, life.code, form).receipt

    with ThreadPoolExecutor(4) as fingers:
        assert len(set(fingers.map(press, range(4)))) == 1
    assert len(centre.persons.files.requests.in_state(RequestState.OPEN)) == 1


def test_two_forms_are_two_requests(centre: Centre, visitor: Visitor) -> None:
    for _ in range(2):
        visitor.ask(kind="contest", email="taro@example.jp", form=field(visitor.open("ask"), "form"))
    assert len(centre.persons.files.requests.in_state(RequestState.OPEN)) == 2


def test_who_has_asked_already_is_told_so_and_loses_no_word(centre: Centre, visitor: Visitor) -> None:
    life = centre.active()
    visitor.ask(code=life.code, kind="contest")
    again = visitor.send("ask/send", code=life.code, kind="contest", text="もう一度 <b>")
    assert again.status_code == 409
    assert "this has been asked and is being checked" in read(again.text)
    assert "もう一度 &lt;b&gt;" in again.text


def test_without_a_code_the_answer_needs_an_address(centre: Centre, visitor: Visitor) -> None:
    answer = visitor.send("ask/send", kind="access", name="渡邊 😀", text="写し", phone="090")
    assert answer.status_code == 400
    assert 'id="email-error"' in answer.text
    assert all(typed in answer.text for typed in ('value="渡邊 😀"', "写し", 'value="090"'))
    assert centre.persons.files.requests.in_state(RequestState.OPEN) == []
    visitor.ask(kind="access", name="渡邊 😀", address="港区\r\n芝公園")
    (request,) = centre.persons.files.requests.in_state(RequestState.OPEN)
    assert (request.contact.name, request.contact.address) == ("渡邊 😀", "港区\n芝公園")


def test_without_a_code_nobody_is_promised_what_cannot_be_known(visitor: Visitor) -> None:
    answer = visitor.send("ask/send", kind="contest", email=MAIL.email)
    assert "From this moment" not in answer.text


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"kind": "delete everything"}, "kind"),
        ({"text": "あ" * 4_001}, "text"),
        ({"name": "花" * 101}, "name"),
        ({"email": "taro"}, "email"),
        ({"address": "港" * 501}, "address"),
        ({"phone": "0" * 501}, "phone"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_at_the_top(
    visitor: Visitor, wrong: dict[str, str], where: str
) -> None:
    answer = visitor.send("ask/send", **{"kind": "access", "email": "taro@example.jp", **wrong})
    assert answer.status_code == 400
    assert f'id="{where}-error"' in answer.text
    assert f'href="#{where}"' in answer.text
    assert where == "kind" or wrong[where] in answer.text


def test_invisible_characters_are_asked_to_be_typed_anew(visitor: Visitor) -> None:
    answer = visitor.send("ask/send", kind="access", email="taro@example.jp", text="x\x00y")
    assert answer.status_code == 400
    assert "invisible characters" in answer.text


def test_a_form_that_is_far_too_long_is_refused_on_a_page(visitor: Visitor) -> None:
    answer = visitor.send("ask/send", kind="access", text="x" * 200_000)
    assert (answer.status_code, "too long" in answer.text) == (413, True)


def test_after_many_requests_of_a_day_what_was_typed_is_still_there(visitor: Visitor) -> None:
    for _ in range(20):
        visitor.ask(kind="access", email="taro@example.jp")
    answer = visitor.send("ask/send", kind="access", email="taro@example.jp", text="21st")
    assert (answer.status_code, "21st" in answer.text) == (429, True)
    assert int(answer.headers["Retry-After"]) > 3_600


# --- how it stands, and who asks ------------------------------------------------------------------------------------


def test_two_facts_show_who_asks(centre: Centre, visitor: Visitor) -> None:
    receipt = visitor.ask(code=centre.active().code, kind="access")
    page = visitor.send("status", receipt=receipt)
    assert 'name="order_number"' in page.text
    assert "file" not in re.findall(r'type="(\w+)"', page.text)
    wrong = visitor.send("status/proof", receipt=receipt, order_number="1", amount="2")
    assert (wrong.status_code, 'value="1"' in wrong.text) == (400, True)
    shown = visitor.send("status/proof", receipt=receipt, **FACTS)
    assert (shown.status_code, "Thank you" in shown.text) == (200, True)
    assert 'name="order_number"' not in shown.text


def test_nothing_filled_in_is_no_try(centre: Centre, visitor: Visitor) -> None:
    receipt = visitor.ask(code=centre.active().code, kind="access")
    for _ in range(6):
        assert visitor.send("status/proof", receipt=receipt).status_code == 400
    assert visitor.send("status/proof", receipt=receipt, **FACTS).status_code == 200


def test_after_five_wrong_tries_the_office_helps(centre: Centre, visitor: Visitor) -> None:
    receipt = visitor.ask(code=centre.active().code, kind="access")
    for _ in range(5):
        assert visitor.send("status/proof", receipt=receipt, amount="1").status_code == 400
    answer = visitor.send("status/proof", receipt=receipt, **FACTS)
    assert (answer.status_code, "get in touch with our office" in answer.text) == (403, True)
    assert "How your request stands" in answer.text


def test_the_answer_is_read_by_the_code_of_the_request(centre: Centre, visitor: Visitor) -> None:
    receipt = visitor.ask(code=centre.active().code, kind="erase")
    (request,) = centre.persons.files.requests.in_state(RequestState.OPEN)
    centre.persons.answers.seen(request.id, "aoki")
    centre.persons.answers.overturn(request.id, "aoki", "paid")
    page = visitor.send("status", receipt=receipt)
    assert "We erased the record." in page.text
    assert "aoki" not in page.text


# --- whose forms ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_of_another_site_does_nothing(centre: Centre, visitor: Visitor, headers: dict[str, str]) -> None:
    answer = visitor.send("ask/send", headers, kind="access", email="taro@example.jp")
    assert answer.status_code == 403
    assert "not sent by a page of ours" in answer.text
    assert centre.persons.files.requests.in_state(RequestState.OPEN) == []


@pytest.mark.parametrize("sender", ["http://localhost", "https://localhost", "https://registry.example.com"])
def test_an_old_phone_behind_a_proxy_is_let_in(visitor: Visitor, sender: str) -> None:
    answer = visitor.send("ask/send", {"Origin": sender}, kind="access", email="taro@example.jp")
    assert answer.status_code == 200


def test_places_are_told_apart_behind_a_proxy_of_ours(centre: Centre) -> None:
    browser = served(centre, proxies=1).test_client()

    def tries(place: str) -> int:
        form = {"code": new_code()}
        return browser.post("/persons/record", data=form, headers={"X-Forwarded-For": place}).status_code

    assert [tries("192.0.2.7") for _ in range(21)][-1] == 429
    assert tries("192.0.2.8") == 404


# --- languages ------------------------------------------------------------------------------------------------------


def test_the_language_is_the_only_thing_a_browser_keeps(visitor: Visitor) -> None:
    answer = visitor.open("", query_string={"language": "ja"})
    assert '<html lang="ja">' in answer.text
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("language=ja;")
    assert "Path=/persons" in cookie
    assert '<html lang="ja">' in visitor.open("ask").text


def test_an_unknown_language_is_passed_over(visitor: Visitor) -> None:
    answer = visitor.open("", query_string={"language": "<b>"})
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)


def test_changing_the_language_of_a_form_sends_nothing_and_keeps_what_was_typed(
    centre: Centre, visitor: Visitor
) -> None:
    page = visitor.open("ask")
    assert 'form="filled" formaction="/persons/ask" formnovalidate' in page.text
    answer = visitor.send("ask", language="ja", kind="misuse", text="知りません", form=field(page, "form"))
    assert '<html lang="ja">' in answer.text
    assert "知りません" in answer.text
    assert field(answer, "form") == field(page, "form")
    assert centre.persons.files.requests.in_state(RequestState.OPEN) == []


def test_hard_words_are_read_out_in_japanese_and_typed_ones_left_alone(centre: Centre) -> None:
    page = Visitor(centre, "ja").send("ask", text="登録について", name="登録 花子").text
    assert "<rt>とうろく</rt>" in page
    assert ">\n登録について</textarea>" in page
    assert 'value="登録 花子"' in page
    assert "<ruby>" not in Visitor(centre, "en").open("").text


def test_furigana_stand_above_words_and_in_no_mark() -> None:
    done = furigana('<a title="登録">未登録</a><option>登録</option>')
    ruby = "<ruby>登録<rp>（</rp><rt>とうろく</rt><rp>）</rp></ruby>"
    assert done == f'<a title="登録">未{ruby}</a><option>登録</option>'


# --- what is written down -------------------------------------------------------------------------------------------


def test_a_breakdown_is_told_kindly_and_writes_down_nothing_of_the_person(
    centre: Centre, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(code: str) -> None:
        raise RuntimeError(f"cannot read {code}")

    monkeypatch.setattr(centre.persons.desk, "what_is_recorded", broken)
    code = new_code()
    with capture_logs() as lines:
        answer = visitor.send("record", code=code)
    assert (answer.status_code, "Something went wrong" in answer.text) == (500, True)
    assert lines == [{"event": "persons_page_fault", "error": "RuntimeError", "log_level": "error"}]
    assert code not in caplog.text
