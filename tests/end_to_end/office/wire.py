"""A shop that reports over HTTP itself, by the page on the registry's API alone."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

import requests

from ..registry.member import Member
from .invented import evidence

REPORTS = "/registry/v1/reports"


class Reporter:
    """Sends a member's signed requests; every answer is proven by the registry's key."""

    def __init__(self, member: Member) -> None:
        self.member = member

    def send(self, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> requests.Response:
        headers = self.member.sign(method, path, body) | {"Content-Type": kind}
        return self.member.proven(self.member.send(method, path, body, headers), headers)

    def post(self, path: str, body: Any) -> requests.Response:
        return self.send("POST", path, json.dumps(body, ensure_ascii=False).encode())

    def put_file(self, report: str, name: str, data: bytes) -> requests.Response:
        return self.post(f"{REPORTS}/{report}/files", {"name": name, "content": base64.b64encode(data).decode()})

    def draft(self, content: Mapping[str, Any]) -> requests.Response:
        return self.post(REPORTS, content)

    def faults(self, content: Mapping[str, Any]) -> dict[str, str]:
        """What is wrong with a report, by its field, the evidence aside; empty if it could be filed."""
        answered = self.post("/registry/v1/report-checks", content)
        if answered.status_code != 200:
            return {"refused": understandable(answered)}
        told = answered.json()["faults"]
        return {each["field"]: each["text"] for each in told if "evidence" not in each["field"]}

    def submit(self, shown: Mapping[str, Any]) -> requests.Response:
        return self.post(f"{REPORTS}/{shown['head']['id']}/submit", {"digest": shown["digest"]})

    def file(self, content: Mapping[str, Any]) -> requests.Response:
        """The answer to filing it with the usual evidence, or the first refusal on the way."""
        answered = self.draft(content)
        for name, data in evidence().items():
            if answered.status_code != 200:
                return answered
            answered = self.put_file(answered.json()["head"]["id"], name, data)
        return self.submit(answered.json()) if answered.status_code == 200 else answered


def understandable(answered: requests.Response) -> str:
    """The message of a refusal, which a shop owner can read in Japanese and English."""
    assert 400 <= answered.status_code < 500, (answered.status_code, answered.text)
    message = str(answered.json()["message"])
    assert in_both(message), message
    return message


def in_both(message: str) -> bool:
    """Whether a message is in Japanese and English, and shows nothing of the program's inside."""
    said = re.search(r"[ぁ-ん]", message) and re.search(r"[a-z]{2,} [a-z]{2,}", message)
    return bool(said) and not re.search(r"Traceback|Error\b|None|<class|msgspec", message)
