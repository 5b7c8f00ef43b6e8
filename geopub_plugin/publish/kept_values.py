"""Frozen dataclasses as JSON and back, by their declared types: nothing is run that a file says."""

from __future__ import annotations

import base64
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Dict, Type, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class Unreadable(ValueError):
    """What was kept does not fit its type: another version of GeoPub wrote it, or somebody else."""


def to_json(value: Any) -> Any:
    """Return a value as JSON takes it; bytes in base 64."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: to_json(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (tuple, list)):
        return [to_json(one) for one in value]
    return value


def from_json(kind: Type[T], given: Any) -> T:
    """Return the value of a declared type that `to_json` made JSON of.

    Raises:
        Unreadable: it is none.
    """
    return _value(kind, given)


def _value(kind: Any, given: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Union:  # Optional
        return None if given is None else _value(next(one for one in arguments if one is not type(None)), given)
    if origin is tuple:
        return _sequence(arguments, given)
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind, given)
    if kind in (bytes, Path) and isinstance(given, str):
        return base64.b64decode(given) if kind is bytes else Path(given)
    if kind is float and isinstance(given, (int, float)):
        return float(given)
    if kind in (str, int, bool) and type(given) is kind:
        return given
    raise Unreadable(f"{given!r} is no {kind}")


def _sequence(arguments: Any, given: Any) -> Any:
    if not isinstance(given, list):
        raise Unreadable(f"{given!r} is no list")
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_value(arguments[0], one) for one in given)
    if len(arguments) != len(given):
        raise Unreadable(f"{given!r} has another length")
    return tuple(_value(kind, one) for kind, one in zip(arguments, given))


def _dataclass(kind: Any, given: Any) -> Any:
    if not isinstance(given, dict):
        raise Unreadable(f"{given!r} is no object")
    hints: Dict[str, Any] = get_type_hints(kind)
    known = {one.name for one in fields(kind)}
    try:
        return kind(**{name: _value(hints[name], one) for name, one in given.items() if name in known})
    except TypeError as error:  # a field without a default is missing
        raise Unreadable(str(error)) from error
