"""The publications at work, each with its progress and a button to cancel it."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ..backend.translation import tr
from ..publish.layer_publication import LayerPublication
from .icons import theme_icon

RANGE = 1000


class JobRow(QWidget):
    """One publication at work."""

    def __init__(self, publication: LayerPublication, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.title = QLabel(publication.plan.title, self)
        self.step = QLabel(tr("Waiting"), self)
        self.step.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bar = QProgressBar(self)
        self.bar.setRange(0, RANGE)
        self.cancel = QToolButton(self)
        self.cancel.setIcon(theme_icon("mTaskCancel"))
        self.cancel.setToolTip(tr("Cancel"))
        self.cancel.setAutoRaise(True)
        self.cancel.clicked.connect(publication.cancel)
        row = QHBoxLayout()
        row.addWidget(self.bar)
        row.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        layout.addLayout(row)
        layout.addWidget(self.step)
        publication.moved.connect(self.show_progress)

    def show_progress(self, share: float, step: str) -> None:
        """Show how far the publication is."""
        self.bar.setValue(round(share * RANGE))
        self.step.setText(step)
        self.step.setToolTip(step)


class JobsView(QWidget):
    """A row for each publication at work; hidden when there is none."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self.rows: list[JobRow] = []
        self.hide()

    def follow(self, publication: LayerPublication) -> None:
        """Show a publication until it ends."""
        row = JobRow(publication, self)
        self.rows.append(row)
        self._layout.addWidget(row)
        self.show()
        for end in (publication.finished, publication.failed, publication.cancelled):
            end.connect(lambda *_outcome, ended=row: self._remove(ended))

    def _remove(self, row: JobRow) -> None:
        if row in self.rows:
            self.rows.remove(row)
            self._layout.removeWidget(row)
            row.deleteLater()
        self.setVisible(bool(self.rows))
