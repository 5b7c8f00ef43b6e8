"""The keyboard: a letter to press with Alt for every button and field, and a tab key that follows the eye."""

from __future__ import annotations

from typing import Iterable, Iterator, List, Optional, Set, Union

from qgis.PyQt.QtCore import QPoint, QRect, Qt
from qgis.PyQt.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLabel,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QWidget,
)

Named = Union[QPushButton, QCheckBox, QRadioButton, QLabel]
KINDS = (QPushButton, QCheckBox, QRadioButton, QLabel)


def give_accelerators(*windows: QWidget) -> None:
    """Mark a letter of each button, box and label of a field; windows that are open together share the letters."""
    named = [widget for window in windows for widget in _named(window)]
    taken = {_letter(widget.text()) for widget in named}
    for widget in named:
        if not _letter(widget.text()):
            marked = with_accelerator(widget.text(), taken)
            if marked != widget.text():
                widget.setText(marked)


def with_accelerator(text: str, taken: Set[str]) -> str:
    """Return a text with `&` before a letter that is not taken, and take it; as it is where there is none.

    First letters of words are tried before others. A text that has a `&` is somebody's own, and stays.
    """
    if "&" in text.replace("&&", "") or "<" in text:
        return text
    first = [place for place, letter in enumerate(text) if place == 0 or not text[place - 1].isalnum()]
    for place in (*first, *range(len(text))):
        letter = text[place].lower()
        if letter.isascii() and letter.isalnum() and letter not in taken:
            taken.add(letter)
            return f"{text[:place]}&{text[place:]}"
    return text


def order_tabs(window: QWidget) -> None:
    """Let the tab key go from line to line, and in each from left to right, whatever was made first."""
    places = {stop: QRect(stop.mapTo(window, QPoint(0, 0)), stop.size()) for stop in _stops(window)}
    lines: List[List[QWidget]] = []
    for stop in sorted(places, key=lambda one: places[one].top()):
        if lines and places[stop].top() < places[lines[-1][0]].center().y():
            lines[-1].append(stop)
        else:
            lines.append([stop])
    way = [stop for line in lines for stop in sorted(line, key=lambda one: (places[one].left(), places[one].top()))]
    for before, after in zip(way, way[1:]):
        QWidget.setTabOrder(before, after)


def _stops(window: QWidget) -> List[QWidget]:
    """Return the widgets at which the tab key stops; what they are made of goes with them."""
    found, widget = [], window.nextInFocusChain()
    while widget is not window:
        stops = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
        whole = not isinstance(widget.parentWidget(), (QAbstractSpinBox, QComboBox)) and type(widget) is not QScrollArea
        if stops and whole and window.isAncestorOf(widget) and widget.isVisibleTo(window):
            found.append(widget)
        widget = widget.nextInFocusChain()
    return found


def _named(window: QWidget) -> Iterator[Named]:
    found: Iterable[QWidget] = (widget for kind in KINDS for widget in window.findChildren(kind))
    for widget in found:
        leads = not isinstance(widget, QLabel) or _takes_focus(widget.buddy())
        if leads and widget.text() and widget.isVisibleTo(window):
            yield widget


def _takes_focus(field: Optional[QWidget]) -> bool:
    if field is None:
        return False
    return field.focusProxy() is not None or bool(field.focusPolicy() & Qt.FocusPolicy.TabFocus)


def _letter(text: str) -> str:
    """Return the letter that a text has already, "" for none."""
    place = text.replace("&&", "  ").find("&")
    return text[place + 1].lower() if 0 <= place < len(text) - 1 else ""
