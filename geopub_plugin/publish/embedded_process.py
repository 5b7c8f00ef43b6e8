"""The embedded backend as QGIS holds it: one process, started when first needed, ending with QGIS."""

from __future__ import annotations

from collections import deque
from contextlib import closing
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Callable, Deque, Optional, Tuple, Union

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, QProcess, QTimer, pyqtSignal

from ..backend.announcement import announced
from ..backend.errors import DataFolderLocked, GeoPubError, Unavailable
from ..backend.translation import tr
from .background import BackgroundCall, ends_work
from .embedded import Backend, backend_of, find_backend
from .launch import FAILED, READY, Launch, failure, serving
from .qgis_transport import QgisTransport
from .qt_process import qt_process

PATIENCE = 60_000  # ms until a backend that does not get ready is given up: a virus scanner may look at it first
FAREWELL = 3_000  # ms that a backend may take to end by itself
REMEMBERED = 40  # last lines that the backend said, for the report of a failure
LOCKED_TRIES, LOCKED_PAUSE = 10, 700  # times, ms: the backend of a QGIS that just ended is still ending


class BackendState(Enum):
    """Where the backend is in its life."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


Found = Union[Backend, Launch]


def find_or_launch(data: Path) -> Found:
    """Return the backend that runs on a data folder, or how to start one; may take a second."""
    with closing(QgisTransport()) as transport:
        running = find_backend(data, transport)
    if running is not None:
        return running
    return serving(data)


def data_folder() -> Path:
    """Return the folder in which the embedded backend of this QGIS profile keeps everything."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "geopub"


class EmbeddedProcess(QObject):
    """Starts, watches and ends the backend without ever making the GUI wait."""

    changed = pyqtSignal(object)  # BackendState
    ready = pyqtSignal(object)  # Backend
    failed = pyqtSignal(object)  # GeoPubError

    def __init__(
        self, data: Path, parent: Optional[QObject] = None, find: Callable[[Path], Found] = find_or_launch
    ) -> None:
        """Serve `data`; `find` is called outside the GUI thread."""
        super().__init__(parent)
        self.data, self.task = data, tr("Start of GeoPub")
        self.options: Tuple[str, ...] = ()  # of `serve`, besides the data folder
        self._next: Optional[Tuple[Path, Tuple[str, ...]]] = None  # what to serve once the present one has ended
        self.state = BackendState.STOPPED
        self.backend: Optional[Backend] = None
        self._find = find
        self._search: Optional[BackgroundCall] = None
        self._process: Optional[QProcess] = None
        self._wanted = False  # whether somebody waits for `ready` or `failed`
        self._locked_tries = 0
        self._said: Deque[str] = deque(maxlen=REMEMBERED)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._patience.timeout.connect(self._too_slow)
        self._farewell = QTimer(self, singleShot=True, interval=FAREWELL)
        self._farewell.timeout.connect(self._kill)

    @property
    def ours(self) -> bool:
        """Whether the backend was started here, and so can be stopped here."""
        return self._process is not None

    @property
    def last_words(self) -> Tuple[str, ...]:
        """The last lines that the backend said."""
        return tuple(self._said)

    def start(self) -> None:
        """Make the backend ready; `ready` or `failed` says how it went, at once when it already runs."""
        if self.state is BackendState.READY and self.ours and self.backend is not None:
            self.ready.emit(self.backend)
            return
        self._wanted = True  # while it stops, too: it starts again then
        if self.state is BackendState.STOPPED:
            self._become(BackendState.STARTING)
            self._locked_tries = 0
            self._look()
        elif self.state is BackendState.READY and self._search is None:
            self._look()  # another program's backend may have ended meanwhile

    def serve(self, data: Path, options: Tuple[str, ...] = ()) -> None:
        """Serve another folder, or with other options; a backend of ours that runs starts again with them."""
        if (data, options) == (self.data, self.options):
            return
        if self.ours:
            self._next = (data, options)
            self._end_process()
        else:
            self.data, self.options = data, options
            self._become_stopped()
            if self._wanted:
                self.start()

    def stop(self) -> None:
        """Ask our backend to end; work that it is doing goes on at the next start. Who waits for it hears `failed`."""
        wanted, self._wanted = self._wanted, False
        self._end_process()
        if wanted:
            self.failed.emit(_stopped())

    def close(self) -> None:
        """End our backend now, when QGIS ends or the plugin is unloaded."""
        process, self._process = self._process, None
        self._give_up_search()
        self._forget()
        self.state = BackendState.STOPPED
        if process is None:
            return
        process.blockSignals(True)
        process.closeWriteChannel()
        if not process.waitForFinished(FAREWELL):
            process.kill()
            process.waitForFinished(FAREWELL)
        process.deleteLater()

    # Start ------------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        find, data = self._find, self.data
        self._search = BackgroundCall(self.task, lambda _call: find(data))
        self._search.answered.connect(self._found)
        self._search.refused.connect(self._fail)
        self._search.start()

    @ends_work
    def _found(self, found: Found) -> None:
        self._search = None
        if isinstance(found, Backend):
            self._is_ready(found)
            return
        self.backend = None  # one of another program's that has ended
        self._become(BackendState.STARTING)
        self._said.clear()
        process = qt_process(replace(found, arguments=(*found.arguments, *self.options)), self)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_complaints)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._not_started)
        self._process = process
        self._patience.start()
        process.start()

    @ends_work
    def _read(self) -> None:
        while self._process is not None and self._process.canReadLine():
            line = bytes(self._process.readLine()).decode("utf-8", "replace").strip()
            word, _, rest = line.partition(" ")
            announcement = announced(self.data) if word == READY else None
            starting = self.state is BackendState.STARTING  # else it was asked to end meanwhile, and does
            if announcement is not None and starting:
                self._is_ready(backend_of(announcement))
            elif word == FAILED and starting:
                self._refused(failure(rest))
            elif line:
                self._said.append(line)

    def _refused(self, error: GeoPubError) -> None:
        """Hear why the backend cannot start; it ends by itself."""
        if self._process is not None:
            self._process.blockSignals(True)
            self._process.closeWriteChannel()
        self._drop()
        if isinstance(error, DataFolderLocked) and self._locked_tries < LOCKED_TRIES:
            self._locked_tries += 1
            QTimer.singleShot(LOCKED_PAUSE, self._look_again)
        else:
            self._fail(error)

    def _look_again(self) -> None:
        if self.state is BackendState.STARTING and self._process is None and self._search is None:
            self._look()

    def _read_complaints(self) -> None:
        if self._process is not None:
            said = bytes(self._process.readAllStandardError()).decode("utf-8", "replace")
            self._said.extend(line for line in said.splitlines() if line.strip())

    def _is_ready(self, backend: Backend) -> None:
        self._patience.stop()
        self.backend, self._wanted = backend, False
        self._become(BackendState.READY)
        self.ready.emit(backend)

    # End --------------------------------------------------------------------------------------------------------

    def _not_started(self, problem: QProcess.ProcessError) -> None:
        if problem == QProcess.ProcessError.FailedToStart and self._process is not None:
            self._fail(_not_startable(tr("The program could not be started.")))

    def _too_slow(self) -> None:
        self._fail(_not_startable(tr("It did not get ready in {seconds} seconds.", seconds=PATIENCE // 1000)))

    @ends_work
    def _ended(self, *_how: object) -> None:
        self._read_complaints()
        before, again = self.state, self._wanted or self._next is not None
        self._drop()
        if before is BackendState.STARTING:
            self._fail(_not_startable(self._last_line()))
            return
        if self._next is not None:
            (self.data, self.options), self._next = self._next, None
        self._become(BackendState.STOPPED)
        if again:
            self.start()
        elif before is BackendState.READY:
            self.failed.emit(_died(self._last_line()))

    def _last_line(self) -> str:
        return self._said[-1] if self._said else ""

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _fail(self, error: GeoPubError) -> None:
        if self._process is not None:  # nothing that it still says is of interest: another one may run by then
            self._process.blockSignals(True)
            self._kill()
        self._search, self._wanted = None, False
        self._drop()
        self._become(BackendState.STOPPED)
        self.failed.emit(error)

    def _drop(self) -> None:
        self._forget()
        if self._process is not None:
            self._process.deleteLater()
            self._process = None

    def _end_process(self) -> None:
        """Let our backend end; without one, there is nothing to wait for."""
        if self._process is None:
            self._become_stopped()
        elif self.state is not BackendState.STOPPING:
            self._become(BackendState.STOPPING)
            self._patience.stop()
            self._process.closeWriteChannel()
            self._farewell.start()

    def _become_stopped(self) -> None:
        self._give_up_search()
        self._forget()
        self._become(BackendState.STOPPED)

    def _give_up_search(self) -> None:
        search, self._search = self._search, None
        if search is not None:
            search.answered.disconnect(self._found)
            search.refused.disconnect(self._fail)
            search.cancel()

    def _forget(self) -> None:
        self._patience.stop()
        self._farewell.stop()
        self.backend = None

    def _become(self, state: BackendState) -> None:
        if state is not self.state:
            self.state = state
            self.changed.emit(state)


def _not_startable(why: str) -> GeoPubError:
    return Unavailable(
        tr("GeoPub's publishing engine did not start."),
        why,
        tr("Copy the report (Details) and send it to the authors of GeoPub."),
    )


def _stopped() -> GeoPubError:
    return Unavailable(
        tr("GeoPub's publishing engine was stopped."),
        tr("It was stopped in the GeoPub panel while something waited for it."),
        tr("Start it again in the GeoPub panel, then try again."),
    )


def _died(why: str) -> GeoPubError:
    return Unavailable(
        tr("GeoPub's publishing engine ended by itself."),
        why,
        tr("Start it again in the GeoPub panel: what it was doing goes on."),
    )
