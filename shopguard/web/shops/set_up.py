"""Setting up a shop step by step: platform and name, what each side gives the other, the first order's arrival."""

import base64
import re
import secrets as random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shopguard.adapter import Capability, Connector, Guide, PlatformAdapter
from shopguard.config import Language, Mode
from shopguard.errors import ConfigError
from shopguard.guard.connecting import webhook_address
from shopguard.model import OrderRef
from shopguard.web.app import viewer
from shopguard.web.language import gettext as _
from shopguard.web.language import later
from shopguard.web.sentences import in_words
from shopguard.web.shops.desk import all_shops, desk, done, pages
from shopguard.web.shops.questions import Answers, field_name, guide_of, missing, said, section_of
from shopguard.web.shops.shop import undoable

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_SHOWN = 5
_KEY_OF_FAULT = re.compile(r"shops\.([a-z0-9-]+)\.([^:]+): ")

STEPS = (later("Platform and name"), later("Keys and address"), later("First order"))


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform that shops can be set up of."""

    name: str
    adapter: type[PlatformAdapter]

    @property
    def capabilities(self) -> Sequence[Capability]:
        return [able for able in Capability if able in self.adapter.capabilities]


# --- platform and name ---


@pages.get("/set-up")
@done
def choose() -> str:
    all_shops()
    return _choosing("", "", {})


@pages.post("/set-up")
@done
def chosen() -> AnyResponse | tuple[str, int]:
    """Go on to the questions of a platform."""
    all_shops()
    platform, name = request.form.get("platform", ""), request.form.get("name", "").strip()
    errors = {}
    if platform not in {one.name for one in _platforms()}:
        errors["platform"] = _("Choose the platform of the shop.")
    if fault := _name_fault(name):
        errors["name"] = fault
    if errors:
        return _choosing(platform, name, errors), 422
    return redirect(url_for("shops.answer", platform=platform, name=name), 303)


def _choosing(platform: str, name: str, errors: dict[str, str]) -> str:
    return render_template(
        "shops/choose.html",
        platforms=_platforms(),
        platform=platform,
        name=name,
        errors=errors,
        is_public=desk().public_url is not None,
        steps=STEPS,
        step=0,
    )


def _platforms() -> Sequence[Platform]:
    """The platforms whose adapters can be loaded."""
    found = []
    for name in desk().setting_up.platforms:
        try:
            found.append(Platform(name, desk().setting_up.platforms[name]))
        except ConfigError:
            continue
    return found


def _name_fault(name: str) -> str | None:
    if not _NAME.fullmatch(name):
        return _("A shop's name has up to 40 small letters, digits and hyphens, such as main-store.")
    if name in desk().setting_up.shops_written() or name in desk().shops:
        return _("A shop of this name is set up already. Choose another name.")
    return None


# --- what each side gives the other ---


@pages.get("/set-up/<platform>/<name>")
@done
def answer(platform: str, name: str) -> AnyResponse | str:
    guide = _guide(platform)
    if _name_fault(name):
        return redirect(url_for("shops.choose"))
    texts = {question.key: question.value for question in guide.questions}
    made = {question.key: random.token_hex(24) for question in guide.questions if question.kind == "made"}
    return _asking(platform, name, guide, Answers(texts, made, {}), new=True)


@pages.post("/set-up/<platform>/<name>")
@done
def write(platform: str, name: str) -> AnyResponse | tuple[str, int]:
    """Write the shop into the settings."""
    guide = _guide(platform)
    if name in desk().setting_up.shops_written():
        return redirect(url_for("shops.arrival", name=name), 303)  # pressed twice, or gone back
    answers = _answers(guide)
    missing(guide, answers)
    if fault := _name_fault(name):
        answers.errors["name"] = fault
    common = {"mode": _one_of(Mode, "mode"), "language": _one_of(Language, "language")}
    section, secrets = section_of(guide, answers, platform, name, common)
    if answers.errors:
        return _asking(platform, name, guide, answers), 422
    try:
        written = desk().setting_up.add(name, section, secrets)
    except ConfigError as error:
        return _asking(platform, name, guide, _placed(guide, answers, error, name), error=error, section=section), 422
    desk().note("set_up_shop", name, platform)
    return redirect(url_for("shops.arrival", name=name, version=written.version), 303)


def _asking(
    platform: str,
    name: str,
    guide: Guide,
    answers: Answers,
    error: ConfigError | None = None,
    section: dict[str, Any] | None = None,
    new: bool = False,
) -> str:
    found = desk()
    return render_template(
        "shops/answer.html",
        platform=platform,
        name=name,
        guide=guide,
        answers=answers,
        errors=answers.errors,
        faults=_elsewhere(answers, error),
        by_hand=found.setting_up.text_of(name, section) if section is not None and _is_closed(error) else "",
        file=found.setting_up.file.path,
        kept={key: _sealed(text) for key, text in answers.secrets.items()},
        is_new=new,
        said=said,
        field_name=field_name,
        address=webhook_address(found.base, platform, name),
        is_public=found.public_url is not None,
        languages=[(Language.JA, "日本語"), (Language.EN, "English")],
        chosen={
            "mode": request.form.get("mode", Mode.OBSERVE.value),
            "language": request.form.get("language", Language.JA.value),
        },
        steps=STEPS,
        step=1,
    )


def _answers(guide: Guide) -> Answers:
    """What was typed. A secret that is not typed again is the one that the form carries sealed."""
    answers = Answers({}, {}, {})
    for question in guide.questions:
        name = field_name(question)
        typed = request.form.get(name, "")
        if question.kind in ("secret", "made"):
            answers.secrets[question.key] = typed.strip() or _opened(request.form.get(f"kept.{question.key}", ""))
        else:
            answers.texts[question.key] = typed if question.kind == "yaml" else typed.strip()
    return answers


def _placed(guide: Guide, answers: Answers, error: ConfigError, name: str) -> Answers:
    """Put each fault of the settings at the question that it is about; what is about another stays at the top."""
    for fault in error.faults:
        found = _KEY_OF_FAULT.match(fault)
        if found is None or found[1] != name:
            continue
        question = next((one for one in guide.questions if one.key and found[2].startswith(one.key)), None)
        question = question or next((one for one in guide.questions if one.kind == "yaml"), None)
        if question is not None:
            text = in_words(fault[found.end() :] if question.key else f"{found[2]}: {fault[found.end() :]}")
            known = answers.errors.get(field_name(question))
            answers.errors[field_name(question)] = f"{known} / {text}" if known else text
    return answers


def _elsewhere(answers: Answers, error: ConfigError | None) -> Sequence[str]:
    placed = " / ".join(answers.errors.values())
    return [fault for fault in error.faults if in_words(fault.partition(": ")[2]) not in placed] if error else ()


def _is_closed(error: ConfigError | None) -> bool:
    """Whether nothing is wrong but that the file cannot be written from here."""
    return error is not None and any("cannot be written" in fault or "by hand" in fault for fault in error.faults)


def _sealed(text: str) -> str:
    """A secret as a form carries it: whoever looks at the page's source sees nothing of it."""
    return base64.urlsafe_b64encode(desk().setting_up.seal(text.encode())).decode() if text else ""


def _opened(sealed: str) -> str:
    try:
        return desk().setting_up.open(base64.urlsafe_b64decode(sealed)).decode() if sealed else ""
    except (ConfigError, ValueError):
        return ""


def _one_of(kind: type[Mode] | type[Language], field: str) -> str:
    value = request.form.get(field, "")
    known = [one.value for one in kind if one is not Mode.GATE]
    return value if value in known else known[0]


def _guide(platform: str) -> Guide:
    all_shops()
    found = next((one for one in _platforms() if one.name == platform), None)
    if found is None:
        abort(404)
    return guide_of(found.adapter)


# --- the first order ---


@pages.get("/shops/<name>/arrival")
@done
def arrival(name: str) -> str:
    """Show what is left to do until the first order is there."""
    return _arriving("shops/arrival.html", name)


@pages.get("/shops/<name>/arrival/now")
@done
def arrival_now(name: str) -> str:
    """What changes on that page, alone."""
    return _arriving("shops/_arrival.html", name)


def _arriving(template: str, name: str) -> str:
    found = desk()
    written = found.setting_up.shop_written(name)
    shop = found.shops.get(name)
    if (written is None and shop is None) or not viewer().account.may_see(name):
        abort(404)
    platform = shop.settings.platform if shop else str(written.get("platform", "")) if written else ""
    guide = next((guide_of(one.adapter) for one in _platforms() if one.name == platform), Guide(()))
    lines = found.inbox.lines(shop=name, limit=_SHOWN)
    return render_template(
        template,
        name=name,
        shop=shop,
        guide=guide,
        said=said,
        address=webhook_address(found.base, platform, name),
        is_public=found.public_url is not None,
        can_connect=shop is not None and isinstance(shop.adapter, Connector),
        report=found.connected.get(name),
        arrived=[(line, _judged(name, line.order_id)) for line in lines],
        version=undoable(request.args.get("version", "")),
        steps=STEPS,
        step=2,
    )


def _judged(shop: str, order_id: str | None) -> str | None:
    if order_id is None:
        return None
    screening = desk().store.latest(OrderRef(shop, order_id))
    return screening.kind.value if screening else None


@pages.post("/set-up/undo")
@done
def undo() -> AnyResponse | tuple[str, int]:
    """Take the last change of the settings back."""
    all_shops()
    version, name, added = (request.form.get(field, "") for field in ("version", "back", "added"))
    try:
        desk().setting_up.undo(version, forget=added)
    except ConfigError:
        text = _("The settings were changed since, so this cannot be taken back from here.")
        return render_template("shops/refused.html", said=text), 409
    desk().note("undo_settings", name or added)
    if name in desk().shops and not added:
        return redirect(url_for("shops.shop", name=name, did="undone"), 303)
    return redirect(url_for("shops.overview"), 303)
