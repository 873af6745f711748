"""The registry describes itself in two documents; whoever has the first one finds the second."""

from typing import Any

from flask import Flask

from shopguard.registry.disputes.routes import persons_routes
from shopguard.registry.lookup.openapi import document

NOBODY: Any = None  # nothing is asked of the routes but their description


def test_the_members_document_names_that_of_the_persons_desk() -> None:
    app = Flask("registry")
    app.register_blueprint(persons_routes(NOBODY, NOBODY))
    described = document()
    address = described["externalDocs"]["url"]
    assert address in described["info"]["description"]
    told = app.test_client().get(address)
    assert told.status_code == 200
    assert told.json is not None
    assert told.json["paths"]
