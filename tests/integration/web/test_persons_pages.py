"""The persons' pages: what somebody with a letter reads and sends, in either language, without script or account."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shopguard.registry.disputes.codes import new_code
from shopguard.registry.disputes.door import Door
from shopguard.registry.disputes.model import RequestKind, RequestState
from shopguard.registry.disputes.routes import persons_routes
from shopguard.registry.lookup.routes import registry_app
from shopguard.web.public.app import Office, beside, persons_app

from ..persons.conftest import CONTENT, FACTS, PARTY, SENDER, Centre, centre

__all__ = ["centre"]

GET = ("/persons/", "/persons/record", "/persons/ask", "/persons/status", "/persons/letter")


def test_smoke(centre: Centre) -> None:
    app = registry_app(centre.home.service, more=[])
    beside(app, persons_app(centre.persons.desk, Door(lambda: centre.now.timestamp()), Office(SENDER)))
    web = app.test_client()
    for path in GET:
        answer = web.get(path, headers={"Accept-Language": "en"})
        assert answer.status_code == 200, answer.text
    life = centre.active()
    answer = web.post("/persons/record", data={"code": life.code})
    assert answer.status_code == 200
    answer = web.post("/persons/ask", data={"code": life.code, "kind": "contest"})
    assert answer.status_code == 200
    form = re.search('name="form" value="([^"]+)"', answer.text)[1]
    answer = web.post("/persons/ask/send", data={"code": life.code, "kind": "contest", "form": form})
    assert answer.status_code == 200, answer.text
    receipt = re.search('name="receipt" value="([^"]+)"', answer.text)[1]
    answer = web.post("/persons/status", data={"receipt": receipt})
    assert answer.status_code == 200, answer.text
    answer = web.post("/persons/status/proof", data={"receipt": receipt, **FACTS})
    assert answer.status_code == 200, answer.text
    answer = web.post("/persons/letter", data={"code": receipt})
    assert answer.status_code == 200, answer.text
    answer = web.post("/persons/letter", data={"code": new_code()})
    assert answer.status_code == 404, answer.text
    print(answer.text)
