"""One line about the publishing engine: whether it runs, and a button to start or stop it."""

from __future__ import annotations

from typing import Optional
from urllib.parse import urlsplit

from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from ..backend.translation import tr
from ..publish.embedded_process import BackendState, EmbeddedProcess
from .colours import BUSY, GOOD, IDLE, ColouredLabel
from .icons import theme_icon

_DOTS = {
    BackendState.READY: GOOD,
    BackendState.STARTING: BUSY,
    BackendState.STOPPING: BUSY,
    BackendState.STOPPED: IDLE,
}


class BackendBar(QWidget):
    """State of the embedded backend."""

    def __init__(self, process: EmbeddedProcess, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._process = process
        self.dot = ColouredLabel("●", self)
        self.text = QLabel(self)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.switch = QToolButton(self)
        self.switch.setAutoRaise(True)
        self.switch.clicked.connect(self._toggle)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 0, 0)
        layout.addWidget(self.dot)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.switch)
        process.changed.connect(self.show_state)
        self.show_state(process.state)

    def show_state(self, state: BackendState) -> None:
        """Show where the backend is in its life."""
        self.dot.become(_DOTS[state])
        backend = self._process.backend
        host = urlsplit(backend.url).netloc if backend is not None else ""
        words = {
            BackendState.READY: tr("Runs on {host}", host=host),
            BackendState.STARTING: tr("Starting…"),
            BackendState.STOPPING: tr("Stopping…"),
            BackendState.STOPPED: tr("Stopped"),
        }[state]
        self.text.setText(words)
        self.text.setToolTip(tr("Data folder: {folder}", folder=self._process.data))
        runs = state is BackendState.READY
        self.switch.setIcon(theme_icon("mActionStop" if runs else "mActionStart"))
        self.switch.setToolTip(tr("Stop the services") if runs else tr("Start the services"))
        self.switch.setEnabled(state is BackendState.STOPPED or (runs and self._process.ours))

    def _toggle(self) -> None:
        if self._process.state is BackendState.READY:
            self._process.stop()
        else:
            self._process.start()
