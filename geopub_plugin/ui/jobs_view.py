"""The publications at work, each with its progress, the time left, and a button to cancel it."""

from __future__ import annotations

import time
from typing import List, Optional, Protocol

from qgis.PyQt.QtCore import pyqtBoundSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ..backend.translation import tr
from .amounts import span_text
from .icons import theme_icon

RANGE = 1000
KNOWN_AFTER, KNOWN_SHARE = 4.0, 0.05  # seconds, share: before, nobody can say how long it takes


class Work(Protocol):
    """What can be followed."""

    moved: pyqtBoundSignal  # float, str
    finished: pyqtBoundSignal
    failed: pyqtBoundSignal
    cancelled: pyqtBoundSignal

    def cancel(self) -> None:
        """End the work."""


class JobRow(QWidget):
    """One piece of work."""

    def __init__(self, work: Work, title: str, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._begun = time.monotonic()
        self.title = QLabel(title, self)
        self.title.setToolTip(title)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.step = QLabel(tr("Waiting"), self)
        self.step.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.left = QLabel(self)
        self.bar = QProgressBar(self)
        self.bar.setRange(0, RANGE)
        self.cancel = QToolButton(self)
        self.cancel.setIcon(theme_icon("mTaskCancel"))
        self.cancel.setToolTip(tr("Cancel"))
        self.cancel.setAutoRaise(True)
        self.cancel.clicked.connect(lambda: work.cancel())
        row = QHBoxLayout()
        row.addWidget(self.bar)
        row.addWidget(self.cancel)
        words = QHBoxLayout()
        words.addWidget(self.step, 1)
        words.addWidget(self.left)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        layout.addLayout(row)
        layout.addLayout(words)
        work.moved.connect(self.show_progress)

    def show_progress(self, share: float, step: str) -> None:
        """Show how far the work is."""
        self.bar.setValue(round(share * RANGE))
        self.step.setText(step)
        self.step.setToolTip(step)
        self.left.setText(time_left(share, time.monotonic() - self._begun))


class JobsView(QWidget):
    """A row for each piece of work; hidden when there is none."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self.rows: List[JobRow] = []
        self.hide()

    def follow(self, work: Work, title: str) -> None:
        """Show a piece of work until it ends."""
        row = JobRow(work, title, self)
        self.rows.append(row)
        self._layout.addWidget(row)
        self.show()
        for end in (work.finished, work.failed, work.cancelled):
            end.connect(lambda *_outcome, ended=row: self._remove(ended))

    def _remove(self, row: JobRow) -> None:
        if row in self.rows:
            self.rows.remove(row)
            self._layout.removeWidget(row)
            row.deleteLater()
        self.setVisible(bool(self.rows))


def time_left(share: float, seconds: float) -> str:
    """Return how long it will take yet, "" while nobody can know."""
    if seconds < KNOWN_AFTER or not KNOWN_SHARE < share < 1:
        return ""
    return tr("{time} left", time=span_text(seconds * (1 - share) / share))
