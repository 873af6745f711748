"""All that signing in works with, made in one place."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from shopguard.config import SignInSettings
from shopguard.crypto import Keyring
from shopguard.registry.disputes.door import HOUR_S, Turnstile
from shopguard.storage.writer import Writer
from shopguard.web.accounts.company import Company
from shopguard.web.accounts.links import SignInLinks
from shopguard.web.accounts.passkeys import Passkeys
from shopguard.web.accounts.passwords import Passwords
from shopguard.web.accounts.proofs import ProofStore
from shopguard.web.accounts.sessions import Sessions
from shopguard.web.accounts.store import Accounts
from shopguard.web.accounts.tickets import Tickets

_FROM_ONE_PLACE, _FROM_ALL = 60, 20_000


@dataclass(frozen=True, slots=True)
class People:
    """Who may sign in, and every way to do so.

    Args:
        wrong: wrong passwords, by the address they came from.
        company: the company's own sign-in, where one is set.
        clock: Unix seconds.
    """

    accounts: Accounts
    sessions: Sessions
    links: SignInLinks
    proofs: ProofStore
    passwords: Passwords
    passkeys: Passkeys
    tickets: Tickets
    wrong: Turnstile
    company: Company | None
    clock: Callable[[], float]


def people(
    engine: sa.Engine, writer: Writer, keyring: Keyring, clock: Callable[[], float], settings: SignInSettings
) -> People:
    """Return what signing in to one installation works with."""
    accounts = Accounts(engine, writer, clock)
    return People(
        accounts=accounts,
        sessions=Sessions(engine, writer, accounts, clock),
        links=SignInLinks(writer, clock),
        proofs=ProofStore(engine, writer, keyring, clock),
        passwords=Passwords(),
        passkeys=Passkeys(engine, writer, keyring, clock),
        tickets=Tickets(keyring, clock),
        wrong=Turnstile(_FROM_ONE_PLACE, _FROM_ALL, HOUR_S, clock),
        company=Company(settings.oidc) if settings.oidc.issuer else None,
        clock=clock,
    )
