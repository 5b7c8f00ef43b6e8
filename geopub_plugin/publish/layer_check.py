"""The checks of a store, run on layers before anything is sent: what they are made of, then every geometry."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Optional, Sequence, Tuple

from qgis.core import QgsFeatureRequest, QgsVectorLayer
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..backend.errors import GeoPubError
from ..backend.faults import Fault, blocking
from ..backend.translation import tr
from .background import BackgroundCall, ends_work
from .layer_faults import layer_faults
from .layers_export import LayersExport
from .publication_values import Refused
from .worker_call import run_job

CLOSING = 3_000  # ms to wait when QGIS ends
EXPORT_SHARE = 0.5  # of the time


@dataclass(frozen=True)
class Finding:
    """A fault, and the layer in which it is."""

    fault: Fault
    layer: Optional[QgsVectorLayer]  # None for a fault of the delivery as a whole

    def feature_ids(self) -> Tuple[int, ...]:
        """Return the identifiers of the features that the fault names, as the layer has them now."""
        places = sorted({int(one) for one in self.fault.examples if one.isdigit() and int(one) > 0})
        if self.layer is None or not places or not self.fault.id.startswith("geometry."):
            return ()
        found, wanted = [], set(places)
        request = (
            QgsFeatureRequest().setNoAttributes().setFlags(QgsFeatureRequest.Flag.NoGeometry)
        )  # a fifth of the time
        for place, feature in enumerate(self.layer.getFeatures(request), 1):
            if place in wanted:
                found.append(feature.id())
            if place >= places[-1]:
                break
        return tuple(found)


def check_file(file: Path, srs: str, tables: Sequence[str], work: Path, cancelled: Event) -> Tuple[Fault, ...]:
    """Return what a store would find in a file; in the calling thread, which waits for another process.

    Raises:
        Cancelled: it was ended.
        GeoPubError: it could not be done.
    """
    parameters = {"files": [str(file)], "srs": srs, "tables": list(tables)}
    told = run_job("ingest.check_job:run", parameters, work, cancelled)
    return tuple(Fault.from_json(wire) for wire in told["faults"])


def refuse_faulty(file: Path, srs: str, tables: Sequence[str], work: Path, cancelled: Event) -> None:
    """Check a file; raise Refused with everything that was found where a store would refuse it."""
    faults = check_file(file, srs, tables, work, cancelled)
    if blocking(faults):
        raise Refused(
            tr("The layer cannot be published."),
            tr("Faults that forbid it: {count}.", count=len(blocking(faults))),
            tr("Correct what is listed and publish again."),
            faults,
        )


class LayerCheck(QObject):
    """Checks layers as the store would; lives in the GUI thread and never makes it wait."""

    moved = pyqtSignal(float, str)  # share done; the step in words
    finished = pyqtSignal(object)  # Tuple[Finding, ...], the heaviest first
    failed = pyqtSignal(object)  # GeoPubError
    cancelled = pyqtSignal()

    def __init__(
        self, layers: Sequence[QgsVectorLayer], tables: Sequence[str], srs: str = "", parent: Optional[QObject] = None
    ) -> None:
        """Prepare the check; `srs` is what the user declares where a layer does not know where it lies."""
        super().__init__(parent)
        self.task = tr("Checks")
        self._layers = dict(zip(tables, layers))
        self._srs = srs
        self._own = tuple(Finding(fault, layer) for layer in layers for fault in layer_faults(layer))
        self._folder = Path(tempfile.mkdtemp(prefix="geopub-check-"))
        common = srs or next((layer.crs().authid() for layer in layers if layer.crs().authid()), "")
        self._export = LayersExport(layers, tables, self._folder / "check.gpkg", common, bool(srs), self)
        self._export.progressed.connect(self._exported_part)
        self._export.finished.connect(self._exported)
        self._export.failed.connect(self._fail)
        self._export.cancelled.connect(self._cancel_done)
        self._call: Optional[BackgroundCall] = None
        self.ended = False

    def start(self) -> None:
        """Start and return at once."""
        self._export.start()

    def cancel(self) -> None:
        """End the work; `cancelled` says when it has ended."""
        if self._call is not None:
            self._call.cancel()
        elif not self.ended:
            self._export.cancel()

    def close(self) -> None:
        """End the work now and leave no file."""
        if not self.ended:
            self.blockSignals(True)
            self.cancel()
            for work in (self._export, self._call):
                if work is not None:
                    work.wait(CLOSING)
            self._end()

    def _exported_part(self, percent: float) -> None:
        self.moved.emit(percent / 100 * EXPORT_SHARE, tr("Exporting the layer"))

    @ends_work
    def _exported(self, file: Path) -> None:
        srs, tables, folder = self._srs, tuple(self._layers), self._folder

        def check(call: BackgroundCall) -> Tuple[Fault, ...]:
            return check_file(file, srs, tables, folder, call.cancelled)

        self.moved.emit(EXPORT_SHARE, tr("Checks"))
        self._call = BackgroundCall(self.task, check)
        self._call.answered.connect(self._checked)
        self._call.refused.connect(self._fail)
        self._call.start()

    @ends_work
    def _checked(self, found: Tuple[Fault, ...]) -> None:
        findings = (*self._own, *(Finding(fault, self._layer(fault.table)) for fault in found))
        order = ("error", "warning", "repaired", "info")
        self._end()
        self.finished.emit(tuple(sorted(findings, key=lambda one: order.index(one.fault.severity.value))))

    def _layer(self, table: str) -> Optional[QgsVectorLayer]:
        return self._layers.get(table) or (next(iter(self._layers.values())) if len(self._layers) == 1 else None)

    def _fail(self, error: GeoPubError) -> None:
        if self.ended:
            return
        cancelled = self._call is not None and self._call.cancelled.is_set()
        self._end()
        if cancelled:
            self.cancelled.emit()
        else:
            self.failed.emit(error)

    def _cancel_done(self) -> None:
        self._end()
        self.cancelled.emit()

    def _end(self) -> None:
        self.ended = True
        shutil.rmtree(self._folder, ignore_errors=True)
