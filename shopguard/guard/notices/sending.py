"""How a notice gets there: mail, chat and LINE by Apprise, webhooks signed as Standard Webhooks."""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from urllib.parse import quote, urlsplit

import requests

from shopguard.adapter import Secret
from shopguard.guard.notices.model import Kind, NotDelivered, Notice, NoticeRefused
from shopguard.http import CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from shopguard.signatures import standard_webhooks_key

_SLACK = "hooks.slack.com"


def check(kind: Kind, address: Mapping[str, str]) -> None:
    """Raise ``NoticeRefused`` for the first part of an address with which nothing could be sent."""
    for part in PARTS[kind]:
        if part not in _MAY_BE_EMPTY and not address.get(part, "").strip():
            raise NoticeRefused(part, "this must be filled in")
    if "url" in PARTS[kind]:
        _check_url(address["url"])
    if kind is Kind.WEBHOOK and standard_webhooks_key(Secret(address["secret"])) is None:
        raise NoticeRefused("secret", "a secret begins with whsec_, with base64 behind it")
    if kind is Kind.MAIL:
        if not address["port"].isdecimal() or not 0 < int(address["port"]) < 65_536:
            raise NoticeRefused("port", "a port is a number from 1 to 65535")
        for part in ("sender", "to"):
            if "@" not in address[part]:
                raise NoticeRefused(part, "this is no mail address")


def send(kind: Kind, address: Mapping[str, str], notice: Notice, now: float) -> None:
    """Send a notice; ``NotDelivered`` if it was not taken. Takes a quarter of a minute at most.

    Args:
        now: Unix seconds.
    """
    _SENDERS[kind](address, notice, now)


def _by_mail(address: Mapping[str, str], notice: Notice, _now: float) -> None:
    scheme = "mailtos" if address.get("security", "starttls") != "none" else "mailto"
    mode = {"tls": "ssl", "starttls": "starttls"}.get(address.get("security", "starttls"), "insecure")
    user = f"{quote(address['user'], safe='')}:{quote(address['password'], safe='')}@" if address.get("user") else ""
    asked = f"from={quote(address['sender'])}&to={quote(address['to'])}&mode={mode}&format=text"
    host = f"{address['host']}:{address['port']}"
    _by_apprise(f"{scheme}://{user}{host}/?smtp={quote(address['host'])}&{asked}", notice)


def _by_chat(address: Mapping[str, str], notice: Notice, _now: float) -> None:
    url = urlsplit(address["url"])
    if url.hostname == _SLACK:
        _by_apprise(address["url"], notice)
        return
    _post(address["url"], json.dumps({"text": f"{notice.subject}\n{notice.text}"}).encode(), {})


def _by_webhook(address: Mapping[str, str], notice: Notice, now: float) -> None:
    """Source: Standard Webhooks 1.0.0, "Signature scheme" (read 2026-11)."""
    body = {
        "type": "shopguard.notice",
        "timestamp": int(now),
        "data": {"subject": notice.subject, "text": notice.text},
    }
    sent = json.dumps(body, ensure_ascii=False).encode()
    signed = f"{notice.id}.{int(now)}.".encode() + sent
    key = standard_webhooks_key(Secret(address["secret"])) or b""
    signature = base64.b64encode(hmac.digest(key, signed, sha256)).decode()
    headers = {"webhook-id": notice.id, "webhook-timestamp": str(int(now)), "webhook-signature": f"v1,{signature}"}
    _post(address["url"], sent, headers)


def _by_line(address: Mapping[str, str], notice: Notice, _now: float) -> None:
    _by_apprise(f"line://{quote(address['token'], safe='')}/{quote(address['to'], safe='')}?image=no", notice)


def _by_apprise(url: str, notice: Notice) -> None:
    from apprise import Apprise  # takes half a second, and most installations tell nobody

    ways = Apprise()
    if not ways.add(url):
        raise NotDelivered(*_UNKNOWN)
    if not ways.notify(body=notice.text, title=notice.subject):
        raise NotDelivered(*_REFUSED)


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    try:
        answer = requests.post(
            url,
            data=body,
            headers={"Content-Type": "application/json", "User-Agent": "ShopGuard", **headers},
            timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
            allow_redirects=False,
        )
    except requests.RequestException as error:  # whose text quotes the address
        raise NotDelivered(*(text.format(type(error).__name__) for text in _AWAY)) from None
    if not 200 <= answer.status_code < 300:
        raise NotDelivered(*(text.format(answer.status_code) for text in _ANSWERED))


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_here)):
        raise NoticeRefused("url", "the address begins with https://")


PARTS: Mapping[Kind, tuple[str, ...]] = {
    Kind.MAIL: ("host", "port", "security", "user", "password", "sender", "to"),
    Kind.CHAT: ("url",),
    Kind.WEBHOOK: ("url", "secret"),
    Kind.LINE: ("token", "to"),
}
"""What an address of each kind consists of."""

_UNKNOWN = "アドレスを読み取れません", "the address is not understood"
_REFUSED = (
    "相手が受け付けませんでした。アドレスとパスワードをご確認ください",
    "the other side did not take it; look at the address and the password",
)
_AWAY = "相手に接続できません（{}）", "the other side cannot be reached ({})"
_ANSWERED = "相手の応答は{}でした", "the other side answered {}"

_MAY_BE_EMPTY = frozenset({"user", "password", "security"})
_SENDERS: Mapping[Kind, Callable[[Mapping[str, str], Notice, float], None]] = {
    Kind.MAIL: _by_mail,
    Kind.CHAT: _by_chat,
    Kind.WEBHOOK: _by_webhook,
    Kind.LINE: _by_line,
}
