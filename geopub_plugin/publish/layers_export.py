"""Export of several layers into one GeoPackage, one after the other, each in the background.

A layer that shows a table of a GeoPackage as it is stored is copied by SQLite, any other written by QGIS's writer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Sequence, Union

from qgis.core import QgsCoordinateReferenceSystem, QgsVectorLayer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..backend.errors import GeoPubError, InvalidInput
from ..backend.translation import tr
from .background import ends_work
from .layer_export import LayerExport, remove_if_possible
from .table_export import TableExport, table_behind


class LayersExport(QObject):
    """Writes layers as tables of `file`; the layers themselves are never changed."""

    progressed = pyqtSignal(float)  # per cent of all
    finished = pyqtSignal(object)  # Path of the GeoPackage
    failed = pyqtSignal(object)  # GeoPubError
    cancelled = pyqtSignal()

    def __init__(
        self,
        layers: Sequence[QgsVectorLayer],
        tables: Sequence[str],
        file: Path,
        srs: str = "",
        declared: bool = False,
        parent: Optional[QObject] = None,
    ) -> None:
        """Prepare the export.

        Args:
            layers: at least one.
            tables: the name of each.
            file: the GeoPackage to make.
            srs: "EPSG:2154", in which all are written; "" leaves each in its own.
            declared: whether it was said by the user, because a layer does not know its own.
            parent: of the object.
        """
        super().__init__(parent)
        self._layers, self._tables, self._file = tuple(layers), tuple(tables), file
        self._srs, self._declared = srs, declared
        self._done, self._cancelled = 0, False
        self.task = tr("Export of “{layer}”", layer=file.stem)
        self._export: Union[LayerExport, TableExport, None] = None

    @ends_work
    def start(self) -> None:
        """Start with the first layer and return at once."""
        layer, name = still_there(self._layers[self._done]), self._tables[self._done]
        table = table_behind(layer, self._crs())
        if table is None:
            self._write()
            return
        export = TableExport(layer.name(), table, name, self._file, self)
        export.impossible.connect(self._write)
        self._follow(export)

    def _crs(self) -> Optional[QgsCoordinateReferenceSystem]:
        """Return the system in which the present layer is written, None for its own."""
        other = self._declared or self._layers[self._done].crs().authid() != self._srs
        return QgsCoordinateReferenceSystem(self._srs) if other and self._srs else None

    @ends_work
    def _write(self) -> None:
        """Have QGIS's writer write the present layer."""
        layer, name = still_there(self._layers[self._done]), self._tables[self._done]
        self._follow(LayerExport(layer, name, self._file.parent, self._crs(), self, self._file))

    def _follow(self, export: Union[LayerExport, TableExport]) -> None:
        export.progressed.connect(self._moved)
        export.finished.connect(self._exported)
        export.failed.connect(self.failed)
        export.cancelled.connect(self.cancelled)
        self._export = export
        export.start()

    def cancel(self) -> None:
        """Ask the work to end; `cancelled` says when it has."""
        self._cancelled = True
        if self._export is not None:
            self._export.cancel()

    def wait(self, milliseconds: int) -> None:
        """Return when the present table is written, or after this time: only for when QGIS ends."""
        if self._export is not None:
            self._export.wait(milliseconds)

    def _moved(self, percent: float) -> None:
        self.progressed.emit((self._done * 100 + percent) / len(self._layers))

    def _exported(self, file: Path) -> None:
        self._done += 1
        if self._cancelled:
            self._give_up()
        elif self._done == len(self._layers):
            self.finished.emit(file)
        else:
            QTimer.singleShot(0, self._go_on)  # QGIS draws in between

    def _go_on(self) -> None:
        if self._cancelled:
            self._give_up()
        else:
            self.start()

    def _give_up(self) -> None:
        remove_if_possible(self._file)
        self.cancelled.emit()

    def _fail(self, error: GeoPubError) -> None:
        self.failed.emit(error)


def still_there(layer: QgsVectorLayer) -> QgsVectorLayer:
    """Return a layer; raise InvalidInput where the user has removed it meanwhile."""
    if sip.isdeleted(layer):
        raise InvalidInput(
            tr("The layer could not be exported."),
            tr("It was removed from the project while it was being published."),
            tr("Add it to the project again, then publish."),
        )
    return layer
