"""A sample on its way to the full pyramid, followed from the GUI thread."""

from __future__ import annotations

from threading import Event
from typing import Optional

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..backend.amounts import work_text
from ..backend.errors import Cancelled, GeoPubError
from ..backend.translation import tr
from .background import BackgroundCall, ends_work
from .completion import completed
from .steps import Quiet, Step
from .store_source import StoreAddress, StoreSource

CLOSING = 3_000  # ms to wait for the work to end when QGIS ends


class CompletionCall(BackgroundCall):
    """The part of it that waits for the store."""

    moved = pyqtSignal(float, str)  # share of the tiles, what is done in words


class CompletionJob(QObject):
    """Makes all tiles of a layer of which a sample is shown; the sample stays until they are there."""

    moved = pyqtSignal(float, str)
    finished = pyqtSignal(object)  # list of LiveUrl
    failed = pyqtSignal(object)  # GeoPubError
    cancelled = pyqtSignal()

    def __init__(self, source: StoreSource, layer_name: str, title: str, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.title = title
        self.task = tr("All tiles of “{title}”", title=title)
        self._source, self._layer_name = source, layer_name
        self._call: Optional[CompletionCall] = None
        self._given_up, self._leaving = False, Event()

    def start(self) -> None:
        """Begin; the store is ready, since its list is shown."""
        address = self._source.address
        if address is not None:
            self._begin(address)
        else:
            self._source.ready.connect(self._begin)
            self._source.failed.connect(self._no_store)
            self._source.start()

    def cancel(self) -> None:
        """End the making of tiles; the sample stays."""
        if self._call is not None:
            self._call.cancel()
        elif not self._given_up:
            self._given_up = True
            self.cancelled.emit()

    def close(self) -> None:
        """Stop listening, when QGIS ends; the store goes on by itself."""
        self.blockSignals(True)
        self._leaving.set()
        self.cancel()
        if self._call is not None:
            self._call.wait(CLOSING)

    def _no_store(self, error: GeoPubError) -> None:
        if self._call is None and not self._given_up:  # a running call hears of it by itself
            self._given_up = True
            self._fail(error)

    @ends_work
    def _begin(self, address: StoreAddress) -> None:
        if self._call is not None or self._given_up:
            return
        layer_name, leaving = self._layer_name, self._leaving

        def work(call: CompletionCall) -> object:
            with address.open(call.cancelled) as store:
                return completed(store, layer_name, _Teller(call), leaving)

        self._call = CompletionCall(self.task, work, listed=True)
        self._call.moved.connect(self.moved)
        self._call.answered.connect(self.finished)
        self._call.refused.connect(self._fail)
        self._call.start()

    def _fail(self, error: GeoPubError) -> None:
        if isinstance(error, Cancelled):
            self.cancelled.emit()
        else:
            self.failed.emit(error)


class _Teller(Quiet):
    """Listens in the thread that waits, and tells the GUI."""

    def __init__(self, call: CompletionCall) -> None:
        self._call = call

    def moved(self, step: Step, done: int, total: int, unit: str) -> None:
        """Hear how many tiles are made."""
        if total > 0:
            self._call.setProgress(100 * done / total)
            self._call.moved.emit(done / total, f"{step.title} – {work_text(done, total, unit)}")
