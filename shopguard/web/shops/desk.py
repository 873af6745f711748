"""What the pages of shops work with, who may look at them and who may act."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask import Blueprint, abort

from shopguard.config import ServerSettings
from shopguard.guard.backlog import Backlog, backlogs
from shopguard.guard.connecting import seen_at
from shopguard.guard.effects import Effects
from shopguard.guard.health import Health
from shopguard.guard.inbox import Inbox
from shopguard.guard.modes import Modes
from shopguard.guard.outlook import Outlook
from shopguard.guard.reviews import Reviews
from shopguard.guard.setting_up import SettingUp
from shopguard.guard.settling import Settling
from shopguard.guard.shops import GuardedShop, Shops, ShopStates
from shopguard.guard.store import OrderStore
from shopguard.model import ConnectReport, Finding, OrderRef
from shopguard.web.app import service, viewer
from shopguard.web.roles import Role, only

pages = Blueprint("shops", __name__, template_folder="templates", url_prefix="/console")

seen = only(Role.OPERATOR, Role.SHOP_ADMIN, Role.AUDITOR)
done = only(Role.SHOP_ADMIN)


@dataclass(frozen=True, slots=True)
class Examination:
    """What doctor found of a shop; ``at`` is in Unix seconds."""

    at: float
    findings: Sequence[Finding]

    @property
    def faults(self) -> int:
        return sum(not finding.ok for finding in self.findings)


@dataclass(frozen=True)
class ShopsDesk:
    """The guard behind the pages of shops. ``clock`` is Unix seconds.

    ``examined`` and ``connected`` are what doctor and connect said last, as long as this process lives.
    """

    engine: sa.Engine
    shops: Shops
    states: ShopStates
    inbox: Inbox
    effects: Effects
    store: OrderStore
    reviews: Reviews
    settling: Settling
    health: Health
    modes: Modes
    outlook: Outlook
    server: ServerSettings
    clock: Callable[[], float]
    setting_up: SettingUp
    examined: dict[str, Examination] = field(default_factory=dict)
    connected: dict[str, ConnectReport] = field(default_factory=dict)

    def shops_seen(self) -> Mapping[str, GuardedShop]:
        """Return the shops that the viewer may see."""
        return {name: shop for name, shop in self.shops.items() if viewer().account.may_see(name)}

    @property
    def public_url(self) -> str | None:
        """Where platforms call: also if no process has taken that up yet."""
        return self.setting_up.public_url() or self.server.public_url

    @property
    def base(self) -> str:
        """Where the receiver is found, as far as is known."""
        return self.public_url or seen_at(self.server)

    def backlogs(self) -> Mapping[str, Backlog]:
        return backlogs(self.engine)

    def note(self, action: str, shop: str, detail: str = "") -> None:
        """Write down what the viewer did to a shop."""
        self.reviews.note(viewer().name, action, OrderRef(shop, ""), detail)


def desk() -> ShopsDesk:
    return service(ShopsDesk)


def guarded(name: str) -> GuardedShop:
    """Return a shop that the viewer may see; 404 else."""
    found = desk().shops_seen().get(name)
    if found is None:
        abort(404)
    return found


def may_set_up() -> bool:
    """Whether the viewer may make shops: one who sees but some could not see the new one."""
    return viewer().has(Role.SHOP_ADMIN) and viewer().account.shops is None


def all_shops() -> None:
    """Let only those in who may make shops: what they do is about all of them."""
    if not may_set_up():
        abort(403)
