"""Several GeoPackages made one, so that a delivery of many files is one publication.

Tables are copied by SQLite, with every blob as it is: what is wrong with one is found afterwards, as in a single file.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Set, Tuple

from ..features.geopackage import attribute_tables, feature_tables, quoted
from ..features.geopackage_schema import read_only_uri
from ..features.schema import Srs, TableSchema
from ..jobs.progress import Progress
from ..translation import tr
from .geopackage_writer import open_new
from .names import QGIS_OWN

_LOCAL = 100_000  # the first srs_id of systems whose own is taken by another definition


def merge(sources: Sequence[Tuple[Path, str]], target: Path, progress: Progress) -> List[str]:
    """Write the tables of features of several GeoPackages, each with its name for people, into a new one.

    Two tables of one name become `name` and `name_2`. Tables without geometry stay behind; their names are returned.
    """
    connection = open_new(target)
    without: List[str] = []
    try:
        taken: Set[str] = set()
        systems: Dict[Srs, int] = {}
        for path, name in sources:
            progress.step(tr("Reading {name}", name=name), 0, "features")
            schemas = feature_tables(path)
            without += [schema.name for schema in attribute_tables(path) if schema.name.lower() not in QGIS_OWN]
            connection.execute("ATTACH ? AS delivered", (read_only_uri(path.resolve()),))
            connection.execute("BEGIN")
            for schema in schemas:
                table = _free(schema.name, taken)
                taken.add(table.lower())
                _copy(connection, schema, table, _srs_id(connection, schema.srs, systems))
            connection.execute("COMMIT")
            connection.execute("DETACH delivered")
    finally:
        connection.close()
    return without


def _free(name: str, taken: Set[str]) -> str:
    candidate, number = name, 1
    while candidate.lower() in taken:  # SQLite tells no capitals from small letters
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def _copy(connection: sqlite3.Connection, schema: TableSchema, table: str, srs_id: int) -> None:
    try:
        _copy_rows(connection, schema, table, "INTEGER PRIMARY KEY")
    except sqlite3.IntegrityError:  # a key that occurs twice, or is no number: found again in the new file, and told
        connection.execute(f"DROP TABLE {quoted(table)}")
        _copy_rows(connection, schema, table, "")
    title = schema.title or schema.name
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) "
        "VALUES (?, 'features', ?, ?, ?)",
        (table, title if _is_new(connection, title) else f"{title} ({table})", schema.abstract, srs_id),
    )
    connection.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, ?, ?)",
        (table, schema.geometry, schema.geometry_type, srs_id, 2 * schema.has_z, 2 * schema.has_m),
    )


def _is_new(connection: sqlite3.Connection, title: str) -> bool:
    return connection.execute("SELECT 1 FROM gpkg_contents WHERE identifier = ?", (title,)).fetchone() is None


def _copy_rows(connection: sqlite3.Connection, schema: TableSchema, table: str, key: str) -> None:
    columns = [f"{quoted(schema.geometry)} {schema.geometry_type}"]
    columns += [f"{quoted(field.name)} {field.sql_type}" for field in schema.fields]
    names = [schema.geometry, *(field.name for field in schema.fields)]
    if schema.fid and schema.fid.lower() != "rowid":
        columns.insert(0, f"{quoted(schema.fid)} {key}")
        names.insert(0, schema.fid)
    connection.execute(f"CREATE TABLE {quoted(table)} ({', '.join(columns)})")
    every = ", ".join(map(quoted, names))
    connection.execute(
        f"INSERT INTO {quoted(table)} ({every}) SELECT {every} FROM delivered.{quoted(schema.name)}"  # nosec B608 - quoted
    )


def _srs_id(connection: sqlite3.Connection, srs: Optional[Srs], systems: Dict[Srs, int]) -> int:
    """Return the number of a system in the new file, where it is written at its first use."""
    if srs is None:
        return -1
    if srs not in systems:
        wanted = srs.code if srs.code > 0 else _LOCAL + len(systems)
        known = connection.execute(
            "SELECT organization FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (wanted,)
        ).fetchone()
        if known is not None and known[0].upper() == srs.organization.upper():
            systems[srs] = wanted
            return wanted
        number = wanted if known is None else _LOCAL + len(systems)
        connection.execute(
            "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, '')",
            (srs.name or "local", number, srs.organization or "NONE", srs.code, srs.definition),
        )
        systems[srs] = number
    return systems[srs]
