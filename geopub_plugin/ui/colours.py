"""Colours that can be read on a light theme, on a dark one and on those of high contrast."""

from __future__ import annotations

from typing import Tuple

from qgis.PyQt.QtCore import QEvent
from qgis.PyQt.QtGui import QPalette
from qgis.PyQt.QtWidgets import QLabel

Pair = Tuple[str, str]  # on light, on dark
# 4.5 : 1 at least (WCAG 2.1, 1.4.3) on white, on QGIS's grey windows, on "Blend of Gray", "Night Mapping" and black.
FAULT: Pair = ("#a3151a", "#ffb4ab")
GOOD: Pair = ("#1b6e3c", "#7fe0a7")
BUSY: Pair = ("#8a5300", "#ffd479")
IDLE: Pair = ("#5c6166", "#d5d8db")
MIDDLE = 128  # lightness, 0 to 255
_THEME = (QEvent.Type.PaletteChange, QEvent.Type.StyleChange)


def is_dark(palette: QPalette) -> bool:
    """Return whether text of a palette stands on a dark ground."""
    return palette.color(QPalette.ColorRole.Window).lightness() < MIDDLE


class ColouredLabel(QLabel):
    """A text in a colour of its own, which follows the theme when the user changes it."""

    colour: Pair = IDLE

    def become(self, colour: Pair) -> None:
        """Take another colour."""
        self.colour = colour
        self._paint()

    def changeEvent(self, event: QEvent) -> None:
        """Choose the colour again on another ground."""
        super().changeEvent(event)
        if event.type() in _THEME:
            self._paint()

    def _paint(self) -> None:
        told = f"color: {self.colour[is_dark(self.palette())]};"
        if self.styleSheet() != told:  # else it would be told of its own change for ever
            self.setStyleSheet(told)
