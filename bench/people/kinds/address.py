"""Kinds of addresses: numerals, dashes, what is left out, old and phonetic spellings, rooms, and attempts to hide."""

import random
import re
from dataclasses import replace

from people import places
from people.former import former
from people.kinds.kind import kind
from people.person import Person
from people.romaji import hiragana, katakana, romaji
from people.words import pairs
from people.writing import Written, prefecture_romaji
from shopguard.model import Party

_HYPHENS = "‐‑‒–—−－ー―─ｰ一～ｰ·"
_RESIDENTS = ("田中様方", "佐々木様方", "鈴木方", "小林様方", "c/o Yamada")
_SIMILAR_TOWNS = pairs("look_alikes", "town")
_INSIDE = ("中島", "前田", "大門", "西原")


def _is_kanji(w: Written, who: Person) -> bool:
    return who.home is not None and bool(w.town) and w.town[0] == who.home.town.name[0] and w.layout != "romaji"


def _numbered(style: str, w: Written, who: Person) -> Written:
    fits = _is_kanji(w, who) and w.number_style != style and len(w.numbers) <= 2  # more: a room is among them
    return replace(w, number_style=style) if fits else w


# --- numbers ---


@kind("丁目番号", "address", "4丁目2番8号 in full", weight=2)
def _full(rng: random.Random, w: Written, who: Person) -> Written:
    return _numbered("full", w, who)


@kind("丁目 and hyphen", "address", "4丁目2-8", weight=2)
def _chome(rng: random.Random, w: Written, who: Person) -> Written:
    return _numbered("chome", w, who) if w.chome is not None else w


@kind("hyphens only", "address", "4-2-8", weight=2)
def _hyphens(rng: random.Random, w: Written, who: Person) -> Written:
    return _numbered("hyphen", w, who)


@kind("kanji 丁目", "address", "四丁目2-8", weight=1)
def _kanji_chome(rng: random.Random, w: Written, who: Person) -> Written:
    return _numbered("kanji chome", w, who) if w.chome is not None else w


@kind("kanji numerals", "address", "四丁目二番八号, 二十四番地", weight=0.7)
def _kanji_full(rng: random.Random, w: Written, who: Person) -> Written:
    return _numbered(rng.choice(("kanji full", "kanji hyphen", "kanji digits")), w, who)


@kind("番地", "address", "2335番地4, 2335番地の4", weight=1)
def _banchi(rng: random.Random, w: Written, who: Person) -> Written:
    return _numbered(rng.choice(("banchi", "banchi no")), w, who)


@kind("の between numbers", "address", "4の2の8", weight=0.7)
def _no(rng: random.Random, w: Written, who: Person) -> Written:
    return _numbered("no", w, who)


@kind("spaces between numbers", "address", "4 2 8", weight=0.3)
def _spaces(rng: random.Random, w: Written, who: Person) -> Written:
    return _numbered("spaces", w, who) if len(w.numbers) > 1 else w


@kind("other dashes", "address", "any of a dozen dashes and the long vowel mark for a hyphen", weight=3)
def _dashes(rng: random.Random, w: Written, who: Person) -> Written:
    if not _is_kanji(w, who) or len(w.numbers) < 2 or w.number_style not in ("hyphen", "chome", "kanji chome"):
        return w
    return replace(w, hyphen=rng.choice(_HYPHENS))


@kind("numbers in full width", "address", "４－２－８", weight=3)
def _wide(rng: random.Random, w: Written, who: Person) -> Written:
    def change(party: Party) -> Party:
        wide = {code: code + 0xFEE0 for code in (*range(0x30, 0x3A), 0x2D)}
        return replace(party, lines=tuple(line.translate(wide) for line in party.lines))

    return replace(w, finish=(*w.finish, change))


@kind("last number falsified", "address", "the house number a little off", "disguise", 0.3)
def _falsified(rng: random.Random, w: Written, who: Person) -> Written:
    if len(w.numbers) != 2:
        return w
    block, house = w.numbers
    return replace(w, numbers=(block, house + rng.choice((-2, -1, 1, 2, 3) if house > 2 else (1, 2, 3))))


@kind("last number dropped", "address", "block without house number", "slip", 0.3)
def _last_dropped(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, numbers=w.numbers[:1]) if len(w.numbers) == 2 and w.chome is not None else w


# --- prefecture, city, town ---


@kind("prefecture left out", "address", "starting with the city", weight=2)
def _no_prefecture(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, region="")


@kind("city of the ward left out", "address", "浦和区 without さいたま市, 中央区 without 札幌市", weight=0.5)
def _no_city(rng: random.Random, w: Written, who: Person) -> Written:
    if who.home is None or w.city != who.home.town.city:
        return w
    parts = places.city_parts(who.home.town)
    return replace(w, city=parts[1][0]) if len(parts) == 2 and parts[0][0].endswith("市") else w


@kind("district left out", "address", "瑞穂町 without 西多摩郡", weight=1)
def _no_district(rng: random.Random, w: Written, who: Person) -> Written:
    if who.home is None or w.city != who.home.town.city:
        return w
    parts = places.city_parts(who.home.town)
    return replace(w, city=parts[1][0]) if len(parts) == 2 and parts[0][0].endswith("郡") else w


@kind("ward left out", "address", "札幌市 without its ward", weight=0.5)
def _no_ward(rng: random.Random, w: Written, who: Person) -> Written:
    if who.home is None or w.city != who.home.town.city:
        return w
    parts = places.city_parts(who.home.town)
    return replace(w, city=parts[0][0]) if len(parts) == 2 and parts[0][0].endswith("市") else w


@kind("spaces in the address", "address", "prefecture, city, town and numbers set apart by spaces", weight=2)
def _apart(rng: random.Random, w: Written, who: Person) -> Written:
    if not _is_kanji(w, who):
        return w
    city = (
        " ".join(part for part, _ in places.city_parts(who.home.town))
        if who.home and w.city == who.home.town.city
        else w.city
    )
    return replace(
        w,
        region=w.region + " " if w.layout in ("one line", "two lines") else w.region,
        city=city + " ",
        town=w.town + " ",
    )


@kind("大字", "address", "大字 or 字 in front of the town", weight=0.7)
def _oaza(rng: random.Random, w: Written, who: Person) -> Written:
    if not _is_kanji(w, who) or w.chome is not None:
        return w
    return replace(w, town=rng.choice(("大字", "大字", "字")) + w.town)


@kind("字 dropped", "address", "the small place inside the town left out", weight=1)
def _no_aza(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, town=w.town.split("字")[0]) if who.home and who.home.aza and "字" in w.town[1:] else w


@kind("字 as a name alone", "address", "the small place without the word 字", weight=0.7)
def _bare_aza(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, town=w.town.replace("字", "", 1)) if who.home and who.home.aza and "字" in w.town[1:] else w


@kind("字 added", "address", "a small place that others leave out", weight=0.4)
def _aza_added(rng: random.Random, w: Written, who: Person) -> Written:
    if who.home is None or who.home.aza or not who.home.town.has_aza or not _is_kanji(w, who):
        return w
    return replace(w, town=f"{w.town}字{rng.choice(_INSIDE)}")


@kind("ヶ, ケ, が", "address", "箱根ヶ崎, 箱根ケ崎, 箱根が崎", weight=2)
def _ke(rng: random.Random, w: Written, who: Person) -> Written:
    small = re.search("[ヶケがガ](?=[一-鿿])", w.town)
    if small is None:
        return w
    return replace(w, town=w.town.replace(small[0], rng.choice([c for c in "ヶケがガ" if c != small[0]]), 1))


@kind("の, ノ, 之", "address", "三ノ宮, 三の宮, 三之宮; ツ and つ", weight=1.5)
def _particles(rng: random.Random, w: Written, who: Person) -> Written:
    for group in ("のノ之", "ツつッ"):
        if found := re.search(f"[{group}]", w.town):
            return replace(w, town=w.town.replace(found[0], rng.choice([c for c in group if c != found[0]]), 1))
    return w


@kind("former municipality", "address", "the city or town before a merger: 浦和市, 員弁郡員弁町", weight=0.7)
def _former(rng: random.Random, w: Written, who: Person) -> Written:
    before = former(w.city, w.town)
    return replace(w, city=before[0], town=before[1]) if before else w


@kind("Kyoto street added", "address", "寺町通御池上る before the town", weight=0.7)
def _street_added(rng: random.Random, w: Written, who: Person) -> Written:
    if who.home is None or not who.home.town.is_kyoto_centre or w.street or not _is_kanji(w, who):
        return w
    return replace(
        w,
        street=rng.choice(
            ("烏丸通四条下る", "寺町通御池上る", "室町通三条上ル", "新町通丸太町下ル", "四条通大宮西入る")
        ),
    )


@kind("Kyoto street dropped", "address", "the street phrase left out", weight=1)
def _street_dropped(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, street="")


@kind("Kyoto street spelt differently", "address", "上ル, 上がる, 東入ル", weight=1)
def _street_spelt(rng: random.Random, w: Written, who: Person) -> Written:
    if not w.street:
        return w
    turns = (("上る", "上ル"), ("上る", "上がる"), ("下る", "下ル"), ("東入", "東入ル"), ("西入", "西入る"))
    fit = [turn for turn in turns if w.street.endswith(turn[0])]
    return replace(w, street=w.street.removesuffix(fit[0][0]) + rng.choice(fit)[1]) if fit else w


@kind("grid form", "address", "北1条西2丁目 as 北1西2 or 北1条西2", weight=1)
def _grid(rng: random.Random, w: Written, who: Person) -> Written:
    found = re.fullmatch("(北|南|東|西)?([一二三四五六七八九十]+)条(東|西|南|北)?", w.town)
    if found is None or w.chome is None or w.number_style == "grid":
        return w
    number = _kanji_value(found[2])
    mark = rng.choice(("", "条")) if found[1] and found[3] else "条"
    tail = rng.choice(("", "丁目")) if mark else ""
    end = " " if not tail else ""
    return replace(
        w, town=f"{found[1] or ''}{number}{mark}{found[3] or ''}{w.chome}{tail}{end}", chome=None, number_style="grid"
    )


def _kanji_value(text: str) -> int:
    tens, has_ten, ones = text.rpartition("十")
    digits = "〇一二三四五六七八九"
    return (digits.index(tens) if tens else 1 if has_ten else 0) * 10 + (digits.index(ones) if ones else 0)


@kind("kana address", "address", "city and town in kana", weight=0.7)
def _kana(rng: random.Random, w: Written, who: Person) -> Written:
    if not _is_kanji(w, who) or who.home is None or w.town != who.home.town.name:
        return w
    town = who.home.town
    write = rng.choice((katakana, hiragana))
    return replace(w, city=write(town.city_kana), town=write(town.name_kana), street="")


@kind("kana town", "address", "the town alone in kana", weight=0.7)
def _kana_town(rng: random.Random, w: Written, who: Person) -> Written:
    if not _is_kanji(w, who) or who.home is None or w.town != who.home.town.name:
        return w
    return replace(w, town=rng.choice((katakana, hiragana))(who.home.town.name_kana))


@kind("romaji address", "address", "4-2-8 Shibakoen, Minato-ku, Tokyo", weight=0.6)
def _romaji(rng: random.Random, w: Written, who: Person) -> Written:
    if who.home is None or not _is_kanji(w, who):
        return w
    home = who.home
    city = ", ".join(_latin_city(part, kana) for part, kana in reversed(places.city_parts(home.town)))
    return replace(
        w,
        region=prefecture_romaji(home.town.prefecture_kana, home.town.prefecture),
        city=city,
        town=romaji(home.town.name_kana).capitalize(),
        building=romaji(home.building.kana).capitalize() if home.building and w.building else "",
        street="",
        layout="romaji",
    )


def _latin_city(name: str, kana: str) -> str:
    ends = {"市": ("シ",), "区": ("ク",), "郡": ("グン",), "町": ("チョウ", "マチ"), "村": ("ムラ", "ソン")}
    for end in ends[name[-1]]:
        if kana.endswith(end):
            return f"{romaji(kana.removesuffix(end)).capitalize()}-{romaji(end, long='dropped')}"
    return romaji(kana).capitalize()


@kind("town misspelt", "address", "one character of the town replaced by one that looks or sounds alike", "slip", 0.7)
def _misspelt(rng: random.Random, w: Written, who: Person) -> Written:
    if not _is_kanji(w, who):
        return w
    places_ = [at for at, c in enumerate(w.town) if c in _SIMILAR_TOWNS]
    if not places_:
        return w
    at = rng.choice(places_)
    return replace(w, town=w.town[:at] + _SIMILAR_TOWNS[w.town[at]] + w.town[at + 1 :])


@kind("町 dropped or added", "address", "the last 町 of the town left out or put behind it", "slip", 0.7)
def _machi(rng: random.Random, w: Written, who: Person) -> Written:
    if not _is_kanji(w, who) or len(w.town) < 2:
        return w
    return replace(w, town=w.town[:-1] if w.town.endswith("町") else w.town + "町")


@kind("city twice", "address", "the city in its own field and again in the lines", weight=0.7)
def _twice(rng: random.Random, w: Written, who: Person) -> Written:
    if w.layout in ("one line", "two lines", "romaji", "abroad"):
        return w
    return replace(w, street=rng.choice((w.city, w.region + w.city)) + w.street)


# --- building and room ---


@kind("building dropped", "address", "the building left out, the room kept: 4-2-8-101", weight=2)
def _no_building(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, building="", room_style="plain") if w.building and w.room else w


@kind("building and room dropped", "address", "nothing behind the house number", weight=1)
def _no_door(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, building="", room="") if w.building else w


@kind("building renamed", "address", "another name for the same building", "disguise", 0.5)
def _renamed(rng: random.Random, w: Written, who: Person) -> Written:
    if not w.building:
        return w
    return replace(
        w,
        building=rng.choice(("マンション", "アパート", "ハイツ", f"{w.family}マンション", "メゾン青葉", "旭コーポ")),
    )


@kind("building misspelt", "address", "one character of the building wrong, doubled or missing", "slip", 1)
def _building_misspelt(rng: random.Random, w: Written, who: Person) -> Written:
    if len(w.building) < 4:
        return w
    at = rng.randrange(1, len(w.building) - 1)
    return replace(w, building=w.building[:at] + rng.choice(("", w.building[at] * 2, "ー")) + w.building[at + 1 :])


@kind("building in Latin letters", "address", "Parkside for パークサイド", weight=0.4)
def _latin_building(rng: random.Random, w: Written, who: Person) -> Written:
    if not w.building or who.home is None or who.home.building is None or w.layout == "romaji":
        return w
    return replace(w, building=romaji(who.home.building.kana).capitalize(), room_style="spaced")


@kind("room dropped", "address", "the building without the room", weight=1)
def _no_room(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, room="") if w.room and w.building else w


@kind("room glued", "address", "the room as a further number, the building behind it: 12-3-203 東京ハイツ", weight=1)
def _glued(rng: random.Random, w: Written, who: Person) -> Written:
    if not w.building or not w.room.isdigit() or w.number_style not in ("hyphen", "chome") or len(w.numbers) > 2:
        return w
    return replace(w, numbers=(*w.numbers, int(w.room)), room="")


@kind("号室", "address", "101号室 or 101号 for 101, and back", weight=2)
def _go(rng: random.Random, w: Written, who: Person) -> Written:
    if not w.room or w.layout == "romaji" or not w.building:
        return w
    return replace(w, room_style=rng.choice([s for s in ("plain", "号室", "号", "spaced") if s != w.room_style]))


@kind("room with sign", "address", "#101, Room 101, full width, の101", weight=0.7)
def _sign(rng: random.Random, w: Written, who: Person) -> Written:
    if not w.room or w.layout == "romaji" or not w.building:
        return w
    return replace(w, room_style=rng.choice(("#", "Room", "full width", "no")))


@kind("floor added", "address", "1F or 1階 before the room", weight=0.5)
def _floor(rng: random.Random, w: Written, who: Person) -> Written:
    if len(w.room) < 3 or not w.room.isdigit() or not w.building:
        return w
    return replace(w, floor=rng.choice((f"{w.room[:-2]}F", f"{w.room[:-2]}階")), room_style="spaced")


@kind("room moved to the front", "address", "101号室 before the building", weight=0.3)
def _room_first(rng: random.Random, w: Written, who: Person) -> Written:
    return (
        replace(w, building=f"{w.room}号室 {w.building}", room="")
        if w.room and w.building and w.layout != "romaji"
        else w
    )


@kind("care of", "address", "田中様方 behind the address", "disguise", 0.4)
def _care_of(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, care_of=rng.choice(_RESIDENTS)) if w.layout not in ("romaji", "abroad") else w


# --- postal code and fields ---


@kind("postal code missing", "address", "no postal code", weight=1)
def _no_postal(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, postal="")


@kind("postal code wrong", "address", "one digit of the postal code wrong", "slip", 0.7)
def _wrong_postal(rng: random.Random, w: Written, who: Person) -> Written:
    if who.home is None or len(w.postal) < 7:
        return w
    at = rng.choice([at for at, c in enumerate(w.postal) if c.isdigit()])
    return replace(w, postal=f"{w.postal[:at]}{(int(w.postal[at]) + rng.randint(1, 9)) % 10}{w.postal[at + 1 :]}")


@kind("postal code in the text", "address", "〒105-0011 in front of the address, in one line", weight=0.7)
def _postal_in_text(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, layout="postal in text") if w.postal and _is_kanji(w, who) else w


@kind("postal code with its sign", "address", "〒 and spaces in the field", weight=0.7)
def _postal_sign(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, postal=f"〒{w.postal.replace('-', rng.choice((' ', '－', 'ー', '')))}") if w.postal else w


@kind("all in one line", "address", "prefecture to room in one line", weight=2)
def _one_line(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, layout="one line") if _is_kanji(w, who) else w


@kind("all in city", "address", "the whole address in the field for the city", weight=0.7)
def _all_in_city(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, layout="all in city") if _is_kanji(w, who) else w


@kind("town in city", "address", "the town in the field for the city", weight=1)
def _town_in_city(rng: random.Random, w: Written, who: Person) -> Written:
    if not _is_kanji(w, who) or w.layout in ("one line", "two lines"):
        return w
    return replace(w, layout="town in city")


@kind("lines reordered", "address", "the building in the first line", weight=0.5)
def _reordered(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, layout="lines reversed") if w.building and _is_kanji(w, who) else w


@kind("another platform", "address", "the same address in another platform's fields", weight=2)
def _platform(rng: random.Random, w: Written, who: Person) -> Written:
    if not _is_kanji(w, who):
        return w
    return replace(w, layout=rng.choice(("shopify", "woocommerce", "rakuten", "two lines", "one line")))


@kind("note in the address", "address", "a word to the carrier behind the address: 置き配希望", weight=0.5)
def _note(rng: random.Random, w: Written, who: Person) -> Written:
    if w.layout in ("romaji", "abroad"):
        return w
    return replace(
        w,
        care_of=rng.choice(("置き配希望", "※不在時は宅配ボックスへ", "午前中希望", "(表札なし)", "オートロックなし")),
    )


@kind("company in the address", "address", "a firm or its floor behind the address", weight=0.5)
def _firm(rng: random.Random, w: Written, who: Person) -> Written:
    if w.layout in ("romaji", "abroad"):
        return w
    return replace(
        w, care_of=rng.choice(("株式会社青空商会", "(株)みどり食品 総務部", "青葉クリニック内", "カフェ木もれ日 2F"))
    )


@kind("phone in the address", "address", "the phone number behind the address", weight=0.2)
def _phone_behind(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, care_of=f"TEL {w.phones[0]}") if w.phones and w.layout not in ("romaji", "abroad") else w
