"""The area of a sample, drawn on a map: a few tiles to look at before all of them are made."""

from __future__ import annotations

import re
from typing import Optional

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
)
from qgis.gui import QgsMapCanvas, QgsMapToolExtent, QgsMapToolPan, QgsRubberBand
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QPushButton, QRadioButton, QVBoxLayout, QWidget

from ...backend.amounts import number_text
from ...backend.translation import tr
from ...publish.compat import POLYGON_GEOMETRY
from ...publish.sample_area import area_of, proposed_area
from .draft import Draft
from .level_map import WEB_MERCATOR, web_extent
from .plan_page import PlanPage

WGS84 = "EPSG:4326"
_NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")


class SamplePage(PlanPage):
    """Tiles of everything, or of an area first."""

    def __init__(self, draft: Draft) -> None:
        told = tr("Doubts about these settings? A sample is made in a moment; all tiles follow with one click.")
        super().__init__(draft, tr("Sample (optional)"), told)
        self.whole = QRadioButton(tr("Make all tiles"))
        self.sample = QRadioButton(tr("Make a sample of this area first"))
        for button in (self.whole, self.sample):
            self.content.addWidget(button)
        self.map_box = self._map_box()
        self.content.addWidget(self.map_box, 1)
        self.sample.toggled.connect(self._toggled)

    def show_plan(self) -> None:
        """Show the area of the draft, over the layers."""
        area = self.draft.plan.area
        self.sample.blockSignals(True)
        (self.sample if area else self.whole).setChecked(True)
        self.sample.blockSignals(False)
        self.map_box.setEnabled(bool(area))
        layers = [layer for layer in map(self.draft.layer, (it.table for it in self.draft.plan.tables)) if layer]
        self.canvas.setLayers(layers)
        extent = QgsRectangle()
        for layer in layers:
            extent.combineExtentWith(web_extent(layer))
        if self._extent != extent:
            self._extent = extent
            self.canvas.setExtent(extent.buffered(max(extent.width(), extent.height()) * 0.05))
        self._draw(area)
        self.canvas.refresh()

    def _map_box(self) -> QWidget:
        box = QWidget()
        self.canvas = QgsMapCanvas(box)
        self.canvas.setCanvasColor(Qt.GlobalColor.white)
        self.canvas.setDestinationCrs(QgsCoordinateReferenceSystem(WEB_MERCATOR))
        self.canvas.setMinimumSize(360, 220)
        self._extent: Optional[QgsRectangle] = None
        self.band = QgsRubberBand(self.canvas, POLYGON_GEOMETRY)
        self.band.setColor(QColor(200, 60, 20, 70))
        self.band.setStrokeColor(QColor(200, 60, 20))
        self.band.setWidth(2)
        self.pan, self.draw = QgsMapToolPan(self.canvas), QgsMapToolExtent(self.canvas)
        self.draw.extentChanged.connect(self._drawn)
        self.drawing = QPushButton(tr("Draw the area"), box)
        self.drawing.setCheckable(True)
        self.drawing.toggled.connect(lambda on: self.canvas.setMapTool(self.draw if on else self.pan))
        self.propose = QPushButton(tr("10 × 10 tiles in the middle of this map"), box)
        self.propose.clicked.connect(lambda _checked=False: self._propose())
        self.canvas.setMapTool(self.pan)
        buttons = QHBoxLayout()
        for button in (self.drawing, self.propose):
            buttons.addWidget(button)
        buttons.addStretch()
        self.where = QLabel(box)
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(buttons)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.where)
        return box

    def _toggled(self, sample: bool) -> None:
        self.map_box.setEnabled(sample)
        if sample:
            self._propose()
        else:
            self._take("")

    def _propose(self) -> None:
        centre = _degrees().transform(QgsPointXY(self.canvas.extent().center()))
        self._take(proposed_area(centre.x(), centre.y(), self.draft.plan.bottom_level))

    def _drawn(self, extent: QgsRectangle) -> None:
        if not extent.isEmpty():
            seen = _degrees().transformBoundingBox(extent)
            self._take(area_of((seen.xMinimum(), seen.yMinimum(), seen.xMaximum(), seen.yMaximum())))
            self.drawing.setChecked(False)

    def _take(self, area: str) -> None:
        self.draft.change(area=area)
        self._draw(area)

    def _draw(self, area: str) -> None:
        self.band.reset(POLYGON_GEOMETRY)
        numbers = [float(number) for number in _NUMBERS.findall(area)]
        if len(numbers) < 8:
            self.where.setText("")
            return
        shape = QgsGeometry.fromWkt(area)
        shape.transform(QgsCoordinateTransform(
            QgsCoordinateReferenceSystem(WGS84), QgsCoordinateReferenceSystem(WEB_MERCATOR), QgsProject.instance()
        ))  # fmt: skip
        self.band.setToGeometry(shape, None)
        west, south, east, north = min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])
        corners = {"west": west, "south": south, "east": east, "north": north}
        told = {name: number_text(degrees, 4) for name, degrees in corners.items()}
        self.where.setText(tr("From {west}, {south} to {east}, {north} degrees", **told))


def _degrees() -> QgsCoordinateTransform:
    """Return what turns Web Mercator into degrees."""
    return QgsCoordinateTransform(
        QgsCoordinateReferenceSystem(WEB_MERCATOR), QgsCoordinateReferenceSystem(WGS84), QgsProject.instance()
    )
