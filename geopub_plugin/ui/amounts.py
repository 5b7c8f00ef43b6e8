"""Amounts, moments and spans of time as people read them."""

from __future__ import annotations

from datetime import datetime, timezone

from qgis.PyQt.QtCore import QDateTime, QLocale

from ..backend.translation import language, tr


def size_text(size: int) -> str:
    """Return a number of bytes in words."""
    units = (tr("bytes"), tr("kB"), tr("MB"), tr("GB"), tr("TB"))
    amount, power = float(size), 0
    while amount >= 1000 and power < len(units) - 1:
        amount, power = amount / 1000, power + 1
    return f"{decimal_text(amount, 0 if power == 0 or amount >= 100 else 1)} {units[power]}"


def decimal_text(number: float, places: int) -> str:
    """Return a number as it is written in the user's language: 1,5 in French."""
    return QLocale(language()).toString(number, "f", places)


def moment_text(moment: str) -> str:
    """Return an ISO 8601 moment as a date and a time of this computer's time zone, "" for none."""
    try:
        told = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    except ValueError:
        return moment
    seconds = int((told if told.tzinfo else told.replace(tzinfo=timezone.utc)).timestamp())
    local = QDateTime.fromSecsSinceEpoch(seconds)
    return QLocale(language()).toString(local, QLocale.FormatType.ShortFormat)


def span_text(seconds: float) -> str:
    """Return how long something takes, roughly."""
    if seconds < 60:
        return tr("{count} s", count=max(round(seconds), 1))
    if seconds < 3600:
        return tr("{count} min", count=round(seconds / 60))
    return tr("{count} h", count=decimal_text(seconds / 3600, 1))
