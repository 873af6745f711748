"""The red lines across every page: what keeps the guard from guarding, since when, and what to do."""

from collections.abc import Sequence

from shopguard.guard.outlook import Gap, Outlook, Trouble
from shopguard.web.accounts.model import Viewer
from shopguard.web.app import Banner
from shopguard.web.roles import Role
from shopguard.web.shops.words import banner_text, several_observe

_FOR = (Role.OPERATOR, Role.SHOP_ADMIN, Role.AUDITOR)


def banners_of(outlook: Outlook, looks: Viewer) -> Sequence[Banner]:
    """Return what the viewer must know: of all shops, and of those that they may see."""
    if not looks.has(*_FOR):
        return ()
    mine = [one for one in outlook.troubles() if one.shop is None or looks.account.may_see(one.shop)]
    observing = [one for one in mine if one.gap is Gap.OBSERVE]
    texts = [banner_text(one) for one in mine if one.gap is not Gap.OBSERVE or len(observing) == 1]
    if len(observing) > 1:
        texts.append(_all_in_one(observing))
    return [Banner(text, "shops.overview") for text in texts]


def _all_in_one(observing: Sequence[Trouble]) -> str:
    since = min((one.since for one in observing if one.since), default=None)
    return several_observe([one.shop or "" for one in observing], since)
