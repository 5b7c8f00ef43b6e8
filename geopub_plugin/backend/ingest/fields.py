"""Columns to publish: their standard names, and types that their values really have."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Dict, FrozenSet, List, Mapping, Sequence, Tuple

from ..faults import Fault
from ..features.schema import ColumnKind, Field
from .catalogue import found
from .names import RESERVED, standard_names
from .source import SourceTable

_CLASSES: Dict[ColumnKind, Tuple[str, ...]] = {
    ColumnKind.INTEGER: ("integer",),
    ColumnKind.BOOLEAN: ("integer",),
    ColumnKind.REAL: ("integer", "real"),
    ColumnKind.BLOB: ("blob",),
}
_TEXTUAL = ("text",)
NUMBERS = frozenset({ColumnKind.INTEGER, ColumnKind.BOOLEAN, ColumnKind.REAL, ColumnKind.BLOB})  # hold no text

# OGC 12-128r18 table 1: the column types of a GeoPackage
_SQL_TYPES = re.compile(
    r"BOOLEAN|TINYINT|SMALLINT|MEDIUMINT|INT|INTEGER|FLOAT|DOUBLE|REAL|DATE|DATETIME|(TEXT|BLOB)(\(\d+\))?"
)
_SQL_TYPE = {
    ColumnKind.INTEGER: "INTEGER",
    ColumnKind.REAL: "REAL",
    ColumnKind.BOOLEAN: "BOOLEAN",
    ColumnKind.DATE: "DATE",
    ColumnKind.DATETIME: "DATETIME",
    ColumnKind.BLOB: "BLOB",
}
_PG_TYPE = {
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "MEDIUMINT": "integer",
    "INT": "bigint",
    "INTEGER": "bigint",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "REAL": "double precision",
    "DATE": "date",
    "DATETIME": "timestamp with time zone",
    "BLOB": "bytea",
}


@dataclass(frozen=True)
class PublishedField:
    """A column of the source, and the one it becomes."""

    source: Field
    published: Field

    @property
    def pg_type(self) -> str:
        """The type as the Géoplateforme's database names it."""
        if self.published.kind is ColumnKind.JSON:
            return "json"
        return _PG_TYPE.get(self.published.sql_type.split("(")[0], "character varying")


def _sql_type(field: Field, kind: ColumnKind) -> str:
    said = field.sql_type.strip().upper()
    if kind is field.kind and kind is not ColumnKind.JSON and _SQL_TYPES.fullmatch(said):
        return said
    return _SQL_TYPE.get(kind, "TEXT")


def _kind_of(classes: FrozenSet[str]) -> ColumnKind:
    """Return the kind that holds all of these storage classes."""
    if classes == {"integer"}:
        return ColumnKind.INTEGER
    if classes <= {"integer", "real"}:
        return ColumnKind.REAL
    return ColumnKind.BLOB if classes == {"blob"} else ColumnKind.TEXT


def retyped_fields(source: SourceTable) -> Dict[str, ColumnKind]:
    """Return the columns whose values are not of their declared type, with the kind that holds them all.

    SQLite lets any value into any column: such a column gets another type, so that no value is lost.
    """
    fields = source.fields
    strange = source.storage_classes(fields, [_CLASSES.get(field.kind, _TEXTUAL) for field in fields])
    found = {field.name: _kind_of(source.classes_of(field)) for field, is_so in zip(fields, strange) if is_so}
    return {field.name: found[field.name] for field in fields if found.get(field.name, field.kind) is not field.kind}


def published_fields(
    table: str, fields: Sequence[Field], retyped: Mapping[str, ColumnKind]
) -> Tuple[Tuple[PublishedField, ...], Tuple[Fault, ...]]:
    """Return the columns of a table as they are published, and what had to change."""
    names = standard_names([field.name for field in fields], RESERVED)
    made: List[PublishedField] = []
    changes: List[str] = []
    for field in fields:
        kind = retyped.get(field.name, field.kind)
        if kind is not field.kind:
            changes.append(f"{field.name}: {field.sql_type} → {_SQL_TYPE.get(kind, 'TEXT')}")
        name, sql_type = names[field.name], _sql_type(field, kind)
        title = field.title or (field.name if name != field.name.lower() else "")  # people see the name they know
        published = replace(field, name=name, kind=kind, sql_type=sql_type, nullable=True, title=title)
        made.append(PublishedField(field, published))
    renamed = [f"{old} → {new}" for old, new in names.items() if old != new]
    faults = []
    if renamed:
        faults.append(found("field.name", table, len(renamed), renamed))
    if changes:
        faults.append(found("field.values", table, len(changes), changes))
    return tuple(made), tuple(faults)
