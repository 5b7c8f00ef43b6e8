"""A job of the engine as a task of QGIS, which waits for the process that does it: QGIS stays quick meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

from qgis.PyQt.QtCore import pyqtSignal

from .background import BackgroundCall
from .worker_call import run_job


class WorkerJob(BackgroundCall):
    """Runs `module:function` of the backend in a worker process; what it returns is `answered`."""

    moved = pyqtSignal(str, int, int)  # step, done, total (0: not known)
    said = pyqtSignal(str)  # a line of log

    def __init__(self, title: str, function: str, parameters: Dict[str, Any], work: Path) -> None:
        """Prepare `function`, such as "ingest.check_job:run", which may write into the folder `work`."""
        super().__init__(title, lambda call: self._run(function, parameters, work))

    def _run(self, function: str, parameters: Dict[str, Any], work: Path) -> Dict[str, Any]:
        return run_job(function, parameters, work, self.cancelled, self.moved.emit, self.said.emit)
