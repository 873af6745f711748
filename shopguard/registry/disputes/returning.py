"""Telling a shop that the office returned its report: it waits for the shop, and ends if nobody answers."""

from datetime import date

import sqlalchemy as sa

from shopguard.registry.disputes.files import Files
from shopguard.registry.disputes.letters import Template
from shopguard.registry.disputes.outbox import member_addressee
from shopguard.registry.disputes.shop_letters import reporter_returned
from shopguard.registry.reports.model import Report
from shopguard.registry.reports.store import subject_of


def tell_returned(files: Files, connection: sa.Connection, report: Report, until: date) -> None:
    """Draft a letter to the shop in the office's transaction; what the office asks is read in the report itself."""
    letter = reporter_returned(files.sender, files.today, report.id, until)
    to = member_addressee(report.member)
    files.outbox.draft(connection, subject_of(report), to, Template.REPORTER_RETURNED, letter, files.clock())
