"""The pages of operators and of the office, made of the parts of an installation."""

from functools import partial

from flask import Flask

from shopguard.bootstrap.installation import Installation
from shopguard.guard.cancelling import Cancelling
from shopguard.guard.earlier import EarlierOrders
from shopguard.guard.prepaying import Prepaying
from shopguard.guard.replay import Replay
from shopguard.guard.screening import PairStore
from shopguard.guard.timeline import Timeline
from shopguard.guard.undo import Undoing
from shopguard.registry.client.receipts import Receipts
from shopguard.registry.client.reports import ReportClient
from shopguard.web.accounts.views import accounts_sections
from shopguard.web.app import Frame, build_web
from shopguard.web.console.desk import Desk as OrderDesk
from shopguard.web.console.order import order_section
from shopguard.web.console.order_parts import OrderFile
from shopguard.web.console.order_report import ReportDesk, order_report_section
from shopguard.web.console.queue import queue_section
from shopguard.web.console.replaying import replaying_section
from shopguard.web.console.trying import trying_section
from shopguard.web.health import health_routes
from shopguard.web.lists.desk import ListDesk
from shopguard.web.lists.section import list_sections
from shopguard.web.notices.views import notices_section
from shopguard.web.office.section import office_section
from shopguard.web.shops.banners import banners_of
from shopguard.web.shops.desk import ShopsDesk
from shopguard.web.shops.section import shops_section


def console_app(made: Installation) -> Flask:
    """Return the pages of operators and of the office, as a WSGI application."""
    orders = OrderDesk(made.reviews, made.store, made.shops, made.clock)
    sections = [  # in the order of the menu
        queue_section(orders, made.queue, Undoing(made.writer, made.clock), made.presence),
        order_section(_order_file(made)),
        *list_sections(
            ListDesk(made.own_list, lambda asked, case: made.searches.search(asked, case), tuple(made.shops))
        ),
        order_report_section(ReportDesk(lambda: ReportClient(made.registry_client), Receipts(made.data_dir))),
        shops_section(_shops_desk(made)),
        trying_section(made.screener),
        replaying_section(Replay(made.engine, made.keyring)),
        notices_section(made.notices),
        *accounts_sections(made.people, tuple(made.shops)),
    ]
    if not made.asks_elsewhere:
        sections.append(office_section(made.home, made.config.server.registry_url))
    return build_web(
        Frame(
            made.people.sessions,
            made.clock,
            made.reviews.note,
            banners=partial(banners_of, made.outlook),
            url=made.config.server.console_url,
            proxies=made.config.server.proxies,
        ),
        sections,
        health_routes(made.probe),
    )


def _order_file(made: Installation) -> OrderFile:
    return OrderFile(
        made.effects,
        Timeline(made.engine, made.notes),
        made.notes,
        EarlierOrders(made.engine, made.keyring),
        Cancelling(made.writer, made.shops, made.clock),
        Prepaying(made.writer, made.clock),
        made.keyring,
        PairStore(made.engine),
        made.config.registry.office.page,
    )


def _shops_desk(made: Installation) -> ShopsDesk:
    return ShopsDesk(
        made.engine,
        made.shops,
        made.states,
        made.inbox,
        made.effects,
        made.store,
        made.reviews,
        made.settling,
        made.health,
        made.modes,
        made.outlook,
        made.config.server,
        made.clock,
        made.setting_up,
    )
