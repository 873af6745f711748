"""What `doctor` finds out about the guard itself, and how it listens to an adapter without waiting for ever."""

import queue
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

import sqlalchemy as sa

from shopguard.config import Mode
from shopguard.errors import ShopGuardError
from shopguard.guard.effects import Effects
from shopguard.guard.heartbeats import SILENT_S, Beating, Heartbeats
from shopguard.guard.inbox import Inbox
from shopguard.guard.shadow import LONG_ENOUGH_S
from shopguard.guard.shops import GuardedShop, ShopStates
from shopguard.identity import identify, tokens
from shopguard.model import Finding, OrderRef, Party, ScreeningState
from shopguard.registry.client import NoAnswer
from shopguard.registry.messages import Me
from shopguard.registry.protocol import Query, Registry
from shopguard.registry.refusals import Refusal
from shopguard.storage.engine import reading
from shopguard.storage.tables import inbox

LATE_S = 900.0
"""A delivery that is due for longer says that no worker is at work (product: no order without a decision)."""
_SKEW_S = 120.0
_SEE_DEAD = "look at `shopguard dead`, and settle there what needs no more"
_SCARCE = 0.53  # of a budget left: the next order brings it below half, from where on the registry is slow
_NOBODY = Party(emails=("doctor@example.com",))


class Health:
    """Looks at what the guard stores and at its registry. Changes nothing.

    Args:
        standing: asks the registry what it knows of this member; ``NoAnswer`` if it does not tell.
    """

    def __init__(
        self,
        engine: sa.Engine,
        deliveries: Inbox,
        effects: Effects,
        states: ShopStates,
        heartbeats: Heartbeats,
        registry: Registry,
        standing: Callable[[], Me],
        clock: Callable[[], float],
    ) -> None:
        self._engine, self._inbox, self._effects = engine, deliveries, effects
        self._states, self._heartbeats, self._clock = states, heartbeats, clock
        self._registry, self._standing = registry, standing

    def of_guard(self) -> Iterator[Finding]:
        """Yield one finding per check that concerns all shops."""
        for whose in Beating:
            yield _attempt(whose.value, partial(self._alive, whose))
        checks = {
            "registry": self._reach_registry,
            "queue": self._queue,
            "dead letters": self._dead_letters,
            "failed effects": self._failed_effects,
            "clock": self._own_clock,
        }
        for name, check in checks.items():
            yield _attempt(name, check)

    def of_shop(self, shop: GuardedShop) -> Iterator[Finding]:
        """Yield one finding per check of what is remembered of ``shop``."""
        checks = {"mode": self._mode, "heard": self._heard, "feed": self._feed, "alarm": self._alarm}
        for name, check in checks.items():
            yield _attempt(name, partial(check, shop))

    def _alive(self, whose: Beating) -> Finding:
        last = self._heartbeats.last(whose)
        if last is None:
            return Finding(whose.value, True, "was not started yet")
        silent = self._clock() - last
        if silent <= SILENT_S:
            return Finding(whose.value, True, "at work")
        remedy = "start `shopguard serve`; just after a start, look again in a minute"
        return Finding(whose.value, False, f"silent for {_span(silent)}", remedy)

    def _reach_registry(self) -> Finding:
        query = Query(OrderRef("doctor", "doctor"), "buyer", "doctor", tokens(identify(_NOBODY)))
        answer = self._registry.look_up(query)
        if answer.state is not ScreeningState.SCREENED:
            return _silent(answer.reason)
        try:
            member = self._standing()
        except NoAnswer as silence:
            return _silent(str(silence))
        if member.stopped:  # the question above is an old one, which is answered for nothing even so
            return _silent(str(NoAnswer(Refusal.BUDGET_SPENT)))
        if any(budget.left < _SCARCE * budget.size for budget in member.budgets):
            return Finding("registry", True, "answers slowly: about half of the budget is left, or less")
        return Finding("registry", True, "answers")

    def _queue(self) -> Finding:
        oldest = self._inbox.oldest_waiting()
        if oldest is None:
            return Finding("queue", True, "nothing waits")
        age = self._clock() - oldest
        text = f"the oldest delivery has waited for {_span(age)}"
        return _finding("queue", age <= LATE_S, text, "see that a worker runs: `shopguard serve`")

    def _dead_letters(self) -> Finding:
        dead = self._inbox.counts().get("dead", 0)
        return _finding("dead letters", not dead, f"{dead}" if dead else "none", _SEE_DEAD)

    def _failed_effects(self) -> Finding:
        failed = self._effects.counts().get("failed", 0)
        return _finding("failed effects", not failed, f"{failed}" if failed else "none", _SEE_DEAD)

    def _own_clock(self) -> Finding:
        with reading(self._engine) as connection:
            newest = connection.execute(sa.select(sa.func.max(inbox.c.received_at))).scalar()
        ahead = (newest or 0.0) - self._clock()
        if ahead <= _SKEW_S:
            return Finding("clock", True, "no delivery lies in the future")
        return Finding(
            "clock", False, f"a delivery was received {_span(ahead)} from now", "set this machine's clock by NTP"
        )

    def _mode(self, shop: GuardedShop) -> Finding:
        mode, since = shop.settings.mode, self._states.get(shop.name).guarded_since
        if mode is not Mode.OBSERVE:
            return Finding("mode", True, mode.value)
        if since is None:
            return Finding("mode", True, "observe, from the first start on: nothing is written onto orders")
        text = f"observe since {_day(since)}: nothing is written onto orders"
        fresh = self._clock() - since <= LONG_ENOUGH_S
        remedy = f"set shops.{shop.name}.mode to hold, or to flag, when the verdicts look right"
        return _finding("mode", fresh, text, remedy)

    def _heard(self, shop: GuardedShop) -> Finding:
        last = self._states.get(shop.name).last_event_at
        said = "no order yet" if last is None else f"the last order {_span(self._clock() - last)} ago"
        return Finding("heard", True, said)

    def _feed(self, shop: GuardedShop) -> Finding:
        error = self._states.get(shop.name).feed_error
        remedy = "missed webhooks are not found until this is put right"
        return _finding("feed", not error, error or "no trouble", remedy)

    def _alarm(self, shop: GuardedShop) -> Finding:
        state = self._states.get(shop.name)
        if state.alarm_code is None:
            return Finding("alarm", True, "none")
        text = f"{state.alarm_code} since {_day(state.alarm_at or 0.0)}: {state.alarm_text}"
        return Finding("alarm", False, text, f"when it is settled: shopguard doctor {shop.name} --clear-alarm")


def listen(findings: Callable[[], Iterator[Finding]], timeout_s: float) -> Iterator[Finding]:
    """Yield the findings of an adapter; one that says nothing for ``timeout_s`` is a finding and is not waited for.

    What it raises is a finding too. A thread that hangs stays behind and ends with the process.
    """
    said: queue.SimpleQueue[Finding | None] = queue.SimpleQueue()

    def examine() -> None:
        try:
            for finding in findings():
                said.put(finding)
        except ShopGuardError as error:
            said.put(Finding("platform", False, str(error), "see the adapter's page for what it needs"))
        except Exception as error:
            said.put(Finding("platform", False, f"unexpected {type(error).__name__}", "report it with the version"))
        said.put(None)

    threading.Thread(target=examine, name="doctor", daemon=True).start()
    while True:
        try:
            finding = said.get(timeout=timeout_s)
        except queue.Empty:
            yield Finding(
                "platform", False, f"no answer within {timeout_s:g} s", "see that the platform can be reached"
            )
            return
        if finding is None:
            return
        yield finding


def _attempt(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except ShopGuardError as error:
        return Finding(name, False, str(error), "start `shopguard serve` once; see that the database has room")


def _silent(why: str) -> Finding:
    """Return the finding on a registry that does not answer; most sentences say what to do themselves."""
    remedy = "" if ";" in why else "see that it can be reached, and that its databases are there and have room"
    return Finding("registry", False, why, remedy)


def _finding(check: str, ok: bool, text: str, remedy: str) -> Finding:
    return Finding(check, ok, text, "" if ok else remedy)


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d")


def _span(seconds: float) -> str:
    for unit, length_s in (("days", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= 2 * length_s:
            return f"{seconds / length_s:.0f} {unit}"
    return f"{max(seconds, 0.0):.0f} s"
