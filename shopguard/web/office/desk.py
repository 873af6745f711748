"""What all pages of the office work with: the registry, who may look and who may act, and how a refusal is shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from shopguard.errors import ConfigError
from shopguard.registry.disputes.words import NEEDS_OFFICE
from shopguard.registry.home import RegistryHome
from shopguard.registry.members.enrolling import member_settings
from shopguard.registry.refusals import Refusal, Refused
from shopguard.web.app import service, viewer
from shopguard.web.bilingual import in_one_language
from shopguard.web.language import gettext as _
from shopguard.web.roles import Role, only

pages = Blueprint("office", __name__, template_folder="templates", url_prefix="/office")

View = TypeVar("View", bound=Callable[..., object])
SOON_S = 3 * 86_400.0
"""From when on a deadline is near."""

Answer = AnyResponse | str | tuple[str, int]
Change = TypeVar("Change", bound=Callable[..., Answer])


@dataclass(slots=True)
class OfficeDesk:
    """The registry of this installation. ``address``: where members ask it, as far as the settings say."""

    home: RegistryHome
    address: str | None = None
    _has_tables: bool = False

    @property
    def has_tables(self) -> bool:
        """Whether the registry's stores are there, at this version; once they are, they stay so."""
        self._has_tables = self._has_tables or self.home.is_current()
        return self._has_tables

    def settings_of(self, member_id: str) -> str:
        """Return what a member writes into its config.yaml to ask this registry."""
        return member_settings(member_id, self.address, self.home.answer_keys.publics)

    def count_urgent(self) -> int:
        """Return how many deadlines that ask the office for something end in less than ``SOON_S``, or have ended."""
        if not self.has_tables:
            return 0
        soon = self.home.timers.upcoming(self.home.clock().timestamp() + SOON_S)
        return sum(timer.what in NEEDS_OFFICE for timer in soon)

    def count_reports(self) -> int:
        """Return how many reports wait."""
        return self.home.moderation.count() if self.has_tables else 0


def home() -> RegistryHome:
    """Return the registry, whose stores may be shown; ``ConfigError`` says what has to be done before."""
    desk = service(OfficeDesk)
    if not desk.has_tables:
        raise ConfigError(_("The registry has no tables yet: start shopguard serve once, which makes them."))
    desk.home.settle()
    return desk.home


def seen_by_office(view: View) -> View:
    """Let a view be seen by the office, and by whoever checks the office."""
    return only(Role.OFFICE, Role.AUDITOR)(view)


def done_by_office(view: View) -> View:
    """Let a view, which changes something, be used by the office alone."""
    return only(Role.OFFICE)(view)


def may_act() -> bool:
    """Whether the viewer may change anything here, and does not only read."""
    return viewer().has(Role.OFFICE)


@contextmanager
def settling() -> Iterator[RegistryHome]:
    """For what changes entries: index and log follow at once, and not only when the registry's clock comes by."""
    found = home()
    yield found
    found.entries.settle()


def comes_back_to(page: Callable[..., str], field: str = "reason") -> Callable[[Change], Change]:
    """Let a view that changes something show ``page`` again where that is refused: with why, and with what was typed.

    Args:
        page: takes what the view takes, and ``errors`` by the names of fields.
        field: the one that the refusal stands at, unless it names another (``Missing``).
    """

    def marked(view: Change) -> Change:
        @wraps(view)
        def asking(**values: Any) -> Answer:
            try:
                return view(**values)
            except Refused as refused:
                at = refused.field if isinstance(refused, Missing) else field
                return page(**values, errors={at: in_one_language(str(refused))}), refused.code.status

        return cast(Change, asking)

    return marked


def typed(name: str) -> str:
    """Return what was typed into a field, without what surrounds it."""
    return request.form.get(name, "").replace("\0", "").strip()


def is_whole(text: str) -> bool:
    """Whether ``text`` is a whole number that any column can hold."""
    return text.isdecimal() and text.isascii() and len(text) < 9


class Missing(Refused):
    """A field that has to be filled in, and is not. ``said`` asks for it."""

    def __init__(self, field: str, said: str) -> None:
        super().__init__(Refusal.RULES, said)
        self.field = field


def needed(name: str, said: str) -> str:
    """Return what was typed into a field; ``Missing`` where that is nothing."""
    if not (text := typed(name)):
        raise Missing(name, said)
    return text


def why(name: str = "reason") -> str:
    """Return the reason that was typed in; ``Missing`` where there is none."""
    return needed(name, _("Say why; it is kept."))


@pages.errorhandler(Refused)
def _refused(refused: Refused) -> tuple[str, int]:
    return render_template("office/refused.html", said=in_one_language(str(refused))), refused.code.status


@pages.errorhandler(ConfigError)
def _closed(error: ConfigError) -> tuple[str, int]:
    return render_template("office/refused.html", said=str(error)), 409
