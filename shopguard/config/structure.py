"""From plain YAML values to typed settings, strictly: a value of another type is a fault, never converted."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import Enum
from math import isfinite
from typing import Annotated, Any, Literal, get_args, get_origin

from cattrs import Converter
from cattrs.cols import list_structure_factory, mapping_structure_factory
from cattrs.gen import make_dict_structure_fn

from shopguard.adapter import Secret
from shopguard.config.faults import NAMED, Fault, did_you_mean, one_of
from shopguard.config.limits import Limit

Hook = Callable[[Any, Any], Any]

_LISTS: Mapping[object, type] = {tuple: tuple, list: list, set: set, frozenset: frozenset, Sequence: tuple}


def converter(env: Mapping[str, str], stored_secrets: Mapping[str, Secret]) -> Converter:
    """Return a converter that reads any dataclass of settings and finds the secrets it names."""
    made = Converter(forbid_extra_keys=True, detailed_validation=True)
    for wanted, hook in _PLAIN.items():
        made.register_structure_hook(wanted, _member_or(hook))
    made.register_structure_hook(Secret, lambda value, _: _secret(value, env, stored_secrets))
    made.register_structure_hook_func(lambda wanted: wanted is object, lambda value, _: value)
    made.register_structure_hook_func(_is_enum, _member)
    made.register_structure_hook_func(_is_made_of(Literal), _literal)
    made.register_structure_hook_factory(_is_list, _list_hook)
    made.register_structure_hook_factory(_is_mapping, _mapping_hook)
    made.register_structure_hook_factory(_is_section, _section_hook)
    made.register_structure_hook_factory(_is_made_of(Annotated), _limited_hook)
    return made


def _bool(value: object, _: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _wrong("true or false", value)


def _int(value: object, _: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _wrong("a whole number", value)


def _float(value: object, _: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
        return float(value)
    raise _wrong("a number", value)


def _decimal(value: object, _: object) -> Decimal:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            raise _wrong("an amount", value) from None
        if amount.is_finite():
            return amount
    raise _wrong("an amount", value)


def _text(value: object, _: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        raise Fault("is empty; write a text, or leave the line out")
    # Not quoted: it may be a phone number of the allow list. YAML takes 012, 1:30, no and 2026-11-01 for no text.
    raise Fault("must be text; put it in quotes")


def _day(value: object, _: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _wrong("a day, such as 2026-04-01", value)


def _time(value: object, _: object) -> time:
    if isinstance(value, str) and re.fullmatch(r"\d\d:\d\d", value):
        try:
            return time.fromisoformat(value)
        except ValueError:
            pass
    raise Fault('must be a time of day in quotes, such as "15:00"')  # YAML takes 15:00 without them for 900


_PLAIN: Mapping[type, Hook] = {
    bool: _bool,
    int: _int,
    float: _float,
    str: _text,
    Decimal: _decimal,
    date: _day,
    time: _time,
}


def _member_or(hook: Hook) -> Hook:
    """A StrEnum is a str to the converter, so it arrives at the hook of str."""
    return lambda value, wanted: _member(value, wanted) if _is_enum(wanted) else hook(value, wanted)


def _wrong(wanted: str, value: object) -> Fault:
    if value is None:
        return Fault(f"is empty; write {wanted}, or leave the line out")
    if isinstance(value, Mapping | list):
        return Fault(f"must be {wanted}")
    return Fault(f'must be {wanted}, not "{str(value)[:40]}"')


def _is_enum(wanted: object) -> bool:
    return isinstance(wanted, type) and issubclass(wanted, Enum)


def _member(value: object, kind: type[Enum]) -> Enum:
    for member in kind:
        if member.value == value:
            return member
    raise _not_one_of([str(member.value) for member in kind], value)


def _literal(value: object, wanted: object) -> object:
    if value in get_args(wanted):
        return value
    raise _not_one_of([str(allowed) for allowed in get_args(wanted)], value)


def _not_one_of(allowed: Sequence[str], value: object) -> Fault:
    return Fault(f"{_wrong(one_of(allowed), value)}{did_you_mean(value, allowed)}")


def _secret(value: object, env: Mapping[str, str], stored_secrets: Mapping[str, Secret]) -> Secret:
    match value:
        case {"env": str(name), **others} if not others:
            if not env.get(name):
                raise Fault(f"the environment variable {name} is not set")
            return Secret(env[name])
        case {"stored": str(name), **others} if not others:
            if name not in stored_secrets:
                raise Fault(f"no secret is stored as {name}; run `shopguard secret set {name}`")
            return stored_secrets[name]
        case str():
            raise Fault(f"a secret never stands here in clear; {NAMED}, and replace this one: it was seen")
    raise Fault(f"must name a secret; {NAMED}")


def _origin(wanted: Any) -> Any:
    return get_origin(wanted) or wanted


def _is_made_of(form: Any) -> Callable[[Any], bool]:
    return lambda wanted: get_origin(wanted) is form


def _is_list(wanted: Any) -> bool:
    origin = _origin(wanted)
    return origin in _LISTS and (origin is not tuple or get_args(wanted)[1:] in ((), (...,)))


def _list_hook(wanted: Any, made: Converter) -> Hook:
    read, shape = list_structure_factory(wanted, made), _LISTS[_origin(wanted)]

    def hook(value: object, _: object) -> object:
        if value is None:
            return shape()
        if not isinstance(value, list):
            raise Fault("must be a list, such as [a, b]")
        return shape(read(value, wanted))

    return hook


def _is_mapping(wanted: Any) -> bool:
    return _origin(wanted) in (dict, Mapping)


def _mapping_hook(wanted: Any, made: Converter) -> Hook:
    read = mapping_structure_factory(wanted, made)
    return lambda value, _: read(_section(value), wanted)


def _is_section(wanted: object) -> bool:
    return isinstance(wanted, type) and is_dataclass(wanted)


def _section_hook(wanted: Any, made: Converter) -> Hook:
    read: Hook = make_dict_structure_fn(wanted, made, _cattrs_forbid_extra_keys=True)
    return lambda value, _: read(_section(value), wanted)


def _section(value: object) -> Mapping[Any, Any]:
    if value is None:  # a heading with every line below it commented out
        return {}
    if not isinstance(value, Mapping):
        raise Fault("must be a section: lines of `name: value`, indented below it")
    return value


def _limited_hook(wanted: Any, made: Converter) -> Hook:
    base, *notes = get_args(wanted)
    read = made.get_structure_hook(base)
    limits = [note for note in notes if isinstance(note, Limit)]

    def hook(value: object, _: object) -> object:
        found = read(value, base)
        for limit in limits:
            fault = limit.fault(found)
            if fault:
                raise Fault(fault)
        return found

    return hook
