"""A publication that goes on where it was broken off, perhaps in another session of QGIS."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Optional

from qgis.core import QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..backend.errors import Cancelled, GeoPubError
from ..backend.translation import tr
from .background import ends_work
from .progression import EXPORT, Progression
from .publication import PublicationResult
from .publication_call import PublicationCall, PublicationWork
from .result_memory import remember_result
from .sprite_sheets import drawn_sheets
from .store_source import StoreAddress, StoreSource
from .style_export import ExportedStyle
from .unfinished import Unfinished, WorkFolder

CLOSING = 3_000  # ms to wait for the work to end when QGIS ends


class ResumedPublication(QObject):
    """Brings an unfinished publication to its end; lives in the GUI thread and never makes it wait."""

    moved = pyqtSignal(float, str)
    finished = pyqtSignal(object)  # PublicationResult
    failed = pyqtSignal(object)  # GeoPubError
    cancelled = pyqtSignal()

    def __init__(self, one: Unfinished, source: StoreSource, parent: Optional[QObject] = None) -> None:
        """Prepare to go on in the store of the target.

        Raises:
            BlockingIOError: another QGIS goes on with it.
        """
        super().__init__(parent)
        self.plan, self.target, self.ended = one.note.plan, one.note.target, False
        self.task = tr("Publication of “{title}”", title=one.title)
        self._note, self._source = one.note, source
        self._folder = WorkFolder(one.folder)
        self._call: Optional[PublicationCall] = None
        self._leaving = Event()
        self._progression = Progression(one.note.request.services)
        self._progression.ended(EXPORT)

    @ends_work
    def start(self) -> None:
        """Go on once the store is ready; return at once."""
        self._source.ready.connect(self._ready)
        self._source.failed.connect(self._store_failed)
        self._source.start()

    def cancel(self) -> None:
        """End the work; what was made of it disappears, here and in the store."""
        if self.ended:
            return
        self.moved.emit(self._progression.share, tr("Cancelling…"))
        if self._call is not None:
            self._call.cancel()
        else:
            self._fail(Cancelled(""))

    def close(self) -> None:
        """Break it off again, when QGIS ends."""
        if self.ended:
            return
        self.blockSignals(True)
        self._leaving.set()
        if self._call is not None:
            self._call.cancel()
            self._call.wait(CLOSING)
        if not self.ended:
            self._end(leave=True)

    @ends_work
    def _ready(self, address: StoreAddress) -> None:
        if self._call is not None or self.ended:
            return
        request = self._note.request
        qmls = [style.content for style in request.styles if style.filename.lower().endswith(".qml")]
        draw = drawn_sheets(*qmls) if qmls and "tms" in request.services else None
        slds = {style.table: _slds(self._folder.path, style.table) for style in request.styles}
        work = PublicationWork(request, slds, draw, resumed=True)
        self._call = PublicationCall(address, work, self._progression, self._leaving)
        self._call.moved.connect(self.moved)
        self._call.answered.connect(self._published)
        self._call.refused.connect(self._fail)
        self._call.start()

    @ends_work
    def _published(self, result: PublicationResult) -> None:
        if self.ended:
            return
        there = (QgsProject.instance().mapLayer(identifier) for identifier in self._note.layers)
        layers = [layer if isinstance(layer, QgsVectorLayer) else None for layer in there]
        remember_result(layers, self._note.marks, self.plan, self.target, result)
        self._end()
        self.finished.emit(result)

    def _store_failed(self, error: GeoPubError) -> None:
        if self._call is None:  # a running call hears of it by itself, and works in the folder until it has ended
            self._fail(error)

    def _fail(self, error: GeoPubError) -> None:
        if self.ended:
            return
        given_up = isinstance(error, Cancelled) and not self._leaving.is_set()
        self._end(leave=not given_up)  # it may be tried again
        if given_up:
            self.cancelled.emit()
        else:
            self.failed.emit(error)

    def _end(self, leave: bool = False) -> None:
        self.ended = True
        self._source.ready.disconnect(self._ready)
        self._source.failed.disconnect(self._store_failed)
        if leave:
            self._folder.leave()
        else:
            self._folder.remove()


def _slds(folder: Path, table: str) -> ExportedStyle:
    """Return the SLDs of a table that were exported before the publication was broken off."""
    sld, sld10 = folder / f"{table}.sld", folder / f"{table}.1.0.sld"
    return ExportedStyle(None, sld if sld.is_file() else None, (), sld10 if sld10.is_file() else None)
