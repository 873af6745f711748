"""How Shopify is called: errors inside HTTP 200, throttling, and tokens that expire."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from adapters.shopify import ShopifyAdapter, ShopifySettings
from shopguard.adapter import AdapterContext, Secret, TokenPair
from shopguard.errors import ConfigError, PlatformRefused, TemporaryFailure
from shopguard.model import OrderRef
from shopguard.testing.fakes import FixedClock, MemoryTokens
from shopguard.testing.shopify_stub import ShopifyStub

_SHOP = "main-store"
_REF = OrderRef(_SHOP, "404")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def tokens() -> MemoryTokens:
    return MemoryTokens()


@pytest.fixture
def stub() -> ShopifyStub:
    return ShopifyStub(access_token=None, refresh_token="refresh-0")


@pytest.fixture
def address(stub: ShopifyStub) -> Iterator[str]:
    with stub.serving() as served:
        yield served


@pytest.fixture
def adapter(address: str, clock: FixedClock, tokens: MemoryTokens) -> ShopifyAdapter:
    return _adapter(address, clock, tokens, client_id="test-client", refresh_token=Secret("refresh-0"))


@pytest.fixture
def lasting(address: str, stub: ShopifyStub, clock: FixedClock) -> ShopifyAdapter:
    stub.access_token = "test-token"
    return _adapter(address, clock, None, access_token=Secret("test-token"))


def _adapter(address: str, clock: FixedClock, tokens: MemoryTokens | None, **credentials: Any) -> ShopifyAdapter:
    settings = ShopifySettings("demo.myshopify.com", (Secret("test-secret"),), base_url=address, **credentials)
    return ShopifyAdapter(settings, AdapterContext(_SHOP, clock, tokens))


def _call(adapter: ShopifyAdapter) -> None:
    """Make one call that only a valid token can make."""
    assert next(adapter.doctor("https://guard.example.com/")).ok


def test_throttling_says_how_long_the_bucket_takes_to_fill(stub: ShopifyStub, lasting: ShopifyAdapter) -> None:
    stub.available, stub.restore_rate = 4.0, 2.0  # 10 points are needed
    with pytest.raises(TemporaryFailure) as failure:
        lasting.fetch(_REF)
    assert failure.value.retry_after_s == 3.0


def test_missing_scope_is_refused_with_shopifys_code(stub: ShopifyStub, lasting: ShopifyAdapter) -> None:
    stub.scopes.remove("read_customers")
    with pytest.raises(PlatformRefused) as refusal:
        lasting.fetch(_REF)
    assert refusal.value.code == "ACCESS_DENIED"
    assert "said in words" not in str(refusal.value)


def test_unknown_version_is_not_taken_for_a_lost_order(stub: ShopifyStub, lasting: ShopifyAdapter) -> None:
    stub.version = "2027-01"
    with pytest.raises(PlatformRefused) as refusal:
        lasting.fetch(_REF)
    assert type(refusal.value) is PlatformRefused


def test_lasting_token_that_is_refused_is_not_renewed(stub: ShopifyStub, lasting: ShopifyAdapter) -> None:
    stub.access_token = "another"
    with pytest.raises(PlatformRefused) as refusal:
        lasting.fetch(_REF)
    assert refusal.value.code == "401"
    assert stub.tokens_issued == 0


def test_first_call_exchanges_the_refresh_token_and_keeps_both_parts(
    adapter: ShopifyAdapter, tokens: MemoryTokens, clock: FixedClock
) -> None:
    _call(adapter)
    hour = clock.now + timedelta(hours=1)
    assert tokens.get(_SHOP) == TokenPair(Secret("access-1"), Secret("refresh-1"), hour)


@pytest.mark.parametrize(("seconds_left", "issued"), [(300, 1), (299, 2), (-60, 2)])
def test_token_is_renewed_in_its_last_five_minutes(
    stub: ShopifyStub, adapter: ShopifyAdapter, clock: FixedClock, seconds_left: int, issued: int
) -> None:
    _call(adapter)
    clock.pass_by(3600 - seconds_left)
    _call(adapter)
    assert stub.tokens_issued == issued


def test_token_revoked_before_its_time_is_renewed_once_and_the_call_repeated(
    stub: ShopifyStub, adapter: ShopifyAdapter
) -> None:
    _call(adapter)
    stub.access_token = "revoked"
    _call(adapter)
    assert stub.tokens_issued == 2


def test_lost_answer_does_not_lock_the_shop_out(
    stub: ShopifyStub, adapter: ShopifyAdapter, tokens: MemoryTokens
) -> None:
    _call(adapter)
    before = tokens.get(_SHOP)
    stub.access_token, stub.lost_answers = "revoked", 1
    with pytest.raises(TemporaryFailure):
        adapter.fetch(_REF)
    assert tokens.get(_SHOP) == before
    _call(adapter)
    after = tokens.get(_SHOP)
    assert after is not None and after.refresh == Secret("refresh-3")


def test_token_renewed_by_another_process_meanwhile_is_used(
    stub: ShopifyStub, address: str, clock: FixedClock
) -> None:
    class Meanwhile(MemoryTokens):
        """Tells the first reader the pair of before."""

        stale: TokenPair | None = None

        def get(self, shop: str) -> TokenPair | None:
            told, self.stale = self.stale or super().get(shop), None
            return told

    tokens = Meanwhile()
    adapter = _adapter(address, clock, tokens, client_id="test-client", refresh_token=Secret("refresh-0"))
    _call(adapter)
    tokens.stale = TokenPair(Secret("access-0"), Secret("refresh-0"), clock.now + timedelta(hours=1))
    _call(adapter)
    assert stub.tokens_issued == 1


def test_refresh_token_pasted_anew_serves_when_the_kept_one_is_dead(
    stub: ShopifyStub, adapter: ShopifyAdapter, tokens: MemoryTokens, clock: FixedClock
) -> None:
    dead = TokenPair(Secret("old"), Secret("dead"), clock.now)
    tokens.renew(_SHOP, None, lambda stored: dead)
    _call(adapter)
    assert stub.tokens_issued == 1


def test_dead_refresh_token_is_a_refusal_without_its_text(stub: ShopifyStub, address: str, clock: FixedClock) -> None:
    adapter = _adapter(
        address, clock, MemoryTokens(), client_id="test-client", refresh_token=Secret("no-such-refresh-token")
    )
    with pytest.raises(PlatformRefused) as refusal:
        adapter.fetch(_REF)
    assert "no-such-refresh-token" not in str(refusal.value)


def test_app_of_the_dev_dashboard_needs_its_client_id_and_secret_only(
    stub: ShopifyStub, address: str, clock: FixedClock, tokens: MemoryTokens
) -> None:
    adapter = _adapter(address, clock, tokens, client_id="test-client")
    _call(adapter)
    clock.pass_by(86_399 - 299)
    _call(adapter)
    assert stub.tokens_issued == 2


def test_expiring_token_without_a_place_to_keep_it_is_a_configuration_fault(address: str, clock: FixedClock) -> None:
    adapter = _adapter(address, clock, None, client_id="test-client")
    with pytest.raises(ConfigError):
        adapter.fetch(_REF)
