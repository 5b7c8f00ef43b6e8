"""A line of text that says what is wrong with the field above it."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtWidgets import QWidget

from .colours import FAULT, ColouredLabel


class FaultLabel(ColouredLabel):
    """Hidden while there is nothing to say, so that it takes no room."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.become(FAULT)
        self.hide()

    def say(self, fault: str) -> None:
        """Show a fault, or nothing for ""."""
        self.setText(fault)
        self.setVisible(bool(fault))
