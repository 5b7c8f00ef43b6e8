"""The tree of what is published, and what can be done with it."""

from __future__ import annotations

from typing import Optional, Union

from qgis.PyQt.QtCore import QModelIndex, QSortFilterProxyModel, Qt, pyqtSignal
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QAction, QHeaderView, QLabel, QLineEdit, QMenu, QTreeView, QVBoxLayout, QWidget

from ..backend.translation import tr
from ..publish.client.datasheets import Datasheet, Service
from .icons import icon, theme_icon
from .publications_model import NAME, STATE, PublicationsModel, address, live_services


class PublicationsView(QWidget):
    """A search line, the tree, and the address of what is selected in it."""

    preview_asked = pyqtSignal(object)  # tuple of LiveService
    add_asked = pyqtSignal(object)  # tuple of LiveService

    def __init__(self, model: PublicationsModel, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.model = model
        self.found = QSortFilterProxyModel(self)
        self.found.setSourceModel(model)
        self.found.setRecursiveFilteringEnabled(True)
        self.found.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(tr("Search…"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self.found.setFilterFixedString)
        self.tree = QTreeView(self)
        self.hint = QLabel(tr("To publish: right-click on a vector layer, then “Publish layer…”."), self, wordWrap=True)
        self.address = QLineEdit(self, readOnly=True)
        self.address.setPlaceholderText(tr("Select a service to see its address"))
        self._make_tree()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.search)
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

    def menu(self) -> QMenu:
        """Return the menu of what can be done with the present item."""
        menu = QMenu(self)
        menu.addActions([self.preview, self.add])
        menu.addSeparator()
        menu.addAction(self.copy)
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
        self.preview = QAction(icon("preview"), tr("Open preview"), self)
        self.add = QAction(theme_icon("mActionAddLayer"), tr("Add to the project"), self)
        self.copy = QAction(theme_icon("mActionEditCopy"), tr("Copy the address"), self)
        self.preview.triggered.connect(lambda: self.preview_asked.emit(live_services(self._sheet_or_service())))
        self.add.triggered.connect(lambda: self.add_asked.emit(live_services(self.current)))
        self.copy.triggered.connect(self._copy)

    def _sheet_or_service(self) -> Union[Datasheet, Service, None]:
        """Return the whole datasheet of a service, whose preview switches between all of them."""
        item = self.current
        if not isinstance(item, Service):
            return item
        return self.model.datasheet(self._source_index())

    def _source_index(self) -> QModelIndex:
        return self.found.mapToSource(self.tree.currentIndex())

    def _open_menu(self, position: object) -> None:
        if self.tree.indexAt(position).isValid():
            self.menu().popup(self.tree.viewport().mapToGlobal(position))

    def _double_clicked(self, _index: QModelIndex) -> None:
        if isinstance(self.current, Service) and self.preview.isEnabled():
            self.preview.trigger()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(address(self.current))

    def _refilled(self) -> None:
        self.tree.expandAll()
        self.hint.setVisible(not self.model.datasheets)
        self._enable()

    def _enable(self, *_change: object) -> None:
        live = bool(live_services(self.current))
        self.preview.setEnabled(live)
        self.add.setEnabled(live)
        self.copy.setEnabled(bool(address(self.current)))
        self.address.setText(address(self.current))
        self.address.setCursorPosition(0)
