"""Published tables as styles are checked against them: schemas made of what a store tells of its data."""

from __future__ import annotations

import re
from typing import Dict

from ..backend.errors import NotFound
from ..backend.features.schema import ColumnKind, Field, TableSchema
from ..backend.translation import tr
from .client.stored_data import GEOMETRY_TYPE, Relation, StoredData

_KINDS = (
    ("int", ColumnKind.INTEGER),
    ("serial", ColumnKind.INTEGER),
    ("bool", ColumnKind.BOOLEAN),
    ("double", ColumnKind.REAL),
    ("real", ColumnKind.REAL),
    ("numeric", ColumnKind.REAL),
    ("timestamp", ColumnKind.DATETIME),
    ("date", ColumnKind.DATE),
    ("time", ColumnKind.TIME),
    ("bytea", ColumnKind.BLOB),
    ("json", ColumnKind.JSON),
)


def schema_of(data: StoredData, table: str) -> TableSchema:
    """Return the schema of a table of a VECTOR-DB; raise NotFound for one that it does not have."""
    relation = _relation(data, table)
    geometry = next((name for name, kind in relation.attributes.items() if kind.lower().startswith(GEOMETRY_TYPE)), "")
    declared = re.search(r"\(\s*(\w+)", relation.attributes.get(geometry, ""))
    kind = declared.group(1).upper() if declared else "GEOMETRY"
    flat = re.sub(r"(?<=[A-Z])(ZM|Z|M)$", "", kind)
    fields = tuple(Field(name, _kind(relation.attributes[name]), "") for name in relation.plain_attributes)
    key = relation.primary_key[0] if relation.primary_key else "ogc_fid"
    return TableSchema(relation.name, key, geometry, flat, False, False, None, fields, relation.title)


def original_names(data: StoredData, table: str) -> Dict[str, str]:
    """Return what integration has called the columns of a table: name as delivered -> name now."""
    relation = _relation(data, table)
    known = (data.names or {}).get(relation.native) or {}
    return {str(old): str(new) for old, new in (known.get("fields") or {}).items()}


def _relation(data: StoredData, table: str) -> Relation:
    found = next((one for one in data.relations if one.name == table), None)
    if found is None:
        raise NotFound(tr("The data “{name}” has no table “{table}”.", name=data.name, table=table))
    return found


def _kind(declared: str) -> ColumnKind:
    return next((kind for word, kind in _KINDS if word in declared.lower()), ColumnKind.TEXT)
