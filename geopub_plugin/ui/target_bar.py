"""The choice of where to publish, at the top of the panel."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from ..backend.translation import tr
from ..publish.targets import Targets
from .icons import target_icon, theme_icon


class TargetBar(QWidget):
    """The targets to choose from, and the way to their settings."""

    settings_asked = pyqtSignal()

    def __init__(self, targets: Targets, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._targets = targets
        self.choice = QComboBox(self)
        self.choice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.choice.setToolTip(tr("Where to publish"))
        self.choice.setAccessibleName(tr("Where to publish"))
        self.settings = QToolButton(self)
        self.settings.setIcon(theme_icon("mActionOptions"))
        self.settings.setAutoRaise(True)
        self.settings.setToolTip(tr("Settings: servers, and the engine of this computer"))
        self.settings.clicked.connect(lambda: self.settings_asked.emit())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.choice, 1)
        layout.addWidget(self.settings)
        targets.changed.connect(self._fill)
        self.choice.activated.connect(self._chosen)
        self._fill()

    def _fill(self) -> None:
        self.choice.clear()
        current = self._targets.current()
        for target in self._targets.all():
            self.choice.addItem(target_icon(target.kind), target.title, target.id)
            if target == current:
                self.choice.setCurrentIndex(self.choice.count() - 1)

    def _chosen(self, index: int) -> None:
        self._targets.choose(str(self.choice.itemData(index)))
