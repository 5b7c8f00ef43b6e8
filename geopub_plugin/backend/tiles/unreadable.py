"""Shapes that tiles cannot hold, said in words."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator, Sequence, Tuple

import numpy as np

from ..errors import InvalidInput
from ..features.geopackage import GeoPackageTable, connect, quoted
from ..features.wkb import MalformedGeometry, kinds
from ..translation import tr
from .plan import TablePlan

_CURVED, _SURFACES = (8, 13), (15, 17)  # codes of ISO 13249-3: CIRCULARSTRING … CURVE; POLYHEDRALSURFACE, TIN, TRIANGLE
_ROWS = 20_000


@contextmanager
def unreadable_told(tables: Sequence[TablePlan]) -> Iterator[None]:
    """Say which table has curves, or broken shapes, when a geometry cannot be read."""
    try:
        yield
    except MalformedGeometry as error:
        for table in tables:
            curves, surfaces, broken = _counted(table)
            if curves:
                raise _curves(table, curves) from error
            if surfaces:
                raise _surfaces(table, surfaces) from error
            if broken:
                raise _broken(table, broken) from error
        raise


def _counted(plan: TablePlan) -> Tuple[int, int, int]:
    """Return how many geometries of a table are curves, how many surfaces, how many unreadable from the start."""
    with GeoPackageTable(plan.data, plan.table) as table:
        sql = f"SELECT {quoted(table.schema.geometry)} FROM {quoted(table.schema.name)}"  # nosec B608 - quoted
    curves = surfaces = broken = 0
    connection = connect(plan.data)
    try:
        cursor = connection.execute(sql)
        for rows in iter(lambda: cursor.fetchmany(_ROWS), []):
            kind = kinds([row[0] if isinstance(row[0], (bytes, type(None))) else b"" for row in rows])
            surface = (kind >= _SURFACES[0]) & (kind <= _SURFACES[1])
            curves += int(np.count_nonzero((kind >= _CURVED[0]) & ~surface))
            surfaces += int(np.count_nonzero(surface))
            broken += int(np.count_nonzero(kind < 0))
    finally:
        connection.close()
    return curves, surfaces, broken


def _curves(table: TablePlan, count: int) -> InvalidInput:
    return InvalidInput(
        tr("The table “{table}” has curves.", table=table.table),
        tr("Tiles hold straight segments only, and {count} of its shapes have arcs.", count=count),
        tr("In QGIS, run “Segmentize by maximum distance” on it, or publish it: integration straightens curves."),
    )


def _surfaces(table: TablePlan, count: int) -> InvalidInput:
    return InvalidInput(
        tr("The table “{table}” has surfaces in space.", table=table.table),
        tr("Tiles are flat, and {count} of its shapes are triangulated or polyhedral.", count=count),
        tr("In QGIS, convert it to polygons (“Multipart to singleparts”), then try again."),
    )


def _broken(table: TablePlan, count: int) -> InvalidInput:
    return InvalidInput(
        tr("The table “{table}” has shapes that cannot be read.", table=table.table),
        tr("{count} of them are cut off or are not what GeoPackage asks for.", count=count),
        tr("Repair the file in QGIS (Export ▸ Save Features As…) and try again."),
    )
