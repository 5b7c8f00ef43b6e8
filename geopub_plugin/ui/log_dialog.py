"""The log of an execution, line by line."""

from __future__ import annotations

from typing import Optional, Sequence

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtGui import QFontDatabase, QGuiApplication, QTextCursor
from qgis.PyQt.QtWidgets import QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from ..backend.translation import tr
from .dialog import Dialog


class LogDialog(Dialog):
    """Shows lines; asks for them anew."""

    least = (680, 400)

    refresh_asked = pyqtSignal()

    def __init__(self, title: str, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Log of “{name}”", name=title))
        self.text = QPlainTextEdit(self, readOnly=True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setPlaceholderText(tr("Asking for the log…"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setText(tr("Close"))
        self.refresh = buttons.addButton(tr("Refresh"), QDialogButtonBox.ButtonRole.ActionRole)
        self.copy = buttons.addButton(tr("Copy the log"), QDialogButtonBox.ButtonRole.ActionRole)
        self.refresh.clicked.connect(lambda: self.refresh_asked.emit())
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        self.text.setAccessibleName(self.windowTitle())
        layout.addWidget(self.text)
        layout.addWidget(buttons)

    def show_lines(self, lines: Sequence[str]) -> None:
        """Show the log as it is now, its end in sight."""
        self.text.setPlainText("\n".join(lines) or tr("The log is empty."))
        self.text.moveCursor(QTextCursor.MoveOperation.End)
