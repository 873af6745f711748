"""Filing the rows of a list: several at once, each whole or not at all, and what is wrong with those left out."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from shopguard.cli.output import say
from shopguard.cli.report_files import Files, as_here, beside, contents, named, showing
from shopguard.cli.running import Refused
from shopguard.registry.client.receipts import Receipts
from shopguard.registry.client.reports import Declined, ReportClient
from shopguard.registry.reports.model import ReportContent, ReportState
from shopguard.registry.reports.routes import FaultShape
from shopguard.registry.reports.table import Row
from shopguard.registry.reports.wording import FaultCode, fault

_AT_ONCE = 3
"""Requests under way: while the registry works on one, the next is read, signed and sent."""

_AHEAD = 2 * _AT_ONCE  # rows in hand: what is lost where the program is killed
_ENDED = (ReportState.REJECTED, ReportState.WITHDRAWN)
Faults = Sequence[str] | None  # None: it was filed before
Told = tuple[int, Sequence[str]]
"""The number of a row, and what is wrong with it: nothing, if it was filed."""


class Filing:
    """Files the rows of one list, and counts what became of them.

    Args:
        folder: that of the list, in which the evidence lies.
        dry_run: files nothing; says of each row whether it could be.
    """

    def __init__(self, reports: ReportClient, folder: Path, receipts: Receipts, dry_run: bool = False) -> None:
        self._reports, self._folder, self._receipts, self._dry_run = reports, folder, receipts, dry_run
        self._open = reports.open_reports()
        done = (head for head in reports.all() if head.state not in _ENDED)
        self._reported = {head.order_id: head.id for head in done if head.order_id not in self._open}
        self._rows: dict[str, int] = {}
        self.filed, self.known, self.refused = 0, 0, 0

    def all(self, rows: Iterable[Row]) -> Generator[Told, None, None]:
        """File every row; yield each with what is wrong with it, in their order.

        Where the registry falls silent, what is under way ends first, and the rest is not begun.
        """
        waiting = deque[tuple[Row, Future[Faults]]]()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            try:
                for row in rows:
                    waiting.append((row, pool.submit(self._begun(row))))
                    if len(waiting) >= _AHEAD:
                        yield self._ended(*waiting.popleft())
                while waiting:
                    yield self._ended(*waiting.popleft())
            finally:
                pool.shutdown(cancel_futures=True)

    def summary(self) -> str:
        """Return the counts in words."""
        done = say("could be filed", "件提出可能") if self._dry_run else say("filed", "件提出")
        english = f"{self.filed} {done}, {self.known} reported already, {self.refused} left out"
        return say(english, f"{self.filed}{done}、{self.known}件報告済み、{self.refused}件除外")

    def _begun(self, row: Row) -> Callable[[], Faults]:
        """What is to be done with a row. Called in the order of the rows: the first one of an order is filed."""
        if row.content is None:
            return lambda: [str(found) for found in row.faults]
        order = row.content.order_id
        if order in self._reported:
            return lambda: self._passed_over(self._reported[order])
        if (first := self._rows.setdefault(order, row.number)) != row.number:
            return lambda: [row.in_column("order_id", fault(FaultCode.SAME_ROW, at=first).text)]
        content = row.content
        return lambda: self._done(row, content)

    def _ended(self, row: Row, done: Future[Faults]) -> Told:
        faults = done.result()
        if faults is None:
            self.known += 1
        elif faults:
            self.refused += 1
        else:
            self.filed += 1
        return row.number, faults or ()

    def _passed_over(self, report_id: str) -> None:
        """Fetch the receipt where the answer that brought it was lost, or the program was killed."""
        if not self._dry_run and not self._receipts.has(report_id):
            self._receipts.keep(self._reports.receipt(report_id))

    def _done(self, row: Row, content: ReportContent) -> Sequence[str]:
        try:
            files = named(beside(self._folder, row.files))
            told, evidence = showing(content, files), contents(files)
        except Refused as refused:
            return [row.in_column("files", str(refused))]
        try:
            if self._dry_run:
                return [] if told.order_id in self._open else _in_columns(row, self._reports.check(told), files)
            self._receipts.keep(self._reports.file(told, evidence))
        except Declined as declined:
            return _in_columns(row, declined.faults, files) or str(declined).splitlines()
        return []


def _in_columns(row: Row, faults: Sequence[FaultShape], files: Files) -> Sequence[str]:
    """Say each fault under the heading that the list has for it."""
    return [row.in_column(one.field, as_here(one.sentence, files)) for one in faults]
