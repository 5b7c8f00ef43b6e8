"""Work on the store of a target, each call in a thread of QGIS; a store that sleeps is woken first."""

from __future__ import annotations

from typing import Any, Callable, List, Optional

from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..backend.errors import Cancelled, GeoPubError
from .background import BackgroundCall
from .client import Store
from .store_source import StoreAddress, Stores, StoreSource

Work = Callable[[Store], Any]
Answered = Callable[[Any], None]


class StoreCall(QObject):
    """One piece of work: waits for its store, runs, and tells its outcome in the GUI thread."""

    answered = pyqtSignal(object)
    refused = pyqtSignal(object)  # GeoPubError; never Cancelled
    ended = pyqtSignal()

    def __init__(self, source: StoreSource, title: str, work: Work, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.title = title
        self._source, self._work = source, work
        self._call: Optional[BackgroundCall] = None
        self._cancelled = False

    def start(self) -> None:
        """Run once the store is ready; return at once."""
        self._source.ready.connect(self._ready)
        self._source.failed.connect(self._refuse)
        if self._source.address is not None:
            self._ready(self._source.address)
        else:
            self._source.start()

    def cancel(self) -> None:
        """End the work; nothing is told any more."""
        self._cancelled = True
        if self._call is not None:
            self._call.cancel()
        else:
            self.ended.emit()

    def _ready(self, address: StoreAddress) -> None:
        if self._call is not None or self._cancelled:
            return
        self._disconnect()
        work = self._work

        def run(call: BackgroundCall) -> Any:
            with address.open(call.cancelled) as store:
                return work(store)

        self._call = BackgroundCall(self.title, run)
        self._call.answered.connect(self._answer)
        self._call.refused.connect(self._refuse)
        self._call.start()

    def _answer(self, result: Any) -> None:
        if not self._cancelled:
            self.answered.emit(result)
        self.ended.emit()

    def _refuse(self, error: GeoPubError) -> None:
        if self._call is None:
            self._disconnect()
        if not self._cancelled and not isinstance(error, Cancelled):
            self.refused.emit(error)
        self.ended.emit()

    def _disconnect(self) -> None:
        self._source.ready.disconnect(self._ready)
        self._source.failed.disconnect(self._refuse)


class StoreCalls(QObject):
    """The calls that are on their way."""

    failed = pyqtSignal(str, object)  # title of the work, GeoPubError

    def __init__(self, stores: Stores, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._stores = stores
        self.calls: List[StoreCall] = []

    def ask(
        self,
        title: str,
        work: Work,
        answered: Answered,
        refused: Optional[Answered] = None,
        asking: Optional[QObject] = None,
        source: Optional[StoreSource] = None,
    ) -> StoreCall:
        """Do work on a store and hand its result to `answered`.

        Args:
            title: of the work, as the user reads it.
            work: runs in another thread.
            answered: is given what `work` returns.
            refused: is given the GeoPubError instead of the signal `failed`.
            asking: who asks; when it is gone, nobody is told.
            source: of the store, the current one's for None.
        """
        call = StoreCall(source or self._stores.source(), title, work, self)
        self.calls.append(call)
        tell = refused or (lambda error: self.failed.emit(title, error))
        call.answered.connect(lambda result: _there(asking) and answered(result))
        call.refused.connect(lambda error: _there(asking) and tell(error))
        call.ended.connect(lambda: self._forget(call))
        call.start()
        return call

    def close(self) -> None:
        """End all of them."""
        for call in list(self.calls):
            call.cancel()

    def _forget(self, call: StoreCall) -> None:
        if call in self.calls:
            self.calls.remove(call)
            call.deleteLater()


def _there(asking: Optional[QObject]) -> bool:
    return asking is None or not sip.isdeleted(asking)
