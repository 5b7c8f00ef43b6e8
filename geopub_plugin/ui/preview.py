"""A small map of live services, as their users see them, with a switch between the three."""

from __future__ import annotations

from contextlib import closing
from typing import Dict, Optional, Tuple

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsMapLayer,
    QgsProject,
    QgsRectangle,
)
from qgis.gui import QgsMapCanvas, QgsMapToolPan
from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ..backend.translation import tr
from ..publish.background import BackgroundCall
from ..publish.live_layers import KINDS, LiveService, described, live_layer
from ..publish.qgis_transport import QgisTransport
from .icons import icon, theme_icon

MERCATOR = QgsCoordinateReferenceSystem("EPSG:3857")
WGS84 = QgsCoordinateReferenceSystem("EPSG:4326")
MARGIN = 1.05  # of the extent, so that nothing touches the edge


class Preview(QWidget):
    """A canvas of its own: the user's project is not touched."""

    add_asked = pyqtSignal(object)  # tuple of LiveService
    failed = pyqtSignal(object)  # GeoPubError
    shown = pyqtSignal(str)  # kind

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.services: Dict[str, LiveService] = {}
        self.layers: Dict[str, QgsMapLayer] = {}
        self._describing: Optional[BackgroundCall] = None
        self._extent: Optional[QgsRectangle] = None
        self.title = QLabel(self)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.message = QLabel(self, wordWrap=True)
        self.message.hide()
        self.canvas = QgsMapCanvas(self)
        self.canvas.setMinimumHeight(160)
        self.canvas.setCanvasColor(Qt.GlobalColor.white)
        self.canvas.setDestinationCrs(MERCATOR)
        self._pan = QgsMapToolPan(self.canvas)
        self.canvas.setMapTool(self._pan)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.title)
        layout.addLayout(self._make_bar())
        layout.addWidget(self.message)
        layout.addWidget(self.canvas, 1)

    def open(self, services: Tuple[LiveService, ...], kind: str = "") -> None:
        """Show the services of one datasheet, one at a time."""
        self.clear()
        for service in services:
            self.services.setdefault(service.kind, service)
        if not self.services:
            return
        title = next(iter(self.services.values())).title
        self.title.setText(tr("Preview of “{title}”", title=title))
        self.title.setToolTip(title)
        for name, button in self.switch.items():
            button.setEnabled(name in self.services)
        self.show()
        self.switch_to(kind if kind in self.services else next(k for k in KINDS if k in self.services))

    def switch_to(self, kind: str) -> None:
        """Show one of the services."""
        self.switch[kind].setChecked(True)
        service = self.services[kind]
        if service.kind == "TMS" and service.levels is None:
            self._describe(service)
        else:
            self._draw(kind)

    def clear(self) -> None:
        """Forget the services and their layers."""
        if self._describing is not None:
            self._describing.cancel()
        self.canvas.stopRendering()
        self.canvas.setLayers([])
        self.services.clear()
        self.layers.clear()
        self._extent = None

    def zoom_to_all(self) -> None:
        """Show everything that the present layer holds."""
        if self._extent is not None:
            self.canvas.setExtent(self._extent)
            self.canvas.refresh()

    def _make_bar(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        self.switch: Dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        for kind in KINDS:
            button = QToolButton(self)
            button.setText(kind)
            button.setIcon(icon(kind.lower()))
            button.setIconSize(QSize(16, 16))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setCheckable(True)
            button.clicked.connect(lambda _checked, chosen=kind: self.switch_to(chosen))
            self._group.addButton(button)
            self.switch[kind] = button
            bar.addWidget(button)
        bar.addStretch()
        for name, text, slot in (
            ("mActionZoomFullExtent", tr("Show everything"), self.zoom_to_all),
            ("mActionAddLayer", tr("Add to the project"), self._add),
        ):
            button = QToolButton(self)
            button.setIcon(theme_icon(name))
            button.setToolTip(text)
            button.setAutoRaise(True)
            button.clicked.connect(slot)
            bar.addWidget(button)
        return bar

    def _current(self) -> str:
        return next((kind for kind, button in self.switch.items() if button.isChecked()), "")

    def _add(self) -> None:
        if self._current() in self.services:
            self.add_asked.emit((self.services[self._current()],))

    def _describe(self, service: LiveService) -> None:
        """Ask for the levels of tiles, outside the GUI thread."""

        def ask(_call: BackgroundCall) -> LiveService:
            with closing(QgisTransport()) as transport:
                return described(service, transport)

        self._describing = BackgroundCall(tr("Preview of “{title}”", title=service.title), ask)
        self._describing.answered.connect(self._described)
        self._describing.refused.connect(self.failed)
        self._describing.start()

    def _described(self, service: LiveService) -> None:
        asked = self.services.get(service.kind)
        if asked is not None and asked.url == service.url:
            self.services[service.kind] = service
            if self._current() == service.kind:
                self._draw(service.kind)

    def _draw(self, kind: str) -> None:
        if kind not in self.layers:
            self.layers[kind] = live_layer(self.services[kind])
        layer = self.layers[kind]
        self.message.setVisible(not layer.isValid())
        if not layer.isValid():
            self.message.setText(tr("The {kind} service does not answer. Refresh, then publish again.", kind=kind))
            self.canvas.setLayers([])
            return
        self.canvas.setLayers([layer])
        if self._extent is None:
            self._extent = self._extent_of(layer, self.services[kind])
            self.canvas.setExtent(self._extent)
        self.canvas.refresh()
        self.shown.emit(kind)

    def _extent_of(self, layer: QgsMapLayer, service: LiveService) -> QgsRectangle:
        extent, crs = layer.extent(), layer.crs()
        if service.bounds is not None:
            extent, crs = QgsRectangle(*service.bounds), WGS84
        if crs.isGeographic():  # the poles are infinitely far in web Mercator
            extent = extent.intersect(QgsRectangle(-180, -85, 180, 85))
        transform = QgsCoordinateTransform(crs, MERCATOR, QgsProject.instance())
        try:
            seen = transform.transformBoundingBox(extent)
        except QgsCsException:
            seen = self.canvas.fullExtent()
        seen.scale(MARGIN)
        return seen
