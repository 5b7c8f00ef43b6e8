"""The GeoPub panel: where to publish, what is at work, what is published, and the preview."""

from __future__ import annotations

from typing import Optional

from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QAction, QMenu, QSplitter, QTabWidget, QToolBar, QToolButton, QVBoxLayout, QWidget

from ..backend.translation import tr
from ..publish.store_source import Stores
from .backend_bar import BackendBar
from .executions_view import ExecutionsView
from .icons import icon, theme_icon
from .jobs_view import JobsView
from .measures import icon_size, scaled
from .preview import Preview
from .publications_model import PublicationsModel
from .publications_view import PublicationsView
from .room_view import RoomView
from .target_bar import TargetBar

NARROWEST = 320  # pixels, at which every button of the preview still fits
OBJECT_NAME = "GeoPubDock"  # QGIS restores place and visibility by it


class Dock(QgsDockWidget):
    """Put together from its parts, without any logic."""

    opened = pyqtSignal()
    room_asked = pyqtSignal()

    def __init__(self, stores: Stores, model: PublicationsModel, parent: Optional[QWidget] = None) -> None:
        super().__init__("GeoPub", parent)
        self.setObjectName(OBJECT_NAME)
        self._targets = stores.targets
        self.target_bar = TargetBar(stores.targets, self)
        self.backend_bar = BackendBar(stores.process, self)
        self.jobs = JobsView(self)
        self.publications = PublicationsView(model, self)
        self.executions = ExecutionsView(self)
        self.room = RoomView(self)
        self.preview = Preview(self)
        self.preview.hide()
        self.publish = QAction(icon("publish"), tr("Publish the current layer…"), self)
        self.refresh = QAction(theme_icon("mActionRefresh"), tr("Refresh"), self)
        self.landing = QAction(icon("web"), tr("Open the web page of the services"), self)
        self.setWidget(self._lay_out())
        self.visibilityChanged.connect(lambda visible: visible and self.opened.emit())
        self.tabs.currentChanged.connect(lambda _tab: self.room.isVisible() and self.room_asked.emit())
        stores.targets.changed.connect(self._target_changed)
        self._target_changed()

    def _lay_out(self) -> QWidget:
        view, tools = self.publications, self._tools()
        QWidget.setTabOrder(self.backend_bar.switch, self.more)  # the views were made before
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.addWidget(view)
        self.splitter.addWidget(self.preview)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setChildrenCollapsible(False)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.splitter, tr("Published"))
        self.tabs.addTab(self.executions, tr("Jobs"))
        self.tabs.addTab(self.room, tr("Room"))
        body = QWidget(self)
        body.setMinimumWidth(scaled(NARROWEST))
        layout = QVBoxLayout(body)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        for widget in (self.target_bar, self.backend_bar, tools, self.jobs):
            layout.addWidget(widget)
        layout.addWidget(self.tabs, 1)
        return body

    def _tools(self) -> QToolBar:
        tools, view = QToolBar(self), self.publications
        tools.setIconSize(icon_size(18))
        tools.addActions([self.publish, self.refresh])
        tools.addSeparator()
        tools.addActions([view.preview, view.add, view.copy, self.landing])
        tools.addSeparator()
        self.more = QToolButton(tools)
        self.more.setText("⋯")
        self.more.setAccessibleName(tr("More: versions, unpublish, delete"))
        self.more.setToolTip(tr("More: versions, unpublish, delete"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.more)
        menu.addActions([view.web, view.versions, view.completion])
        menu.addSeparator()
        menu.addActions([view.unpublishing, view.deletion])
        self.more.setMenu(menu)
        tools.addWidget(self.more)
        return tools

    def _target_changed(self) -> None:
        self.backend_bar.setVisible(self._targets.current().embedded)
