"""Once after an installation or an update the engine is compiled while QGIS starts, not when somebody waits for it."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import QObject, QProcess

from ..backend.compilation import compiled
from ..backend.errors import GeoPubError
from ..backend.translation import tr
from .background import BackgroundCall
from .launch import Launch, launch
from .qt_process import qt_process

FAREWELL = 1_000  # ms


class FirstCompilation(QObject):
    """Runs `backend.compilation` where that has not been done; whatever goes wrong, the engine's start will tell."""

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._search: Optional[BackgroundCall] = None
        self._process: Optional[QProcess] = None

    def start(self) -> None:
        """Begin, if there is anything to do, and return at once."""
        if not compiled():
            self._search = BackgroundCall(tr("Start of GeoPub"), lambda _call: launch("backend.compilation"))
            self._search.answered.connect(self._found)
            self._search.refused.connect(self._not_found)
            self._search.start()

    def close(self) -> None:
        """End it, when QGIS ends or the plugin is unloaded: what is compiled so far stays."""
        if self._search is not None:
            self._search.blockSignals(True)
        if self._process is not None:
            self._process.kill()
            self._process.waitForFinished(FAREWELL)

    def _not_found(self, _why: GeoPubError) -> None:
        self._search = None  # QGIS deletes a task that has ended

    def _found(self, launched: Launch) -> None:
        self._search, self._process = None, qt_process(launched, self)
        self._process.setStandardOutputFile(QProcess.nullDevice())
        self._process.setStandardErrorFile(QProcess.nullDevice())
        self._process.start()
