"""Changing keys while everything runs: who must know a new key before it is used, and how each of them is told."""

from collections.abc import Callable

import msgspec

from shopguard.registry.members.model import Member
from shopguard.registry.members.service import Members
from shopguard.registry.prf.function import OFFICE, SET_KEYS, KeyedFunction, MemberKeys
from shopguard.registry.signing import key_id_of
from shopguard.registry.signing_keys import SigningKeys, Tell


def tell_keyed_function(prf: KeyedFunction, office: SigningKeys, clock: Callable[[], float]) -> Tell:
    """Return what tells the keyed function the office's keys, under the one in use; ``Refused`` if it fails."""

    def tell(publics: tuple[bytes, ...]) -> None:
        body = msgspec.msgpack.encode(MemberKeys(OFFICE, publics))
        prf.administer(office.signer.request("POST", SET_KEYS, body, OFFICE, int(clock())))

    return tell


def tell_office(members: Members, member_id: str, by: str) -> Tell:
    """Return what tells the office of this very installation its own member's keys. ``Refused`` if it fails."""

    def tell(publics: tuple[bytes, ...]) -> None:
        known = members.show(member_id)
        for public in reversed(publics):  # the newest last, as they came
            if key_id_of(public) not in known.key_ids:
                members.add_key(member_id, public, by)
        for key_id in _gone(known, publics):
            members.remove_key(member_id, key_id, by)

    return tell


def _gone(known: Member, publics: tuple[bytes, ...]) -> list[str]:
    kept = set(map(key_id_of, publics))
    return [key_id for key_id in known.key_ids if key_id not in kept]
