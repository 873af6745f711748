"""The pages of accounts, gathered from the files that hold them."""

from shopguard.web.accounts import colleagues, own, signing_in
from shopguard.web.accounts.pages import pages
from shopguard.web.accounts.people import People
from shopguard.web.app import Link, Section
from shopguard.web.language import later
from shopguard.web.roles import Role

_PARTS = (signing_in, own, colleagues)
"""Each adds its views to ``pages`` when it is imported."""


def accounts_section(people: People, shops: colleagues.ShopNames) -> Section:
    """Return signing in, one's own account, and for shop admins everybody's."""
    link = Link(later("Accounts"), "accounts.everybody", frozenset({Role.SHOP_ADMIN}))
    return Section(pages, [link], [people, people.accounts, people.sessions, people.links, shops])
