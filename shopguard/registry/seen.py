"""Who resembles whom among reports, protected names and persons of member shops.

Kept are keyed digests of what each is found by; nothing can be read back. What two records share is told by the
tokens of the one that is at hand.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.identity import Token, Type, identify, tokens
from shopguard.model import Party
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.engine import reading

MOST_SHARING = 200
"""Of one token: what more records share says nothing of any of them."""

TELLING = frozenset({Type.PHONE, Type.EMAIL, Type.NAME_HOUSE, Type.SOUND_HOUSE, Type.READING_HOUSE})
"""What two records seldom share unless they are of one person, or of one home."""

_DIGEST_BYTES = 16

FoundBy = Mapping[bytes, Token]
"""What stands here for somebody: each digest with the token it is of. Personal data."""


class Seen:
    """The digests of one vault. ``master`` keys them."""

    def __init__(self, vault: sa.Engine, master: Keyring) -> None:
        self._vault, self._master = vault, master

    def found_by(self, party: Party) -> FoundBy:
        """Return what a party is found by: to be asked for once, where several things are asked about it."""
        return {self.digest(token.encode()): token for token in tokens(identify(party))}

    def note(self, connection: sa.Connection, subject: Subject, *parties: Party | FoundBy) -> None:
        """Keep what ``subject`` is found by, instead of what it was found by before; a shop has several people."""
        self.forget(connection, subject)
        digests = {digest: token for party in parties for digest, token in self._found_by(party).items()}
        rows = [
            {"digest": digest, "subject": str(subject), "telling": token.type in TELLING}
            for digest, token in digests.items()
        ]
        if rows:
            connection.execute(seen_token.insert(), rows)

    def forget(self, connection: sa.Connection, subject: Subject) -> None:
        """Let nobody resemble ``subject`` any more."""
        connection.execute(sa.delete(seen_token).where(seen_token.c.subject == str(subject)))

    def like(self, party: Party | FoundBy, *kinds: SubjectKind) -> Mapping[Subject, Sequence[Token]]:
        """Return what shares anything with ``party``, and by which of the party's tokens.

        Args:
            kinds: of the records that are asked for; none: all.
        """
        digests = self._found_by(party)
        met = defaultdict[str, set[bytes]](set)
        with reading(self._vault) as connection:
            for row in connection.execute(_sharing(frozenset(kinds)), {"digests": list(digests)}):
                met[row.subject].add(bytes(row.digest))
        return {
            Subject.read(subject): [token for digest, token in digests.items() if digest in shared]
            for subject, shared in met.items()
        }

    def sharing(self, subjects: Collection[Subject]) -> Mapping[Subject, int]:
        """Return of each subject how many others of its kind share something telling with it; those of none miss.

        For a whole page in one query, and without opening a record.
        """
        mine, theirs = seen_token.alias("mine"), seen_token.alias("theirs")
        is_meant = mine.c.telling & mine.c.subject.in_(map(str, subjects)) & (theirs.c.subject != mine.c.subject)
        pairs = sa.select(mine.c.subject, theirs.c.subject).distinct().where(is_meant)
        pairs = pairs.join(theirs, theirs.c.digest == mine.c.digest).limit(MOST_SHARING * len(subjects))
        with reading(self._vault) as connection:
            found = [(Subject.read(one), Subject.read(other)) for one, other in connection.execute(pairs)]
        return Counter(one for one, other in found if one.kind is other.kind)

    def of_members(self) -> Sequence[tuple[bytes, str]]:
        """Return every digest of the persons of member shops, with the member."""
        subjects = sa.select(sa.literal(f"{SubjectKind.MEMBER.value}:") + _member.c.id)  # the index finds each
        query = sa.select(seen_token).where(seen_token.c.subject.in_(subjects))
        with reading(self._vault) as connection:
            return [(bytes(row.digest), Subject.read(row.subject).key) for row in connection.execute(query)]

    def digest(self, token: bytes) -> bytes:
        """Return what stands for an encoded token here."""
        return self._master.digest("registry-vault/seen", token)[:_DIGEST_BYTES]

    def _found_by(self, party: Party | FoundBy) -> FoundBy:
        return self.found_by(party) if isinstance(party, Party) else party


@cache
def _sharing(kinds: frozenset[SubjectKind]) -> sa.Select[*tuple[Any, ...]]:
    """What shares any of ``:digests``, but not what too many share. Made once: that takes longer than asking."""
    is_meant = seen_token.c.digest.in_(sa.bindparam("digests", expanding=True)) & _is_of(kinds)
    not_hot = sa.select(seen_token.c.digest).where(is_meant).group_by(seen_token.c.digest)
    not_hot = not_hot.having(sa.func.count() <= MOST_SHARING)
    return sa.select(seen_token).where(seen_token.c.digest.in_(not_hot), is_meant)


def _is_of(kinds: Collection[SubjectKind]) -> sa.ColumnElement[bool]:
    return sa.or_(*(seen_token.c.subject.startswith(f"{kind.value}:") for kind in kinds)) if kinds else sa.true()


def is_one_person(shared: Sequence[Token]) -> bool:
    """Whether two records that share these tokens are about one person, by the rule that opens an entry to members.

    Two of phone, mail and the rest; or a name with its house in one.
    """
    groups = {token.group for token in shared}
    return 3 in groups or len(groups) > 1


_member = sa.table("member", sa.column("id", sa.String))
seen_token = sa.table(
    "seen_token",
    sa.column("digest", sa.LargeBinary),
    sa.column("subject", sa.String),
    sa.column("telling", sa.Boolean),
)
