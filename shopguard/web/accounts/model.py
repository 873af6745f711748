"""An account, and the person who looks at a page."""

from dataclasses import dataclass, field

from shopguard.web.roles import Role

OWNER = "owner"
"""The account that the link of the first start opens: it may do everything."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in.

    Args:
        name: what is typed to sign in; unique.
        shown: what others see.
        shops: whose orders may be seen; None: of all.
        language: None: what the browser asks for.
    """

    id: int
    name: str
    shown: str
    roles: frozenset[Role]
    shops: frozenset[str] | None = None
    language: str | None = None

    def may_see(self, shop: str) -> bool:
        """Whether orders of a shop may be seen."""
        return self.shops is None or shop in self.shops


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at a page.

    Args:
        session: the number of the sign-in.
        form_key: what every form of this sign-in carries.
        since: when they signed in, in Unix seconds.
    """

    account: Account
    session: int
    form_key: str = field(repr=False)
    since: float

    @property
    def name(self) -> str:
        """What stands in the audit log."""
        return self.account.name

    @property
    def language(self) -> str | None:
        return self.account.language

    def has(self, *roles: Role) -> bool:
        """Whether one of ``roles`` is theirs."""
        return not self.account.roles.isdisjoint(roles)
