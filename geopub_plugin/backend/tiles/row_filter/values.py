"""Values of a filter in the form in which a GeoPackage holds those that they are compared with."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timezone
from typing import Optional, Union

from ...errors import InvalidInput
from ...features.schema import ColumnKind
from ...translation import tr
from .tree import Value

_TRUE, _FALSE = {"true", "t", "yes", "y", "on", "1"}, {"false", "f", "no", "n", "off", "0"}  # PostgreSQL 8.6
_NUMBERS = (ColumnKind.INTEGER, ColumnKind.REAL)
_TEXTS = (ColumnKind.TEXT, ColumnKind.JSON)


def family_of(kind: ColumnKind) -> ColumnKind:
    """Return one kind for all that compare with one another."""
    if kind in _NUMBERS:
        return ColumnKind.REAL
    return ColumnKind.TEXT if kind in _TEXTS else kind


def value_for(value: Value, kind: Optional[ColumnKind]) -> Union[str, int, float]:
    """Return a value as a column of this kind holds it; None: compared with no column.

    Raises:
        InvalidInput: such a column cannot hold it; what it says is why.
    """
    if kind is None:
        return int(value) if isinstance(value, bool) else value
    if kind in _NUMBERS:
        return _number(value)
    if kind is ColumnKind.BOOLEAN:
        return _boolean(value)
    if kind is ColumnKind.BLOB:
        raise InvalidInput(tr("A column of bytes compares with nothing."), cure=tr("Use IS NULL or IS NOT NULL."))
    if not isinstance(value, str):
        raise InvalidInput(
            tr("{value} is a number, and the column holds text.", value=value),
            cure=tr("Write '{value}' in single quotes.", value=value),
        )
    if kind is ColumnKind.DATE:
        return _date(value).date().isoformat()
    if kind is ColumnKind.DATETIME:
        return _date(value).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return value


def _number(value: Value) -> Union[int, float]:
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,18}\s*", value):
        return int(value)
    try:
        if not isinstance(value, bool):
            number = value if isinstance(value, (int, float)) else float(value)
            if math.isfinite(number):
                return number
    except ValueError:
        pass
    raise InvalidInput(
        tr("“{value}” is no number, and the column holds numbers.", value=value),
        cure=tr("Compare it with a number, such as 12 or 0.5."),
    )


def _boolean(value: Value) -> int:
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return int(word in _TRUE)
    raise InvalidInput(
        tr("“{value}” is neither true nor false, and the column holds nothing else.", value=value),
        cure=tr("Compare it with TRUE or FALSE."),
    )


def _date(value: str) -> datetime:
    """Return a date, or a date and time, as ISO 8601 or PostgreSQL writes it, in UTC."""
    text = re.sub(r"\s*(Z|UTC)$", "+00:00", value.strip())
    text = re.sub(r"([+-]\d\d)$", r"\1:00", text) if ":" in text else text
    text = re.sub(r"(\.\d+)", lambda match: match.group(1)[:7].ljust(7, "0"), text)  # what Python 3.9 reads
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            tr("“{value}” is no date, and the column holds dates.", value=value),
            cure=tr("Write it as '{example}'.", example=date(2024, 12, 31).isoformat()),
        ) from None
    return moment if moment.tzinfo is None else moment.astimezone(timezone.utc)
