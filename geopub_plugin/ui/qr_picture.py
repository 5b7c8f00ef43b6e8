"""A QR code to point a telephone at."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QImage, QPainter, QPaintEvent
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

from ..backend.translation import tr
from ..publish.qr_code import QUIET, Matrix, qr_matrix

SIDE = 168  # pixels, at which any telephone reads a code of 41 modules


class QrPicture(QWidget):
    """Paints a code in black on white, whatever the theme: readers want it so."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.matrix: Matrix = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_address(self, address: str) -> None:
        """Show the code of an address; hide for "" and for one that no code holds."""
        try:
            self.matrix = qr_matrix(address) if address else ()
        except ValueError:
            self.matrix = ()
        self.setToolTip(address)
        self.setAccessibleName(tr("QR code of {address}", address=address))
        self.setVisible(bool(self.matrix))
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of the code with its white edge."""
        return QSize(SIDE, SIDE)

    def picture(self, side: int) -> QImage:
        """Return the code as a square picture of so many pixels."""
        image = QImage(side, side, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        self._paint(painter, side)
        painter.end()
        return image

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the code."""
        painter = QPainter(self)
        self._paint(painter, min(self.width(), self.height()))
        painter.end()

    def _paint(self, painter: QPainter, side: int) -> None:
        painter.fillRect(0, 0, side, side, Qt.GlobalColor.white)
        if not self.matrix:
            return
        module = side / (len(self.matrix) + 2 * QUIET)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for row, modules in enumerate(self.matrix, QUIET):
            for column, dark in enumerate(modules, QUIET):
                if dark:
                    painter.fillRect(QRectF(column * module, row * module, module, module), QColor("#000"))
