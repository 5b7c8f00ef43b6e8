"""All there is to find in a GeoPackage, in one go: which tables, under which names, in which system, with which faults.

The vector check reports an examination; integration makes one too and carries it out, so both always agree.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ..errors import InvalidInput
from ..faults import Fault
from ..features.geopackage import attribute_tables, connect, feature_tables
from ..features.schema import Srs, TableSchema
from ..jobs.progress import Progress
from ..translation import tr
from .catalogue import found
from .fields import PublishedField, published_fields
from .names import QGIS_OWN, standard_names
from .source import SourceTable
from .srs import Located, decide
from .survey import Survey, published_type, survey

Known = Mapping[str, Survey]  # by table: what an earlier job has found in the same file
NOTHING: Known = MappingProxyType({})

_GDAL_PLACEHOLDER = "ogr_empty_table"  # what GDAL puts into a GeoPackage without any vector table


@dataclass(frozen=True)
class Wishes:
    """What the user says of a delivery, and wants of it; all may be left open."""

    srs: str = ""  # declared: the system the data is in
    target_srs: str = ""  # the system to publish in
    multigeom_layers: Tuple[str, ...] = ()  # tables to publish with multiple geometries
    tables: Tuple[str, ...] = ()  # tables to publish; none means all


@dataclass(frozen=True)
class ExaminedTable:
    """One table, and how it is to be published."""

    schema: TableSchema
    name: str
    fields: Tuple[PublishedField, ...]
    survey: Survey
    geometry_type: str
    multiple: bool  # singles become multiples
    srs: Optional[Srs]  # that its coordinates are read in; None when that could not be decided


@dataclass(frozen=True)
class Examination:
    """A GeoPackage examined."""

    geopackage: Path
    tables: Tuple[ExaminedTable, ...]
    target: Srs
    faults: Tuple[Fault, ...]


def examine(geopackage: Path, name: str, wishes: Wishes, progress: Progress, known: Known = NOTHING) -> Examination:
    """Examine a GeoPackage that is whole; `name` is what the user calls it, `known` are surveys of its tables."""
    schemas, faults = _wanted_tables(geopackage, name, wishes)
    names = standard_names(schema.name for schema in schemas)
    for old, new in names.items():
        if old != new:
            faults.append(found("table.name", old, name=new))
    surveyed: List[Tuple[TableSchema, Survey, Tuple[PublishedField, ...]]] = []
    for schema in schemas:
        try:
            survey_, fields, its_faults = _looked_at(geopackage, schema, progress, known)
        except sqlite3.DatabaseError as error:
            reason = tr("The table “{table}” cannot be read: {reason}.", table=schema.name, reason=str(error))
            faults.append(found("file.damaged", schema.name, name=name, reason=reason))
            continue
        faults += its_faults
        surveyed.append((schema, survey_, fields))
    located = [Located(schema.name, schema.srs, survey_.bounds) for schema, survey_, _ in surveyed]
    decision = decide(located, wishes.srs, wishes.target_srs)
    tables = []
    for schema, survey_, fields in surveyed:
        multiple = schema.name in wishes.multigeom_layers or names[schema.name] in wishes.multigeom_layers
        kind, several, said = published_type(schema.name, survey_.kinds, schema.geometry_type, multiple)
        faults += said
        srs = decision.sources.get(schema.name)
        tables.append(ExaminedTable(schema, names[schema.name], fields, survey_, kind, several, srs))
    return Examination(geopackage, tuple(tables), decision.target, (*faults, *decision.faults))


def _looked_at(
    geopackage: Path, schema: TableSchema, progress: Progress, known: Known
) -> Tuple[Survey, Tuple[PublishedField, ...], List[Fault]]:
    with closing(connect(geopackage)) as connection, closing(connect(geopackage)) as another:
        source = SourceTable(connection, schema)
        faults: List[Fault] = []
        if source.is_view:
            faults.append(found("table.view", schema.name))
        if source.renumbered:
            faults.append(found("key.duplicate", schema.name))
        beside = SourceTable(another, schema) if source.is_stored else None
        survey_ = known.get(schema.name) or survey(source, progress, beside)
        fields, field_faults = published_fields(schema.name, source.fields, survey_.retyped)
        return survey_, fields, [*faults, *field_faults, *survey_.faults]


def _wanted_tables(geopackage: Path, name: str, wishes: Wishes) -> Tuple[List[TableSchema], List[Fault]]:
    """Return the tables of features that are to be published, and what there is to say of all the others."""
    try:
        schemas = [schema for schema in feature_tables(geopackage) if schema.name != _GDAL_PLACEHOLDER]
        tables = (schema.name for schema in attribute_tables(geopackage))
        attributes = [name for name in tables if name.lower() not in QGIS_OWN]
        rasters = _raster_tables(geopackage)
    except (InvalidInput, sqlite3.DatabaseError) as error:
        reason = error.why if isinstance(error, InvalidInput) else str(error)
        return [], [found("file.damaged", name=name, reason=reason)]
    faults: List[Fault] = []
    if not schemas:
        faults.append(found("file.raster-only" if rasters else "file.no-vector-table", examples=rasters, name=name))
    elif rasters:
        faults.append(found("file.raster-left-out", count=len(rasters), examples=rasters))
    if attributes:
        faults.append(found("table.attributes-only", count=len(attributes), examples=attributes))
    if not wishes.tables:
        return schemas, faults
    by_name: Dict[str, TableSchema] = {schema.name: schema for schema in schemas}
    known = ", ".join(by_name)
    faults += [found("table.missing", table, known=known) for table in wishes.tables if table not in by_name]
    return [by_name[table] for table in wishes.tables if table in by_name], faults


def _raster_tables(geopackage: Path) -> Sequence[str]:
    connection = connect(geopackage)
    try:
        sql = "SELECT table_name FROM gpkg_contents WHERE data_type IN ('tiles', '2d-gridded-coverage')"
        return [str(row[0]) for row in connection.execute(sql)]
    finally:
        connection.close()
