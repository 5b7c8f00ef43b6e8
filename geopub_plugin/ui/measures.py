"""Lengths and sizes that grow with the text: people enlarge it up to twice, on screens that do not grow with it."""

from __future__ import annotations

from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QFontMetrics, QGuiApplication
from qgis.PyQt.QtWidgets import QApplication, QWidget

USUAL = 16  # pixels that a line of text is high where nobody has changed anything
EDGES = 40  # pixels of a screen that frame and title of a window take


def scaled(pixels: int) -> int:
    """Return a length that was chosen beside usual text, as long beside the text of this computer."""
    return max(pixels, round(pixels * QFontMetrics(QApplication.font()).height() / USUAL))


def icon_size(pixels: int = 16) -> QSize:
    """Return the size of an icon beside text."""
    return QSize(scaled(pixels), scaled(pixels))


def room_for(window: QWidget, wanted: QSize, least: QSize) -> QSize:
    """Return the size of a window: what it wants, at least so much beside usual text, never more than its screen has.

    Args:
        window: that is to be shown.
        wanted: what its layout wants.
        least: what was chosen beside usual text; 0 for no matter.
    """
    size = wanted.expandedTo(QSize(scaled(least.width()), scaled(least.height())))
    there = room_on_screen(window)
    return size.boundedTo(QSize(there.width() - EDGES, there.height() - EDGES))


def room_on_screen(window: QWidget) -> QSize:
    """Return how large a window can be on its screen."""
    screen = window.screen() if hasattr(window, "screen") else QGuiApplication.primaryScreen()
    return screen.availableSize()
