"""Moments and days as people read them."""

from __future__ import annotations

from datetime import datetime, timezone

from qgis.PyQt.QtCore import QDateTime

from ..backend.translation import language


def moment_text(moment: str) -> str:
    """Return an ISO 8601 moment as a date and a time of this computer's time zone, "" for none."""
    try:
        told = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    except ValueError:
        return moment
    seconds = int((told if told.tzinfo else told.replace(tzinfo=timezone.utc)).timestamp())
    return QDateTime.fromSecsSinceEpoch(seconds).toString(f"{day_format()} HH:mm")


def day_format() -> str:
    """Return the form in which a day is shown and typed, as `QDateEdit` takes it."""
    return "dd/MM/yyyy" if language() == "fr" else "yyyy-MM-dd"
