"""Export of a layer that is a table of a GeoPackage and nothing else: the table is copied, outside the GUI thread."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Tuple

from qgis.core import QgsCoordinateReferenceSystem, QgsProviderRegistry, QgsVectorLayer, QgsWkbTypes
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..backend.errors import GeoPubError
from ..backend.translation import tr
from .background import BackgroundCall
from .compat import PROVIDER_FIELD
from .layer_export import remove_if_possible
from .table_copy import StoredTable, copy_table, stored_table


@dataclass(frozen=True)
class ShownTable:
    """What a layer shows of a table of a GeoPackage: known without a look into the file, which may be far away."""

    file: Path
    name: str  # "" for the only one
    fields: Tuple[str, ...]
    kind: str  # of geometry, as in the file
    srs: str  # "EPSG:2154"

    def stored(self) -> Optional[StoredTable]:
        """Look into the file, and return the table if the layer shows it just as it is stored; None otherwise."""
        table = stored_table(self.file, self.name)
        same = table is not None and (table.names, table.kind) == (self.fields, self.kind)
        return table if same and f"EPSG:{table.srs}" == self.srs else None


def table_behind(layer: QgsVectorLayer, crs: Optional[QgsCoordinateReferenceSystem] = None) -> Optional[ShownTable]:
    """Return the table that a layer shows as it seems to be stored; None where the layer shows anything else.

    That is: no filter, join or virtual field, no edit session, its own system and kind of geometry. Whether QGIS's
    writer might write something in the table in another way, the file alone knows. `crs` is the system to write, None
    for the layer's.
    """
    provider = layer.dataProvider()
    if crs is not None or layer.providerType() != "ogr" or provider.storageType() != "GPKG" or layer.isEditable():
        return None
    stated = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    told = {name for name, value in stated.items() if value not in ("", None, [], {})}
    fields = layer.fields()
    own = all(fields.fieldOrigin(place) == PROVIDER_FIELD for place in range(fields.count()))
    if layer.subsetString() or not told <= {"path", "layerName"} or not own or layer.crs() != provider.crs():
        return None
    kind = QgsWkbTypes.displayString(QgsWkbTypes.flatType(layer.wkbType())).upper()
    path, name = Path(str(stated.get("path") or "")), str(stated.get("layerName") or "")
    return ShownTable(path, name, tuple(fields.names()), kind, layer.crs().authid())


class TableExport(QObject):
    """Copies a table into a GeoPackage; tells of itself as `LayerExport` does, and `impossible` where that has to."""

    progressed = pyqtSignal(float)  # per cent
    finished = pyqtSignal(object)  # Path of the GeoPackage
    failed = pyqtSignal(object)  # GeoPubError
    cancelled = pyqtSignal()
    impossible = pyqtSignal()  # the target is as it was; QGIS's writer may do it, or say why not

    def __init__(self, title: str, table: ShownTable, name: str, target: Path, parent: Optional[QObject] = None):
        """Prepare to copy `table`, the layer `title`, into the GeoPackage `target`, where it is called `name`."""
        super().__init__(parent)
        self.path = target
        self._new = not target.exists()
        self._cancelled = False
        self._call = _Copy(title, table, name, target)
        self._call.progressChanged.connect(self.progressed)
        self._call.answered.connect(self._copied)
        self._call.refused.connect(self._refused)

    def start(self) -> None:
        """Begin, and return at once."""
        self._call.start()

    def cancel(self) -> None:
        """End the export and remove what it wrote."""
        self._cancelled = True
        self._call.cancel()

    def wait(self, milliseconds: int) -> None:
        """Return when the export has ended, or after this time: only for when QGIS ends."""
        self._call.wait(milliseconds)

    def _copied(self, done: bool) -> None:
        if self._cancelled:
            self._give_up()
        elif done:
            self.finished.emit(self.path)
        else:
            if self._new:
                remove_if_possible(self.path)
            self.impossible.emit()

    def _refused(self, error: GeoPubError) -> None:
        if self._cancelled:
            self._give_up()
        else:
            self.failed.emit(error)

    def _give_up(self) -> None:
        remove_if_possible(self.path)
        self.cancelled.emit()


class _Copy(BackgroundCall):
    """The copying, in a thread of QGIS's."""

    def __init__(self, title: str, table: ShownTable, name: str, target: Path) -> None:
        super().__init__(tr("Export of “{layer}”", layer=title), lambda _call: self._copy(table, name, target), True)

    def _copy(self, shown: ShownTable, name: str, target: Path) -> bool:
        """Copy, and tell whether that was possible."""
        table = shown.stored()
        if table is None:
            return False
        try:
            copy_table(table, target, name, lambda share: self.setProgress(share * 100), self.cancelled)
        except sqlite3.Error:
            return False
        return True
