"""What the registry told before, when it cannot be asked: only what is proven and not expired, and no more."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.guard import answers as answers_module
from shopguard.guard.answers import AnswerStore
from shopguard.identity import PROFILE, Token, Type, identify, tokens
from shopguard.model import Category, Entry, OrderRef, Party, ScreeningState
from shopguard.registry.client import RegistryClient
from shopguard.registry.protocol import Answer, Candidate, Query
from shopguard.registry.signing import Signer
from shopguard.storage.engine import reading, writing
from shopguard.storage.tables import answer_cache, answer_token
from shopguard.storage.writer import writer_for
from shopguard.testing.fakes import FixedClock
from shopguard.testing.registry import FakeCentre

LISTED = Party(phones=("090-0000-1111",), emails=("taro@example.jp",), country="JP")
ENTRY = Entry("E-1", Category.UNPAID, LISTED, 4, date(2025, 3, 9), date(2026, 8, 14))
PHONE, MAIL = (next(t for t in tokens(identify(LISTED)) if t.type == type_) for type_ in (Type.PHONE, Type.EMAIL))
CLEAN_PHONE = Token(PROFILE, 1, Type.PHONE, "+819000002222")
CLEAN_MAIL = Token(PROFILE, 2, Type.EMAIL, "hanako@example.com")
DAY_S = 86_400.0


class Member:
    """A shop that asks a registry in memory through the real client, with its cache in ``engine``."""

    def __init__(self, engine: sa.Engine, keyring: Keyring, most: int = 100) -> None:
        self.engine, self.keyring, self.clock = engine, keyring, FixedClock()
        self.centre = FakeCentre(self.clock, ENTRY)
        self.writer = writer_for(engine)
        self.store = AnswerStore(engine, self.writer, keyring, lambda: self.clock.now.timestamp(), most)
        self.client = RegistryClient(
            self.centre,
            "shop-1",
            lambda: Signer.of_seed(bytes(32)),
            b"s" * 32,
            PROFILE,
            lambda: self.centre.keys,
            self.clock,
            self.store,
        )

    def ask(self, *asked: Token) -> Answer:
        answer = self.client.look_up(Query(OrderRef("main-store", "1"), "buyer", "r", asked))
        self.store.settle()
        return answer

    def lose_the_registry(self) -> None:
        self.centre.away = True

    def found(self, *asked: Token) -> Candidate:
        """The one candidate that copies know for tokens that are all known."""
        answer = self.ask(*asked)
        assert answer.state is ScreeningState.FROM_CACHE
        (candidate,) = answer.candidates
        return candidate

    def rows(self, table: sa.Table = answer_cache) -> int:
        with reading(self.engine) as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()

    def sweep(self) -> int:
        with writing(self.engine) as connection:
            return answers_module.sweep(connection, self.clock.now.timestamp())

    def close(self) -> None:
        self.store.close()
        self.writer.close()


@pytest.fixture
def make(sqlite_engine: sa.Engine, keyring: Keyring) -> Iterator[Callable[..., Member]]:
    made: list[Member] = []

    def member(**more: Any) -> Member:
        made.append(Member(sqlite_engine, keyring, **more))
        return made[-1]

    yield member
    for one in made:
        one.close()


@pytest.fixture
def member(make: Callable[..., Member]) -> Member:
    return make()


def test_copy_says_what_the_registry_said(member):
    told = member.ask(PHONE, MAIL)
    asked_at = member.clock.now
    member.lose_the_registry()
    member.clock.pass_by(3_600)
    again = member.ask(PHONE, MAIL)
    assert (again.state, again.as_of) == (ScreeningState.FROM_CACHE, asked_at)
    assert again.reason == "the registry cannot be reached"
    assert again.candidates == told.candidates


def test_copy_of_an_answer_about_nobody_is_an_answer(member):
    member.ask(CLEAN_PHONE)
    member.lose_the_registry()
    assert (member.ask(CLEAN_PHONE).state, member.ask(CLEAN_PHONE).candidates) == (ScreeningState.FROM_CACHE, ())


def test_one_unknown_token_leaves_it_unscreened_with_what_is_known(member):
    member.ask(PHONE, MAIL)
    member.lose_the_registry()
    answer = member.ask(CLEAN_MAIL, PHONE, MAIL)
    assert answer.state is ScreeningState.UNSCREENED
    (candidate,) = answer.candidates
    assert (candidate.handle, candidate.shared) == ("E-1", (1, 2))


def test_nothing_is_taken_from_copies_while_the_registry_answers(member):
    member.ask(PHONE, MAIL)
    member.centre.entries.clear()
    answer = member.ask(PHONE, MAIL)
    assert (answer.state, answer.candidates) == (ScreeningState.SCREENED, ())


def test_less_shared_now_is_told_less(member):
    (opened,) = member.ask(PHONE, MAIL).candidates
    member.lose_the_registry()
    weak = member.found(PHONE)
    assert (opened.facts.category, opened.facts.reporters, opened.facts.opened) == (Category.UNPAID, 4, True)
    assert (weak.facts.category, weak.facts.reporters, weak.facts.opened) == (Category.OTHER, 3, False)
    assert weak.facts.last_on == date(2026, 8, 1)
    assert weak.handle == "closed-E-1"


def test_copies_that_never_opened_an_entry_do_not_open_it_together(member):
    member.ask(PHONE)
    member.ask(MAIL)
    member.lose_the_registry()
    both = member.found(PHONE, MAIL)
    assert (both.shared, both.facts.opened, both.facts.category) == ((0, 1), False, Category.OTHER)


def test_opened_and_unopened_copies_of_an_entry_are_one_candidate(member):
    member.ask(PHONE, MAIL)
    member.clock.pass_by(60)
    member.ask(PHONE, CLEAN_MAIL)
    member.lose_the_registry()
    both = member.found(MAIL, PHONE)
    assert (both.handle, both.shared, both.facts.opened) == ("E-1", (0, 1), True)


def test_newest_answer_about_a_token_counts_alone(member):
    member.ask(PHONE, MAIL)
    member.centre.entries.clear()
    member.ask(PHONE, CLEAN_MAIL)
    member.lose_the_registry()
    assert member.found(PHONE, MAIL).shared == (1,)


def test_answers_of_different_age_are_as_old_as_the_oldest(member):
    first = member.clock.now
    member.ask(CLEAN_PHONE)
    member.clock.pass_by(3_600)
    member.ask(CLEAN_MAIL)
    member.lose_the_registry()
    assert member.ask(CLEAN_MAIL, CLEAN_PHONE).as_of == first


def test_expired_copy_is_not_used(member):
    member.ask(PHONE, MAIL)
    member.lose_the_registry()
    member.clock.pass_by(3 * DAY_S - 1)
    assert member.ask(PHONE, MAIL).state is ScreeningState.FROM_CACHE
    member.clock.pass_by(1)
    answer = member.ask(PHONE, MAIL)
    assert (answer.state, answer.candidates) == (ScreeningState.UNSCREENED, ())


def test_expired_copy_is_swept_with_its_tokens(member):
    member.ask(PHONE, MAIL)
    assert member.sweep() == 0
    member.clock.pass_by(3 * DAY_S)
    assert member.sweep() == 1
    assert (member.rows(), member.rows(answer_token)) == (0, 0)


def test_copy_that_a_newer_one_replaced_is_swept(member):
    for _ in range(3):
        member.ask(PHONE, MAIL)
    assert member.sweep() == 2
    member.lose_the_registry()
    assert member.found(PHONE, MAIL).handle == "E-1"


def test_only_so_many_answers_are_kept(make):
    member = make(most=3)
    asked = [Token(PROFILE, 1, Type.PHONE, f"+8190000030{number:02}") for number in range(10)]
    for token in asked:
        member.ask(token)
    assert (member.rows(), member.rows(answer_token)) == (3, 3)
    member.lose_the_registry()
    known = [member.ask(token).state is ScreeningState.FROM_CACHE for token in asked]
    assert known == [False] * 7 + [True] * 3


def test_stored_bytes_name_nobody(member):
    member.ask(PHONE, MAIL, CLEAN_MAIL)
    with reading(member.engine) as connection:
        stored = b"".join(row.sealed for row in connection.execute(sa.select(answer_cache)))
        stored += b"".join(row.token for row in connection.execute(sa.select(answer_token)))
    for clear in (b"E-1", b"unpaid", b"taro", b"hanako", b"9000001111", b"as_of"):
        assert clear not in stored


@pytest.mark.parametrize("damage", ["flipped", "emptied", "other content", "signed by another"])
def test_changed_copy_is_ignored_and_dropped(member, damage):
    member.ask(PHONE, MAIL)
    with reading(member.engine) as connection:
        sealed = connection.execute(sa.select(answer_cache.c.sealed)).scalar_one()
    clear = member.keyring.open(sealed)
    changed = {
        "flipped": sealed[:40] + bytes([sealed[40] ^ 1]) + sealed[41:],
        "emptied": b"",
        "other content": member.keyring.seal(b"\x90"),
        "signed by another": member.keyring.seal(clear.replace(b'"reporters":4', b'"reporters":1')),
    }[damage]
    assert changed != sealed
    with writing(member.engine) as connection:
        connection.execute(sa.update(answer_cache).values(sealed=changed))
    member.lose_the_registry()
    answer = member.ask(PHONE, MAIL)
    assert (answer.state, answer.candidates) == (ScreeningState.UNSCREENED, ())
    assert (member.rows(), member.rows(answer_token)) == (0, 0)


def test_copy_put_under_another_persons_token_says_nothing_about_it(member):
    member.ask(PHONE, MAIL)
    member.ask(CLEAN_PHONE)
    with writing(member.engine) as connection:
        listed, clean = connection.execute(sa.select(answer_cache.c.id).order_by(answer_cache.c.id)).scalars()
        connection.execute(sa.update(answer_token).where(answer_token.c.answer == clean).values(answer=listed))
    member.lose_the_registry()
    answer = member.ask(CLEAN_PHONE)
    assert (answer.state, answer.candidates) == (ScreeningState.UNSCREENED, ())


def test_copy_signed_under_a_key_no_longer_believed_is_dropped(member):
    member.ask(PHONE)
    member.centre._signer = Signer.of_seed(bytes([7]) * 32)
    member.lose_the_registry()
    assert member.ask(PHONE).state is ScreeningState.UNSCREENED
    assert member.rows() == 0


def test_copies_survive_a_change_of_the_guards_own_key(member):
    member.ask(PHONE, MAIL)
    member.keyring.rotate()
    member.lose_the_registry()
    assert member.found(PHONE, MAIL).handle == "E-1"


def test_store_that_is_away_fails_no_answer(member):
    member.ask(PHONE)
    with writing(member.engine) as connection:
        connection.execute(sa.text("DROP TABLE answer_cache"))
    assert member.ask(PHONE, MAIL).state is ScreeningState.SCREENED
    member.lose_the_registry()
    assert member.ask(PHONE, MAIL).state is ScreeningState.UNSCREENED


def test_answer_waits_for_no_write(member):
    """What is kept waits its turn behind a writer that is busy; the answer is there before."""
    with writing(member.engine):  # nobody else can write
        answer = member.client.look_up(Query(OrderRef("main-store", "1"), "buyer", "r", (PHONE,)))
        assert answer.state is ScreeningState.SCREENED
        assert member.rows() == 0
    member.store.settle()
    assert member.rows() == 1


def test_closing_writes_what_was_handed_in_and_keeps_nothing_after(member):
    member.client.look_up(Query(OrderRef("main-store", "1"), "buyer", "r", (PHONE,)))
    member.store.close()
    assert member.rows() == 1
    member.client.look_up(Query(OrderRef("main-store", "1"), "buyer", "r", (MAIL,)))
    assert member.rows() == 1


def test_copies_work_on_postgres(postgres_engine: sa.Engine, keyring: Keyring) -> None:
    member = Member(postgres_engine, keyring, most=3)
    for number in range(5):
        member.ask(Token(PROFILE, 1, Type.PHONE, f"+8190000030{number:02}"), CLEAN_MAIL)
    member.ask(PHONE, MAIL)
    assert (member.rows(), member.sweep()) == (3, 0)
    member.lose_the_registry()
    assert member.found(MAIL, PHONE).shared == (0, 1)
    member.clock.pass_by(3 * DAY_S)
    assert (member.sweep(), member.rows(answer_token)) == (3, 0)
    member.close()


def test_two_entries_stay_two(member):
    member.centre.entries.append(replace(ENTRY, id="E-2"))
    member.ask(PHONE, MAIL)
    member.lose_the_registry()
    assert [candidate.handle for candidate in member.ask(PHONE, MAIL).candidates] == ["E-1", "E-2"]
