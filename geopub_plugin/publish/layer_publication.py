"""One layer on its way to live services: export, store and publication, none of them in the GUI thread."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import FrozenSet, Optional

from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..backend.errors import Cancelled, GeoPubError, Unavailable
from ..backend.translation import tr
from .background import ends_work
from .collected_styles import CollectedStyles
from .layer_plan import LayerPlan, Layers, layers_of
from .layers_export import LayersExport
from .map_style import Draw
from .progression import EXPORT, Progression
from .publication import LiveUrl, PublicationRequest, PublicationResult
from .publication_call import DATA, EVERYTHING, METADATA, STYLE, PublicationCall, PublicationWork
from .result_memory import remember_result, tables_of
from .store_source import StoreAddress, StoreSource
from .tile_style import TileStyle
from .unfinished import Note, WorkFolder

CLOSING = 3_000  # ms to wait for the work to end when QGIS ends


class LayerPublication(QObject):
    """Publishes layers as one datasheet; lives in the GUI thread and never makes it wait."""

    moved = pyqtSignal(float, str)  # share done, 0 to 1; the step in words
    live = pyqtSignal(object)  # LiveUrl: it answers already, while the rest is being made
    finished = pyqtSignal(object)  # PublicationResult
    failed = pyqtSignal(object)  # GeoPubError
    cancelled = pyqtSignal()

    def __init__(
        self,
        layers: Layers,
        plan: LayerPlan,
        source: StoreSource,
        parent: Optional[QObject] = None,
        parts: FrozenSet[str] = EVERYTHING,
    ) -> None:
        """Prepare to publish layers as `plan` says in the store of a target.

        Args:
            layers: one layer or several; those that the plan names besides are taken from the project.
            plan: what is to become of them.
            source: of the store.
            parent: of the object.
            parts: what is to be published, among DATA, STYLE and METADATA; without DATA only what is live is changed.
        """
        super().__init__(parent)
        self.plan, self.task = plan, tr("Publication of “{title}”", title=plan.title)
        self.target = source.target.id
        self.result: Optional[PublicationResult] = None
        self.tile_style: Optional[TileStyle] = None  # that the tiles will have, once they answer
        self.ended = False
        self._layers = layers_of(plan, layers)
        self._source, self._parts = source, parts
        self._tables = tables_of(plan)
        plain = "wms" in plan.services and not source.target.draws_qml
        self._styles = CollectedStyles(self._layers, self._tables, plan.styled and STYLE in parts, plain)
        self._draw: Optional[Draw] = None
        self._srs = plan.srs or next((it.crs().authid() for it in self._layers if it.crs().authid()), "")
        self._address: Optional[StoreAddress] = None
        self._work: Optional[WorkFolder] = None
        self._folder, self._leaving = Path(), Event()
        self._export: Optional[LayersExport] = None
        self._file: Optional[Path] = None
        self._call: Optional[PublicationCall] = None
        self._progression = Progression(plan.services)
        self._cancelled = False
        self._refused: Optional[GeoPubError] = None  # why there is no store, while the export ends

    @ends_work
    def start(self) -> None:
        """Start the export and, meanwhile, what serves the store; return at once."""
        self._source.ready.connect(self._store_ready)
        self._source.failed.connect(self._store_failed)
        self._work = WorkFolder()
        self._folder = self._work.path
        self._source.start()
        QTimer.singleShot(0, self._export_style)  # each in a turn of its own, for QGIS to draw in between

    def cancel(self) -> None:
        """End the work; what was made of it disappears."""
        if self.ended or self._cancelled:
            return
        self._cancelled = True
        self.moved.emit(self._progression.share, tr("Cancelling…"))
        if self._call is not None:
            self._call.cancel()
        elif self._export is not None and self._file is None:
            self._export.cancel()  # which says when it has ended
        else:
            self._cancel_done()

    def close(self) -> None:
        """Break the work off now, when QGIS ends or the plugin is unloaded: what is exported is kept to go on with."""
        if self.ended:
            return
        self.blockSignals(True)
        self._leaving.set()
        self.cancel()
        for work in (self._export, self._call):
            if work is not None:
                work.wait(CLOSING)
        if not self.ended:
            self._end()

    # Export and store -------------------------------------------------------------------------------------------

    @ends_work
    def _export_style(self) -> None:
        """Take the marks and the style of one layer a turn: those of twenty would stop QGIS for a moment."""
        if self.ended:
            return
        taken = self._styles.take_next(self._folder)
        if not taken and "tms" in self.plan.services:
            self._draw = self._styles.sheets()
        QTimer.singleShot(0, self._export_style if taken else self._export_layer)

    @ends_work
    def _export_layer(self) -> None:
        if self.ended or self._cancelled:
            return
        if DATA not in self._parts:
            self._file = self._folder  # no file: nothing of it is sent
            self._publish_when_ready()
            return
        names = [table.table for table in self._tables]
        file = self._folder / f"{self.plan.layer_name}.gpkg"
        export = LayersExport(self._layers, names, file, self._srs, bool(self.plan.srs), self)
        export.progressed.connect(self._exported_part)
        export.finished.connect(self._exported)
        export.failed.connect(self._fail)
        export.cancelled.connect(self._cancel_done)
        self._export = export
        export.start()

    def _exported_part(self, percent: float) -> None:
        self._progression.moved(EXPORT, percent, 100)
        if not self._cancelled:
            self.moved.emit(self._progression.share, tr("Exporting the layer"))

    @ends_work
    def _exported(self, file: Path) -> None:
        if self._refused is not None:
            self._end_with(self._refused)
            return
        self._progression.ended(EXPORT)
        self._file = file
        self._publish_when_ready()

    @ends_work
    def _store_ready(self, address: StoreAddress) -> None:
        self._address = address
        self._publish_when_ready()

    @ends_work
    def _store_failed(self, error: GeoPubError) -> None:
        if self._call is None:  # a running call hears of it by itself
            self._refused = error
            if self._export is not None and self._file is None:
                self._export.cancel()  # its end is waited for: it writes into the folder
            else:
                self._fail(error)

    # Publication ------------------------------------------------------------------------------------------------

    def _publish_when_ready(self) -> None:
        if self._file is None or self._address is None or self._call is not None or self.ended or self._cancelled:
            if self._file is not None and self._address is None:
                self.moved.emit(self._progression.share, tr("Starting GeoPub"))
            return
        request, near = self._request(self._file), self._source.target.embedded
        if DATA in self._parts and self._work is not None:
            ids = tuple(layer.id() for layer in self._layers)
            self._work.note(Note(self.target, request, self.plan, ids, self._styles.marks))
        work = PublicationWork(request, self._styles.exported, self._draw, self._parts, None if near else self._folder)
        self._call = PublicationCall(self._address, work, self._progression, self._leaving)
        self._call.moved.connect(self._moved)
        self._call.live.connect(self._went_live)
        self._call.answered.connect(self._published)
        self._call.refused.connect(self._fail)
        self._call.start()

    def _request(self, file: Path) -> PublicationRequest:
        plan = self.plan
        return PublicationRequest(
            file=file,
            title=plan.title,
            datasheet=plan.datasheet,
            layer_name=self._source.target.layer_name(plan.layer_name),
            services=plan.services,
            styles=self._styles.for_tables,
            srs=self._srs,
            top_level=plan.top_level,
            bottom_level=plan.bottom_level,
            abstract=plan.description.abstract,
            keywords=plan.description.every_keyword,
            area=plan.area,
            flags=plan.flags,
            plans=self._tables if plan.tables else (),
            description=plan.description if plan.record and METADATA in self._parts else None,
            access=plan.access if METADATA in self._parts else None,
            service_title=plan.service_title,
            map_styles=self._styles.plain,
        )

    def _moved(self, share: float, step: str) -> None:
        if not self._cancelled:
            self.moved.emit(share, step)

    def _went_live(self, url: LiveUrl, style: Optional[TileStyle]) -> None:
        self.tile_style = style or self.tile_style
        if not self._cancelled:
            self.live.emit(url)

    # Ends -------------------------------------------------------------------------------------------------------

    @ends_work
    def _published(self, result: PublicationResult) -> None:
        if self.ended:
            return
        self.result = result
        remember_result(self._layers, self._styles.marks, self.plan, self.target, result, self._parts)
        self._end()
        self.finished.emit(result)

    def _fail(self, error: GeoPubError) -> None:
        if self._cancelled or isinstance(error, Cancelled):
            self._cancel_done()
        else:
            self._end_with(self._refused or error)

    def _end_with(self, error: GeoPubError) -> None:
        if not self.ended:
            if isinstance(error, Unavailable) and self._call is not None:  # the line broke: it can go on later
                self._leaving.set()
            self._end()
            self.failed.emit(error)

    def _cancel_done(self) -> None:
        if self._refused is not None and not self._cancelled:
            self._end_with(self._refused)
        elif not self.ended:
            self._end()
            self.cancelled.emit()

    def _end(self) -> None:
        self.ended = True
        self._source.ready.disconnect(self._store_ready)
        self._source.failed.disconnect(self._store_failed)
        if self._work is not None:
            if self._leaving.is_set():
                self._work.leave()
            else:
                self._work.remove()
