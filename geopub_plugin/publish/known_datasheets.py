"""What is known of the datasheets of every target: asked for once, remembered, read by the Browser and the locator."""

from __future__ import annotations

from contextlib import closing
from typing import Dict, Optional, Set, Tuple

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..backend.errors import Cancelled, GeoPubError
from ..backend.translation import tr
from .background import BackgroundCall
from .client.datasheets import Datasheet
from .live_layers import LiveService, described
from .qgis_transport import QgisTransport
from .store_calls import StoreCall
from .store_source import Stores


class KnownDatasheets(QObject):
    """Lives in the GUI thread; `of` and `live` may be read from any, since what they return never changes."""

    changed = pyqtSignal(str)  # identifier of a target
    described = pyqtSignal(object)  # LiveService
    not_described = pyqtSignal(object, object)  # LiveService, GeoPubError

    def __init__(self, stores: Stores, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.stores = stores
        self._sheets: Dict[str, Tuple[Datasheet, ...]] = {}
        self._faults: Dict[str, GeoPubError] = {}
        self._services: Dict[str, LiveService] = {}  # by address, once described
        self._calls: Dict[str, StoreCall] = {}
        self._describing: Set[BackgroundCall] = set()
        stores.targets.changed.connect(self._forget_removed)

    def of(self, target: str) -> Optional[Tuple[Datasheet, ...]]:
        """Return the datasheets of a target, None while they are not known."""
        return self._sheets.get(target)

    def fault(self, target: str) -> Optional[GeoPubError]:
        """Return why the datasheets of a target are not known, None when nothing went wrong."""
        return self._faults.get(target)

    def live(self, service: LiveService) -> LiveService:
        """Return a service with what has been learned of it."""
        return self._services.get(service.url, service)

    def know(self, target: str, sheets: Tuple[Datasheet, ...]) -> None:
        """Take note of what a target was seen to hold."""
        self._faults.pop(target, None)
        if self._sheets.get(target) != sheets:
            self._sheets[target] = sheets
            self._services.clear()
            self.changed.emit(target)

    def ask(self, target: str) -> None:
        """Ask a target what it holds, waking it if it sleeps; one question at a time."""
        if target in self._calls or self.stores.targets.get(target) is None:
            return
        source = self.stores.source(target)
        call = StoreCall(source, tr("List of publications"), lambda store: store.datasheets.list(), self)
        self._calls[target] = call
        call.answered.connect(lambda sheets: self.know(target, sheets))
        call.refused.connect(lambda error: self._refused(target, error))
        call.ended.connect(lambda: self._ended(target))
        call.start()

    def describe(self, service: LiveService) -> None:
        """Learn the levels and the style of tiles, without which QGIS cannot draw them well."""

        def ask(_call: BackgroundCall) -> LiveService:
            with closing(QgisTransport()) as transport:
                return described(service, transport)

        call = BackgroundCall(tr("Preview of “{title}”", title=service.title), ask)
        self._describing.add(call)
        call.answered.connect(lambda known: self._described(call, known))
        call.refused.connect(lambda error: self._not_described(call, service, error))
        call.start()

    def close(self) -> None:
        """Ask no more."""
        for call in list(self._calls.values()):
            call.cancel()
        for describing in list(self._describing):
            describing.cancel()

    def _described(self, call: BackgroundCall, known: LiveService) -> None:
        self._describing.discard(call)
        self._services[known.url] = known
        self.described.emit(known)

    def _not_described(self, call: BackgroundCall, service: LiveService, error: GeoPubError) -> None:
        self._describing.discard(call)
        if not isinstance(error, Cancelled):
            self.not_described.emit(service, error)

    def _refused(self, target: str, error: GeoPubError) -> None:
        self._sheets.pop(target, None)
        self._faults[target] = error
        self.changed.emit(target)

    def _ended(self, target: str) -> None:
        call = self._calls.pop(target, None)
        if call is not None:
            call.deleteLater()

    def _forget_removed(self) -> None:
        left = {one.id for one in self.stores.targets.all()}
        for known in (self._sheets, self._faults):
            for target in [one for one in known if one not in left]:
                del known[target]
