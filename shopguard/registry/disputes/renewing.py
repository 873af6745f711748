"""Asking shops to say once more that their reports hold, in time before their word lapses."""

import sqlalchemy as sa

from shopguard.registry.calendar import day_of
from shopguard.registry.disputes import letters
from shopguard.registry.disputes.letters import Template
from shopguard.registry.disputes.model import NOWHERE
from shopguard.registry.disputes.outbox import member_addressee
from shopguard.registry.disputes.service import Files
from shopguard.registry.entries.rules import lapses_on
from shopguard.registry.refusals import Refused
from shopguard.registry.timers import Timer


def ask_reporters(files: Files, connection: sa.Connection, timer: Timer) -> None:
    """Draft a letter to each shop whose report counts no more after the day of ``timer``, unless it is confirmed."""
    try:
        life = files.entries.get(timer.subject.number)
    except Refused:  # it ended meanwhile
        return
    until = day_of(timer.due_at - 1)
    lapsing = {source.report for source in life.sources if lapses_on(source, files.periods) == until}
    reports = [report for report in files.held(life).reports if report.number in lapsing]
    for member in sorted({report.member for report in reports}):
        ids = [report.id for report in reports if report.member == member]
        letter = letters.reporter_asked(NOWHERE, files.sender, files.today, ids, until)
        to, now = member_addressee(member), files.clock()
        files.outbox.draft(connection, timer.subject, to, Template.REPORTER_ASKED, letter, now)
