"""GeoPub's page in Settings, Options."""

from __future__ import annotations

from typing import Optional

from qgis.gui import QgsOptionsPageWidget, QgsOptionsWidgetFactory
from qgis.PyQt.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from ..publish.embedded_process import EmbeddedProcess
from ..publish.embedded_settings import EmbeddedSettings
from ..publish.targets import Targets
from .base_map_box import BaseMapBox
from .embedded_box import EmbeddedBox
from .icons import icon
from .targets_box import TargetsBox

TITLE = "GeoPub"


class OptionsPage(QgsOptionsPageWidget):
    """Where to publish, how the engine of this computer runs, and what previews are laid over."""

    def __init__(self, targets: Targets, process: EmbeddedProcess, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._process = process
        self.targets = TargetsBox(targets, self)
        self.embedded = EmbeddedBox(EmbeddedSettings.read(), self)
        self.base_map = BaseMapBox(self)
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.addWidget(self.targets)
        column.addWidget(self.embedded)
        column.addWidget(self.base_map)
        column.addStretch()
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

    def apply(self) -> None:
        """Keep what the page says; the engine starts again when that concerns it."""
        self.targets.apply()
        self.base_map.apply()
        settings = self.embedded.settings
        if self.embedded.usable and settings != EmbeddedSettings.read():
            settings.keep()
            self._process.serve(settings.folder, settings.options)


class OptionsFactory(QgsOptionsWidgetFactory):
    """Makes the page for QGIS's dialog."""

    def __init__(self, targets: Targets, process: EmbeddedProcess) -> None:
        super().__init__(TITLE, icon("geopub"))
        self._targets, self._process = targets, process

    def createWidget(self, parent: Optional[QWidget]) -> OptionsPage:
        """Return a page."""
        return OptionsPage(self._targets, self._process, parent)
