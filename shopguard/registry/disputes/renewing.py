"""Asking shops to say once more that their reports hold, in time before their word lapses."""

from functools import partial

import sqlalchemy as sa

from shopguard.registry.calendar import day_of
from shopguard.registry.disputes.files import Files
from shopguard.registry.disputes.letters import Template
from shopguard.registry.disputes.shop_letters import reporter_asked
from shopguard.registry.entries.model import Life
from shopguard.registry.entries.rules import lapses_on
from shopguard.registry.timers import Timer


def ask_reporters(files: Files, connection: sa.Connection, timer: Timer) -> None:
    """Draft a letter to each shop whose report counts no more after the day of ``timer``, unless it is confirmed."""
    for life in files.entries.of_numbers([timer.subject.number]):  # none where it has ended meanwhile
        _ask(files, connection, timer, life)


def _ask(files: Files, connection: sa.Connection, timer: Timer, life: Life) -> None:
    until = day_of(timer.due_at - 1)
    lapsing = {source.report for source in life.sources if lapses_on(source, files.periods) == until}
    reports = [report for report in files.held(life).reports if report.number in lapsing]
    write = partial(reporter_asked, files.sender, files.today, until=until)
    files.tell_reporters(connection, timer.subject, reports, Template.REPORTER_ASKED, write)
