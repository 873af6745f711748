"""The promises of ``flag``, ``hold`` and ``release``, checked against a simulated platform."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from shopguard.adapter import Capability, PlatformAdapter
from shopguard.errors import PlatformRefused, ShopGuardError, TemporaryFailure
from shopguard.model import Mark, OrderRef, Undo
from shopguard.testing.purity import log_lines, said_by, secrets_in

MARK = Mark(
    key="effect-0001",
    text="ShopGuard: please check (phone, address match; 2 reports; latest 2026-08)",
    since=datetime(2026, 11, 2, 1, 15, tzinfo=UTC),
)
_AGAIN = replace(MARK, attempt=2)
_SAID = frozenset({"note", "tag"})  # what a release may leave on the order
_MOST_CALLS = 8  # a hold of more calls is broken off in its first ones only


class SimulatedPlatform(Protocol):
    """A platform of one open order, simulated by the adapter's author over HTTP.

    ``adapter`` is best a property that builds a new one each time: then nothing is remembered from call to call,
    as after a crash.
    """

    @property
    def adapter(self) -> PlatformAdapter: ...

    @property
    def ref(self) -> OrderRef: ...

    def effects(self) -> Sequence[tuple[str, object]]:
        """Return what stands on the order now, as (kind, value); kinds ``note`` and ``tag`` survive a release."""
        ...

    def fail_with(self, status: int | None, retry_after: str | None = None) -> None:
        """From now on answer every call with ``status``; None: never answer (a time-out)."""
        ...


@runtime_checkable
class BreakingPlatform(SimulatedPlatform, Protocol):
    """A simulated platform that can also fail in the middle of an effect."""

    def fail_after(self, calls: int, status: int) -> None:
        """Answer the next ``calls`` calls, then one with ``status``, then all others again."""
        ...


Platform = Callable[[], AbstractContextManager[SimulatedPlatform]]
Promise = Callable[[Platform], None]


def promises_of(adapter: PlatformAdapter) -> Mapping[str, Promise]:
    """Return the promises that the capabilities of ``adapter`` make, under readable names."""
    able = adapter.capabilities
    found: dict[str, Promise] = {}
    if Capability.FLAG in able:
        found["flagging twice flags once"] = _flag_twice
    if Capability.HOLD in able:
        found["holding twice holds once, with equal undo"] = _hold_twice
    if {Capability.FLAG, Capability.HOLD} <= able:
        found["flag after hold keeps the hold"] = _flag_after_hold
    if {Capability.HOLD, Capability.RELEASE} <= able:
        found["release restores what stood before"] = _release_restores
        found["releasing twice releases once"] = _release_twice
        found["release without text writes no text"] = _release_silently
        found["a hold whose answer was lost is released without its undo"] = _release_without_undo
        found["a hold whose later call fails is released without its undo"] = _release_what_broke_off
    for verb in (Capability.FLAG, Capability.HOLD, Capability.FETCH):
        if verb in able:
            found.update(_failures(verb))
    return found


def _flag_twice(start: Platform) -> None:
    with start() as platform:
        before = list(platform.effects())
        platform.adapter.flag(platform.ref, MARK)
        once = list(platform.effects())
        assert once != before, "flag left nothing on the order"
        platform.adapter.flag(platform.ref, _AGAIN)
        assert list(platform.effects()) == once, "a second attempt at the same flag changed the order again"


def _hold_twice(start: Platform) -> None:
    with start() as platform:
        before = list(platform.effects())
        undo = platform.adapter.hold(platform.ref, MARK)
        once = list(platform.effects())
        assert _without_texts(once) != _without_texts(before), "hold stopped nothing: only notes or tags changed"
        again = platform.adapter.hold(platform.ref, _AGAIN)
        assert list(platform.effects()) == once, "a second attempt at the same hold changed the order again"
        assert _as_stored(again) == _as_stored(undo), f"the second hold gave another undo: {again!r}, not {undo!r}"


def _flag_after_hold(start: Platform) -> None:
    with start() as platform:
        platform.adapter.hold(platform.ref, MARK)
        held = _without_texts(platform.effects())
        platform.adapter.flag(platform.ref, replace(MARK, key="effect-0002", text="ShopGuard: a second note"))
        assert _without_texts(platform.effects()) == held, "a flag changed the hold"


def _release_restores(start: Platform) -> None:
    with start() as platform:
        before = _without_texts(platform.effects())
        undo = _as_stored(platform.adapter.hold(platform.ref, MARK))
        platform.adapter.release(platform.ref, undo, _released("ShopGuard: released"))
        after = _without_texts(platform.effects())
        assert after == before, f"release did not restore the order: {after!r}, not {before!r}"


def _release_twice(start: Platform) -> None:
    with start() as platform:
        undo = _as_stored(platform.adapter.hold(platform.ref, MARK))
        mark = _released("ShopGuard: released")
        platform.adapter.release(platform.ref, undo, mark)
        once = list(platform.effects())
        platform.adapter.release(platform.ref, undo, replace(mark, attempt=2))
        assert list(platform.effects()) == once, "a second attempt at the same release changed the order again"


def _release_silently(start: Platform) -> None:
    with start() as platform:
        undo = _as_stored(platform.adapter.hold(platform.ref, MARK))
        notes = [effect for effect in platform.effects() if effect[0] == "note"]
        platform.adapter.release(platform.ref, undo, _released(""))
        after = [effect for effect in platform.effects() if effect[0] == "note"]
        assert len(after) <= len(notes), "a release without text wrote a note"


def _release_without_undo(start: Platform) -> None:
    with start() as platform:
        before = _without_texts(platform.effects())
        platform.adapter.hold(platform.ref, MARK)
        platform.adapter.release(platform.ref, {}, _released(""))
        after = _without_texts(platform.effects())
        assert after == before, f"release with an empty undo did not restore the order: {after!r}, not {before!r}"


def _release_what_broke_off(start: Platform) -> None:
    for status in (403, 503):
        for calls in range(_MOST_CALLS):
            with start() as platform:
                if isinstance(platform, BreakingPlatform):
                    _break_off_and_release(platform, calls, status)


def _break_off_and_release(platform: BreakingPlatform, calls: int, status: int) -> None:
    before = _without_texts(platform.effects())
    platform.fail_after(calls, status)
    with suppress(TemporaryFailure, PlatformRefused):
        platform.adapter.hold(platform.ref, MARK)
    mark = _released("")
    try:
        platform.adapter.release(platform.ref, {}, mark)
    except (TemporaryFailure, PlatformRefused):  # the failure came as late as this
        platform.adapter.release(platform.ref, {}, replace(mark, attempt=2))
    after = _without_texts(platform.effects())
    broken = f"a hold that met {status} after {calls} calls"
    assert after == before, f"{broken} left something of ours after its release: {after!r}, not {before!r}"


def _failures(verb: Capability) -> Mapping[str, Promise]:
    def expect(error: type[ShopGuardError], status: int | None, retry_after: str | None = None) -> Promise:
        return lambda start: _fails(start, verb, error, status, retry_after)

    return {
        f"{verb}: 429 is temporary, with its time": expect(TemporaryFailure, 429, "17"),
        f"{verb}: 503 is temporary": expect(TemporaryFailure, 503),
        f"{verb}: a time-out is temporary": expect(TemporaryFailure, None),
        f"{verb}: 401 is a refusal": expect(PlatformRefused, 401),
        f"{verb}: 403 is a refusal": expect(PlatformRefused, 403),
    }


def _fails(
    start: Platform, verb: Capability, expected: type[ShopGuardError], status: int | None, retry_after: str | None
) -> None:
    with start() as platform, log_lines() as logged:
        adapter = platform.adapter
        platform.fail_with(status, retry_after)
        try:
            _call(adapter, verb, platform.ref)
        except ShopGuardError as error:
            assert isinstance(error, expected), f"{type(error).__name__} ({error}), not {expected.__name__}"
            if retry_after and isinstance(error, TemporaryFailure):
                assert error.retry_after_s == float(retry_after), f"retry_after_s is {error.retry_after_s}"
            said = said_by(error) + "\n".join(logged)
            assert not [text for text in secrets_in(adapter) if text in said], "a secret stands in the message or log"
        else:
            raise AssertionError(f"{verb} succeeded although the platform failed")


def _call(adapter: PlatformAdapter, verb: Capability, ref: OrderRef) -> None:
    if verb is Capability.FETCH:
        adapter.fetch(ref)
    elif verb is Capability.HOLD:
        adapter.hold(ref, MARK)
    else:
        adapter.flag(ref, MARK)


def _released(text: str) -> Mark:
    return replace(MARK, key="effect-0003", text=text)


def _as_stored(undo: Undo) -> Undo:
    """The core keeps an undo as JSON; what does not survive that is lost."""
    stored = json.loads(json.dumps(dict(undo)))
    assert stored == undo, f"the undo does not survive JSON: {undo!r}"
    return dict(stored)


def _without_texts(effects: Sequence[tuple[str, object]]) -> list[tuple[str, object]]:
    return [effect for effect in effects if effect[0] not in _SAID]
