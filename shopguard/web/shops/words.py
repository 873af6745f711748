"""How the pages of shops say what a guard is set to, what it finds, and what is wrong."""

from collections.abc import Mapping, Sequence

from shopguard.adapter import Capability
from shopguard.config import Mode
from shopguard.guard.outlook import Gap, Trouble
from shopguard.web import formats
from shopguard.web.language import gettext as _
from shopguard.web.language import later

MODES = {
    Mode.OBSERVE: (later("Observing"), later("verdicts stand in the console only, nothing is written onto orders")),
    Mode.FLAG: (later("Marking"), later("orders to check get a note, nothing is stopped")),
    Mode.HOLD: (later("Holding"), later("bad orders are stopped before they ship")),
    Mode.GATE: (later("Letting through"), later("the shop stops every order, clean ones are let go")),
}

CAPABILITIES = {
    Capability.PUSH: later("sends orders at once"),
    Capability.POLL: later("can be asked for orders that were missed"),
    Capability.FETCH: later("shows a single order"),
    Capability.FLAG: later("takes a note on an order"),
    Capability.HOLD: later("can stop an order"),
    Capability.RELEASE: later("can let a stopped order go"),
    Capability.CANCEL: later("can cancel an order"),
    Capability.GATE: later("can stop all orders until they are checked"),
    Capability.KANA: later("tells the reading of names"),
    Capability.IP: later("tells the buyer's internet address"),
}

CHECKS = {
    "mode": later("Mode"),
    "heard": later("Last order"),
    "feed": later("Looking for missed orders"),
    "alarm": later("Alarm of the platform"),
    "platform": later("Platform"),
    "address": later("Our address"),
    "credentials": later("Access"),
    "webhooks": later("Webhooks"),
    "write": later("Right to write"),
    "clock": later("Clock"),
    "receiver": later("Receiver"),
    "worker": later("Worker"),
    "queue": later("Waiting orders"),
    "registry": later("Registry"),
    "dead letters": later("Unreadable deliveries"),
    "failed effects": later("Failed write-backs"),
    "tls": later("Encryption of the connection"),
    "hold status": later("Status of held orders"),
    "version": later("Version of the platform"),
    "payment methods": later("Payment methods"),
    "api version": later("Version of the API"),
    "recent orders": later("Recent orders"),
    "payment labels": later("Payment methods"),
    "scopes": later("Rights of the app"),
    "phone": later("Phone numbers"),
    "prefecture code": later("Prefecture codes"),
}
"""What doctor looks at, as far as it is known here; an adapter may look at more."""


def banner_text(trouble: Trouble) -> str:
    """Return what is wrong, since when and what to do, in the reader's language."""
    since = formats.moment(trouble.since) if trouble.since else None
    said = _SINCE[trouble.gap] if since else _NOW[trouble.gap]
    return _(said, shop=trouble.shop or "", since=since or "")


_SINCE = {
    Gap.OFF: later("Nobody checks orders: no worker is running since %(since)s. Start shopguard serve."),
    Gap.DEAF: later(
        "Orders that shops send cannot come in: the receiver is silent since %(since)s. Start shopguard serve."
    ),
    Gap.BEHIND: later("Orders wait unchecked since %(since)s. See that shopguard serve is running and well."),
    Gap.BLIND: later(
        "%(shop)s: orders may not arrive since %(since)s. See what the platform says, and connect again."
    ),
    Gap.UNLISTED: later(
        "%(shop)s: missed orders cannot be looked for since %(since)s. See what the platform answers."
    ),
    Gap.OBSERVE: later(
        "%(shop)s: only observing since %(since)s; no order is stopped. Change the mode when you are ready."
    ),
    Gap.OBSERVED: later(
        "%(shop)s has observed for two weeks, since %(since)s; no order is stopped. See what would have been stopped,"
        " then choose the mode."
    ),
}
_NOW = {
    Gap.OFF: later("Nobody checks orders: no worker is running. Start shopguard serve."),
    Gap.DEAF: later("Orders that shops send cannot come in: no receiver is running. Start shopguard serve."),
    Gap.BEHIND: later("Orders wait unchecked. See that shopguard serve is running and well."),
    Gap.BLIND: later("%(shop)s: orders may not arrive. See what the platform says, and connect again."),
    Gap.UNLISTED: later("%(shop)s: missed orders cannot be looked for. See what the platform answers."),
    Gap.OBSERVE: later("%(shop)s: only observing; no order is stopped. Change the mode when you are ready."),
}


def several_observe(shops: Sequence[str], since: float | None) -> str:
    """Return the one line for several shops that only observe."""
    names = ", ".join(shops)
    if since is None:
        return _("Only observing in %(shops)s: no order is stopped there.", shops=names)
    return _(
        "Only observing in %(shops)s: no order is stopped there. The first since %(since)s.",
        shops=names,
        since=formats.moment(since),
    )


def vocabulary() -> Mapping[str, object]:
    """Return the words that the templates ask for."""
    return {"modes": MODES, "capability_words": CAPABILITIES, "check_words": CHECKS}
