"""Runs inside QGIS: plays a scenario step by step while QGIS lives on, and writes down what it saw."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Callable, Dict, Generator, List, Optional, Tuple, Union

from qgis.core import Qgis, QgsApplication, QgsProject
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QWidget

Wait = Union[int, Callable[[], Any]]  # milliseconds, or what has to become true
Steps = Generator[Wait, Any, None]
GRAIN = 20  # ms between two looks at what has to become true
PATIENCE = 180.0  # seconds until it never will, on a machine that others keep busy
TICK = 1000 / os.sysconf("SC_CLK_TCK")  # ms: the grain of the system's own counts
GIVEN: Dict[str, Any] = json.loads(os.environ["GEOPUB_DESKTOP_TEST"])


class Driver:
    """One scenario; whatever happens, QGIS ends and the results are written."""

    def __init__(self, iface: Any) -> None:
        self.iface = iface
        self.results: Dict[str, Any] = {}
        self._log: List[str] = []  # what GeoPub wrote into QGIS's log, told with an error
        QgsApplication.messageLog().messageReceived[str, str, Qgis.MessageLevel].connect(self._logged)
        sys.excepthook = lambda *what: self._end("".join(traceback.format_exception(*what)))  # QGIS only shows them
        self._ended = False
        self.pulse: Optional[Pulse] = None  # excused for the time that photographs take

    def play(self, steps: Steps) -> None:
        """Start the scenario and return to QGIS."""
        self._steps = steps
        QTimer.singleShot(500, self._next)

    def photograph(self, name: str, widget: Optional[QWidget] = None, area: Optional[QWidget] = None) -> None:
        """Save what a widget, or the whole screen, shows; of `area`, with what lies over it, such as a menu."""
        folder = Path(GIVEN["screenshots"])
        folder.mkdir(parents=True, exist_ok=True)
        screen = QGuiApplication.primaryScreen()
        if widget is not None:
            picture = widget.grab()
        elif area is not None:
            picture = screen.grabWindow(0, area.x(), area.y(), area.width(), area.height())
        else:
            picture = screen.grabWindow(0)
        picture.save(str(folder / f"{name}.png"))
        if self.pulse is not None:
            self.pulse.excuse()

    def _next(self) -> None:
        if self._ended:
            return
        try:
            wanted = next(self._steps)
        except StopIteration:
            self._end()
        except Exception:  # noqa: BLE001 - whatever it is, the test must hear of it
            self._end(traceback.format_exc())
        else:
            if isinstance(wanted, int):
                QTimer.singleShot(wanted, self._next)
            else:
                self._until(wanted, time.monotonic() + PATIENCE)

    def _logged(self, message: str, tag: str, _level: Any) -> None:
        if tag == "GeoPub":
            self._log.append(message)

    def _until(self, wanted: Callable[[], Any], deadline: float) -> None:
        if self._ended:
            return
        try:
            done = wanted()
        except Exception:  # noqa: BLE001
            self._end(traceback.format_exc())
            return
        if done:
            self._next()
        elif time.monotonic() > deadline:
            self.photograph("gave_up")
            line = getattr(getattr(self._steps, "gi_frame", None), "f_lineno", "?")
            self._end(f"waited in vain at line {line} of the scenario")
        else:
            QTimer.singleShot(GRAIN, lambda: self._until(wanted, deadline))

    def _end(self, error: str = "") -> None:
        if self._ended:
            return
        self._ended = True
        if error:
            self.results["error"] = "\n".join((error, *self._log))
        Path(GIVEN["results"]).write_text(json.dumps(self.results), "utf-8")
        for window in QGuiApplication.topLevelWindows():
            if window.modality() != Qt.WindowModality.NonModal:
                window.close()
        QgsProject.instance().clear()
        self._leave(time.monotonic() + PATIENCE)

    def _leave(self, deadline: float) -> None:
        """End QGIS once no task is at work: it asks a question otherwise, which nobody answers."""
        if QgsApplication.taskManager().activeTasks() and time.monotonic() < deadline:
            QTimer.singleShot(GRAIN, lambda: self._leave(deadline))
        else:
            QTimer.singleShot(0, self.iface.actionExit().trigger)


def waited_for_processor() -> float:
    """Return how long this thread was ready to run and other processes had the processors, in ms."""
    return int(Path("/proc/thread-self/schedstat").read_text("ascii").split()[1]) / 1e6


def stolen() -> List[float]:
    """Return for how long each processor of this virtual machine was lent to another machine, in ms."""
    lines = Path("/proc/stat").read_text("ascii").splitlines()
    return [int(line.split()[8]) * TICK for line in lines if line.startswith("cpu") and line[3].isdigit()]


class Pulse:
    """Measures how long the GUI thread does not come round to a 5 ms timer.

    The time for which other processes or other machines had the processors is not counted: no program can do anything
    about it, and tests run on busy machines. What the thread itself works is, whatever others do.
    """

    def __init__(self) -> None:
        self.gaps: List[Tuple[float, float, float]] = []  # ms, seconds since the start, ms of work of this thread
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin to measure."""
        self.excuse()
        self.begun, self.starved = self._last, 0.0
        self._timer.start(5)

    def excuse(self) -> None:
        """Do not count the time since the last beat."""
        self._last, self._worked = time.perf_counter(), time.thread_time()
        self._waited, self._stolen = waited_for_processor(), stolen()

    def stop(self) -> Dict[str, Any]:
        """Return beats, the median, the largest gap in ms, when the largest were and how much of them was work."""
        self._timer.stop()
        gaps = sorted(gap for gap, _at, _work in self.gaps)
        return {
            "beats": len(gaps),
            "median": round(gaps[len(gaps) // 2], 1),
            "p99": round(gaps[int(len(gaps) * 0.99)], 1),
            "largest": round(gaps[-1], 1),
            "starved": round(self.starved, 1),
            "worst": [[round(number, 2) for number in gap] for gap in sorted(self.gaps, reverse=True)[:8]],
        }

    def _beat(self) -> None:
        last, worked, waited, before = self._last, self._worked, self._waited, self._stolen
        self.excuse()
        work = (self._worked - worked) * 1000
        starved = self._waited - waited + max(now - then for now, then in zip(self._stolen, before))
        self.starved = max(self.starved, starved)
        self.gaps.append((max((self._last - last) * 1000 - starved, work), self._last - self.begun, work))
