"""Orders against a list: repeat orders of listed people, clean orders of others, and what lies between."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from people import contacts, places
from people.kinds import KINDS, Kind
from people.person import Person, person, population, relative
from people.writing import Written, party, rehome, write
from shopguard.model import Party

FORWARDERS = 20
_AT_FORWARDERS = 0.004  # of the entries


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry: who it is and how the reporting shop's order had it."""

    id: str
    who: Person
    written: Written
    party: Party


@dataclass(frozen=True, slots=True)
class Asked:
    """An order's party. ``entry`` is the id of the entry it truly belongs to, or of the one it resembles.

    ``case`` names the scenario, the kind of clean order or the kind of writing; ``kinds`` what was changed.
    """

    case: str
    party: Party
    entry: str
    kinds: tuple[str, ...] = ()


# --- the list ---


def listed(seed: int, count: int, kana_field: float) -> list[Listed]:
    """Return ``count`` entries; a few live at one of the forwarding companies."""
    rng = random.Random(f"list {seed}")
    depots = [_depot(rng) for _ in range(FORWARDERS)]
    made = []
    taken: set[str] = set()
    for number, who in enumerate(population(rng, count), start=1):
        while not taken.isdisjoint({contacts.mailbox(who.mail), who.mobile}):
            mail = contacts.mail(rng, who.family_kana, who.given_kana)
            who = replace(who, mail=mail, mobile=contacts.mobile(rng) if who.mobile in taken else who.mobile)
        taken |= {contacts.mailbox(who.mail), who.mobile} - {""}
        if who.is_japanese and rng.random() < _AT_FORWARDERS:
            who = replace(who, home=_at_depot(rng, rng.choice(depots)))
        written = write(rng, who, kana_field)
        made.append(Listed(f"E-{number}", who, written, party(written)))
    return made


def _depot(rng: random.Random) -> places.Home:
    home = places.home(rng)
    return replace(
        home, building=places.Building(rng.choice(("転送センター", "物流倉庫", "倉庫B棟")), "ソウコ", 1), room=""
    )


def _at_depot(rng: random.Random, depot: places.Home) -> places.Home:
    """Customers of forwarders have a number of their own where others have a room."""
    return replace(depot, room=f"{rng.choice(('TEN', 'JP', 'A'))}{rng.randint(10000, 99999)}")


# --- repeat orders ---

Scenario = Callable[[random.Random, Written, Person], Written]


def _same(rng: random.Random, w: Written, who: Person) -> Written:
    return w


def _new_mail(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, emails=(contacts.mail(rng, who.family_kana, who.given_kana),))


def _new_phone(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, phones=(contacts.hyphenated(contacts.mobile(rng)),))


def _both_new(rng: random.Random, w: Written, who: Person) -> Written:
    return _new_mail(rng, _new_phone(rng, w, who), who)


def _invented(rng: random.Random, w: Written, who: Person) -> Written:
    """The parcel must arrive and the carrier must call: the phone is mostly kept, the mail seldom."""
    w = KINDS["given name invented"].apply(rng, w, who)
    w = _new_mail(rng, w, who) if rng.random() < 0.7 else w
    return _new_phone(rng, w, who) if rng.random() < 0.2 else w


def _moved(rng: random.Random, w: Written, who: Person) -> Written:
    """Same municipality, same mobile and name; the landline goes, the mail mostly stays."""
    assert who.home is not None
    town = rng.choice(places.towns_of(who.home.town.city))
    there = replace(who, home=places.home(rng, town))
    w = rehome(rng, w, there)
    keeps_phone = bool(who.mobile) and rng.random() < 0.85
    phone = contacts.hyphenated(who.mobile if keeps_phone else contacts.mobile(rng))
    w = replace(w, phones=(phone,))
    return _new_mail(rng, w, who) if keeps_phone and rng.random() < 0.3 else w


def _no_phone(rng: random.Random, w: Written, who: Person) -> Written:
    w = replace(w, phones=())
    return _new_mail(rng, w, who) if rng.random() < 0.5 else w


SCENARIOS: Mapping[str, Scenario] = {
    "retyped carelessly": _same,
    "new mail": _new_mail,
    "new phone": _new_phone,
    "both new": _both_new,
    "given name invented": _invented,
    "moved inside the city": _moved,
    "phone missing": _no_phone,
}
_HIDDEN = {"both new", "given name invented"}
_NEEDS_JAPAN = {"given name invented", "moved inside the city"}
_CHANGES = (1, 2, 3, 4)
_OFTEN = {"writing": 1.0, "slip": 0.6, "disguise": 0.5}
_ALL = frozenset(_OFTEN)
_OPEN = frozenset({"writing", "slip"})  # for who hides already: two disguises at once leave another person
_CAREFUL = frozenset({"writing"})  # for clean orders: a mistake could turn a neighbour's number into the entry's


def repeats(seed: int, entries: Sequence[Listed], count: int) -> Iterator[Asked]:
    """Yield ``count`` orders of listed people, every scenario as often, each with one to four changes of writing."""
    rng = random.Random(f"repeats {seed}")
    names = tuple(SCENARIOS)
    for number in range(count):
        case = names[number % len(names)]
        entry = rng.choice(entries)
        while case in _NEEDS_JAPAN and not entry.who.is_japanese:
            entry = rng.choice(entries)
        yield _repeat(rng, entry, case)


def _repeat(rng: random.Random, entry: Listed, case: str) -> Asked:
    who = entry.who
    w = SCENARIOS[case](rng, _again(rng, entry), who)
    if case == "moved inside the city":
        who = replace(who, home=None)  # the kinds must not write the old home again
    w, kinds = mixed(rng, w, who, rng.choice(_CHANGES), _OPEN if case in _HIDDEN else _ALL)
    return Asked(case, party(w), entry.id, kinds)


def _again(rng: random.Random, entry: Listed) -> Written:
    """How the buyer types it in another shop: half of the time in other fields and habits, else just as before."""
    if rng.random() < 0.5:
        return entry.written
    return write(rng, entry.who)


def mixed(
    rng: random.Random, w: Written, who: Person, count: int, sorts: frozenset[str] = _ALL
) -> tuple[Written, tuple[str, ...]]:
    """Return ``w`` with ``count`` kinds that really change it, at most one mistake and one attempt to hide."""
    kinds = tuple(kind for kind in KINDS.values() if kind.sort in sorts)
    weights = [kind.weight * _OFTEN[kind.sort] for kind in kinds]
    applied: list[Kind] = []
    before = party(w)
    for _ in range(60):
        if len(applied) == count:
            break
        kind = rng.choices(kinds, weights)[0]
        if kind in applied or (kind.sort != "writing" and any(one.sort == kind.sort for one in applied)):
            continue
        changed = kind.apply(rng, w, who)
        after = party(changed)
        if after != before:
            applied.append(kind)
            w, before = changed, after
    return w, tuple(kind.name for kind in applied)


# --- each kind alone ---


def alone(seed: int, entries: Sequence[Listed], each: int) -> Iterator[Asked]:
    """Yield up to ``each`` orders per kind that differ from the entry by this kind only.

    Phone and mail are blank, so that name and address must do. For habits of writing a phone or mail the address and
    the other contact are blank, so that name and contact must do; where the contact itself is another one the address
    stays. Kinds that fit nobody in the list are left out.
    """
    for kind in KINDS.values() if each else ():
        rng = random.Random(f"alone {seed} {kind.name}")
        found = 0
        for number in rng.sample(range(len(entries)), len(entries)):
            entry = entries[number]
            w = _bared(kind, entry.written)
            changed = kind.apply(rng, w, entry.who) if entry.who.is_japanese != kind.foreign else w
            if party(changed) == party(w):
                continue
            yield Asked(kind.name, party(changed), entry.id, (kind.name,))
            found += 1
            if found == each:
                break


def _bared(kind: Kind, w: Written) -> Written:
    place = _NOWHERE if kind.sort == "writing" else {}
    if kind.group == "phone" or kind.name == "phone abroad in national form":
        return replace(w, emails=(), phones=w.phones[:1], **place)
    if kind.group == "mail":
        return replace(w, phones=(), **place)
    return replace(w, phones=w.phones if kind.name == "phone in the address" else (), emails=())


_NOWHERE: Mapping[str, object] = {
    "postal": "",
    "region": "",
    "city": "",
    "street": "",
    "town": "",
    "chome": None,
    "numbers": (),
    "building": "",
    "room": "",
    "layout": "one line",
}


# --- clean orders ---

Clean = Callable[[random.Random, Listed], tuple[Person, Written] | None]


def _write(rng: random.Random, who: Person) -> tuple[Person, Written]:
    return who, write(rng, who)


def _unrelated(rng: random.Random, entry: Listed) -> tuple[Person, Written]:
    return _write(rng, next(population(rng, 1)))


def _named_like(rng: random.Random, entry: Listed, home: places.Home) -> Person:
    """Somebody else with the same name: another number, another mailbox."""
    other = person(rng, home=home)
    return replace(
        other,
        family=entry.who.family,
        given=entry.who.given,
        family_kana=entry.who.family_kana,
        given_kana=entry.who.given_kana,
        mail=contacts.mail(rng, entry.who.family_kana, entry.who.given_kana),
    )


def _namesake_elsewhere(rng: random.Random, entry: Listed) -> tuple[Person, Written]:
    return _write(rng, _named_like(rng, entry, places.home(rng)))


def _namesake_in_town(rng: random.Random, entry: Listed) -> tuple[Person, Written] | None:
    home = _home_of(entry)
    there = places.home(rng, home.town)
    return None if there.all_numbers[:2] == home.all_numbers[:2] else _write(rng, _named_like(rng, entry, there))


def _other_room(rng: random.Random, entry: Listed) -> tuple[Person, Written] | None:
    home = _home_of(entry)
    if home.building is None or not home.room:
        return None
    room = places.room(rng, home.building)
    return None if room == home.room else _write(rng, person(rng, home=replace(home, room=room)))


def _no_room(rng: random.Random, entry: Listed) -> tuple[Person, Written] | None:
    home = _home_of(entry)
    if home.building is None:
        return None
    other = _write(rng, person(rng, home=home))
    return other[0], replace(other[1], room="")


def _same_surname(rng: random.Random, entry: Listed) -> tuple[Person, Written] | None:
    home = _home_of(entry)
    other = person(rng, home=places.home(rng, home.town))
    if (
        other.given_kana == entry.who.given_kana
        or other.home is None
        or other.home.all_numbers[:2] == home.all_numbers[:2]
    ):
        return None
    return _write(rng, replace(other, family=entry.who.family, family_kana=entry.who.family_kana))


def _next_number(rng: random.Random, entry: Listed) -> tuple[Person, Written]:
    number = entry.who.phones[0]
    near = f"{number[:-1]}{(int(number[-1]) + rng.choice((1, 9))) % 10}"
    return _write(rng, replace(person(rng), mobile=near, landline=""))


def _same_mailbox(rng: random.Random, entry: Listed) -> tuple[Person, Written] | None:
    local = entry.who.mail.partition("@")[0]
    other = f"{local}@{contacts.provider(rng)}"
    same = contacts.mailbox(other) == contacts.mailbox(entry.who.mail)
    return None if same else _write(rng, replace(person(rng), mail=other))


CLEAN: Mapping[str, Clean] = {
    "unrelated": _unrelated,
    "namesake elsewhere": _namesake_elsewhere,
    "namesake in the same town": _namesake_in_town,
    "same building, other room": _other_room,
    "same building, no room": _no_room,
    "same surname in the same town": _same_surname,
    "neighbouring phone number": _next_number,
    "same mail name, other provider": _same_mailbox,
}
FORWARDING = "forwarding address"


def clean(seed: int, entries: Sequence[Listed], count: int) -> Iterator[Asked]:
    """Yield ``count`` orders of people who are not listed, every kind as often, with up to two changes of writing."""
    rng = random.Random(f"clean {seed}")
    usual = [entry for entry in entries if entry.who.is_japanese and not is_forwarded(entry)]
    forwarded = [entry for entry in entries if is_forwarded(entry)]
    taken = _contacts(entries)
    names = (*CLEAN, FORWARDING)
    for number in range(count):
        case = names[number % len(names)]
        found = None
        while found is None:
            entry = rng.choice(forwarded if case == FORWARDING else usual)
            found = _forwarded(rng, entry) if case == FORWARDING else CLEAN[case](rng, entry)
            if found is not None and not taken.isdisjoint(_contacts_of(found[0])):
                found = None  # no two people have one number or mailbox
        who, w = found
        w, kinds = mixed(rng, w, who, rng.choice((0, 1, 2)), _CAREFUL)
        yield Asked(case, party(w), entry.id, kinds)


def _contacts(entries: Sequence[Listed]) -> frozenset[str]:
    return frozenset(contact for entry in entries for contact in _contacts_of(entry.who))


def _contacts_of(who: Person) -> tuple[str, ...]:
    return (*who.phones, contacts.mailbox(who.mail))


def is_forwarded(entry: Listed) -> bool:
    home = entry.who.home
    return home is not None and home.building is not None and home.building.kana == "ソウコ"


def _forwarded(rng: random.Random, entry: Listed) -> tuple[Person, Written]:
    return _write(rng, person(rng, home=_at_depot(rng, _home_of(entry))))


def _home_of(entry: Listed) -> places.Home:
    assert entry.who.home is not None
    return entry.who.home


# --- neither ---


def _household(rng: random.Random, entry: Listed) -> Person:
    """Another member of the household: same surname, address and landline."""
    other = relative(rng, entry.who)
    return replace(other, mobile="" if entry.who.landline and rng.random() < 0.7 else other.mobile)


def _recycled(rng: random.Random, entry: Listed) -> Person:
    """The next owner of a number."""
    return replace(person(rng), mobile=entry.who.phones[0], landline="")


APART: Mapping[str, Callable[[random.Random, Listed], Person]] = {
    "household member": _household,
    "recycled phone number": _recycled,
}


def apart(seed: int, entries: Sequence[Listed], each: int) -> Iterator[Asked]:
    """Yield ``each`` orders of household members and of next owners of a phone number."""
    rng = random.Random(f"apart {seed}")
    usual = [entry for entry in entries if entry.who.is_japanese and not is_forwarded(entry)]
    taken = _contacts(entries)
    for case, draw in APART.items():
        for _ in range(each):
            entry = rng.choice(usual)
            who = draw(rng, entry)
            while contacts.mailbox(who.mail) in taken:
                who = draw(rng, entry)
            w, kinds = mixed(rng, write(rng, who), who, rng.choice((0, 1, 2)), _CAREFUL)
            yield Asked(case, party(w), entry.id, kinds)
