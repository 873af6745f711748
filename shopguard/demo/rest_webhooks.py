"""The webhooks of the REST API: made, listed, repaired and removed. A secret goes in and never comes out."""

import re
import secrets
from typing import Any

from flask import Blueprint, Response, request

from shopguard.demo.deliveries import is_loopback
from shopguard.demo.document import links
from shopguard.demo.rest import BASE, answer, fields, number, one_of, paged, permit, shop, site
from shopguard.demo.store import Webhook
from shopguard.demo.wordpress import RestError, gmt, site_time

blueprint = Blueprint("rest_webhooks", __name__)

_STATUSES = ("active", "paused", "disabled")
_TOPIC = re.compile(
    r"(order|customer|product|coupon)\.(created|updated|deleted|restored)|action\.(woocommerce|wc)_\w+"
)
_HOOKS = {
    "order.created": ["woocommerce_new_order"],
    "order.updated": ["woocommerce_update_order", "woocommerce_order_refunded"],
    "order.deleted": ["wp_trash_post", "woocommerce_trash_order"],
    "order.restored": ["untrashed_post", "woocommerce_untrash_order"],
}


@blueprint.errorhandler(RestError)
def _refused(error: RestError) -> Response:
    return answer(error.body, error.status)


@blueprint.get(f"{BASE}/webhooks")
def _list() -> Response:
    status = one_of("status", "all", ("all", *_STATUSES))
    page, per_page = number("page", 1, 1_000_000), number("per_page", 10, 100)
    permit("list")
    found = [webhook for webhook in shop().store.webhooks() if status in ("all", webhook.status)]
    if one_of("order", "desc", ("asc", "desc")) == "asc":
        found.reverse()
    start = (page - 1) * per_page
    return paged([_shown(webhook) for webhook in found[start : start + per_page]], len(found), page, per_page)


@blueprint.post(f"{BASE}/webhooks")
def _create() -> Response:
    """Make an active webhook, whatever ``status`` says; its ping goes out before the answer."""
    sent = fields()
    permit("create")
    topic, address = _checked(sent, "topic", "delivery_url")
    name = str(sent.get("name") or "Webhook")
    secret = str(sent.get("secret") or secrets.token_urlsafe(37))
    webhook = shop().store.add_webhook(name, topic, address, secret, gmt(shop().now()))
    shop().sender.ping(webhook)
    return answer(_shown(webhook), 201, Location=f"{site()}{BASE}/webhooks/{webhook.id}")


@blueprint.get(f"{BASE}/webhooks/<int:webhook_id>")
def _get(webhook_id: int) -> Response:
    permit("view")
    return answer(_shown(_webhook(webhook_id, 404)))


@blueprint.put(f"{BASE}/webhooks/<int:webhook_id>")
def _put(webhook_id: int) -> Response:
    """Change a webhook. Its failures stay counted: made active again, it is disabled by the next one."""
    sent = fields()
    permit("edit")
    with shop().store.transaction():
        webhook = _webhook(webhook_id, 400)
        _checked(sent, *(key for key in ("topic", "delivery_url") if sent.get(key)))
        if sent.get("status") and sent["status"] not in _STATUSES:
            raise _invalid("status", "Webhook status must be valid.")
        for key in ("name", "topic", "delivery_url", "secret", "status"):
            if sent.get(key):
                setattr(webhook, key, str(sent[key]))
        webhook.modified = gmt(shop().now())
        shop().store.save_webhook(webhook)
    if webhook.status == "active" and (sent.get("delivery_url") or webhook.ping_due):
        shop().sender.ping(webhook)
    return answer(_shown(webhook))


@blueprint.delete(f"{BASE}/webhooks/<int:webhook_id>")
def _delete(webhook_id: int) -> Response:
    permit("delete")
    if request.args.get("force") not in ("true", "1"):
        raise RestError(501, "woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.")
    webhook = _webhook(webhook_id, 404)
    shop().store.remove_webhook(webhook_id)
    return answer(_shown(webhook))


def _checked(sent: Any, *keys: str) -> list[str]:
    """Return the values of ``keys``. The simulated shop refuses every address outside this machine."""
    if "topic" in keys and not _TOPIC.fullmatch(str(sent.get("topic", ""))):
        raise _invalid("topic", "Webhook topic is required and must be valid.")
    if "delivery_url" in keys and not is_loopback(str(sent.get("delivery_url", ""))):
        raise _invalid("delivery_url", "Webhook delivery URL must be a valid URL starting with http:// or https://.")
    return [str(sent[key]) for key in keys]


def _invalid(key: str, message: str) -> RestError:
    return RestError(400, f"woocommerce_rest_shop_webhook_invalid_{key}", message)


def _webhook(webhook_id: int, status: int) -> Webhook:
    webhook = shop().store.webhook(webhook_id)
    if webhook is None:
        raise RestError(status, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.")
    return webhook


def _shown(webhook: Webhook) -> dict[str, Any]:
    resource, event = webhook.topic.split(".", 1)
    return {
        "id": webhook.id,
        "name": webhook.name,
        "status": webhook.status,
        "topic": webhook.topic,
        "resource": resource,
        "event": event,
        "hooks": _HOOKS.get(webhook.topic, []),
        "delivery_url": webhook.delivery_url,
        "date_created": site_time(webhook.created),
        "date_created_gmt": webhook.created,
        "date_modified": site_time(webhook.modified),
        "date_modified_gmt": webhook.modified,
        "_links": links(site(), f"webhooks/{webhook.id}", "webhooks", "GET", "POST", "PUT", "PATCH", "DELETE"),
    }
