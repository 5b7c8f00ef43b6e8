"""Where every feature of a table lies, without reading the features: the R-tree's nodes, read as arrays.

Source: SQLite's description of the R-tree module, "Shadow tables" (sqlite.org/rtree.html §6): a node is a 2-byte depth
(of the tree, in node 1), a 2-byte number of cells, and cells of an 8-byte key and float32 coordinates, big-endian. Keys
of leaves are features', others are nodes'.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from itertools import chain
from typing import Iterator, Tuple

import numpy as np

from .geopackage import GeoPackageTable, connect, quoted
from .geopackage_schema import is_still
from .measure import feature_bounds
from .schema import TableSchema
from .sqlite_pages import HIGHEST, TablePages
from .sqlite_records import BLOB, NULL, NotPlain

_CELL = np.dtype([("key", ">i8"), ("minx", ">f4"), ("maxx", ">f4"), ("miny", ">f4"), ("maxy", ">f4")])

_PIECE = 1 << 20  # bytes of pages looked at at a time; what is not plain in them leaves all of them to SQLite
_ALL = 1 << 40  # rows: more than any table has
_LOWEST = -(2**63)  # of all keys
_Sizes = Tuple[np.ndarray, np.ndarray]


def feature_boxes(table: GeoPackageTable) -> Tuple[np.ndarray, np.ndarray]:
    """Return fids (int64 (N,), ascending) and boxes (float64 (N, 4): min x, min y, max x, max y, table's system).

    Features without a shape are left out. Boxes from the R-tree are rounded outwards to float32.
    """
    if table.schema.spatial_index:
        fids, boxes = _indexed(table)
    else:
        fids, boxes = _scanned(table)
    order = np.argsort(fids, kind="stable")
    return fids[order], boxes[order]


def _indexed(table: GeoPackageTable) -> Tuple[np.ndarray, np.ndarray]:
    connection = connect(table.path)
    try:
        sql = f"SELECT nodeno, data FROM {quoted(table.schema.spatial_index + '_node')} ORDER BY nodeno"  # nosec B608 - quoted
        numbers, blobs = zip(*connection.execute(sql))
    finally:
        connection.close()
    data = np.frombuffer(b"".join(blobs), np.uint8)
    size = len(blobs[0])
    nodes = data.reshape(-1, size)  # (M, size) all nodes of a tree have the same size
    counts = nodes[:, 2].astype(np.int64) << 8 | nodes[:, 3]  # (M,)
    room = (size - 4) // _CELL.itemsize
    cells = np.ascontiguousarray(nodes[:, 4 : 4 + room * _CELL.itemsize]).view(_CELL)  # (M, room)
    number = np.array(numbers, np.int64)
    level = np.searchsorted(number, [1])  # the root, then its children, …
    depth = int(nodes[level[0], 0]) << 8 | int(nodes[level[0], 1])
    for _ in range(depth):
        filled = np.arange(room) < counts[level][:, None]
        level = np.searchsorted(number, cells["key"][level][filled].astype(np.int64))
    found = cells[level][np.arange(room) < counts[level][:, None]]  # (N,)
    boxes = np.stack([found[name].astype(np.float64) for name in ("minx", "miny", "maxx", "maxy")], axis=1)
    return found["key"].astype(np.int64), boxes


def _scanned(table: GeoPackageTable) -> Tuple[np.ndarray, np.ndarray]:
    fids, boxes = [np.zeros(0, np.int64)], [np.zeros((0, 4))]
    for batch in table.batches(columns=()):
        bounds = feature_bounds(batch.geometries)
        known = np.isfinite(bounds).all(axis=1)
        fids.append(batch.fids[known])
        boxes.append(bounds[known])
    return np.concatenate(fids), np.concatenate(boxes)


def geometry_bytes(table: GeoPackageTable, fids: np.ndarray) -> np.ndarray:
    """Return how many bytes the geometry of each of these features takes: int64 (n,), without reading it."""
    schema: TableSchema = table.schema
    if schema.geometry_type == "POINT" or not schema.fid:
        return np.full(len(fids), 40, np.int64)
    with closing(connect(table.path)) as connection:
        several = list(_sizes(table, connection))
    keys, sizes = (np.concatenate([np.zeros(0, np.int64), *parts]) for parts in zip(*several))
    if len(keys) == 0 or len(fids) == 0:
        return np.zeros(len(fids), np.int64)
    return sizes[np.minimum(np.searchsorted(keys, fids), len(keys) - 1)]


def _sizes(table: GeoPackageTable, connection: sqlite3.Connection) -> Iterator[_Sizes]:
    """Yield keys, ascending, and how many bytes the geometry of each takes: int64 (n,) both, of a part of the rows."""
    key, plain = _LOWEST, True
    if is_still(table.path):
        with suppress(NotPlain), closing(_pages(table, connection)) as pages:
            while key <= HIGHEST:
                leaves = pages.from_key(key, _ALL, _PIECE)
                last = pages.last_key(leaves)
                try:
                    yield _in_pages(table, pages, leaves)
                    plain = True
                except NotPlain:
                    if not plain:
                        raise  # the second time in a row: most rows are large
                    yield _selected(table, connection, key, last)
                    plain = False
                key = last + 1
    if key <= HIGHEST:
        yield _selected(table, connection, key, HIGHEST)


def _pages(table: GeoPackageTable, connection: sqlite3.Connection) -> TablePages:
    return TablePages(table.path, connection, table.schema.name, table.schema.fid)


def _in_pages(table: GeoPackageTable, pages: TablePages, leaves: np.ndarray) -> _Sizes:
    """Return the keys and the sizes in some leaves of the table; raise NotPlain for what is left to SQLite."""
    records = pages.records(leaves, [pages.places[table.schema.geometry]], whole=False)
    (geometry,) = records.values
    if not geometry.found() <= {NULL, BLOB}:
        raise NotPlain(table.schema.geometry)
    return records.keys, geometry.size


def _selected(table: GeoPackageTable, connection: sqlite3.Connection, first: int, last: int) -> _Sizes:
    """Return the keys from the first to the last, and the sizes, as SQLite hands them out."""
    key, size = quoted(table.schema.fid), f"coalesce(length({quoted(table.schema.geometry)}), 0)"
    sql = f"SELECT {key}, {size} FROM {quoted(table.schema.name)} WHERE {key} BETWEEN ? AND ? ORDER BY 1"  # nosec B608 - quoted
    rows = np.fromiter(chain.from_iterable(connection.execute(sql, (first, last))), np.int64).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]
