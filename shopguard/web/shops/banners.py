"""The red lines across every page: what keeps the guard from guarding, since when, and what to do."""

from collections.abc import Sequence

from shopguard.guard.outlook import Gap, Outlook, Trouble
from shopguard.web.accounts.model import Viewer
from shopguard.web.app import Banner
from shopguard.web.roles import Role
from shopguard.web.shops.words import banner_text, several_observe

_FOR = (Role.OPERATOR, Role.SHOP_ADMIN, Role.AUDITOR)
_REPLAYS = (Role.SHOP_ADMIN, Role.AUDITOR)
_SHOPS = "shops.overview"


def banners_of(outlook: Outlook, looks: Viewer) -> Sequence[Banner]:
    """Return what the viewer must know: of all shops, and of those that they may see."""
    if not looks.has(*_FOR):
        return ()
    mine = [one for one in outlook.troubles() if one.shop is None or looks.account.may_see(one.shop)]
    observing = [one for one in mine if one.gap is Gap.OBSERVE]
    banners = [_banner(one, looks) for one in mine if one.gap is not Gap.OBSERVE or len(observing) == 1]
    if len(observing) > 1:
        banners.append(Banner(_all_in_one(observing), _SHOPS))
    return banners


def _banner(trouble: Trouble, looks: Viewer) -> Banner:
    if trouble.gap is Gap.OBSERVED and trouble.shop is not None and looks.has(*_REPLAYS):
        return Banner(banner_text(trouble), "replaying.form", values={"shop": trouble.shop})
    return Banner(banner_text(trouble), _SHOPS)


def _all_in_one(observing: Sequence[Trouble]) -> str:
    since = min((one.since for one in observing if one.since), default=None)
    return several_observe([one.shop or "" for one in observing], since)
