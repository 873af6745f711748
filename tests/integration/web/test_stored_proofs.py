"""Tries, codes and links in both databases: what is good once is so under either."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from shopguard.config import SignInSettings
from shopguard.crypto import Keyring
from shopguard.storage.writer import writer_for
from shopguard.web.accounts.codes import hashed
from shopguard.web.accounts.model import Account
from shopguard.web.accounts.people import People, people
from shopguard.web.accounts.proofs import TRIES
from shopguard.web.roles import Role

from .conftest import Clock


@pytest.fixture
def made(engine: sa.Engine, keyring: Keyring) -> Iterator[People]:
    writer = writer_for(engine)
    yield people(engine, writer, keyring, Clock(), SignInSettings())
    writer.close()


@pytest.fixture
def sato(made: People) -> Account:
    return made.accounts.create("sato", "佐藤 😀", [Role.OPERATOR], ["main-store"])


def test_tries_are_counted_given_back_and_forgotten(made: People, sato: Account) -> None:
    taken = [made.proofs.take_try(sato.id) for _ in range(TRIES - 1)]
    assert taken == list(range(1, TRIES))
    made.proofs.give_back(sato.id, TRIES - 1)
    assert [made.proofs.take_try(sato.id) for _ in range(3)] == [TRIES - 1, TRIES, None]
    made.proofs.give_back(sato.id, TRIES - 1)
    assert made.proofs.take_try(sato.id) is None, "another try was counted since"
    made.proofs.forget_tries(sato.id)
    assert made.proofs.take_try(sato.id) == 1
    assert made.proofs.take_try(None) is None


def test_a_step_a_recovery_code_and_a_link_are_good_once(made: People, sato: Account) -> None:
    made.proofs.set_codes(sato.id, "JBSWY3DPEHPK3PXP", [hashed("aaaaa-bbbbb"), hashed("ccccc-ddddd")])
    assert [made.proofs.use_step(sato.id, step) for step in (7, 7, 6, 8)] == [True, False, False, True]
    assert [made.proofs.use_recovery(sato.id, hashed("AAAAABBBBB")) for _ in range(2)] == [True, False]
    assert made.proofs.of(sato.id).recovery == (hashed("ccccc-ddddd"),)
    assert [made.links.use_once("token", 1e12) for _ in range(2)] == [True, False]
    link = made.links.make(sato.id)
    redeemed = [made.links.redeem(link) for _ in range(2)]
    assert redeemed[0] is not None
    assert redeemed == [redeemed[0], None]


def test_names_no_database_takes_are_nobodys(made: People, sato: Account) -> None:
    assert made.accounts.find("sa\0to") is None
    assert made.accounts.find("sato") == sato
    assert made.proofs.ways()[sato.id].any is False
