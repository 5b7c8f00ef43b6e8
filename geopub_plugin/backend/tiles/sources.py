"""The tables of a file that tiles can be made of."""

from __future__ import annotations

from pathlib import Path
from typing import Tuple

from ..errors import InvalidInput
from ..features.geopackage import attribute_tables, feature_tables, is_geopackage
from ..features.schema import TableSchema
from ..translation import tr


def tables_in(file: Path) -> Tuple[TableSchema, ...]:
    """Return the tables of a GeoPackage that have a geometry, at least one.

    Raises:
        InvalidInput: the file is no GeoPackage, or has no such table; it says what the file is instead.
    """
    if not is_geopackage(file):
        raise InvalidInput(
            tr("{file} is not a GeoPackage.", file=file.name),
            tr("It does not start as an SQLite database with a list of contents does."),
            tr("In QGIS, save the layer as GeoPackage, then try again."),
        )
    tables = feature_tables(file)
    if not tables:
        others = ", ".join(table.name for table in attribute_tables(file))
        raise InvalidInput(
            tr("There is nothing to make tiles of in {file}.", file=file.name),
            tr("Its tables have no geometry: {names}.", names=others)
            if others
            else tr("It is a GeoPackage without any table of features."),
            tr("Choose a file that holds a layer with points, lines or polygons."),
        )
    return tables
