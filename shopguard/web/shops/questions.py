"""What is asked when a shop is set up: by the adapter's guide, or from the settings that its class names."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, get_args, get_type_hints

import yaml

from shopguard.adapter import Guide, PlatformAdapter, Question, Said, Secret
from shopguard.web.language import gettext as _
from shopguard.web.language import language, later

_MORE = {"en": "Further settings", "ja": "その他の設定"}
_MORE_HINT = {
    "en": "As lines of `name: value`; the adapter's page explains them.",
    "ja": "「名前: 値」の形で書きます。説明は各アダプターのページにあります。",
}


def said(words: Said) -> str:
    """Return an adapter's words in the reader's language, or in English."""
    return words.get(language().value) or words.get("en", "")


def guide_of(adapter: type[PlatformAdapter]) -> Guide:
    """Return how a shop of this platform is set up."""
    return adapter.guide or Guide(tuple(_plain(adapter.settings_class)))


def _plain(settings: type) -> list[Question]:
    """A question for each text and secret of the settings, by its name, and one for all the rest."""
    types = get_type_hints(settings, include_extras=True) if isinstance(settings, type) else {}
    asked = []
    for one in fields(settings) if hasattr(settings, "__dataclass_fields__") else ():
        needed = one.default is MISSING and one.default_factory is MISSING
        kind = types[one.name]
        secret = kind is Secret or Secret in get_args(kind)
        if secret or kind is str:
            default = one.default if isinstance(one.default, str) else ""
            asked.append(
                Question(
                    one.name,
                    {"en": one.name},
                    kind="secret" if secret else "text",
                    value=default,
                    required=needed,
                    in_list=Ellipsis in get_args(kind),
                )
            )
    return [*asked, Question("", _MORE, _MORE_HINT, kind="yaml", required=False)]


@dataclass(slots=True)
class Answers:
    """What was filled in: texts by the key of their question, secrets apart, faults by the name of their field."""

    texts: dict[str, str]
    secrets: dict[str, str]
    errors: dict[str, str]


def field_name(question: Question) -> str:
    """Return what the question's field is called in the form."""
    return f"at.{question.key}" if question.key else "more"


def section_of(
    guide: Guide, answers: Answers, platform: str, name: str, common: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Secret]]:
    """Return the shop's section for the settings, and its secrets by the name that the section gives them."""
    section: dict[str, Any] = {"platform": platform, **common}
    secrets = {}
    _lay_over(section, guide.settings)
    for question in guide.questions:
        if question.kind == "yaml":
            _lay_over(section, _yaml(answers, question))
            continue
        value: Any = answers.texts.get(question.key, "")
        if question.kind in ("secret", "made"):
            text = answers.secrets.get(question.key, "")
            stored = f"{name}.{question.key}"[:64]
            if text:
                secrets[stored] = Secret(text)
            value = {"stored": stored} if text else ""
        if value or question.required:
            _put(section, question.key.split("."), [value] if question.in_list else value)
    return section, secrets


def missing(guide: Guide, answers: Answers) -> None:
    """Add a fault for each required answer that is empty."""
    for question in guide.questions:
        given = answers.secrets if question.kind in ("secret", "made") else answers.texts
        if question.required and not given.get(question.key, "").strip():
            answers.errors[field_name(question)] = _(_EMPTY)


_EMPTY = later("Please fill this in.")
_NOT_LINES = later("Write lines of “name: value”, indented as in the example.")


def _yaml(answers: Answers, question: Question) -> Mapping[str, Any]:
    try:
        read = yaml.safe_load(answers.texts.get(question.key, "")) or {}
    except (yaml.YAMLError, ValueError, RecursionError):
        read = None
    if isinstance(read, dict):
        return read
    answers.errors[field_name(question)] = _(_NOT_LINES)
    return {}


def _put(section: dict[str, Any], path: list[str], value: Any) -> None:
    *above, key = path
    for name in above:
        section = section.setdefault(name, {})
    section[key] = value


def _lay_over(section: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        below = section.get(key)
        if isinstance(below, dict) and isinstance(value, Mapping):
            _lay_over(below, value)
        else:
            section[key] = dict(value) if isinstance(value, Mapping) else value
