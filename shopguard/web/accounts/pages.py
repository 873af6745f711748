"""What the pages of accounts share: where they stand, and the audit log."""

from flask import Blueprint

from shopguard.model import OrderRef
from shopguard.web.app import Frame, service

pages = Blueprint("accounts", __name__, template_folder="templates", url_prefix="/console")
"""Signing in, and one's own account."""

colleague_pages = Blueprint("colleagues", __name__, template_folder="templates", url_prefix="/console/accounts")
"""Everybody's accounts."""


def note(actor: str, action: str, detail: str) -> None:
    """Write down what was done to an account, or tried."""
    service(Frame).note(actor, action, OrderRef("", ""), detail)
