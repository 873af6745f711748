"""The part of the pages about shops: what stands in the menu, and every page of it."""

from shopguard.web.app import Link, Section
from shopguard.web.language import later
from shopguard.web.roles import Role
from shopguard.web.shops import address, overview, set_up, shop
from shopguard.web.shops.desk import ShopsDesk, pages

PARTS = (overview, shop, set_up, address)
"""The modules that bring their routes with them."""


def shops_section(desk: ShopsDesk) -> Section:
    """Return the pages of shops, their health and their setting up."""
    link = Link(later("Shops"), "shops.overview", frozenset({Role.OPERATOR, Role.SHOP_ADMIN, Role.AUDITOR}))
    return Section(pages, [link], [desk])
