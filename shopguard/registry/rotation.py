"""Changing keys while everything runs: who must know a new key before it is used, and how each of them is told."""

from collections.abc import Callable, Collection, Iterable

import msgspec

from shopguard.registry.client import RegistryClient
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


def tell_office(members: Members, member_id: str, by: str, ended: str | None = None) -> Tell:
    """Return what tells the office of this very installation a member's keys; see ``tell_registry``."""

    def tell(publics: tuple[bytes, ...]) -> None:
        known = members.show(member_id).key_ids
        for public in _unknown(publics, known):
            members.add_key(member_id, public, by)
        if ended in known:
            members.remove_key(member_id, ended, by)

    return tell


def tell_registry(client: RegistryClient, ended: str | None = None) -> Tell:
    """Return what tells a central registry this member's keys, signed under one of them. ``NoAnswer`` if it fails.

    Args:
        ended: the id of the key that is being retired. Others that the registry knows may be of another machine.
    """

    def tell(publics: tuple[bytes, ...]) -> None:
        known = client.me().keys
        for public in _unknown(publics, known):
            client.add_key(public)
        if ended in known:
            client.remove_key(ended)

    return tell


def _unknown(publics: Iterable[bytes], known: Collection[str]) -> list[bytes]:
    return [public for public in publics if key_id_of(public) not in known]
