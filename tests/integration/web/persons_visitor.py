"""Somebody who opens the persons' pages of a registry, as it is served."""

import re
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from shopguard.registry.disputes.door import Door
from shopguard.registry.disputes.routes import persons_routes
from shopguard.registry.lookup.routes import registry_app
from shopguard.web.public.app import Office, beside, persons_app

from ..persons.conftest import SENDER, Centre
from .conftest import read


class Visitor:
    """A browser at the persons' pages that reads ``language``; ``door`` keeps time by the registry's clock."""

    def __init__(self, centre: Centre, language: str = "en") -> None:
        self.centre = centre
        self.app = served(centre)
        self.browser = self.app.test_client()
        self.browser.environ_base["HTTP_ACCEPT_LANGUAGE"] = language

    def open(self, page: str, **more: Any) -> TestResponse:
        return self.browser.get(f"/persons/{page}", **more)

    def send(self, page: str, headers: dict[str, str] | None = None, **fields: str) -> TestResponse:
        return self.browser.post(f"/persons/{page}", data=fields, headers=headers)

    def ask(self, **fields: str) -> str:
        """Send a request that is taken, and return its code."""
        answer = self.send("ask/send", **fields)
        assert answer.status_code == 200, read(answer.text)
        return field(answer, "receipt")


def served(centre: Centre, proxies: int = 0) -> Flask:
    """The registry as it is served, with one door before the persons' desk and their pages."""
    door = Door(lambda: centre.now.timestamp())
    app = registry_app(centre.home.service, more=[persons_routes(centre.persons.desk, door, proxies)])
    beside(app, persons_app(centre.persons.desk, door, Office(SENDER, "https://registry.example.com"), proxies))
    return app


def field(answer: TestResponse, name: str) -> str:
    """What a page's form holds in a field that nobody sees."""
    found = re.search(rf'type="hidden" name="{name}" value="([^"]*)"', answer.text)
    assert found is not None, f"no field {name}"
    return found.group(1)


@pytest.fixture
def visitor(centre: Centre) -> Visitor:
    return Visitor(centre)
