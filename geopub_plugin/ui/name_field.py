"""A line for a technical name that says what is wrong with it, as soon as it is."""

from __future__ import annotations

from typing import Callable, Optional

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from .fault_label import FaultLabel


class NameField(QWidget):
    """A line edit with its fault beneath."""

    changed = pyqtSignal()

    def __init__(self, fault_of: Callable[[str], str], parent: Optional[QWidget] = None) -> None:
        """Show under the line what `fault_of(name)` says; "" means that the name is right."""
        super().__init__(parent)
        self._fault_of = fault_of
        self.line = QLineEdit(self)
        self.label = FaultLabel(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.line)
        layout.addWidget(self.label)
        self.setFocusProxy(self.line)
        self.line.textChanged.connect(self.check)

    @property
    def name(self) -> str:
        """The name as it is now."""
        return self.line.text().strip()

    @name.setter
    def name(self, text: str) -> None:
        self.line.setText(text)
        self.check()

    @property
    def fault(self) -> str:
        """What is wrong with the name, "" when nothing is."""
        return self._fault_of(self.name)

    def check(self, *_text: str) -> None:
        """Show the fault of the present name, and tell that it may have changed."""
        self.label.say(self.fault)
        self.changed.emit()
