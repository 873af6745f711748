"""What a person does with the code of a letter, over the public JSON API; and what members see of each other."""

import json

import pytest

from .association import PERSONS, Association, eventually
from .invented import party, unpaid

pytestmark = pytest.mark.timeout(600)  # dozens of commands, each a process of its own


@pytest.fixture(scope="module")
def listed(shared: Association) -> tuple[str, str]:
    """A report whose person was sent a letter, and the code in it; not served yet."""
    report = shared.file("shop-a", unpaid(700))
    shared.centre.run("registry", "office", "take", report)
    shared.accept(report)
    return report, shared.send_notice()


def test_a_code_shows_what_is_recorded_and_not_whom_or_by_whom(shared: Association, listed: tuple[str, str]) -> None:
    answered = shared.person("look", code=listed[1].lower().replace("-", " "))
    told = answered.text
    assert answered.json()["category"] == "unpaid"
    for hidden in (
        party(700)["name"],
        party(700)["phones"][0],
        party(700)["emails"][0],
        "shop-a",
        "12800",
        listed[0],
    ):
        assert hidden not in told
    assert answered.headers["Cache-Control"] == "no-store"
    assert "noindex" in answered.headers["X-Robots-Tag"]


def test_a_wrong_code_tells_nothing(shared: Association, listed: tuple[str, str]) -> None:
    code = listed[1]
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    answered = shared.person("look", code=wrong)
    assert answered.status_code == 404
    assert answered.json()["code"] == "not_found"
    assert shared.person("look", code="<script>alert(1)</script>").status_code in (400, 404)
    assert shared.person("look", code="").status_code in (400, 404)
    assert shared.person("look", code=party(700)["name"]).status_code in (400, 404)


def test_codes_are_no_part_of_an_address(shared: Association) -> None:
    described = shared.person("look", code="x").url.removesuffix("look") + "openapi.json"
    import requests

    paths = requests.get(described, timeout=10).json()["paths"]
    assert paths
    assert not [path for path in paths if "{" in path]
    assert all(path.startswith(PERSONS) for path in paths)


@pytest.mark.parametrize("kind", ["contest", "correct", "stop", "erase", "misuse", "access"])
def test_scripts_in_what_a_person_writes_come_to_the_office_as_text(shared: Association, kind: str) -> None:
    contact = {"name": "<b>x</b>", "email": "<script>@example.jp"}
    answered = shared.person(
        "requests", kind=kind, code=None, text="<script>alert(1)</script>\x1b[2J", contact=contact
    )
    assert answered.status_code in (200, 400), answered.text
    if answered.status_code == 200:
        shown = shared.centre.run("registry", "persons", "show", answered.json()["request"])
        assert "\x1b" not in shown


def test_texts_too_long_or_of_another_kind_are_refused(shared: Association, listed: tuple[str, str]) -> None:
    assert shared.person("requests", kind="contest", code=listed[1], text="長" * 200_000).status_code in (400, 413)
    assert shared.person("requests", kind="delete everything", code=listed[1]).status_code == 400
    assert shared.person("look", code=listed[1]).json()["state"] == "pending"


def test_a_copy_goes_only_to_who_shows_who_they_are(shared: Association, listed: tuple[str, str]) -> None:
    _, code = listed
    asked = shared.person("requests", kind="access", code=code, contact={"email": party(700)["emails"][0]}).json()
    early = shared.centre.try_to("registry", "persons", "answer", "disclose", asked["request"])
    assert early.returncode == 1, "nobody knows yet who asks"
    wrong = {"amount": "9999", "order_number": "#1"}
    tried = shared.person("requests/proof", receipt=asked["receipt"], facts=wrong)
    assert tried.status_code == 403 or tried.json()["proven"] is False
    right = {"amount": "１２，８００円", "order_number": "700"}
    shown = shared.person("requests/proof", receipt=asked["receipt"], facts=right)
    assert shown.status_code == 200, shown.text
    assert shown.json()["proven"] is True
    shared.centre.run("registry", "persons", "answer", "disclose", asked["request"])
    number = str(next(each["number"] for each in shared.letters() if each["what"] == "disclosed"))
    letter = shared.centre.run("registry", "persons", "letter", number)
    assert party(700)["phones"][0] in letter or party(700)["name"] in letter
    assert "shop-a" not in letter


def test_who_looked_is_a_part_of_the_copy(running: Association) -> None:
    _, entry, code = running.list_now("shop-a", unpaid(710))
    running.searched("shop-b", phone=party(710)["phones"][0], email=party(710)["emails"][0], case="受注 #88 の確認")
    assert running.matches("shop-c", 710)
    looks = json.dumps(running.office("looks", entry))
    assert "shop-b" in looks
    assert "shop-c" in looks
    asked = running.person("requests", kind="access", code=code).json()
    right = {"amount": "12800", "phone_end": party(710)["phones"][0][-4:]}
    assert running.person("requests/proof", receipt=asked["receipt"], facts=right).json()["proven"] is True
    running.centre.run("registry", "persons", "answer", "disclose", asked["request"])
    number = str(next(each["number"] for each in running.letters() if each["what"] == "disclosed"))
    letter = running.centre.run("registry", "persons", "letter", number)
    assert "検索" in letter or "照会" in letter
    assert "shop-b" not in letter
    assert "受注 #88" not in letter


def test_a_misused_name_is_protected_and_accuses_nobody(running: Association) -> None:
    _, _, code = running.list_now("shop-a", unpaid(720))
    asked = running.person("requests", kind="misuse", code=code, text="注文していません。").json()
    assert not running.matches("shop-b", 720)
    running.centre.run(
        "registry", "persons", "answer", "protect", asked["request"], "--reason", "本人の注文ではありません。"
    )
    eventually(lambda: running.state(code) == "erased", "the entry is no more")
    verdict = running.screened("shop-b", 720)
    assert verdict["verdict"] != "hold"
    told = json.dumps(verdict, ensure_ascii=False)
    assert "unpaid" not in told
    assert "confirm_by_phone" in told


def test_a_search_needs_a_case_and_one_detail_opens_nothing(running: Association) -> None:
    running.list_now("shop-a", unpaid(730))
    phone, email = party(730)["phones"][0], party(730)["emails"][0]
    assert running.shops["shop-b"].try_to("search", "--phone", phone).returncode == 2
    assert running.shops["shop-b"].try_to("search", "--phone", phone, "--case", " ").returncode in (1, 2)
    assert running.shops["shop-b"].try_to("search", "--case", "受注 #1").returncode in (1, 2)
    one = json.dumps(running.searched("shop-b", phone=phone, case="受注 #1"))
    assert "unpaid" not in one
    two = json.dumps(running.searched("shop-b", phone=phone, email=email, case="受注 #2"))
    assert "unpaid" in two
    for hidden in (party(730)["name"], party(730)["lines"][0], "12800", "shop-a"):
        assert hidden not in two
    alone = running.shops["shop-b"].try_to("search", "--name", party(730)["name"], "--case", "受注 #3")
    assert (alone.returncode, alone.stdout) == (2, "")
