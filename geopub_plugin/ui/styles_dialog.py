"""The styles of a service: which there are, which is the current one, and what can be done with them."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..backend.translation import tr
from ..publish.client.configurations import WMS
from ..publish.client.datasheets import Service
from ..publish.client.listed_styles import ServiceStyle
from ..publish.service_styles import StyledService
from .dialog import Dialog
from .fault_label import FaultLabel
from .icons import icon, theme_icon
from .publications_model import KIND_OF

_STYLE = Qt.ItemDataRole.UserRole
NAME, STATE, TECHNICAL, TABLES = range(4)


class StylesDialog(Dialog):
    """Lists styles and asks for changes; it is told the new list after each."""

    least = (800, 340)

    add_asked = pyqtSignal()
    replacement_asked = pyqtSignal(object)  # ServiceStyle
    renaming_asked = pyqtSignal(object, str)  # ServiceStyle, name
    choice_asked = pyqtSignal(object)  # ServiceStyle
    removal_asked = pyqtSignal(object)  # ServiceStyle
    versions_asked = pyqtSignal(object)  # ServiceStyle

    def __init__(self, service: Service, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.service = service
        self.shown: Optional[StyledService] = None
        self._busy = False
        kind = KIND_OF.get(service.type, service.type)
        self.setWindowTitle(tr("Styles of {kind} “{name}”", kind=kind, name=service.layer_name))
        self.list = QTreeWidget(self)
        self.list.setHeaderLabels((tr("Style"), tr("State"), tr("Name in requests"), tr("Tables")))
        self.list.setAccessibleName(self.windowTitle())
        self.list.setRootIsDecorated(False)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(TABLES, QHeaderView.ResizeMode.Stretch)
        self.note = QLabel(self, wordWrap=True)
        self.fault = FaultLabel(self)
        self._lay_out()
        self.list.itemSelectionChanged.connect(self._enable)
        self.list.itemDoubleClicked.connect(lambda *_item: self.choose.isEnabled() and self.choose.click())
        self.wait(tr("Asking for the styles…"))

    @property
    def style_chosen(self) -> Optional[ServiceStyle]:
        """The style under the cursor."""
        items = self.list.selectedItems()
        return items[0].data(0, _STYLE) if items else None

    def wait(self, words: str) -> None:
        """Say what is at work; nothing else can be asked for meanwhile."""
        self.fault.say("")
        self._say(words)
        self._busy = True
        self._enable()

    def show_styles(self, styled: StyledService, selected: str = "") -> None:
        """Show styles; the cursor stays where it is, or goes to the technical name `selected`."""
        before = selected or (self.style_chosen.technical_name if self.style_chosen else "")
        self.shown, self._busy = styled, False
        self.list.clear()
        for style in styled.styles:
            tables = ", ".join(part.table for part in style.parts if part.table) or tr("All tables")
            texts = (style.name, tr("Current") if style.current else "", style.technical_name, tables)
            item = QTreeWidgetItem(self.list, texts)
            item.setData(0, _STYLE, style)
            item.setToolTip(TABLES, tables)
            item.setSelected(style.technical_name == before or (not before and style.current))
        self._say("" if styled.styles else tr("The service has no style of its own."))
        self._enable()

    def say_fault(self, sentence: str) -> None:
        """Say why something was not done; what is shown stays."""
        self._busy = False
        self._say("")
        self.fault.say(sentence)
        self._enable()

    def _say(self, words: str) -> None:
        self.note.setText(words)
        self.note.setVisible(bool(words))

    def _lay_out(self) -> None:
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.buttons.button(QDialogButtonBox.StandardButton.Close).setText(tr("Close"))
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout()
        self.add = self._button(tr("Add…"), "mActionAdd", column)
        self.replace = self._button(tr("Replace…"), "mActionToggleEditing", column)
        self.rename = self._button(tr("Rename…"), "mActionEditTable", column)
        self.choose = self._button(tr("Make current"), "mIconSuccess", column)
        self.versions = self._button(tr("Versions…"), "mIconHistory", column)
        self.remove = self._button(tr("Remove…"), "mActionDeleteSelected", column)
        self.choose.setToolTip(tr("Drawn from now on where no style is named; no address changes."))
        self.versions.setVisible(self.service.type == WMS)  # a WFS and a TMS keep none
        column.addStretch()
        self.add.clicked.connect(lambda _checked=False: self.add_asked.emit())
        self.replace.clicked.connect(lambda _checked=False: self.replacement_asked.emit(self.style_chosen))
        self.rename.clicked.connect(self._ask_name)
        self.choose.clicked.connect(lambda _checked=False: self.choice_asked.emit(self.style_chosen))
        self.versions.clicked.connect(lambda _checked=False: self.versions_asked.emit(self.style_chosen))
        self.remove.clicked.connect(lambda _checked=False: self.removal_asked.emit(self.style_chosen))
        row = QHBoxLayout()
        row.addWidget(self.list, 1)
        row.addLayout(column)
        layout = QVBoxLayout(self)
        layout.addLayout(row, 1)
        layout.addWidget(self.note)
        layout.addWidget(self.fault)
        layout.addWidget(self.buttons)
        self.setWindowIcon(icon("style"))

    def _button(self, text: str, picture: str, column: QVBoxLayout) -> QPushButton:
        button = QPushButton(theme_icon(picture), text, self)
        button.setAutoDefault(False)
        column.addWidget(button)
        return button

    def _ask_name(self, _checked: bool = False) -> None:
        style = self.style_chosen
        if style is None:
            return
        title = tr("Rename “{style}”", style=style.name)
        name, agreed = QInputDialog.getText(self, title, tr("What people call the style."), text=style.name)
        if agreed and name.strip() and name.strip() != style.name:
            self.renaming_asked.emit(style, name.strip())

    def _enable(self) -> None:
        style, free = self.style_chosen, not self._busy and self.shown is not None
        self.list.setEnabled(free)
        self.add.setEnabled(free)
        for button in (self.replace, self.rename, self.remove, self.versions):
            button.setEnabled(free and style is not None)
        self.choose.setEnabled(free and style is not None and not style.current)
