"""What a browser is called, so that somebody knows their own in a list."""

_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"))
_COMMON = (("Chrome", "Chrome"), ("Safari", "Safari"))  # which most others claim to be, too
_SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad")),
    *(("Windows", "Windows"), ("CrOS", "ChromeOS"), ("Mac OS X", "Mac"), ("Linux", "Linux")),
)


def device(user_agent: str) -> str:
    """Return browser and system in two words, as far as they can be told."""
    browser = _first(user_agent, (*_BROWSERS, *_COMMON))
    system = _first(user_agent, _SYSTEMS)
    return " · ".join(filter(None, (browser, system))) or user_agent[:40] or "?"


def _first(user_agent: str, marks: tuple[tuple[str, str], ...]) -> str:
    return next((name for mark, name in marks if mark in user_agent), "")
