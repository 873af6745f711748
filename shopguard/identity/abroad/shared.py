"""Addresses abroad that many people share: parcel lockers, counters that keep parcels, parcel forwarders."""

import re

from shopguard.identity.location import Remark

# As ``fold`` leaves them.
_LOCKERS = (
    r"\bpa(?:ck|ket) ?(?:station|box)\b|\bpostfiliale\b|\bin ?post\b|\bpaczkomat|\bpop ?station\b|\bpakiautomaat"
    r"|\b(?:parcel|package|smart|amazon|hub|pudo|inpost) ?lockers?\b|\bamazon ?hub\b"
    r"|\b(?:pick-? ?up|collection|service|ups access|relay|parcel) ?(?:points?|shops?)\b"
    r"|\bpoint ?relais\b|\bmondial ?relay\b|\brelais ?colis\b"
    "|智能[柜櫃]|快[递逓][柜櫃]|豊巣|自提[点柜櫃]|菜鳥[駅驿]站|무인 ?(?:택배|보관)함"
)
# Forwarders by the names that their customers write before the number of their suite.
_FORWARDERS = (
    r"\b(?:my ?us|shipito|stackry|planet ?express|reship|forward2me|comgateway|buy ?and ?ship|usgobuy|viabox"
    r"|shop ?(?:and|&) ?ship|borderlinx|myparcels?|qwintry|hopshopgo|fishisfast|tenso|buyee)\b"
    r"|\b(?:parcel|mail|package|freight) ?forward(?:ing|ers?)\b|転運|集運|代購"
)
_CARE_OF_COMPANY = r"\bc/o\b[^,]{1,60}?\b(?:inc|ltd|llc|corp|gmbh|company|logistics|shipping|cargo)\b"
_FORWARDER = re.compile(_FORWARDERS)
_SHARED = re.compile(f"{_LOCKERS}|{_CARE_OF_COMPANY}")
_ITSELF = frozenset({Remark.SHARED_PLACE})
_FORWARDED = _ITSELF | {Remark.FORWARDER}


def shared_remarks(text: str) -> frozenset[Remark]:
    """Return what the folded lines of an address abroad, with commas between, say about many people having it."""
    if _FORWARDER.search(text) is not None:
        return _FORWARDED
    return _ITSELF if _SHARED.search(text) is not None else frozenset()
