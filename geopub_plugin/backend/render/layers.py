"""Opened layers, kept as long as they are used: one original for each styled table, and a copy for each thread."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import ExitStack, contextmanager
from typing import Iterator, List, Tuple

from qgis.core import QgsVectorLayer

from ..errors import NotFound
from ..features.geopackage_schema import feature_tables
from ..services.publications import DrawnTable
from ..translation import tr
from .main_thread import MainThread
from .styling import apply_style, fits, may_use_variables, read_style
from .symbols import apply_default_style

Layers = List[QgsVectorLayer]
USES_VARIABLES = "geopub/uses-variables"  # property of a layer
_Key = Tuple[DrawnTable, Tuple[int, ...]]


def state_of(table: DrawnTable) -> _Key:
    """Return what changes when the files of a table do: revisions are immutable, and yet nobody shall see old ones."""
    files = [table.data] if table.style is None else [table.data, table.style]
    try:
        states = [path.stat() for path in files]
    except OSError:  # opening the table tells what is wrong
        return table, ()
    return table, tuple(number for state in states for number in (state.st_mtime_ns, state.st_size))


def _uri(table: DrawnTable, geometry: str = "") -> str:
    """Return the address of a table that cannot be written to.

    QGIS opens GeoPackages for writing first and then leaves another journal mode in the file, even with IMMUTABLE=YES
    or a read-only layer (QGIS 3.22). What lies behind /vsisubfile/ cannot be opened for writing at all.

    A condition, whatever it says, has GDAL read the features of a place in the order of their keys, which is that of
    the source: of two that overlap, the same one lies on top as in QGIS. Without one it follows the R-tree.
    """
    kind = f"|geometrytype={geometry}" if geometry else ""
    return f"/vsisubfile/0,{table.data}|layername={table.table}{kind}|subset=1=1"


def open_table(table: DrawnTable) -> Layers:
    """Return the styled layers of a table, top first: one, or one per kind of geometry where they are mixed."""
    layers = [_open(table)]
    if _is_mixed(table):
        parts = [_open(table, kind) for kind in ("Point", "LineString", "Polygon")]
        layers = [part for part in parts if part.featureCount() != 0]
    style = read_style(table.style) if table.style else None
    for part in layers:
        if style is not None and (len(layers) == 1 or fits(style, part)):
            apply_style(part, style)
            part.setCustomProperty(USES_VARIABLES, may_use_variables(style))
        else:
            apply_default_style(part, table.table)
    return layers


def _is_mixed(table: DrawnTable) -> bool:
    """Tell whether a table may hold geometry of any kind; QGIS itself would show the kind of one feature only."""
    return any(
        schema.name == table.table and schema.geometry_type in ("GEOMETRY", "GEOMETRYCOLLECTION")
        for schema in feature_tables(table.data)
    )


def _open(table: DrawnTable, geometry: str = "") -> QgsVectorLayer:
    options = QgsVectorLayer.LayerOptions()
    options.loadDefaultStyle = False
    layer = QgsVectorLayer(_uri(table, geometry), table.table, "ogr", options)
    if not layer.isValid():
        raise NotFound(
            tr("The table “{table}” cannot be opened for drawing.", table=table.table),
            tr("Its file is missing or damaged."),
            tr("Publish the layer again."),
        )
    layer.setReadOnly(True)
    return layer


class _OpenedTable:
    """The original layers of a table and the copies that no thread uses at the moment."""

    def __init__(self, originals: Layers) -> None:
        self.originals = originals
        self.copies: List[Layers] = []


class OpenedLayers:
    """Opens styled tables on first use and lends copies of their layers; closes those used longest ago."""

    def __init__(self, main_thread: MainThread, limit: int = 48) -> None:
        self._main_thread, self._limit = main_thread, limit
        self._opened: OrderedDict[_Key, _OpenedTable] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def lent(self, tables: Tuple[DrawnTable, ...]) -> Iterator[List[Layers]]:
        """Lend the layers of each table to the calling thread, which must not be the main one."""
        with ExitStack() as loans:
            yield [loans.enter_context(self._lent(table)) for table in tables]

    @contextmanager
    def _lent(self, table: DrawnTable) -> Iterator[Layers]:
        key = state_of(table)
        opened = self._table(key)
        with self._lock:
            copy = opened.copies.pop() if opened.copies else None
        if copy is None:
            copy = self._main_thread.call(lambda: [layer.clone() for layer in opened.originals])
        try:
            yield copy
        finally:
            with self._lock:
                opened.copies.append(copy)
                del copy
                forgotten = self._opened.get(key) is not opened
            if forgotten:
                self._main_thread.later(_close, opened)

    def _table(self, key: _Key) -> _OpenedTable:
        with self._lock:
            if key in self._opened:
                self._opened.move_to_end(key)
                return self._opened[key]
        opened = _OpenedTable(self._main_thread.call(open_table, key[0]))
        with self._lock:
            opened = self._opened.setdefault(key, opened)
            forgotten = [self._opened.popitem(last=False)[1] for _ in range(len(self._opened) - self._limit)]
        for old in forgotten:
            self._main_thread.later(_close, old)
        return opened


def _close(opened: _OpenedTable) -> None:
    """Let go of layers in the main thread, where Qt wants its objects to end."""
    opened.originals.clear()
    opened.copies.clear()
