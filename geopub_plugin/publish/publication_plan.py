"""How layers are to be published, as a person has decided it: values without QGIS, and the rules for names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from typing import Any, Dict, Mapping, Optional, Tuple

from ..backend.translation import tr
from .metadata.description import Description
from .proposal import SERVICES
from .table_plan import Access, StyleChoice, TablePlan

NAME_RULE = re.compile(r"[A-Za-z_][A-Za-z0-9_\-.]*")
LONGEST_NAME = 80
LEVELS = (0, 18)  # that a pyramid may have


@dataclass(frozen=True)
class LayerPlan:
    """How one layer, or several as the tables of one datasheet, are to be published."""

    title: str
    datasheet: str
    layer_name: str
    services: Tuple[str, ...] = SERVICES
    top_level: int = 0
    bottom_level: int = 14
    srs: str = ""  # "EPSG:2154", chosen by the user where a layer states none
    styled: bool = True
    tables: Tuple[TablePlan, ...] = ()  # none: the layer as it is
    description: Description = field(default_factory=Description)
    record: bool = False  # whether a metadata record is published
    access: Access = field(default_factory=Access)
    flags: str = ""  # of the generalisation; "" for the server's own
    area: str = ""  # WKT in EPSG:4326 of a sample; "" for tiles of everything
    service_title: str = ""  # "" for the title

    @property
    def named_tables(self) -> Tuple[TablePlan, ...]:
        """The tables as they are delivered: a single one is called like the services."""
        if len(self.tables) > 1:
            return self.tables
        return tuple(replace(table, table=self.layer_name) for table in self.tables)

    def table(self, name: str) -> TablePlan:
        """Return the plan of one table."""
        return next(table for table in self.tables if table.table == name)

    def with_table(self, changed: TablePlan, name: str = "") -> LayerPlan:
        """Return the plan with another plan for one table, which was called `name`."""
        old = name or changed.table
        return replace(self, tables=tuple(changed if table.table == old else table for table in self.tables))


def name_fault(name: str) -> str:
    """Return what is wrong with a technical name, "" when nothing is."""
    if not name:
        return tr("A name is needed: it becomes part of the addresses.")
    if name[0].isdigit() or name[0] in "-.":
        return tr("It must start with a letter or _.")
    for character in name:
        if not NAME_RULE.fullmatch("_" + character):
            shown = tr("a space") if character.isspace() else tr("“{character}”", character=character)
            return tr("It cannot contain {character}: only a-z, A-Z, 0-9, _, - and . are allowed.", character=shown)
    if len(name) > LONGEST_NAME:
        return tr("It is too long: {length} characters, {limit} at most.", length=len(name), limit=LONGEST_NAME)
    return ""


def plan_from(kept: Mapping[str, Any]) -> Optional[LayerPlan]:
    """Return a plan of its fields as JSON has them (`asdict`) without what makes no sense; None without a name."""
    datasheet, name = kept.get("datasheet"), kept.get("layer_name")
    if not isinstance(datasheet, str) or not isinstance(name, str) or not datasheet or name_fault(name):
        return None
    plan = LayerPlan(str(kept.get("title") or datasheet), datasheet, name)
    named = kept.get("services")
    services = tuple(one for one in SERVICES if isinstance(named, (list, tuple)) and one in named)
    levels = (kept.get("top_level"), kept.get("bottom_level"))
    known = all(_is_level(level) for level in levels)
    tables = kept.get("tables")
    return replace(
        plan,
        services=services or SERVICES,
        top_level=levels[0] if known else plan.top_level,
        bottom_level=levels[1] if known else plan.bottom_level,
        srs=str(kept.get("srs") or ""),
        styled=kept.get("styled") is not False,
        tables=tuple(_table(one) for one in tables if isinstance(one, Mapping)) if isinstance(tables, list) else (),
        description=_filled(Description(), kept.get("description")),
        record=kept.get("record") is True,
        access=_filled(Access(), kept.get("access")),
        flags=str(kept.get("flags") or ""),
        area=str(kept.get("area") or ""),
        service_title=str(kept.get("service_title") or ""),
    )


def _table(kept: Mapping[str, Any]) -> TablePlan:
    plan = _filled(TablePlan(str(kept.get("table") or "")), {**kept, "attributes": None, "style": None})
    attributes = kept.get("attributes")
    levels = {name: kept[name] for name in ("top_level", "bottom_level") if _is_level(kept.get(name))}
    return replace(
        plan,
        attributes=tuple(map(str, attributes)) if isinstance(attributes, list) else None,
        style=_filled(StyleChoice(), kept.get("style")),
        **{"top_level": None, "bottom_level": None, **levels},
    )


def _filled(value: Any, kept: Any) -> Any:
    """Return a value with those of its fields that JSON has in the right type."""
    if not isinstance(kept, Mapping):
        return value
    found: Dict[str, Any] = {}
    for name in (one.name for one in fields(value)):
        now, said = getattr(value, name), kept.get(name)
        number = now is None and isinstance(said, int) and not isinstance(said, bool)
        if isinstance(now, tuple) and isinstance(said, (list, tuple)):
            found[name] = tuple(map(str, said))
        elif number or (isinstance(now, (bool, str)) and type(said) is type(now)):
            found[name] = said
    return replace(value, **found)


def _is_level(level: Any) -> bool:
    return isinstance(level, int) and not isinstance(level, bool) and LEVELS[0] <= level <= LEVELS[1]
