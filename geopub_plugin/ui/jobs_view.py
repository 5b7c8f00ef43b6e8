"""The publications at work, each with its progress, the time left, and a button to cancel it."""

from __future__ import annotations

import time
from typing import Callable, List, Optional, Protocol

from qgis.PyQt.QtCore import pyqtBoundSignal
from qgis.PyQt.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..backend.amounts import span_text
from ..backend.translation import tr
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


class OfferRow(QWidget):
    """Work that was broken off, with buttons to go on and to give it up."""

    def __init__(self, title: str, text: str, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.text = QLabel(text, self, wordWrap=True)
        self.resume = QPushButton(theme_icon("mActionStart"), tr("Resume"), self)
        self.discard = QPushButton(theme_icon("mActionDeleteSelected"), tr("Discard"), self)
        for button in (self.resume, self.discard):
            button.setAccessibleDescription(title)
        row = QHBoxLayout()
        row.addWidget(self.resume)
        row.addWidget(self.discard)
        row.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(2)
        layout.addWidget(self.text)
        layout.addLayout(row)


class JobsView(QWidget):
    """A row for each piece of work, and for each that was broken off; hidden when there is none."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self.rows: List[JobRow] = []
        self.offers: List[OfferRow] = []
        self.hide()

    def follow(self, work: Work, title: str) -> None:
        """Show a piece of work until it ends."""
        row = JobRow(work, title, self)
        self.rows.append(row)
        self._layout.addWidget(row)
        self.show()
        for end in (work.finished, work.failed, work.cancelled):
            end.connect(lambda *_outcome, ended=row: self._remove(ended))

    def offer(self, title: str, text: str, resume: Callable[[], None], discard: Callable[[], None]) -> OfferRow:
        """Offer to go on with work that was broken off; either answer takes the row away."""
        row = OfferRow(title, text, self)
        self.offers.append(row)
        self._layout.addWidget(row)
        self.show()
        for button, answer in ((row.resume, resume), (row.discard, discard)):
            button.clicked.connect(lambda _checked, told=answer: (self._remove(row), told()))
        return row

    def withdraw_offers(self) -> None:
        """Take all offers away, before they are made anew."""
        for row in list(self.offers):
            self._remove(row)

    def _remove(self, row: QWidget) -> None:
        for rows in (self.rows, self.offers):
            if row in rows:
                rows.remove(row)
                self._layout.removeWidget(row)
                row.deleteLater()
        self.setVisible(bool(self.rows or self.offers))


def time_left(share: float, seconds: float) -> str:
    """Return how long it will take yet, "" while nobody can know."""
    if seconds < KNOWN_AFTER or not KNOWN_SHARE < share < 1:
        return ""
    return tr("{time} left", time=span_text(seconds * (1 - share) / share))
