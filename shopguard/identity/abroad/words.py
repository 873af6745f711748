"""Words of Latin addresses: kinds of streets, directions, units, states, and letters without their marks."""

import re
import unicodedata

from shopguard.identity.text import fold

_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h"})
_GERMAN = frozenset({"DE", "AT", "CH", "LI"})
_RUE = frozenset({"FR", "BE", "LU", "PT", "BR"})
_UMLAUT = re.compile("(?<=[aou])e(?=[^aeiou]|$)")

_KINDS = """
street st str strt road rd avenue ave av aven avn lane ln drive dr drv boulevard blvd boul bd bvd place pl plc court
ct crt crescent cres cr terrace ter terr tce close cl way wy square sq circle cir highway hwy parkway pkwy pky
trail trl gardens gdns grove gr gv mews row walk alley aly loop plaza plz turnpike tpke expressway expy
strasse stra straat weg allee platz gasse ring ufer
rue chemin chem ch allees impasse imp quai route rte cours passage
via viale vle piazza pza piazzale corso vicolo largo strada
calle cl c avenida avda avd carrera cra paseo pso camino travesia ronda rambla
rua praca travessa estrada alameda
ulica ul ulitsa prospekt al aleja
gata gatan gade vej vagen veien katu tie
jalan jln lorong soi thanon duong pho lu jie dadao xiang hutong ro gil daero
"""
STREET_KINDS = frozenset(_KINDS.split())
_COMPOUND_KIND = re.compile("(?<=[a-z]{3})(?:strasse|str|straat)$")
_SMALL = """
the of de la le les du des d l del della dello dei degli di da do dos das al el los las van den der von zu zum zur am
an im saint sainte st ste no nr num numero house casa
"""
SMALL_WORDS = frozenset(_SMALL.split())
_SAME = {
    "north": "n", "south": "s", "east": "e", "west": "w", "nord": "n", "sud": "s", "ost": "e", "est": "e",
    "ouest": "w", "northeast": "ne", "northwest": "nw", "southeast": "se", "southwest": "sw",
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th",
    "seventh": "7th", "eighth": "8th", "ninth": "9th", "tenth": "10th",
    "mt": "mount", "ft": "fort", "junior": "jr", "centre": "center", "ctr": "center",
}  # fmt: skip

_STATES = """
al alabama|ak alaska|az arizona|ar arkansas|ca california|co colorado|ct connecticut|de delaware|fl florida|ga georgia
hi hawaii|id idaho|il illinois|in indiana|ia iowa|ks kansas|ky kentucky|la louisiana|me maine|md maryland
ma massachusetts|mi michigan|mn minnesota|ms mississippi|mo missouri|mt montana|ne nebraska|nv nevada
nh new hampshire|nj new jersey|nm new mexico|ny new york|nc north carolina|nd north dakota|oh ohio|ok oklahoma
or oregon|pa pennsylvania|ri rhode island|sc south carolina|sd south dakota|tn tennessee|tx texas|ut utah
vt vermont|va virginia|wa washington|wv west virginia|wi wisconsin|wy wyoming|dc district of columbia|pr puerto rico
gu guam|aa armed forces americas|ae armed forces europe|ap armed forces pacific
"""
_PROVINCES = """
ab alberta|bc british columbia|mb manitoba|nb new brunswick|nl newfoundland and labrador|ns nova scotia|on ontario
pe prince edward island|qc quebec|sk saskatchewan|yt yukon|nt northwest territories|nu nunavut
"""
_AUSTRALIAN = """
nsw new south wales|vic victoria|qld queensland|sa south australia|wa western australia|tas tasmania
nt northern territory|act australian capital territory
"""


def _by_name(table: str) -> dict[str, str]:
    pairs = (entry.split(" ", 1) for line in table.split("\n") if line for entry in line.split("|"))
    return {written: short for short, full in pairs for written in (short, full)}


_REGIONS = {"US": _by_name(_STATES), "CA": _by_name(_PROVINCES), "AU": _by_name(_AUSTRALIAN)}

COUNTRY_NAMES = {
    "US": "united states of america|united states|usa|u.s.a.|u.s.|america", "CA": "canada", "AU": "australia",
    "GB": "united kingdom|great britain|england|scotland|wales|northern ireland|u.k.|uk|gb", "NZ": "new zealand",
    "DE": "germany|deutschland", "FR": "france", "IT": "italy|italia", "ES": "spain|espana",
    "NL": "netherlands|nederland",
    "AT": "austria|osterreich", "CH": "switzerland|schweiz|suisse|svizzera", "BE": "belgium|belgique|belgie",
    "CN": "china|p.r. china|pr china|prc|people's republic of china", "TW": "taiwan|taiwan r.o.c.|r.o.c.|roc",
    "KR": "south korea|republic of korea|korea", "HK": "hong kong sar|hong kong|hongkong", "SG": "singapore",
    "VN": "vietnam|viet nam", "TH": "thailand", "MY": "malaysia", "PH": "philippines", "ID": "indonesia",
    "IN": "india",
    "PT": "portugal", "BR": "brazil|brasil", "MX": "mexico", "PL": "poland|polska", "SE": "sweden|sverige",
    "IE": "ireland", "DK": "denmark|danmark", "NO": "norway|norge", "FI": "finland|suomi",
}  # fmt: skip


def plain_letters(text: str, country: str) -> str:
    """Return folded ``text`` without accents; in German countries ä and ae are both a."""
    text = fold(text).translate(_PLAIN)
    bare = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return fold(_UMLAUT.sub("", bare) if country in _GERMAN else bare)


def canonical_region(country: str, region: str) -> str:
    """Return a state or province in its short form (California and CA are ca), elsewhere its letters."""
    bare = plain_letters(region, country).replace(".", "").removeprefix(f"{country.lower()}-").strip()
    return _REGIONS.get(country, {}).get(bare) or re.sub(r"[\W_]+", "", bare)


def region_names(country: str) -> dict[str, str]:
    """Return the short form of each state by its written names, where the country has them in its addresses."""
    return _REGIONS.get(country, {})


def street_word(word: str, country: str) -> str:
    """Return one word of a street in its one form, "" if it only says what kind of street it is."""
    word = _SAME.get(word, word)
    if word in STREET_KINDS or word in SMALL_WORDS or (word == "r" and country in _RUE):
        return ""
    return _COMPOUND_KIND.sub("", word)
