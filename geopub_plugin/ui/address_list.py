"""The addresses of a publication, each with a button that copies it."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QGridLayout, QLabel, QLineEdit, QToolButton, QWidget

from ..backend.translation import tr
from .icons import icon, theme_icon
from .measures import icon_size

_PICTURES = {"WFS": "wfs", "WMS": "wms", "TMS": "tms", "WMTS": "tms", "WEB": "web"}


class AddressList(QWidget):
    """One row an address: what it is, the address to read and select, a button to copy it."""

    copied = pyqtSignal(str)  # the address

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.rows: List[Tuple[QLineEdit, QToolButton]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(2, 1)

    def show_addresses(self, addresses: Sequence[Tuple[str, str]]) -> None:
        """Show addresses: kind ("WFS", …, "WEB" for a page) and address."""
        while self._grid.count():
            self._grid.takeAt(0).widget().deleteLater()
        self.rows = [self._row(number, kind, address) for number, (kind, address) in enumerate(addresses)]
        self.setVisible(bool(addresses))

    def _row(self, number: int, kind: str, address: str) -> Tuple[QLineEdit, QToolButton]:
        picture = QLabel(self)
        picture.setPixmap(icon(_PICTURES.get(kind, "web")).pixmap(icon_size()))
        name = tr("Web page") if kind == "WEB" else kind
        line = QLineEdit(address, self, readOnly=True)
        line.setCursorPosition(0)
        line.setToolTip(address)
        line.setAccessibleName(name)
        label = QLabel(name, self)
        label.setBuddy(line)
        button = QToolButton(self)
        button.setIcon(theme_icon("mActionEditCopy"))
        button.setIconSize(icon_size())
        button.setAutoRaise(True)
        button.setToolTip(tr("Copy the address"))
        button.setAccessibleName(tr("Copy the address"))
        button.clicked.connect(lambda: self._copy(address))
        for column, widget in enumerate((picture, label, line, button)):
            self._grid.addWidget(widget, number, column)
        return line, button

    def _copy(self, address: str) -> None:
        QGuiApplication.clipboard().setText(address)
        self.copied.emit(address)
