"""Numbers, amounts and spans of time as the user's language writes them, for QGIS and for the terminal: without Qt."""

from __future__ import annotations

from .translation import language, tr

THIN = "\N{NARROW NO-BREAK SPACE}"  # between thousands (ISO 80000-1): both languages read it


def number_text(number: float, places: int = 0) -> str:
    """Return a number with so many decimals: 1 234.5, in French 1 234,5."""
    whole, point, decimals = f"{number:,.{places}f}".partition(".")
    sign = "," if language() == "fr" and point else point
    return whole.replace(",", THIN) + sign + decimals


def size_text(size: float) -> str:
    """Return a number of bytes in words."""
    units = (tr("bytes"), tr("kB"), tr("MB"), tr("GB"), tr("TB"))
    amount, power = float(size), 0
    while amount >= 999.5 and power < len(units) - 1:
        amount, power = amount / 1000, power + 1
    return f"{number_text(amount, 0 if power == 0 or amount >= 100 else 1)} {units[power]}"


def share_text(share: float) -> str:
    """Return a share, 0 to 1, in per cent."""
    return f"{number_text(min(share, 1) * 100)}{THIN}%"


def span_text(seconds: float) -> str:
    """Return how long something takes, roughly."""
    if seconds < 60:
        return tr("{count} s", count=max(round(seconds), 1))
    if seconds < 3600:
        return tr("{count} min", count=round(seconds / 60))
    return tr("{count} h", count=number_text(seconds / 3600, 1))


def unit_text(unit: str) -> str:
    """Return what a job counts in, in the user's language; one that only another server knows stays as it is."""
    return {"features": tr("features"), "tiles": tr("tiles")}.get(unit, unit)


def work_text(done: int, total: int, unit: str) -> str:
    """Return how much of some work is done, "" where nobody knows how much there is."""
    if total <= 0:
        return ""
    if unit == "bytes":
        return tr("{done} of {total} MB", done=number_text(done / 1e6, 1), total=number_text(total / 1e6, 1))
    told = {"done": number_text(done), "total": number_text(total), "unit": unit_text(unit)}
    return tr("{done} of {total} {unit}", **told).strip()
