"""Export of one layer to a GeoPackage of its own, by QGIS's own writer in the background."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Optional, Tuple

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeatureRequest,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorFileWriterTask,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..backend.errors import GeoPubError, InvalidInput, StorageFull
from ..backend.translation import tr
from .background import ends_work
from .field_names import clashing, free_name

ROOM_NEEDED = 50_000_000  # bytes; below this a failed write is put down to the full disk


class LayerExport(QObject):
    """Writes a layer into `folder`/<table>.gpkg; the layer itself is never changed.

    Exported are what the user sees: edits not saved yet, virtual and joined fields, the filtered features only.
    """

    progressed = pyqtSignal(float)  # per cent
    finished = pyqtSignal(object)  # Path of the GeoPackage
    failed = pyqtSignal(object)  # GeoPubError
    cancelled = pyqtSignal()

    def __init__(
        self,
        layer: QgsVectorLayer,
        table: str,
        folder: Path,
        crs: Optional[QgsCoordinateReferenceSystem] = None,
        parent: Optional[QObject] = None,
        into: Optional[Path] = None,
    ) -> None:
        """Prepare the export.

        Args:
            layer: never changed.
            table: its name in the GeoPackage.
            folder: where the GeoPackage is made.
            crs: the system to write: that of the layer when it does not know it, or knows no public code; another one
                into which it is transformed; None for the layer's.
            parent: of the object.
            into: a GeoPackage that gets one more table, in place of one of its own.
        """
        super().__init__(parent)
        self.path = into or folder / f"{table}.gpkg"
        self._layer_name = layer.name()
        source, aliased = _with_distinct_names(layer)  # needed until the writer has read its definition, here
        options = _writer_options(source, table, aliased, crs)
        if into is not None and into.exists():
            options.actionOnExistingFile = QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer
        self._task = QgsVectorFileWriterTask(source, str(self.path), options)
        self.task = tr("Export of “{layer}”", layer=layer.name())
        self._task.setDescription(self.task)
        self._task.progressChanged.connect(self.progressed)
        self._task.writeComplete.connect(self._written)
        self._task.errorOccurred.connect(self._not_written)
        self._cancelled = self._ended = False

    def start(self) -> None:
        """Hand the writer to QGIS's task manager and return at once."""
        QgsApplication.taskManager().addTask(self._task)

    def cancel(self) -> None:
        """End the export and remove what it wrote."""
        if not self._cancelled and not self._ended:
            self._cancelled = True
            self._task.cancel()

    def wait(self, milliseconds: int) -> None:
        """Return when the export has ended, or after this time: only for when QGIS ends."""
        if not self._ended:  # QGIS deletes a task that has ended
            self._task.waitForFinished(milliseconds)

    def _written(self, _file_name: str) -> None:
        self._ended = True
        if self._cancelled:
            self._give_up()
        else:
            self.finished.emit(self.path)

    @ends_work
    def _not_written(self, _code: int, message: str) -> None:
        self._ended = True
        if self._cancelled:
            self._give_up()
        else:
            self.failed.emit(export_error(self._layer_name, message, self.path))

    def _give_up(self) -> None:
        remove_if_possible(self.path)  # QGIS leaves the part that it has written
        self.cancelled.emit()

    def _fail(self, error: GeoPubError) -> None:
        self.failed.emit(error)


def remove_if_possible(file: Path) -> None:
    """Remove a file that is no longer wanted; one that is held (Windows) goes with its folder."""
    with suppress(OSError):
        file.unlink()


def export_error(layer_name: str, message: str, path: Path) -> GeoPubError:
    """Say why a layer could not be written."""
    what = tr("The layer “{layer}” could not be exported.", layer=layer_name)
    if shutil.disk_usage(path.parent).free < ROOM_NEEDED:
        return StorageFull(
            what,
            tr("The disk that holds {folder} is full.", folder=path.parent),
            tr("Make room on it, then publish again."),
        )
    return InvalidInput(
        what,
        tr("QGIS says: {message}", message=message or tr("unknown error")),
        tr("Save the layer to a new GeoPackage in QGIS; if that works, publish the saved layer."),
    )


def _with_distinct_names(layer: QgsVectorLayer) -> Tuple[QgsVectorLayer, bool]:
    """Return the layer, or a copy whose aliases tell its fields apart, and whether it is such a copy."""
    mended = clashing(layer.fields().names())
    if not mended:
        return layer, False
    # A clone has no edit buffer, so edits not saved yet are copied with the features.
    copy = layer.materialize(QgsFeatureRequest()) if layer.isModified() else layer.clone()
    for position, name in enumerate(layer.fields().names()):
        copy.setFieldAlias(position, mended.get(position, name))
    return copy, True


def _writer_options(
    layer: QgsVectorLayer, table: str, aliased: bool, crs: Optional[QgsCoordinateReferenceSystem]
) -> QgsVectorFileWriter.SaveVectorOptions:
    names = layer.fields().names()
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = table
    options.layerOptions = [
        # A field named "fid" with duplicates or text would otherwise make the writer fail.
        f"FID={free_name('ogc_fid', names)}",
        f"GEOMETRY_NAME={free_name('geom', names)}",
        "SPATIAL_INDEX=NO",  # integration builds its own, in another order
    ]
    if aliased:
        options.fieldNameSource = QgsVectorFileWriter.FieldNameSource.PreferAlias
    if crs is not None and crs.isValid():
        # From a system to itself: the coordinates stay, the file states the system.
        source = layer.crs() if layer.crs().isValid() else crs
        options.ct = QgsCoordinateTransform(source, crs, QgsProject.instance())
    return options
