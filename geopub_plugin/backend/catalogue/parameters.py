"""What processings are told: the parameters that a client gave, read leniently, checked before anything runs."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from ..errors import InvalidInput
from ..tiles.options import parse_options
from ..tiles.row_filter import checked_filter
from ..translation import tr
from .stored_data import DataRevision

DEEPEST = 18  # level; what the pyramid job builds
DEFAULT_LEVELS = (0, 14)
GEOMETRY_NAMES = frozenset({"geom", "wkb_geometry"})  # what the platform calls the geometry, depending on the format

Json = Dict[str, Any]


def integration_parameters(declared_srs: str, given: Mapping[str, Any]) -> Json:
    """Return what the integration job is told, but for its files."""
    target = given.get("srs") or ""
    if not isinstance(target, str):
        raise _refusal("srs", target)
    return {
        "srs": declared_srs,
        "target_srs": "" if target == declared_srs else target,
        # Clients are known to send "" and "false" where they mean nothing.
        "multigeom_layers": [name for name in as_names(given.get("multigeom_layers")) if name != "false"],
        "tables": as_names(given.get("tables")),
    }


def pyramid_parameters(data: DataRevision, given: Mapping[str, Any]) -> Json:
    """Return what the pyramid job is told, but for its file.

    Raises:
        InvalidInput: a table, an attribute, a level or an option that is not there.
    """
    top, bottom = (given.get("top_level"), given.get("bottom_level"))
    asked = given.get("composition") or [
        {"table": one["name"], "attributes": ["*"]} for one in data.details["relations"]
    ]
    if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise _refusal("composition", asked)
    options = str(given.get("tippecanoe_options") or "").strip()
    parse_options(options)
    from ..tiles.area import area_of  # loads GDAL, which the backend itself can do without

    area = str(given.get("area") or "")
    area_of(area)
    return {
        "composition": [_entry(data, one, top, bottom) for one in asked],
        "area": area,
        "options": options,
    }


def as_names(value: Any) -> List[str]:
    """Return names from a list or from a text with commas; nothing is no name."""
    items = value if isinstance(value, list) else str(value or "").split(",")
    return [text for text in (str(item).strip() for item in items) if text]


def _entry(data: DataRevision, one: Json, top: Any, bottom: Any) -> Json:
    table = str(one.get("table") or "")
    relation = data.relation(table)
    if relation is None:
        raise InvalidInput(
            tr("There is no table “{table}” to make tiles of.", table=table),
            tr("The data has the tables: {tables}.", tables=", ".join(r["name"] for r in data.details["relations"])),
        )
    first = _level("top_level", one.get("top_level", top), DEFAULT_LEVELS[0])
    last = _level("bottom_level", one.get("bottom_level", bottom), DEFAULT_LEVELS[1])
    if first > last:
        raise InvalidInput(
            tr("Levels {top} to {bottom} of “{table}” cannot be built.", top=first, bottom=last, table=table),
            tr("The top level is the smaller number: it shows the whole."),
            tr("Choose other levels."),
        )
    where = str(one.get("filter") or "")
    checked_filter(where)
    return {
        "table": table,
        "layer": str(one.get("layer") or table),
        "top_level": first,
        "bottom_level": last,
        "attributes": _attributes(relation, as_names(one.get("attributes"))),
        "filter": where,
    }


def _attributes(relation: Json, asked: List[str]) -> List[str]:
    """Return the attributes that tiles are to carry; the geometry, which some clients name too, is always there."""
    kinds = relation["attributes"]
    asked = [name for name in asked if name in kinds or name not in GEOMETRY_NAMES]
    unknown = [name for name in asked if name != "*" and name not in kinds]
    if unknown:
        raise InvalidInput(
            tr("The table “{table}” has no attribute “{name}”.", table=relation["name"], name=unknown[0]),
            tr("Its attributes are: {names}.", names=", ".join(kinds)),
        )
    return [name for name in asked if not str(kinds.get(name, "")).startswith("geometry")]


def _level(name: str, value: Any, otherwise: int) -> int:
    if value in (None, ""):
        return otherwise
    text = str(value).strip()
    if not text.isdigit() or isinstance(value, bool) or int(text) > DEEPEST:
        raise _refusal(name, value)
    return int(text)


def _refusal(name: str, value: Any) -> InvalidInput:
    return InvalidInput(
        tr("The parameter “{name}” cannot be “{value}”.", name=name, value=str(value)[:80]),
        cure=tr("See the parameters of the processing."),
    )
