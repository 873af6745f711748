"""Who may see which page: every view names the roles it is for, and one that names none is shown to nobody."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


class Role(StrEnum):
    """What a person does here. One may have several."""

    OPERATOR = "operator"  # decides on orders
    SHOP_ADMIN = "shop_admin"  # sets up shops, notices and accounts
    MEMBER = "member"  # reports to the registry and searches it
    OFFICE = "office"  # decides on reports, entries, disputes and members
    AUDITOR = "auditor"  # reads what was done, and changes nothing


EVERYBODY = frozenset(Role)
"""Whoever is signed in."""

_ANYBODY = frozenset[Role]()


def only(*roles: Role) -> Callable[[View], View]:
    """Let a view be seen by people who have one of ``roles``; without any, by all who are signed in."""

    def marked(view: View) -> View:
        view.roles = frozenset(roles) or EVERYBODY  # type: ignore[attr-defined]  # functions take attributes
        return view

    return marked


def anybody(view: View) -> View:
    """Let a view be seen by people who are not signed in, too."""
    view.roles = _ANYBODY  # type: ignore[attr-defined]  # functions take attributes
    return view


def roles_of(view: Callable[..., Any]) -> frozenset[Role] | None:
    """Return who may see a view: an empty set is anybody, None is nobody, as it was not said."""
    return getattr(view, "roles", None)
