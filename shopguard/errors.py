"""Every error, sorted by what the caller should do next. Messages carry ids, never personal data."""


class ShopGuardError(Exception):
    """Anything ShopGuard says itself. Never raised as such."""


class ConfigError(ShopGuardError):
    """A setting is wrong: stop at start-up. ``faults`` names each YAML key with its remedy."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class StoreUnavailable(ShopGuardError):
    """The database is full, locked or away: nothing was stored, try again later."""


class RequestRejected(ShopGuardError):
    """The sender is at fault: answer 4xx, do not retry."""


class SignatureInvalid(RequestRejected):
    """The request does not prove its sender (401)."""


class PayloadInvalid(RequestRejected):
    """The body cannot be read as what the platform documents (400, or a dead letter once signed)."""


class TemporaryFailure(ShopGuardError):
    """Down, busy or throttled: try again, after ``retry_after_s`` seconds if that is not None."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class PlatformRefused(ShopGuardError):
    """The platform understood and said no: tell an operator. ``code`` is the platform's own word."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class OrderGone(PlatformRefused):
    """The platform does not know this order (any more)."""


class ActionUnsupported(ShopGuardError):
    """The platform has no such action: use the next best one."""
