"""Which settings cannot work together, said before anything runs and by the YAML key."""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.generic.templates import placeholders
from shopguard.errors import ConfigError
from shopguard.signatures import standard_webhooks_key

if TYPE_CHECKING:
    from adapters.generic.settings import CallSettings, GenericSettings, SignatureSettings

_IN_PATHS = frozenset({"order_id"})
_IN_CALLS = _IN_PATHS | {"note", "key"}
_IN_HOLDS = _IN_CALLS | {"previous_status"}


def check_settings(settings: "GenericSettings") -> None:
    """Raise ``ConfigError`` naming everything in ``settings`` that cannot work."""
    faults = [*_entrance(settings), *_reading(settings), *_api(settings), *_actions(settings), *_feed(settings)]
    if faults:
        raise ConfigError(*faults)


def _entrance(settings: "GenericSettings") -> Iterator[str]:
    if settings.signature is None:
        if settings.feed is None:
            yield "signature: missing; give signature for a cart that sends webhooks, or feed for one that is listed"
        return
    yield from _signature(settings.signature)
    if settings.topic and bool(settings.topic.header) == bool(settings.topic.path):
        yield "topic: give either header or path"
    if settings.topic and not settings.topic.orders:
        yield "topic.orders: name at least one topic that means an order"


def _signature(signature: "SignatureSettings") -> Iterator[str]:
    if len(signature.secrets) not in (1, 2) or not all(signature.secrets):
        yield "signature.secrets: give one secret, or two during a rotation, none of them empty"
    if signature.scheme == "standard_webhooks":
        if any(standard_webhooks_key(secret) is None for secret in signature.secrets):
            yield "signature.secrets: a secret of standard_webhooks is whsec_ and then base64"
        if signature.header or signature.timestamp_header or signature.prefix or signature.message != "{body}":
            yield "signature: standard_webhooks has fixed headers; give scheme, secrets and tolerance_s only"
        return
    if not signature.header:
        yield f"signature.header: missing; {signature.scheme} needs the header that carries it"
    found = list(placeholders(signature.message))
    yield from _unknown("signature.message", found, {"body", "timestamp"})
    if found.count("body") != 1:
        yield "signature.message: must contain {body} once, or a changed order would pass"
    if ("timestamp" in found) != bool(signature.timestamp_header):
        yield "signature.timestamp_header: goes together with {timestamp} in message: an unsigned time proves nothing"
    if signature.tolerance_s <= 0:
        yield "signature.tolerance_s: must be above 0"


def _reading(settings: "GenericSettings") -> Iterator[str]:
    if not settings.fields.id:
        yield "fields.id: missing; without it an order cannot be told from another"
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f'timezone: "{settings.timezone}" is no time zone; write it as in Asia/Tokyo'
    stages = settings.stages
    if (stages.draft or stages.shipped or stages.closed) and not stages.path:
        yield "stages.path: missing; it says where the status stands"
    words = Counter(stages.draft + stages.shipped + stages.closed)
    twice = [word for word, count in words.items() if count > 1]
    if twice:
        yield f"stages: {', '.join(twice)} stands in two places"
    if settings.number_only and settings.actions.fetch is None:
        yield "number_only: needs actions.fetch, or no order can be judged"


def _api(settings: "GenericSettings") -> Iterator[str]:
    api, actions = settings.api, settings.actions
    called = settings.feed or any((actions.flag, actions.hold, actions.release, actions.cancel, actions.fetch))
    if api is None:
        if called:
            yield "api: missing; actions and feed need to know whom to call"
        return
    parts = urlsplit(api.base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        yield "api.base_url: must begin with https:// and a host"
    if parts.username or parts.query or parts.fragment:
        yield "api.base_url: must be an address alone; a secret belongs in basic, bearer or secret_headers"
    if api.bearer and api.basic:
        yield "api: give bearer or basic, not both"


def _actions(settings: "GenericSettings") -> Iterator[str]:
    actions = settings.actions
    for name, action, allowed in (
        ("flag", actions.flag, _IN_CALLS),
        ("hold", actions.hold, _IN_HOLDS),
        ("release", actions.release, _IN_HOLDS),
        ("cancel", actions.cancel, _IN_CALLS),
    ):
        if action is not None:
            yield from _calls(f"actions.{name}", action.calls, allowed, settings)
    if actions.read:
        yield from _path("actions.read.path", actions.read.path)
    if actions.fetch:
        yield from _path("actions.fetch.path", actions.fetch.path)
    yield from _hold(settings)


def _hold(settings: "GenericSettings") -> Iterator[str]:
    read, hold, release = settings.actions.read, settings.actions.hold, settings.actions.release
    if release and not hold:
        yield "actions.release: needs actions.hold; without it there is nothing of ours to release"
    if not hold:
        return
    if not read:
        yield "actions.hold: needs actions.read, which tells the status that a release puts back"
    if not hold.holdable:
        yield "actions.hold.holdable: name the statuses that can still be stopped"
    if hold.status in hold.holdable:
        yield "actions.hold.status: is in holdable; a held order must look different"
    remembered = bool(read and read.previous_status_path)
    if len(hold.holdable) > 1:
        if not remembered or "previous_status" not in _names(hold.calls):
            yield (
                "actions.hold: several statuses are holdable, so the cart must remember which one it was: write "
                "{previous_status} in calls and name its place in actions.read.previous_status_path"
            )
        if release and "previous_status" not in _names(release.calls):
            yield "actions.release.calls: must put back {previous_status}"
    for number, call in enumerate(release.calls if release else (), start=1):
        if {"previous_status", "note"} <= set(placeholders(call.json)):
            yield f"actions.release.calls#{number}: keep {{note}} in a call of its own; without a text it is left out"


def _calls(
    key: str, calls: "tuple[CallSettings, ...]", allowed: Collection[str], settings: "GenericSettings"
) -> Iterator[str]:
    if not calls:
        yield f"{key}.calls: name at least one call"
    keyed = bool(settings.api and settings.api.idempotency_header)
    for number, call in enumerate(calls, start=1):
        place = f"{key}.calls#{number}"
        yield from _path(f"{place}.path", call.path)
        yield from _unknown(f"{place}.json", placeholders(call.json), allowed)
        if call.method == "POST" and call.already is None and not keyed:
            yield f"{place}: a POST would be repeated after a crash; give already, or api.idempotency_header"
        if call.already is not None:
            yield from _unknown(f"{place}.already.value", placeholders(call.already.value), allowed)
            if not call.already.value:
                yield f"{place}.already.value: must not be empty"
            if call.already.read:
                yield from _path(f"{place}.already.read", call.already.read)
            elif settings.actions.read is None:
                yield f"{place}.already.read: missing; there is no actions.read to look at instead"


def _feed(settings: "GenericSettings") -> Iterator[str]:
    feed = settings.feed
    if feed is None:
        return
    if placed := list(placeholders(feed.path)):
        yield f"feed.path: takes no placeholder, {{{placed[0]}}} belongs in params"
    if not feed.path.startswith("/"):
        yield "feed.path: must begin with /"
    names = list(placeholders(list(feed.params.values())))
    yield from _unknown("feed.params", names, {"since"})
    if "since" not in names:
        yield "feed.params: one value must contain {since}, or every order is read every time"


def _path(key: str, path: str) -> Iterator[str]:
    if not path.startswith("/"):
        yield f"{key}: must begin with /"
    found = list(placeholders(path))
    yield from _unknown(key, found, _IN_PATHS)
    if "order_id" not in found:
        yield f"{key}: must contain {{order_id}}"


def _unknown(key: str, found: Iterator[str] | list[str], allowed: Collection[str]) -> Iterator[str]:
    for name in dict.fromkeys(found):
        if name not in allowed:
            yield f"{key}: unknown placeholder {{{name}}}; known are {', '.join(f'{{{n}}}' for n in sorted(allowed))}"


def _names(calls: "tuple[CallSettings, ...]") -> set[str]:
    return {name for call in calls for name in placeholders(call.json)}
