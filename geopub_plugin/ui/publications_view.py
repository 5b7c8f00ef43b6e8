"""The tree of what is published, and what can be done with it."""

from __future__ import annotations

from typing import Optional, Union

from qgis.PyQt.QtCore import QModelIndex, Qt, pyqtSignal
from qgis.PyQt.QtGui import QGuiApplication, QIcon
from qgis.PyQt.QtWidgets import (
    QAction,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from ..backend.translation import tr
from ..publish.client.configurations import TMS, WFS, WMS
from ..publish.client.datasheets import Datasheet, Service
from ..publish.embedded_settings import EmbeddedSettings, for_others
from ..publish.shared_links import web_page
from .icons import icon, theme_icon
from .publications_filter import PublicationsFilter
from .publications_model import NAME, STATE, PublicationsModel, address, live_services


class PublicationsView(QWidget):
    """A search line, the tree, and the address of what is selected in it."""

    preview_asked = pyqtSignal(object)  # tuple of LiveService
    add_asked = pyqtSignal(object)  # tuple of LiveService
    web_asked = pyqtSignal(str)  # address of the web page of a datasheet
    styles_asked = pyqtSignal(object)  # Service
    versions_asked = pyqtSignal(object)  # Datasheet
    completion_asked = pyqtSignal(object)  # Service
    unpublishing_asked = pyqtSignal(object)  # Service
    deletion_asked = pyqtSignal(object)  # Datasheet

    def __init__(self, model: PublicationsModel, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.model = model
        self.found = PublicationsFilter(model, self)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(tr("Search…"))
        self.search.setAccessibleName(tr("Search…"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._search)
        self.states = QComboBox(self)
        for words, wanted in ((tr("All"), None), (tr("Published"), True), (tr("Not published"), False)):
            self.states.addItem(words, wanted)
        self.states.setToolTip(tr("Which datasheets are shown"))
        self.states.setAccessibleName(tr("Which datasheets are shown"))
        self.states.currentIndexChanged.connect(self._filter)
        self.tree = QTreeView(self)
        self.tree.setAccessibleName(tr("Published"))
        self.hint = QLabel(self, wordWrap=True)
        self.address = QLineEdit(self, readOnly=True)
        self.address.setPlaceholderText(tr("Select a service to see its address"))
        self.address.setAccessibleName(tr("Address"))
        self._make_tree()
        row = QHBoxLayout()
        row.addWidget(self.search, 1)
        row.addWidget(self.states)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.tree)
        layout.addWidget(self.hint)
        layout.addWidget(self.address)
        self._make_actions()
        self.found.modelReset.connect(self._refilled)
        self._refilled()

    def select(self, datasheet: str) -> None:
        """Put the cursor on a datasheet."""
        for row, sheet in enumerate(self.model.datasheets):
            if sheet.name == datasheet:
                self.tree.setCurrentIndex(self.found.mapFromSource(self.model.index(row, 0)))

    @property
    def current(self) -> Union[Datasheet, Service, None]:
        """The datasheet or service under the cursor."""
        return self.model.item(self._source_index())

    @property
    def datasheet(self) -> Optional[Datasheet]:
        """The datasheet under the cursor, or that of the service there."""
        return self.model.datasheet(self._source_index())

    @property
    def viewer(self) -> str:
        """The address of the web page of the present datasheet's tiles, "" when there is none."""
        return web_page([(live.kind, live.url) for live in live_services(self._sheet_or_service())])

    def menu(self) -> QMenu:
        """Return the menu of what can be done with the present item."""
        menu = QMenu(self)
        menu.addActions([self.preview, self.add, self.copy, self.web])
        menu.addSeparator()
        menu.addActions([self.styles, self.versions, self.completion])
        menu.addSeparator()
        menu.addActions([self.unpublishing, self.deletion])
        return menu

    def _make_tree(self) -> None:
        tree = self.tree
        tree.setModel(self.found)
        tree.setUniformRowHeights(True)
        tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(STATE, QHeaderView.ResizeMode.ResizeToContents)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.customContextMenuRequested.connect(self._open_menu)
        tree.doubleClicked.connect(self._double_clicked)
        tree.selectionModel().currentChanged.connect(self._enable)

    def _make_actions(self) -> None:
        def action(picture: QIcon, text: str) -> QAction:
            return QAction(picture, text, self)

        self.preview = action(icon("preview"), tr("Open preview"))
        self.add = action(theme_icon("mActionAddLayer"), tr("Add to the project"))
        self.copy = action(theme_icon("mActionEditCopy"), tr("Copy the address"))
        self.web = action(icon("web"), tr("Open web viewer"))
        self.styles = action(icon("style"), tr("Styles…"))
        self.versions = action(theme_icon("mIconHistory"), tr("Versions…"))
        self.completion = action(icon("tms"), tr("Make all tiles of this sample"))
        self.unpublishing = action(icon("unpublish"), tr("Unpublish…"))
        self.deletion = action(theme_icon("mActionDeleteSelected"), tr("Delete the datasheet…"))
        self.preview.triggered.connect(lambda: self.preview_asked.emit(live_services(self._sheet_or_service())))
        self.add.triggered.connect(lambda: self.add_asked.emit(live_services(self.current)))
        self.copy.triggered.connect(self._copy)
        self.web.triggered.connect(lambda: self.web_asked.emit(self.viewer))
        self.styles.triggered.connect(lambda: self.styles_asked.emit(self.current))
        self.versions.triggered.connect(lambda: self.versions_asked.emit(self.datasheet))
        self.completion.triggered.connect(lambda: self.completion_asked.emit(self.current))
        self.unpublishing.triggered.connect(lambda: self.unpublishing_asked.emit(self.current))
        self.deletion.triggered.connect(lambda: self.deletion_asked.emit(self.datasheet))

    def _search(self, text: str) -> None:
        self.found.setFilterFixedString(text)
        self.tree.expandAll()

    def _filter(self, index: int) -> None:
        self.found.published = self.states.itemData(index)
        self.tree.expandAll()

    def _sheet_or_service(self) -> Union[Datasheet, Service, None]:
        """Return the whole datasheet of a service, whose preview switches between all of them."""
        item = self.current
        return self.datasheet if isinstance(item, Service) else item

    def _source_index(self) -> QModelIndex:
        return self.found.mapToSource(self.tree.currentIndex())

    def _open_menu(self, position: object) -> None:
        if self.tree.indexAt(position).isValid():
            self.menu().popup(self.tree.viewport().mapToGlobal(position))

    def _double_clicked(self, _index: QModelIndex) -> None:
        if isinstance(self.current, Service) and self.preview.isEnabled():
            self.preview.trigger()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(shared_address(address(self.current)))

    def _refilled(self) -> None:
        self.tree.expandAll()
        self.hint.setText(tr("To publish: right-click on a vector layer, then “Publish layer…”."))
        self.hint.setVisible(not self.model.datasheets)
        self._enable()

    def _enable(self, *_change: object) -> None:
        item = self.current
        live, told = bool(live_services(item)), address(item)
        for wanted, able in (
            (self.preview, live),
            (self.add, live),
            (self.copy, bool(told)),
            (self.web, bool(self.viewer)),
            (self.styles, isinstance(item, Service) and item.type in (WFS, WMS, TMS) and bool(item.configuration)),
            (self.versions, self.datasheet is not None and bool(self.datasheet.stored_data)),
            (self.completion, isinstance(item, Service) and item.type == TMS and bool(item.offering)),
            (self.unpublishing, isinstance(item, Service)),
            (self.deletion, self.datasheet is not None),
        ):
            wanted.setEnabled(able)
        self.address.setText(shared_address(told))
        self.address.setCursorPosition(0)


def shared_address(url: str) -> str:
    """Return an address as those need it to whom it is given: from the network, where this computer shares."""
    return for_others(url) if url and EmbeddedSettings.read().shared else url
