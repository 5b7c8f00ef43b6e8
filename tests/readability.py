"""What a person would complain of in a window: cut texts, pale texts, a tab key that jumps, fields without a name."""

from __future__ import annotations

from collections import Counter
from typing import Iterator, List, Tuple

from qgis.PyQt.QtCore import QPoint, QRect, QSize, Qt
from qgis.PyQt.QtGui import QColor, QImage
from qgis.PyQt.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QSizePolicy,
    QTreeView,
    QWidget,
)

LEAST = 4.5  # contrast of text, WCAG 2.1, 1.4.3
TEXTS = (QLabel, QPushButton, QCheckBox, QRadioButton)
FIELDS = (QLineEdit, QComboBox, QAbstractSpinBox, QPlainTextEdit, QListWidget, QTreeView)
DOT = "●"  # of the engine's state, which is said beside it
CLOSE = 6  # pixels within which two widgets stand in one line


def complaints(window: QWidget, screen: QSize, least: float = LEAST) -> List[str]:
    """Return everything that is wrong with a window that is shown on a screen of a size, with a theme of a contrast."""
    return [*too_large(window, screen), *cut(window), *pale(window, least), *jumps(window), *nameless(window)]


def too_large(window: QWidget, there: QSize) -> Iterator[str]:
    """Tell of a window that its screen does not hold."""
    if window.width() > there.width() or window.height() > there.height():
        size = f"{window.width()} × {window.height()}"
        yield f"larger than the screen of {there.width()} × {there.height()}: {size}"


def cut(window: QWidget) -> Iterator[str]:
    """Tell of texts that need more room than they have, and of what no scroll bar brings into sight."""
    for widget in _shown(window, TEXTS):
        policy = widget.sizePolicy().horizontalPolicy()
        if not widget.text() or policy == QSizePolicy.Policy.Ignored:
            continue
        if isinstance(widget, QLabel) and widget.wordWrap():
            wanted = widget.heightForWidth(widget.width())
            if widget.height() < wanted - 1:
                yield f"cut below, {widget.height()} of {wanted}: {widget.text()[:50]}"
        elif widget.width() < widget.minimumSizeHint().width() - 1:
            yield f"cut at the side, {widget.width()} of {widget.minimumSizeHint().width()}: {widget.text()[:50]}"
        elif widget.height() < widget.minimumSizeHint().height() - 1:
            yield f"cut below, {widget.height()} of {widget.minimumSizeHint().height()}: {widget.text()[:50]}"
    for area in _shown(window, (QScrollArea,)):
        hidden = area.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if hidden and area.widget() is not None and area.widget().width() > area.viewport().width() + 1:
            yield f"wider than its room by {area.widget().width() - area.viewport().width()}: {area.widget()}"


def pale(window: QWidget, least: float) -> Iterator[str]:
    """Tell of texts that hardly differ from their ground, as they are painted; signs need not differ as much."""
    picture = window.grab().toImage()
    for widget in _shown(window, TEXTS):
        if widget.isEnabled() and widget.text() and not (isinstance(widget, QLabel) and "<img" in widget.text()):
            place = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size()).intersected(picture.rect())
            seen = widget.visibleRegion().boundingRect()
            if min(seen.width(), seen.height()) >= min(8, widget.height()):
                found, on = contrast(picture.copy(place))
                if found < least and widget.text() != DOT:
                    yield f"pale, {found:.1f} : 1 on {on}: {widget.text()[:50]}"


def contrast(picture: QImage) -> Tuple[float, str]:
    """Return the largest contrast of a picture's pixels with its ground, and the ground."""
    counted = Counter(picture.pixel(x, y) for x in range(picture.width()) for y in range(picture.height()))
    ground = QColor(counted.most_common(1)[0][0])
    light = luminance(ground)
    ratios = ((max(light, one) + 0.05) / (min(light, one) + 0.05) for one in map(luminance, map(QColor, counted)))
    return max(ratios), ground.name()


def luminance(colour: QColor) -> float:
    """Return the relative luminance of a colour, WCAG 2.1."""
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def jumps(window: QWidget) -> Iterator[str]:
    """Tell where the tab key leads up again, but from the end to the top."""
    way = [stop for stop in _tab_order(window) if not stop.visibleRegion().isEmpty()]
    places = [stop.mapTo(window, QPoint(0, 0)).y() for stop in way]
    for number, after in enumerate(way):
        before, here, there = way[number - 1], places[number - 1], places[number]
        if there + after.height() < here - CLOSE and there > min(places) + after.height():
            yield f"the tab key leads up from {_said(before)} to {_said(after)}"


def nameless(window: QWidget) -> Iterator[str]:
    """Tell of fields that a screen reader could not name."""
    buddies = {label.buddy() for label in window.findChildren(QLabel)}
    for field in _tab_order(window):
        if isinstance(field, FIELDS) and field.objectName() != "qt_spinbox_lineedit":
            above = field.parentWidget()
            named = field.accessibleName() or field in buddies or above in buddies or isinstance(above, QComboBox)
            if not named and not (above is not None and above.accessibleName()):
                yield f"without a name: {_said(field)}"


def _tab_order(window: QWidget) -> List[QWidget]:
    """Return where the tab key stops, from where the window opens."""
    found: List[QWidget] = []
    first = window.focusWidget() or window.nextInFocusChain()
    widget = first
    while True:
        stops = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible() and widget.isEnabled()
        whole = not isinstance(widget.parentWidget(), (QAbstractSpinBox, QComboBox)) and type(widget) is not QScrollArea
        if stops and whole and window.isAncestorOf(widget):
            found.append(widget)
        widget = widget.nextInFocusChain()
        if widget is first:
            break
    return found


def _shown(window: QWidget, kinds: tuple) -> List[QWidget]:
    found = [widget for kind in kinds for widget in window.findChildren(kind) if widget.isVisible()]
    return [widget for widget in found if not widget.visibleRegion().isEmpty()]


def _said(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, (QAbstractButton, QLineEdit)) else ""
    return f"{type(widget).__name__} “{widget.accessibleName() or text or widget.objectName()}”"
