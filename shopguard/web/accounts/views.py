"""The pages of accounts, gathered from the files that hold them."""

from collections.abc import Sequence

from shopguard.web.accounts import by_company, colleagues, own, signing_in
from shopguard.web.accounts.pages import colleague_pages, pages
from shopguard.web.accounts.people import People
from shopguard.web.app import Link, Section
from shopguard.web.language import later
from shopguard.web.roles import Role

_PARTS = (signing_in, by_company, own, colleagues)
"""Each adds its views to its blueprint when it is imported."""


def accounts_sections(people: People, shops: Sequence[str]) -> Sequence[Section]:
    """Return signing in and one's own account, and for shop admins everybody's."""
    link = Link(later("Accounts"), "colleagues.everybody", frozenset({Role.SHOP_ADMIN}))
    everybody = Section(colleague_pages, [link], [colleagues.ShopNames(shops)])
    return [Section(pages, services=[people, people.accounts, people.sessions, people.links]), everybody]
