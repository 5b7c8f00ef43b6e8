"""Work outside the GUI thread: one call of a function that may wait for the network or the disk."""

from __future__ import annotations

import time
import traceback
from functools import wraps
from threading import Event
from typing import Any, Callable, Optional, TypeVar, cast

from qgis.core import Qgis, QgsApplication, QgsMessageLog, QgsTask
from qgis.PyQt.QtCore import QEventLoop, QTimer, pyqtSignal

from ..backend.errors import Cancelled, GeoPubError, JobFailed
from ..backend.translation import tr

Work = Callable[["BackgroundCall"], Any]
Slot = TypeVar("Slot", bound=Callable[..., None])
GRAIN = 10  # ms for which events are handled at a time


# From 3.26 on QGIS can be told not to announce the end as well, and not to list what takes but a moment.
FLAGS = QgsTask.Flag.CanCancel
if hasattr(QgsTask.Flag, "Silent"):
    FLAGS = FLAGS | QgsTask.Flag.Silent
HIDDEN = FLAGS | QgsTask.Flag.Hidden if hasattr(QgsTask.Flag, "Hidden") else FLAGS


class BackgroundCall(QgsTask):
    """Runs `work(self)` in one of QGIS's threads; its outcome arrives as a signal in the GUI thread.

    What runs must wait rather than compute in Python: a busy Python thread stalls QGIS (docs/plugin.md has figures).
    """

    answered = pyqtSignal(object)  # what `work` returned
    refused = pyqtSignal(object)  # GeoPubError; Cancelled when the user ended it

    def __init__(self, title: str, work: Work, listed: bool = False) -> None:
        """Name the work as the user reads it; `listed` shows it among QGIS's tasks."""
        super().__init__(title, FLAGS if listed else HIDDEN)
        self.cancelled = Event()
        self.ended = False
        self._work = work
        self._result: Any = None
        self._error: Optional[GeoPubError] = None

    def start(self) -> None:
        """Hand the work to QGIS's task manager and return at once."""
        QgsApplication.taskManager().addTask(self)

    def run(self) -> bool:
        """Do the work, in another thread than the caller's."""
        try:
            self._result = self._work(self)
        except GeoPubError as error:
            # Without its frames: they hold network objects, which must not die in another thread than this one.
            self._error = error.with_traceback(None)
            self._error.__cause__ = self._error.__context__ = None
            return False
        except Exception as error:  # noqa: BLE001 - the edge of a thread: QGIS would swallow what passes it
            self._error = unforeseen(self.description(), error)
            return False
        return True

    def cancel(self) -> None:
        """Ask the work to end."""
        self.cancelled.set()
        if not self.ended:  # QGIS deletes a task that has ended
            super().cancel()

    def wait(self, milliseconds: int) -> None:
        """Return when the work has ended, or after this time: only for when QGIS ends."""
        end = time.monotonic() + milliseconds / 1000
        while not self.ended and time.monotonic() < end:  # the GUI thread has to carry its last requests
            handle_events(GRAIN, QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)

    def finished(self, done: bool) -> None:
        """Tell the outcome, in the GUI thread."""
        self.ended = True
        if done:
            self.answered.emit(self._result)
        elif self.cancelled.is_set():
            self.refused.emit(Cancelled(tr("Cancelled: {task}.", task=self.description())))
        else:
            self.refused.emit(self._error or Cancelled(tr("Cancelled: {task}.", task=self.description())))


def handle_events(milliseconds: int, which: Any = QEventLoop.ProcessEventsFlag.AllEvents) -> None:
    """Handle what comes within this time, asleep in between: `processEvents` with a time would turn a busy loop."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec(which)


def ends_work(slot: Slot) -> Slot:
    """Let what goes wrong in a slot end the work of its object: Qt swallows it, and who waits would wait for ever.

    The object has a `task`, the work as the user reads it, and `_fail(GeoPubError)`, which ends it.
    """

    @wraps(slot)
    def guarded(self: Any, *arguments: Any) -> None:
        try:
            slot(self, *arguments)
        except GeoPubError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - the edge of a slot
            self._fail(unforeseen(self.task, error))

    return cast("Slot", guarded)


def unforeseen(task: str, error: Exception) -> GeoPubError:
    """Return the error of work that failed of what nobody foresaw; QGIS's log gets what it takes to mend it."""
    what = tr("Failed: {task}.", task=task)
    if isinstance(error, OSError):
        why = tr("The system says: {message}", message=error.strerror or error)
        return JobFailed(what, why, tr("Check the disk and try again."))
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    QgsMessageLog.logMessage(trace, "GeoPub", Qgis.MessageLevel.Critical)
    return JobFailed(
        what,
        tr("Something happened that GeoPub does not expect: {error}.", error=f"{type(error).__name__}: {error}"),
        tr("Look into QGIS's log messages, and report what they say to the authors of GeoPub."),
    )
