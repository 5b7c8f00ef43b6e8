"""One job of the backend's kind, done in a process of its own: QGIS stays quick while Python computes there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

from qgis.PyQt.QtCore import QObject, QProcess, pyqtSignal

from ..backend.errors import Cancelled, GeoPubError, JobFailed
from ..backend.locations import PACKAGE
from ..backend.translation import tr
from .launch import failure, launch
from .qt_process import qt_process

Moved = Callable[[str, int, int], None]


class WorkerJob(QObject):
    """Runs `module:function` of the backend in a worker process, which may write into one folder only."""

    moved = pyqtSignal(str, int, int)  # step, done, total (0: not known)
    said = pyqtSignal(str)  # a line of log
    finished = pyqtSignal(object)  # what the job returned
    failed = pyqtSignal(object)  # GeoPubError

    def __init__(self, run: str, parameters: Dict[str, Any], work: Path, parent: Optional[QObject] = None) -> None:
        """Prepare `run`, such as "ingest.check_job:run", of the backend."""
        super().__init__(parent)
        run = f"{PACKAGE.name}.backend.{run}"
        self._order = json.dumps({"run": run, "parameters": parameters, "work": str(work)}).encode("ascii") + b"\n"
        self._result: Optional[Dict[str, Any]] = None
        self._error: Optional[GeoPubError] = None
        self._cancelled = False
        self._complaints: List[str] = []
        self._process = qt_process(launch("backend.jobs.worker"), self)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.readyReadStandardError.connect(self._complain)
        self._process.finished.connect(self._ended)
        self._process.errorOccurred.connect(self._not_started)

    def start(self) -> None:
        """Start the process and return at once."""
        self._process.started.connect(lambda: self._process.write(self._order))
        self._process.start()

    def cancel(self) -> None:
        """End the process; what it wrote stays in its folder."""
        self._cancelled = True
        self._process.kill()

    def _read(self) -> None:
        while self._process.canReadLine():
            line = bytes(self._process.readLine()).decode("utf-8", "replace").strip()
            try:
                told = json.loads(line)
            except ValueError:
                told = {"log": [line]}
            self._hear(told if isinstance(told, dict) else {"log": [line]})

    def _hear(self, told: Dict[str, Any]) -> None:
        if "result" in told:
            self._result = dict(told["result"])
        elif "error" in told:
            self._error = failure(json.dumps(told["error"]))
        elif "log" in told:
            for line in told["log"]:
                self.said.emit(str(line))
        elif "step" in told:
            self.moved.emit(str(told["step"]), int(told.get("done") or 0), int(told.get("total") or 0))

    def _complain(self) -> None:
        said = bytes(self._process.readAllStandardError()).decode("utf-8", "replace")
        self._complaints = [*self._complaints, *said.splitlines()][-5:]

    def _not_started(self, problem: QProcess.ProcessError) -> None:
        if problem == QProcess.ProcessError.FailedToStart:
            self._ended()

    def _ended(self, *_how: object) -> None:
        self._read()
        if self._cancelled:
            self.failed.emit(Cancelled(tr("The work was cancelled.")))
        elif self._result is not None:
            self.finished.emit(self._result)
        else:
            why = " ".join(self._complaints) or tr("The program could not be started.")
            self.failed.emit(self._error or JobFailed(tr("The work failed."), why))
