"""The datasheets of a store, asked for outside the GUI thread."""

from __future__ import annotations

from typing import Optional, Tuple

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..backend.translation import tr
from .background import BackgroundCall
from .client.datasheets import Datasheet
from .store_source import StoreAddress


class DatasheetList(QObject):
    """Asks for the list; questions that come while one is on its way are answered by one more."""

    listed = pyqtSignal(object, object)  # StoreAddress that was asked, tuple of Datasheet
    failed = pyqtSignal(object)  # GeoPubError

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._call: Optional[BackgroundCall] = None
        self._asked: Optional[StoreAddress] = None
        self._again: Optional[StoreAddress] = None

    def refresh(self, address: StoreAddress) -> None:
        """Ask for the list as it is now."""
        if self._call is not None:
            self._again = address
            return

        def ask(call: BackgroundCall) -> Tuple[Datasheet, ...]:
            with address.open(call.cancelled) as store:
                return store.datasheets.list()

        self._call = BackgroundCall(tr("List of publications"), ask)
        self._asked = address
        self._call.answered.connect(self._answered)
        self._call.refused.connect(self._refused)
        self._call.start()

    def close(self) -> None:
        """Ask no more."""
        self._again = None
        if self._call is not None:
            self._call.cancel()

    def _answered(self, datasheets: Tuple[Datasheet, ...]) -> None:
        asked = self._asked
        self._next()
        self.listed.emit(asked, datasheets)

    def _refused(self, error: object) -> None:
        self._next()
        self.failed.emit(error)

    def _next(self) -> None:
        self._call = None
        again, self._again = self._again, None
        if again is not None:
            self.refresh(again)
