"""Members of a registry, made from docs/registry-api.md and docs/matching.md alone."""

import base64
import hashlib
import json
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ...waiting import PATIENCE_S

LOOKUPS, CENTRE = "/registry/v1/lookups", "/registry/v1/centre"
MY_KEYS = "/registry/v1/me/keys"
Token = tuple[int, bytes]
"""Class and bytes, as they are asked about."""


class Member:
    """Somebody who asks a registry and has nothing but the page on its API. Believes no answer that is not proven."""

    def __init__(
        self,
        url: str,
        name: str,
        key: Ed25519PrivateKey,
        answer_keys: Iterable[bytes],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.url, self.name, self.key, self.now = url, name, key, clock
        self.session = requests.Session()
        self.profile = 2
        self._believed: dict[str, Ed25519PublicKey] = {}
        self._believe(answer_keys)

    def batch(self, tokens: Sequence[Token], **changed: Any) -> bytes:
        told = {
            "member": self.name,
            "epoch": 1,
            "profile": self.profile,
            "commitment": base64.b64encode(secrets.token_bytes(16)).decode(),
            "tokens": [[cls, base64.b64encode(token).decode()] for cls, token in tokens],
        }
        return json.dumps({**told, **changed}).encode()

    def sign(self, method: str, path: str, body: bytes = b"", **changed: Any) -> dict[str, str]:
        """The headers of a request; ``changed`` are its member, key, time or nonce."""
        usual = {"member": self.name, "key": key_id(public(self.key)), "time": int(self.now())}
        head = {**usual, "nonce": secrets.token_hex(16), **changed}
        digest = hashlib.sha256(body).hexdigest()
        parts = (
            "sg1/request",
            method,
            path,
            digest,
            *(str(head[name]) for name in ("member", "key", "time", "nonce")),
        )
        signature = base64.b64encode(self.key.sign("\n".join(parts).encode())).decode()
        told = ", ".join(f'{name}="{value}"' for name, value in {**head, "signature": signature}.items())
        return {"Authorization": f"ShopGuard {told}", "Content-Type": "application/json"}

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
        return self.session.request(method, self.url + path, data=body, headers=dict(headers), timeout=30)

    def get(self, path: str) -> requests.Response:
        return self.send("GET", path, b"", self.sign("GET", path))

    def ask(self, tokens: Sequence[Token], **changed: Any) -> requests.Response:
        """The proven answer to one batch, or the refusal."""
        body = self.batch(tokens, **changed)
        headers = self.sign("POST", LOOKUPS, body)
        return self.proven(self.send("POST", LOOKUPS, body, headers), headers)

    def add_key(self, raw: bytes) -> requests.Response:
        body = json.dumps({"public": base64.b64encode(raw).decode()}).encode()
        headers = self.sign("POST", MY_KEYS, body)
        return self.proven(self.send("POST", MY_KEYS, body, headers), headers)

    def end_key(self, name: str) -> requests.Response:
        headers = self.sign("DELETE", f"{MY_KEYS}/{name}")
        return self.proven(self.send("DELETE", f"{MY_KEYS}/{name}", b"", headers), headers)

    def proven(self, response: requests.Response, headers: Mapping[str, str]) -> requests.Response:
        """The response, once its proof fits: status, body, our nonce, the present time, a key of the registry."""
        assert response.headers["Cache-Control"] == "no-store"
        proof = dict(re.findall(r'([a-z]+)="([^"]*)"', response.headers["ShopGuard-Answer"]))
        asked = dict(re.findall(r'([a-z]+)="([^"]*)"', headers["Authorization"]))
        assert proof["nonce"] == asked["nonce"]
        assert abs(int(proof["time"]) - self.now()) < 60
        digest = hashlib.sha256(response.content).hexdigest()
        parts = ("sg1/answer", str(response.status_code), digest, proof["key"], proof["time"], proof["nonce"])
        self._believed[proof["key"]].verify(base64.b64decode(proof["signature"]), "\n".join(parts).encode())
        return response

    def learn(self) -> None:
        """Believe the keys that the registry says it signs under, in an answer under one that is believed."""
        headers = self.sign("GET", CENTRE)
        told = self.proven(self.send("GET", CENTRE, b"", headers), headers).json()["answer_keys"]
        self._believe(base64.b64decode(key) for key in told)

    def _believe(self, keys: Iterable[bytes]) -> None:
        self._believed = {key_id(key): Ed25519PublicKey.from_public_bytes(key) for key in keys}


class Steady(threading.Thread):
    """A shop whose orders never stop: asks every 20 ms about the next of ``orders``, again and again, as long as the
    block lasts. As a guard does it follows the registry to another epoch, and asks again where there is no answer.

    Args:
        orders: the tokens of each, and the entry that must be among the answers, or None for nobody.

    ``wrong`` are orders answered wrongly, ``answered`` counts the others, ``refused`` are the codes met in between
    (``away`` for no answer at all), ``epochs`` those that answered.
    """

    def __init__(self, member: Member, orders: Sequence[tuple[Sequence[Token], str | None]]) -> None:
        super().__init__(name="steady", daemon=True)
        self.member, self._orders = member, orders
        self._commitments = [base64.b64encode(secrets.token_bytes(16)).decode() for _ in orders]
        self._ended = threading.Event()
        self.answered, self._epoch = 0, 1
        self.wrong: list[tuple[str | None, Any]] = []
        self.refused: Counter[str] = Counter()
        self.epochs: Counter[int] = Counter()
        self.fault: BaseException | None = None

    def __enter__(self) -> "Steady":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join(PATIENCE_S)
        if self.fault is not None:
            raise self.fault

    def wait_for(self, more: int) -> None:
        """Return after ``more`` further orders were answered."""
        wanted, give_up_at = self.answered + more, time.monotonic() + PATIENCE_S
        while self.answered < wanted:
            assert self.is_alive(), self.fault
            assert time.monotonic() < give_up_at, (self.answered, self.refused)
            time.sleep(0.02)

    def whole_round(self) -> None:
        """Return after every order was answered once more."""
        self.wait_for(len(self._orders) + 1)

    def run(self) -> None:
        try:
            turn = 0
            while not self._ended.wait(0.02):
                if self._settle(turn % len(self._orders)):
                    turn += 1
                if turn % 100 == 99:
                    self.member.learn()
        except BaseException as fault:  # told to who waits
            self.fault = fault

    def _settle(self, number: int) -> bool:
        """Whether there was an answer to the order."""
        tokens, entry = self._orders[number]
        try:
            said = self.member.ask(tokens, commitment=self._commitments[number], epoch=self._epoch)
        except requests.RequestException:
            self.refused["away"] += 1
            return False
        told = said.json()
        if said.status_code != 200:
            self.refused[told["code"]] += 1
            self._epoch = told["current"] or self._epoch
            return False
        found = {each["handle"] for each in told["candidates"] if each["opened"]}
        if (entry in found) if entry else not found:
            self.answered += 1
        else:
            self.wrong.append((entry, told))
        self.epochs[told["epoch"]] += 1
        self._epoch = told["current"]
        return True


def key_id(raw: bytes) -> str:
    return hashlib.sha256(b"sg1/key-id" + raw).hexdigest()[:16]


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def token(cls: int, kind: int, value: str, profile: int = 2) -> Token:
    raw = value.encode()
    return cls, b"sg1" + bytes((profile, cls, kind)) + len(raw).to_bytes(2, "big") + raw


def phone(number: int) -> Token:
    """The token of the phone number 090-0000-``number``."""
    return token(1, 1, f"+81900000{number:04d}")
