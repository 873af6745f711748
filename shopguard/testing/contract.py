"""The adapter contract as tests: subclass ``AdapterContract`` in a test file and pytest does the rest."""

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

import pytest

from shopguard.adapter import Canceller, Capability, Event, Feed, PlatformAdapter, WebhookRequest
from shopguard.errors import ActionUnsupported, PayloadInvalid, RequestRejected, ShopGuardError, SignatureInvalid
from shopguard.model import OrderEvent, OrderRef
from shopguard.testing import odd
from shopguard.testing.fixtures import Fixture, as_json, differences, faults_of, load_fixtures, private_texts
from shopguard.testing.purity import log_lines, no_network, said_by, sealed, secrets_in, settings_in
from shopguard.testing.write_back import MARK, Platform, SimulatedPlatform, promises_of

_METHODS = {
    Capability.FETCH: "fetch",
    Capability.FLAG: "flag",
    Capability.HOLD: "hold",
    Capability.RELEASE: "release",
    Capability.GATE: "clear_gate",
}
_LONGEST_MESSAGE = 500  # characters; a longer one quotes what was sent
_NO_PLATFORM = "no platform is simulated"


class AdapterContract:
    """What every adapter promises. A subclass named ``Test...`` sets ``adapter`` and defines ``sign``.

    Args:
        adapter: a built instance, with the secret that the fixtures are signed with.
        fixtures: the folder of recorded deliveries; by default ``fixtures`` beside the adapter's module.
        secret_texts: texts that no message may show, beside the ``Secret`` values found in the adapter.
        signature_covers_body: False only for platforms that send a shared word instead of signing.
    """

    adapter: ClassVar[PlatformAdapter]
    fixtures: ClassVar[Path | None] = None
    secret_texts: ClassVar[tuple[str, ...]] = ()
    signature_covers_body: ClassVar[bool] = True

    def sign(self, request: WebhookRequest) -> Mapping[str, str]:
        """Return the headers (lower case) that prove the sender of ``request`` for its body; no other headers.

        Never asked of an adapter without ``Capability.PUSH``: there every delivery is refused.
        """
        raise NotImplementedError("define sign(request) -> headers that prove the sender")

    def platform(self) -> AbstractContextManager[SimulatedPlatform]:
        """Start a simulated platform with one open order; without one, write-back is not checked."""
        raise NotImplementedError(_NO_PLATFORM)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "fixture" in metafunc.fixturenames:
            metafunc.parametrize("fixture", self._recorded(), ids=lambda fixture: fixture.name)
        if "promise" in metafunc.fixturenames:
            simulated = type(self).platform is not AdapterContract.platform
            metafunc.parametrize("promise", list(promises_of(self.adapter)) if simulated else [_NO_PLATFORM])

    # --- what is recorded ---

    def test_fixture_is_read_as_recorded(self, fixture: Fixture) -> None:
        is_ping = self.adapter.is_ping(fixture.request)
        assert is_ping == (fixture.outcome == "ping"), f"is_ping is {is_ping} for outcome {fixture.outcome!r}"
        if fixture.outcome == "ping":
            return
        error, events = self._read(fixture.request)
        expected = {"refused": SignatureInvalid, "invalid": PayloadInvalid}.get(fixture.outcome)
        if expected is None:
            assert error is None, f"refused, although genuine: {error!r}"
            self._compare(fixture, events)
            return
        assert isinstance(error, expected), f"expected {expected.__name__}, got {error!r} and {len(events)} events"
        assert fixture.error in (None, type(error).__name__), f"expected {fixture.error}, got {error!r}"

    def test_reading_twice_gives_the_same(self, fixture: Fixture) -> None:
        (error, events), (error_again, events_again) = self._read(fixture.request), self._read(fixture.request)
        assert type(error) is type(error_again)
        assert events == events_again, "parse gave other events the second time"
        assert self._key(fixture.request) == self._key(fixture.request)

    def test_reading_needs_no_network_and_no_clock(self, fixture: Fixture) -> None:
        with sealed():
            self.adapter.is_ping(fixture.request)
            self._read(fixture.request)
            self._key(fixture.request)

    # --- who sent it ---

    def test_sign_proves_the_sender_of_any_body(self, fixture: Fixture) -> None:
        for body in (fixture.request.body, b"{}") if Capability.PUSH in self.adapter.capabilities else ():
            try:
                self.adapter.verify(self._signed(fixture.request, body))
            except SignatureInvalid as error:
                raise AssertionError(f"sign() does not prove the sender: {error}") from error

    def test_changed_body_is_refused(self, fixture: Fixture) -> None:
        signed = self._signed(fixture.request, fixture.request.body)
        for body in odd.changed_bodies(fixture.request.body) if self.signature_covers_body else ():
            error = self._refusal(replace(signed, body=body))
            assert isinstance(error, SignatureInvalid), f"a changed body was let in ({error!r})"

    def test_bad_signature_is_refused(self, fixture: Fixture) -> None:
        signed = self._signed(fixture.request, fixture.request.body)
        for request, what in self._badly_signed(signed):
            error = self._refusal(request)
            assert isinstance(error, SignatureInvalid), f"{what} was let in ({error!r})"

    def test_unsigned_delivery_is_no_ping(self, fixture: Fixture) -> None:
        if fixture.outcome == "ping":
            return
        for request, what in self._badly_signed(self._signed(fixture.request, fixture.request.body)):
            assert not self.adapter.is_ping(request), f"a delivery with {what} passes for a ping"

    # --- what it says ---

    def test_odd_body_is_read_or_refused(self, fixture: Fixture) -> None:
        for name, body in odd.ODD_BODIES:
            request = self._signed(fixture.request, body)
            self._check_reading(request, f"body: {name}")
            self._key(request)

    def test_odd_field_is_read_or_refused(self, fixture: Fixture) -> None:
        for place, body in odd.mutants(fixture.request.body):
            self._check_reading(self._signed(fixture.request, body), place)

    def test_missing_header_is_read_or_refused(self, fixture: Fixture) -> None:
        for name in fixture.request.headers:
            for value in (None, "", "\x00", "長" * 2000):
                request = _with_header(self._signed(fixture.request, fixture.request.body), name, value)
                self._check_reading(request, f"header {name}")

    # --- which delivery it is ---

    def test_repeat_has_the_key_of_the_first(self, fixture: Fixture) -> None:
        first = next((f for f in self._recorded() if f"{f.name}_repeat" == fixture.name), fixture)
        assert self._key(first.request) == self._key(fixture.request), f"{first.name} has another delivery key"

    def test_other_deliveries_have_other_keys(self, fixture: Fixture) -> None:
        for other in self._recorded():
            both_events = fixture.outcome == other.outcome == "events"
            if both_events and other.request.body != fixture.request.body:
                assert self._key(other.request) != self._key(fixture.request), f"{other.name} has the same key"

    # --- what it declares ---

    @pytest.mark.parametrize("capability", _METHODS)
    def test_declared_method_is_there_and_no_other(self, capability: Capability) -> None:
        name = _METHODS[capability]
        if capability in self.adapter.capabilities:
            own, base = getattr(type(self.adapter), name), getattr(PlatformAdapter, name)
            assert own is not base, f"{capability} is declared, but {name}() is not there"
        else:
            self._check_unsupported(name, lambda: self._call(name))

    def test_feed_is_there_if_declared(self) -> None:
        if Capability.POLL in self.adapter.capabilities:
            assert isinstance(self.adapter, Feed), "poll is declared, but orders_since() is not there"
        elif isinstance(self.adapter, Feed):
            feed = self.adapter
            self._check_unsupported("orders_since", lambda: next(feed.orders_since(MARK.since)))

    def test_canceller_is_there_if_declared(self) -> None:
        if Capability.CANCEL in self.adapter.capabilities:
            assert isinstance(self.adapter, Canceller), "cancel is declared, but cancel() is not there"
        elif isinstance(self.adapter, Canceller):
            canceller = self.adapter
            self._check_unsupported("cancel", lambda: canceller.cancel(_NOWHERE, MARK))

    def test_what_orders_carry_is_declared(self) -> None:
        orders = [event.order for event in self._all_events() if isinstance(event, OrderEvent) and event.order]
        declared = self.adapter.capabilities
        if orders:
            kana = any(party.kana for order in orders for party in (order.buyer, *order.recipients))
            assert kana == (Capability.KANA in declared), "kana: declared and recorded orders differ"
            ip = any(order.ip for order in orders)
            assert ip == (Capability.IP in declared), "ip: declared and recorded orders differ"
        recorded = any(fixture.is_genuine for fixture in self._recorded())
        assert recorded == (Capability.PUSH in declared), "push: declared and recorded deliveries differ"

    def test_platform_is_a_plain_name(self) -> None:
        assert self.adapter.platform.replace("-", "").replace("_", "").isalnum()
        assert self.adapter.platform == self.adapter.platform.lower()

    # --- what it never says ---

    def test_settings_print_no_secret(self) -> None:
        secrets = self._secrets()
        for thing in (self.adapter, *settings_in(self.adapter)):
            shown = f"{thing!r} {thing}"
            assert not [s for s in secrets if s in shown], f"repr of {type(thing).__name__} shows a secret"

    def test_refusals_tell_nothing_of_persons_or_secrets(
        self, fixture: Fixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        unspeakable = self._secrets() | private_texts(self._all_events())
        request = fixture.request
        signed = self._signed(request, request.body)
        tried = [request, *(bad for bad, _what in self._badly_signed(signed))]
        tried += [self._signed(request, body) for _name, body in odd.mutants(request.body, odd.OTHER_TYPES)]
        tried += [self._signed(request, request.body[:-2]), self._signed(request, b"[" + request.body + b"]")]
        with log_lines() as logged:
            errors = [error for each in tried if (error := self._read(each)[0])]
        for error in errors:
            said = said_by(error)
            assert len(str(error)) <= _LONGEST_MESSAGE, f"a message of {len(str(error))} characters quotes the sender"
            assert not _found(unspeakable, said), f"{type(error).__name__} shows a person's data or a secret"
        assert not _found(unspeakable, "\n".join(logged)), "the log shows a person's data or a secret"
        assert not _found(unspeakable, "".join(capfd.readouterr())), "printed: a person's data or a secret"

    # --- what it does ---

    def test_write_back(self, promise: str) -> None:
        if promise != _NO_PLATFORM:
            promises_of(self.adapter)[promise](self._platform)

    # --- the means ---

    @property
    def _platform(self) -> Platform:
        return self.platform

    def _recorded(self) -> tuple[Fixture, ...]:
        folder = self.fixtures or Path(inspect.getfile(type(self.adapter))).parent / "fixtures"
        found = load_fixtures(folder)
        if not found:
            raise ValueError(f"no *.json in {folder}: record a delivery first")
        return found

    def _all_events(self) -> list[Event]:
        return [event for fixture in self._recorded() for event in self._read(fixture.request)[1]]

    def _secrets(self) -> set[str]:
        return secrets_in(self.adapter) | set(self.secret_texts)

    def _signed(self, request: WebhookRequest, body: bytes) -> WebhookRequest:
        changed = replace(request, body=body)
        return replace(changed, headers=MappingProxyType({**changed.headers, **self._proof(changed)}))

    def _proof(self, request: WebhookRequest) -> Mapping[str, str]:
        return self.sign(request) if Capability.PUSH in self.adapter.capabilities else {}

    def _badly_signed(self, signed: WebhookRequest) -> Iterator[tuple[WebhookRequest, str]]:
        for name, value in self._proof(signed).items():
            yield _with_header(signed, name, None), f"no {name}"
            for bad in (*odd.BAD_SIGNATURES, value[:-4], value + value):
                yield _with_header(signed, name, bad), f"{name}: {bad[:40]!r}"

    def _read(self, request: WebhookRequest) -> tuple[RequestRejected | None, list[Event]]:
        """Verify and parse as the receiver does; any error but the documented two goes through."""
        if self.adapter.is_ping(request):
            return None, []
        try:
            self.adapter.verify(request)
        except SignatureInvalid as error:
            return error, []
        try:
            return None, list(self.adapter.parse(request))
        except PayloadInvalid as error:
            return error, []

    def _refusal(self, request: WebhookRequest) -> RequestRejected | None:
        try:
            self.adapter.verify(request)
        except RequestRejected as error:
            return error
        return None

    def _key(self, request: WebhookRequest) -> str:
        key = self.adapter.delivery_key(request)
        assert isinstance(key, str) and 0 < len(key) <= 255, "a delivery key is text of 1 to 255 characters"
        return key

    def _check_reading(self, request: WebhookRequest, place: str) -> None:
        try:
            _error, events = self._read(request)
        except Exception as error:
            raise AssertionError(
                f"{place}: {type(error).__name__}, not SignatureInvalid or PayloadInvalid"
            ) from error
        for event in events:
            assert not (faults := faults_of(event)), f"{place}: {'; '.join(faults)}"

    def _compare(self, fixture: Fixture, events: list[Event]) -> None:
        for event in events:
            assert not (faults := faults_of(event)), "; ".join(faults)
        actual = [as_json(event) for event in events]
        shown = json.dumps(actual, ensure_ascii=False, indent=1)
        assert fixture.expected is not None, f'{fixture.name} has no "events" yet; the adapter reads:\n{shown}'
        lines = differences(fixture.expected, actual)
        assert not lines, "\n".join(["the adapter reads other events than recorded:", *lines])

    def _check_unsupported(self, name: str, call: Callable[[], object]) -> None:
        try:
            with no_network():
                call()
        except ActionUnsupported:
            return
        except (ShopGuardError, AssertionError, StopIteration) as error:
            raise AssertionError(
                f"{name}() works ({type(error).__name__}), but its capability is not declared"
            ) from None
        raise AssertionError(f"{name}() works, but its capability is not declared")

    def _call(self, name: str) -> object:
        more: dict[str, tuple[object, ...]] = {
            "fetch": (),
            "flag": (MARK,),
            "hold": (MARK,),
            "release": ({}, MARK),
            "clear_gate": ("processing",),
        }
        return getattr(self.adapter, name)(_NOWHERE, *more[name])


_NOWHERE = OrderRef("no-shop", "no-order")


def _with_header(request: WebhookRequest, name: str, value: str | None) -> WebhookRequest:
    others = {key: text for key, text in request.headers.items() if key != name}
    return replace(request, headers=MappingProxyType(others if value is None else {**others, name: value}))


def _found(texts: set[str], said: str) -> list[str]:
    return [text for text in texts if text in said]
