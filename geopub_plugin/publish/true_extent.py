"""Where the features of a layer lie, as far as that is cheap to know: files may state the whole world for a village."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Optional, Sequence

from qgis.core import QgsGeometry, QgsProviderRegistry, QgsRectangle, QgsVectorLayer

from ..backend.errors import NotFound
from ..backend.features.geopackage import connect, quoted

_NODE, _CELL = struct.Struct(">HH"), struct.Struct(">q4f")  # https://www.sqlite.org/src/file/ext/rtree/rtree.c, "Nodes"


def true_extent(layer: QgsVectorLayer, every: Optional[Sequence[QgsGeometry]] = None) -> QgsRectangle:
    """Return the extent of a layer, in its own system: of its features where that is cheap, else the stated one.

    Cheap are a few features, which are given as `every`, and the root of the spatial index of a table of a GeoPackage
    that is shown as it is stored.
    """
    stated = layer.extent()
    if every is not None:
        found = QgsRectangle()
        for geometry in every:
            found.combineExtentWith(geometry.boundingBox())
        return found if every else stated
    indexed = _indexed(layer)
    return stated if indexed is None or stated.isNull() else stated.intersect(indexed)


def _indexed(layer: QgsVectorLayer) -> Optional[QgsRectangle]:
    """Return the extent of the root of a spatial index, which is rounded outwards to float32; None without one."""
    if layer.providerType() != "ogr" or layer.dataProvider().storageType() != "GPKG":
        return None
    if layer.subsetString() or layer.isModified():
        return None
    stated = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    path, table = Path(str(stated.get("path") or "")), str(stated.get("layerName") or "")
    sql = "SELECT table_name, column_name FROM gpkg_geometry_columns WHERE ? IN ('', lower(table_name))"
    try:
        with closing(connect(path)) as connection:
            ((name, column),) = connection.execute(sql, (table.lower(),)).fetchall()
            node = quoted(f"rtree_{name}_{column}_node")
            ((root,),) = connection.execute(f"SELECT data FROM {node} WHERE nodeno = 1").fetchall()  # nosec B608 - quoted
    except (sqlite3.Error, OSError, ValueError, NotFound):  # no index, a damaged file, or one that GDAL alone reaches
        return None
    return _extent(root) if isinstance(root, bytes) and len(root) >= _NODE.size else None


def _extent(root: bytes) -> Optional[QgsRectangle]:
    _depth, count = _NODE.unpack_from(root)
    if not count or _NODE.size + count * _CELL.size > len(root):
        return None
    found = QgsRectangle()
    for place in range(count):
        _row, west, east, south, north = _CELL.unpack_from(root, _NODE.size + place * _CELL.size)
        found.combineExtentWith(QgsRectangle(west, south, east, north))
    return found
