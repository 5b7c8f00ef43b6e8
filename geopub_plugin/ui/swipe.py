"""A second map over a canvas, shown to the right of a line that the user moves: the same place twice."""

from __future__ import annotations

from typing import List, Optional, Sequence

from qgis.core import QgsMapLayer, QgsMapRendererParallelJob
from qgis.gui import QgsMapCanvas, QgsMapCanvasItem
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QRectF, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QColor, QImage, QPainter, QPen
from qgis.PyQt.QtWidgets import QStyleOptionGraphicsItem, QWidget

LINE = QColor("#d9622b")
PAUSE = 120  # ms that the canvas must stay before the other map is drawn anew


class SwipeItem(QgsMapCanvasItem):
    """Paints the second map, as an item of the canvas, which owns it."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.picture = QImage()
        self.share = 0.5  # of the width that is left of the line
        self.setZValue(1)

    def boundingRect(self) -> QRectF:
        """Return the whole canvas."""
        return QRectF(0, 0, self._canvas.width(), self._canvas.height())

    def paint(
        self,
        painter: QPainter,
        option: Optional[QStyleOptionGraphicsItem] = None,
        widget: Optional[QWidget] = None,
    ) -> None:
        """Paint the part to the right of the line, and the line."""
        if self.picture.isNull():
            return
        area = self.boundingRect()
        left = area.width() * self.share
        painter.save()
        painter.setClipRect(QRectF(left, 0, area.width() - left, area.height()))
        painter.drawImage(area, self.picture)
        painter.restore()
        for pen in (QPen(Qt.GlobalColor.white, 5), QPen(LINE, 2)):
            painter.setPen(pen)
            painter.drawLine(int(left), 0, int(left), int(area.height()))

    def updatePosition(self) -> None:
        """Show nothing of another place, until it is drawn."""
        self.picture = QImage()
        self.update()


class Swipe(QObject):
    """Draws the second map whenever the canvas has drawn its own."""

    drawn = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.layers: List[QgsMapLayer] = []
        self._canvas = canvas
        self._item: Optional[SwipeItem] = None
        self._job: Optional[QgsMapRendererParallelJob] = None
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._draw)
        canvas.mapCanvasRefreshed.connect(self._pause.start)

    @property
    def open(self) -> bool:
        """Whether a second map is shown."""
        return bool(self.layers)

    @property
    def picture(self) -> QImage:
        """The second map, as it was drawn last."""
        return self._item.picture if self._item is not None else QImage()

    def show(self, layers: Sequence[QgsMapLayer]) -> None:
        """Show these layers to the right of the line; none of them: no second map."""
        self._stop()
        self.layers = list(layers)
        if self._item is None and self.layers:
            self._item = SwipeItem(self._canvas)
        elif self._item is not None and not self.layers:
            self._canvas.scene().removeItem(self._item)
            self._item = None
        self._pause.start()

    def move_to(self, share: float) -> None:
        """Put the line: 0 at the left edge, 1 at the right."""
        if self._item is not None:
            self._item.share = share
            self._item.update()
            self._canvas.viewport().update()

    def _draw(self) -> None:
        self._stop()
        self.layers = [layer for layer in self.layers if not sip.isdeleted(layer)]
        if not self.layers or self._item is None:
            return
        settings = self._canvas.mapSettings()
        settings.setLayers(self.layers)
        settings.setBackgroundColor(QColor(Qt.GlobalColor.white))
        self._job = QgsMapRendererParallelJob(settings)
        self._job.finished.connect(self._finished)
        self._job.start()

    def _stop(self) -> None:
        if self._job is not None:
            self._job.finished.disconnect(self._finished)
            self._job.cancelWithoutBlocking()
            self._job = None

    def _finished(self) -> None:
        if self._job is not None and self._item is not None:
            self._item.picture = self._job.renderedImage()
            self._item.update()
            self._canvas.viewport().update()
            self._job = None
            self.drawn.emit()
