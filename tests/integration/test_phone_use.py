"""What is remembered of phones and surnames: counted lately, unreadable, and gone after its time."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from shopguard.config import RetentionSettings
from shopguard.crypto import Keyring
from shopguard.guard.phone_use import PhoneUseStore
from shopguard.guard.retention import Purged, Retention
from shopguard.guard.signals import Use
from shopguard.storage.engine import reading
from shopguard.storage.tables import phone_use
from shopguard.storage.writer import Writer, writer_for

DAY = 86_400.0
PHONE, OTHER = "+819031415926", "+819031415927"


class Phones:
    """A store whose clock stands at ``day``."""

    def __init__(self, engine: sa.Engine, writer: Writer, keyring: Keyring) -> None:
        self.engine, self.writer, self.day = engine, writer, 0.0
        self.store = PhoneUseStore(engine, keyring, days=30, clock=self.now)

    def now(self) -> float:
        return 1_800_000_000.0 + self.day * DAY

    def given(self, *uses: tuple[str, str]) -> int:
        """Judge an order whose buyer gave these, and take note of it."""
        read = [Use(*use) for use in uses]
        found = self.store.surnames(read)
        self.writer.run(self.store.remember(read))
        return found

    def rows(self) -> list[sa.Row[tuple[str, str, float]]]:
        with reading(self.engine) as connection:
            return list(connection.execute(sa.select(phone_use)))


@pytest.fixture
def phones(engine: sa.Engine, keyring: Keyring) -> Iterator[Phones]:
    writer = writer_for(engine)
    yield Phones(engine, writer, keyring)
    writer.close()


def test_the_surnames_of_a_phone_are_counted_with_this_one(phones: Phones) -> None:
    assert [phones.given((PHONE, name)) for name in ("渡辺", "渡辺", "見本", "山田", "渡辺")] == [1, 1, 2, 3, 3]
    assert phones.given((OTHER, "渡辺")) == 1
    assert phones.given() == 0


def test_the_phone_with_the_most_surnames_counts(phones: Phones) -> None:
    for name in ("渡辺", "見本"):
        phones.given((PHONE, name))
    assert phones.given((OTHER, "山田"), (PHONE, "山田")) == 3


def test_what_is_long_ago_does_not_count(phones: Phones) -> None:
    phones.given((PHONE, "渡辺"))
    phones.day = 29.0
    assert phones.given((PHONE, "見本")) == 2
    phones.day = 30.1
    assert phones.given((PHONE, "山田")) == 2
    phones.day = 59.1
    assert phones.given((PHONE, "見本")) == 2  # seen again, it counts from then on


def test_asking_alone_remembers_nothing(phones: Phones) -> None:
    assert phones.store.surnames([Use(PHONE, "渡辺")]) == 1
    assert phones.rows() == []


def test_neither_phone_nor_name_can_be_read_and_no_two_phones_be_joined(phones: Phones) -> None:
    phones.given((PHONE, "渡辺"), (OTHER, "渡辺"))
    rows = phones.rows()
    assert all(len(bytes.fromhex(row.phone)) == len(bytes.fromhex(row.surname)) == 32 for row in rows)
    assert len({row.phone for row in rows}) == len({row.surname for row in rows}) == 2


def test_another_guard_finds_other_digests(phones: Phones, tmp_path_factory: pytest.TempPathFactory) -> None:
    phones.given((PHONE, "渡辺"))
    stranger = Keyring.create(tmp_path_factory.mktemp("other") / "keys.json")
    assert PhoneUseStore(phones.engine, stranger, 30, phones.now).surnames([Use(PHONE, "見本")]) == 1


def test_retention_forgets_what_does_not_count_any_more(phones: Phones) -> None:
    phones.given((PHONE, "渡辺"))
    phones.day = 20.0
    phones.given((PHONE, "見本"))
    phones.day = 30.1
    retention = Retention(phones.engine, phones.writer, RetentionSettings(), phones.now)
    assert retention.purge(dry_run=True) == Purged(0, 0, 0, 1)
    assert retention.purge() == Purged(0, 0, 0, 1)
    assert len(phones.rows()) == 1
