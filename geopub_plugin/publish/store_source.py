"""The store of a target: made ready in the GUI thread, opened in the thread that works with it."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Dict, Iterator, Optional, Tuple

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..backend.errors import NotFound
from ..backend.translation import tr
from .client import Store, open_store
from .client.store import landing_page
from .embedded import Backend
from .embedded_process import EmbeddedProcess
from .qgis_transport import QgisTransport
from .targets import Target, Targets


@dataclass(frozen=True)
class StoreAddress:
    """How a store is reached; holds no secret but the token of the backend of this computer."""

    api: str
    token: str = ""
    authcfg: str = ""
    datastore: str = ""
    handover: Optional[Path] = None  # folder through which the backend of this computer takes files

    @property
    def page(self) -> str:
        """The address of the page that tells people what is there."""
        return landing_page(self.api)

    @contextmanager
    def open(self, cancel: Optional[Event] = None) -> Iterator[Store]:
        """Open the store over QGIS's network, in the calling thread, which may wait for it."""
        with closing(QgisTransport(self.authcfg)) as transport:
            yield open_store(self.api, self.token, self.datastore, transport, cancel, self.handover)


class StoreSource(QObject):
    """Makes the store of one target ready to be opened; a server is, this computer's has to be started."""

    ready = pyqtSignal(object)  # StoreAddress
    failed = pyqtSignal(object)  # GeoPubError

    def __init__(
        self, target: Target, process: Optional[EmbeddedProcess] = None, parent: Optional[QObject] = None
    ) -> None:
        """Reach `target`; `process` is the backend of this computer, for the target that means it."""
        super().__init__(parent)
        self.target = target
        self._process = process if target.embedded else None
        if self._process is not None:
            self._process.ready.connect(self._started)
            self._process.failed.connect(self.failed)

    @property
    def address(self) -> Optional[StoreAddress]:
        """The address of the store, None while it is not ready."""
        if not self.target.embedded:
            return StoreAddress(self.target.url, "", self.target.authcfg, self.target.datastore)
        backend = self._process.backend if self._process is not None else None
        return _address(backend) if backend is not None else None

    @property
    def last_words(self) -> Tuple[str, ...]:
        """The last lines that the backend of this computer said; none for a server."""
        return self._process.last_words if self._process is not None else ()

    def start(self) -> None:
        """Make the store ready; `ready` or `failed` says how it went, at once where nothing has to be started."""
        if self._process is not None:
            self._process.start()
        elif self.address is not None:
            self.ready.emit(self.address)

    def _started(self, backend: Backend) -> None:
        self.ready.emit(_address(backend))


class Stores(QObject):
    """A source for each target; one that is changed gets a new one, while work goes on with the old."""

    ready = pyqtSignal(object)  # StoreAddress, of the current target

    def __init__(self, targets: Targets, process: EmbeddedProcess, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.targets, self.process = targets, process
        self._sources: Dict[str, StoreSource] = {}

    def source(self, identifier: str = "") -> StoreSource:
        """Return the source of a target, of the current one for "".

        Raises:
            NotFound: it was removed; what was published there must not be looked for elsewhere.
        """
        target = self.targets.get(identifier) if identifier else self.targets.current()
        if target is None:
            raise NotFound(
                tr("The server of this publication is no longer known."),
                tr("It was removed from the settings of GeoPub."),
                tr("Add it again in Settings, Options, GeoPub, or publish the layer anew."),
            )
        known = self._sources.get(target.id)
        if known is None or known.target != target:
            known = self._sources[target.id] = StoreSource(target, self.process, self)
            known.ready.connect(lambda address, told=known: self._told(told, address))
        return known

    def _told(self, source: StoreSource, address: StoreAddress) -> None:
        if source.target == self.targets.current():
            self.ready.emit(address)


def _address(backend: Backend) -> StoreAddress:
    return StoreAddress(backend.api, backend.token, handover=backend.handover)
