"""Foreign residents' names, and people who live abroad."""

import random
from dataclasses import dataclass

from people.words import words

_ORIGINS = {"chinese": 4, "korean": 2, "vietnamese": 2, "western": 2}


@dataclass(frozen=True, slots=True)
class ForeignName:
    """``kanji`` is empty where there are none; ``kana`` as a Japanese shop writes it."""

    latin: str
    kanji: str
    kana: str


def foreign_name(rng: random.Random, origin: str) -> tuple[ForeignName, ForeignName, str]:
    """Return family name, given name and middle name of somebody of this origin."""
    table = words("foreign_names")
    family, given = (ForeignName(*rng.choice(table[f"{origin} {part}"])) for part in ("family", "given"))
    middles = table.get(f"{origin} middle")
    if middles is None or (origin == "western" and rng.random() < 0.6):
        return family, given, ""
    return family, given, rng.choice(middles)[0]


def origin(rng: random.Random) -> str:
    return rng.choices(tuple(_ORIGINS), tuple(_ORIGINS.values()))[0]


@dataclass(frozen=True, slots=True)
class HomeAbroad:
    """``phone`` in international form; ``unit`` may be empty."""

    country: str
    house: str
    street: str
    unit: str
    city: str
    region: str
    postal: str
    phone: str


_STREETS = {
    "US": (
        "Maple Street",
        "Oak Avenue",
        "Cedar Road",
        "Washington Boulevard",
        "Lake Drive",
        "2nd Street",
        "Sunset Lane",
    ),
    "CA": ("King Street West", "Granville Street", "Elgin Avenue", "Birch Road"),
    "GB": ("Church Road", "Station Road", "Victoria Street", "High Street", "Mill Lane"),
    "AU": ("George Street", "Collins Street", "Beach Road", "Park Avenue"),
    "SG": ("Orchard Road", "Bukit Timah Road", "Jurong East Street 13"),
    "HK": ("Nathan Road", "Queen's Road Central", "Hennessy Road"),
    "TW": ("Zhongxiao East Road", "Minsheng Road", "Xinyi Road"),
    "DE": ("Hauptstraße", "Bahnhofstraße", "Goethestraße", "Lindenweg"),
    "FR": ("rue de la République", "avenue Victor Hugo", "boulevard Voltaire"),
}
_CITIES = {
    "US": (
        ("Springfield", "IL", "62704", "+1217"),
        ("Portland", "OR", "97205", "+1503"),
        ("Brooklyn", "NY", "11201", "+1718"),
    ),
    "CA": (("Toronto", "ON", "M5V 2T6", "+1416"), ("Vancouver", "BC", "V6B 1A1", "+1604")),
    "GB": (("London", "", "SW1A 2AA", "+4420"), ("Leeds", "", "LS1 4DY", "+44113")),
    "AU": (("Sydney", "NSW", "2000", "+612"), ("Melbourne", "VIC", "3000", "+613")),
    "SG": (("Singapore", "", "238823", "+65"),),
    "HK": (("Hong Kong", "Kowloon", "", "+852"),),
    "TW": (("Taipei", "", "106", "+8862"), ("Taichung", "", "403", "+8864")),
    "DE": (("Berlin", "", "10115", "+4930"), ("München", "", "80331", "+4989")),
    "FR": (("Paris", "", "75011", "+331"), ("Lyon", "", "69003", "+334")),
}


def home_abroad(rng: random.Random) -> HomeAbroad:
    country = rng.choices(tuple(_STREETS), (8, 2, 3, 2, 2, 3, 4, 2, 2))[0]
    city, region, postal, code = rng.choice(_CITIES[country])
    digits = 7 if country in ("US", "CA") or code == "+44113" else 8
    return HomeAbroad(
        country,
        str(rng.randint(1, 2500)),
        rng.choice(_STREETS[country]),
        rng.choice(("", "", f"{rng.randint(1, 40)}{rng.choice('ABCD')}", str(rng.randint(101, 1508)))),
        city,
        region,
        postal,
        code + str(rng.randint(2 * 10 ** (digits - 1), 9 * 10 ** (digits - 1))),
    )
