"""The GeoPub panel: the engine, what is at work, what is published, and the preview."""

from __future__ import annotations

from typing import Optional

from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QAction, QSplitter, QToolBar, QVBoxLayout, QWidget

from ..backend.translation import tr
from ..publish.embedded_process import EmbeddedProcess
from .backend_bar import BackendBar
from .icons import icon, theme_icon
from .jobs_view import JobsView
from .preview import Preview
from .publications_model import PublicationsModel
from .publications_view import PublicationsView

NARROWEST = 320  # pixels, at which every button of the preview still fits
OBJECT_NAME = "GeoPubDock"  # QGIS restores place and visibility by it


class Dock(QgsDockWidget):
    """Put together from its parts, without any logic."""

    opened = pyqtSignal()

    def __init__(self, process: EmbeddedProcess, model: PublicationsModel, parent: Optional[QWidget] = None) -> None:
        super().__init__("GeoPub", parent)
        self.setObjectName(OBJECT_NAME)
        self.backend_bar = BackendBar(process, self)
        self.jobs = JobsView(self)
        self.publications = PublicationsView(model, self)
        self.preview = Preview(self)
        self.preview.hide()
        self.publish = QAction(icon("publish"), tr("Publish the current layer…"), self)
        self.refresh = QAction(theme_icon("mActionRefresh"), tr("Refresh"), self)
        self.landing = QAction(icon("web"), tr("Open the web page of the services"), self)
        self.setWidget(self._lay_out())
        self.visibilityChanged.connect(lambda visible: visible and self.opened.emit())

    def _lay_out(self) -> QWidget:
        tools = QToolBar(self)
        tools.setIconSize(QSize(18, 18))
        view = self.publications
        tools.addActions([self.publish, self.refresh])
        tools.addSeparator()
        tools.addActions([view.preview, view.add, view.copy, self.landing])
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.addWidget(view)
        self.splitter.addWidget(self.preview)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setChildrenCollapsible(False)
        body = QWidget(self)
        body.setMinimumWidth(NARROWEST)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        for widget in (self.backend_bar, tools, self.jobs):
            layout.addWidget(widget)
        layout.addWidget(self.splitter, 1)
        return body
