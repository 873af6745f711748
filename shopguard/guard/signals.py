"""What is odd about an order although it is no match: signs of an invented or borrowed identity, one by one.

Pure. What follows from a signal is ``policy.notice``'s to say; none ever holds an order or strengthens a match.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shopguard.config import SignalEffect, SignalSettings
from shopguard.identity import Identity
from shopguard.identity.email import is_throwaway
from shopguard.identity.location import Remark
from shopguard.identity.name import Name
from shopguard.identity.phone import is_dummy_phone, is_mobile
from shopguard.model import Party, Reason


class Signal(StrEnum):
    """One oddity; the value is the code of its reason."""

    UNKNOWN_ADDRESS = "signal_unknown_address"
    POSTAL_CONFLICT = "signal_postal_conflict"
    FORWARDING_ADDRESS = "signal_forwarding_address"
    THROWAWAY_MAIL = "signal_throwaway_mail"
    DUMMY_PHONE = "signal_dummy_phone"
    MANY_NAMES = "signal_many_names"
    OWN_LIST = "signal_own_list"  # the buyer is on the shop's own list
    OWN_LIST_RECIPIENT = "signal_own_list_recipient"


OF_OWN_LIST = frozenset({Signal.OWN_LIST, Signal.OWN_LIST_RECIPIENT})

_OF_REMARK: Mapping[Remark, Signal] = {
    Remark.UNKNOWN_MUNICIPALITY: Signal.UNKNOWN_ADDRESS,
    Remark.UNKNOWN_TOWN: Signal.UNKNOWN_ADDRESS,
    Remark.POSTAL_CONFLICT: Signal.POSTAL_CONFLICT,
    Remark.PREFECTURE_CONFLICT: Signal.POSTAL_CONFLICT,
    Remark.UNKNOWN_POSTAL_CODE: Signal.POSTAL_CONFLICT,
    Remark.FORWARDER: Signal.FORWARDING_ADDRESS,
}


def of_address(remarks: Collection[Remark]) -> Iterator[Signal]:
    """Yield what is odd about an address, given what was noticed while it was read."""
    yield from (signal for remark, signal in _OF_REMARK.items() if remark in remarks)


def of_contact(party: Party) -> Iterator[Signal]:
    """Yield what is odd about a buyer's phone and mail.

    A second, real number makes up for a dummy: many forms demand a landline that fewer and fewer people have. So
    does a lasting mail address for a throw-away one.
    """
    emails = [email for email in party.emails if "@" in email or "＠" in email]  # not なし beside it
    phones = [phone for phone in party.phones if any(char.isdigit() for char in phone)]
    if emails and all(is_throwaway(email) for email in emails):
        yield Signal.THROWAWAY_MAIL
    if phones and all(is_dummy_phone(phone) for phone in phones):
        yield Signal.DUMMY_PHONE


@dataclass(frozen=True, slots=True)
class Use:
    """A phone number that a buyer gave, and the surname given with it. Personal data, in clear."""

    phone: str
    surname: str

    def __repr__(self) -> str:
        return "Use()"  # the values must not reach a log


def uses(identity: Identity) -> tuple[Use, ...]:
    """Return under which surname the buyer's phones are used.

    Surnames, as a family shares its phones; mobile numbers only, as an office orders under the names of its people.
    """
    surname = _surname(identity.name) if identity.name else ""
    return tuple(Use(phone, surname) for phone in identity.phones if surname and is_mobile(phone))


def _surname(name: Name) -> str:
    """The surname by its sound, one in kanji, kana and Latin letters; else as it is written; else all of the name."""
    likeliest = name.sounds[0] if name.sounds else ()
    return (likeliest[0] if len(likeliest) > 1 else "") or name.family or name.full


def effect_of(signal: Signal, settings: SignalSettings) -> SignalEffect:
    """Return what the settings say about ``signal``."""
    return {
        Signal.UNKNOWN_ADDRESS: settings.unknown_address,
        Signal.POSTAL_CONFLICT: settings.postal_conflict,
        Signal.FORWARDING_ADDRESS: settings.forwarding_address,
        Signal.THROWAWAY_MAIL: settings.throwaway_mail,
        Signal.DUMMY_PHONE: settings.dummy_phone,
        Signal.MANY_NAMES: settings.many_names,
        Signal.OWN_LIST: settings.own_list,
        Signal.OWN_LIST_RECIPIENT: settings.own_list,
    }[signal]


def among(reasons: Collection[Reason]) -> frozenset[Signal]:
    """Return the signals that stand among the reasons of a verdict."""
    codes = {reason.code for reason in reasons}
    return frozenset(signal for signal in Signal if signal.value in codes)
