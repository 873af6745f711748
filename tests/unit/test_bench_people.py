"""The benchmark's invented people: nobody is measured with data that says something else than intended."""

import random
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "bench"))

from people import contacts, places
from people.kinds import KINDS
from people.orders import SCENARIOS, Listed, alone, clean, listed, repeats
from people.person import person, population, relative
from people.places import PREFECTURES, Home, Town
from people.romaji import romaji
from people.writing import Written, kanji_number, party, write


@pytest.fixture(scope="module")
def entries() -> list[Listed]:
    return listed(7, 1500, 0.7)


def test_the_same_seed_gives_the_same_list_and_orders(entries: list[Listed]) -> None:
    assert [entry.party for entry in listed(7, 1500, 0.7)] == [entry.party for entry in entries]
    assert list(repeats(7, entries, 50)) == list(repeats(7, entries, 50))


def test_common_surnames_are_drawn_as_often_as_they_are_borne() -> None:
    rng = random.Random(1)
    drawn = Counter(one.family for one in population(rng, 8000))
    assert 0.008 < drawn["佐藤"] / 8000 < 0.025  # about 1.5 %
    assert sum(count == 1 for count in drawn.values()) > 500  # the long tail


def test_people_live_in_every_prefecture_and_most_in_the_cities() -> None:
    rng = random.Random(1)
    drawn = Counter(places.draw_town(rng).prefecture for _ in range(20_000))
    assert set(drawn) == set(PREFECTURES)
    assert drawn["東京都"] > 10 * drawn["鳥取県"]


def test_there_are_at_least_forty_kinds_each_with_a_plain_description() -> None:
    assert len(KINDS) >= 40
    assert all(kind.says for kind in KINDS.values())
    assert {kind.group for kind in KINDS.values()} == {"text", "name", "address", "phone", "mail", "foreign"}


def test_every_kind_alone_changes_what_is_written_and_nothing_else_is_asked(entries: list[Listed]) -> None:
    asked = list(alone(7, entries, 2))
    by_id = {entry.id: entry for entry in entries}
    assert {one.case for one in asked} >= {name for name, kind in KINDS.items() if not kind.foreign} - _RARE
    assert all(one.party != by_id[one.entry].party for one in asked)
    written = [one for one in asked if KINDS[one.case].group in ("text", "name", "address")]
    assert not any(one.party.emails for one in written)
    assert not any(one.party.phones for one in written if one.case != "phone in the address")


_RARE = {"Kyoto street added", "Kyoto street dropped", "Kyoto street spelt differently", "字 added"}  # few live there


def test_repeat_orders_have_one_to_four_changes_in_every_scenario(entries: list[Listed]) -> None:
    orders = list(repeats(7, entries, 210))
    assert {one.case for one in orders} == set(SCENARIOS)
    assert all(1 <= len(one.kinds) <= 4 for one in orders)


def test_an_order_without_phone_has_none(entries: list[Listed]) -> None:
    assert not any(one.party.phones for one in repeats(7, entries, 210) if one.case == "phone missing")


def test_nobody_unlisted_has_a_listed_mailbox(entries: list[Listed]) -> None:
    taken = {contacts.mailbox(entry.who.mail) for entry in entries}
    plain = [one.party.emails[0] for one in clean(7, entries, 270) if not one.kinds]
    assert plain
    assert not any(contacts.mailbox(mail) in taken for mail in plain)


def test_a_relative_shares_surname_home_and_landline_and_is_somebody_else() -> None:
    rng = random.Random(3)
    one = person(rng)
    other = relative(rng, one)
    assert (other.family, other.home, other.landline) == (one.family, one.home, one.landline)
    assert other.given_kana != one.given_kana
    assert other.mail != one.mail


def _minato() -> Written:
    town = Town("東京都", "トウキョウト", "港区", "ミナトク", "芝公園", "シバコウエン", "1050011", True, False)
    building = places.Building("東京ハイツ", "トウキョウハイツ", 3)
    who = person(random.Random(1), home=Home(town, 4, (2, 8), building=building, room="101"))
    return write(random.Random(1), who, layout="one line")


@pytest.mark.parametrize(
    ("style", "seen"),
    [
        ("hyphen", "東京都港区芝公園4-2-8 "),
        ("full", "東京都港区芝公園4丁目2番8号 "),
        ("kanji full", "東京都港区芝公園四丁目二番八号 "),
        ("no", "東京都港区芝公園4の2の8 "),
    ],
)
def test_block_numbers_are_written_in_the_usual_styles(style: str, seen: str) -> None:
    assert party(replace(_minato(), number_style=style)).lines[0].startswith(seen)


def test_a_room_without_its_building_hangs_on_the_numbers() -> None:
    assert (
        party(replace(_minato(), building="", number_style="hyphen", room_style="plain"))
        .lines[0]
        .endswith("4-2-8-101")
    )


@pytest.mark.parametrize(
    ("kana", "system", "long", "seen"),
    [
        ("おおの", "hepburn", "dropped", "ono"),
        ("おおの", "hepburn", "oh", "ohno"),
        ("けんいち", "hepburn", "dropped", "kenichi"),
        ("つちや", "kunrei", "kept", "tutiya"),
        ("じゅんいち", "kunrei", "kept", "zyuniti"),
        ("きょうこ", "hepburn", "dropped", "kyoko"),
        ("いのうえ", "hepburn", "dropped", "inoue"),
        ("おおうち", "hepburn", "dropped", "ouchi"),
        ("はっとり", "hepburn", "dropped", "hattori"),
        ("しょうた", "hepburn", "kept", "shouta"),
    ],
)
def test_names_are_romanized_as_people_do(kana: str, system: str, long: str, seen: str) -> None:
    assert romaji(kana, system, long) == seen


def test_numbers_are_written_in_kanji_as_spoken() -> None:
    assert [kanji_number(n) for n in (4, 10, 24, 105, 2335)] == ["四", "十", "二十四", "百五", "二千三百三十五"]
