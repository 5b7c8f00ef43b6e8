"""What every dialog of GeoPub does: it is large enough to be read, fits on the screen, and is used by keyboard."""

from __future__ import annotations

from typing import Tuple

from qgis.PyQt.QtCore import QEvent, QSize, Qt
from qgis.PyQt.QtGui import QShowEvent
from qgis.PyQt.QtWidgets import QDialog

from .keyboard import give_accelerators, order_tabs
from .measures import EDGES, room_for, room_on_screen


class Dialog(QDialog):
    """A dialog that grows with its text; `least` is its width and height beside usual text, 0 for no matter."""

    least: Tuple[int, int] = (0, 0)

    def sizeHint(self) -> QSize:
        """Return a size in which its texts can be read in either language."""
        return room_for(self, super().sizeHint(), QSize(*self.least))

    def showEvent(self, event: QShowEvent) -> None:
        """Take the size that is needed, and give every button and field its letter and its turn."""
        super().showEvent(event)
        if not self.testAttribute(Qt.WidgetAttribute.WA_Resized):  # Qt takes two thirds of the screen at most
            self.resize(self.sizeHint())
        give_accelerators(self)
        order_tabs(self)
        self.grow()

    def event(self, event: QEvent) -> bool:
        """Make room for texts that have just appeared: Qt makes none in a window that is open."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self.grow()
        return done

    def grow(self) -> None:
        """Become as high as the texts need at the present width, if the screen has that room."""
        layout = self.layout()
        if layout is not None and layout.hasHeightForWidth():
            layout.activate()
            wanted = layout.totalHeightForWidth(self.width())
            self.resize(self.width(), max(self.height(), min(wanted, room_on_screen(self).height() - EDGES)))
