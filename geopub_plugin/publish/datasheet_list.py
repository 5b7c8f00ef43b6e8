"""The datasheets of the embedded backend, asked for outside the GUI thread."""

from __future__ import annotations

from contextlib import closing
from typing import Optional, Tuple

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..backend.translation import tr
from .background import BackgroundCall
from .client import open_store
from .client.datasheets import Datasheet
from .embedded import Backend
from .qgis_transport import QgisTransport


class DatasheetList(QObject):
    """Asks for the list; questions that come while one is on its way are answered by one more."""

    listed = pyqtSignal(object)  # tuple of Datasheet
    failed = pyqtSignal(object)  # GeoPubError

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._call: Optional[BackgroundCall] = None
        self._again: Optional[Backend] = None

    def refresh(self, backend: Backend) -> None:
        """Ask for the list as it is now."""
        if self._call is not None:
            self._again = backend
            return

        def ask(call: BackgroundCall) -> Tuple[Datasheet, ...]:
            with closing(QgisTransport()) as transport:
                store = open_store(backend.api, backend.token, transport=transport, cancel=call.cancelled)
                return store.datasheets.list()

        self._call = BackgroundCall(tr("List of publications"), ask)
        self._call.answered.connect(self._answered)
        self._call.refused.connect(self._refused)
        self._call.start()

    def close(self) -> None:
        """Ask no more."""
        self._again = None
        if self._call is not None:
            self._call.cancel()

    def _answered(self, datasheets: Tuple[Datasheet, ...]) -> None:
        self._next()
        self.listed.emit(datasheets)

    def _refused(self, error: object) -> None:
        self._next()
        self.failed.emit(error)

    def _next(self) -> None:
        self._call = None
        again, self._again = self._again, None
        if again is not None:
            self.refresh(again)
