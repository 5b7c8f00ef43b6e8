"""A line of text that says what is wrong with the field above it."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtWidgets import QLabel, QWidget

FAULT_STYLE = "color: #c0392b;"  # readable on QGIS's light and dark themes


class FaultLabel(QLabel):
    """Hidden while there is nothing to say, so that it takes no room."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setStyleSheet(FAULT_STYLE)
        self.hide()

    def say(self, fault: str) -> None:
        """Show a fault, or nothing for ""."""
        self.setText(fault)
        self.setVisible(bool(fault))
