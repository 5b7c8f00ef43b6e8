"""A small map of live services, as their users see them, with a switch between the three."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Dict, List, Optional, Set, Tuple

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
from qgis.PyQt.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..backend.translation import tr
from ..publish.background import BackgroundCall
from ..publish.base_maps import BaseMap
from ..publish.live_layers import KINDS, LiveService, described, live_layer
from ..publish.qgis_transport import QgisTransport
from ..publish.tile_style import look_alike
from .icons import icon, theme_icon
from .preview_choices import BaseMapButton, CompareButton
from .swipe import Swipe

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
        self._describing: Dict[str, BackgroundCall] = {}  # by kind of service
        self._stale: Set[str] = set()  # kinds whose layer shows what was
        self._extent: Optional[QgsRectangle] = None
        self._ground = BaseMap()
        self._expected: List[str] = []  # titles of datasheets whose services are on their way
        self.title = QLabel(self)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.message = QLabel(self, wordWrap=True)
        self.message.hide()
        self.canvas = QgsMapCanvas(self)
        self.canvas.setMinimumHeight(160)
        self.canvas.setCanvasColor(Qt.GlobalColor.white)
        self.canvas.setDestinationCrs(MERCATOR)
        self.swipe = Swipe(self.canvas)
        self.line = QSlider(Qt.Orientation.Horizontal, self)
        self.line.setRange(0, 1000)
        self.line.setValue(500)
        self.line.setToolTip(tr("Left of the line the service, right of it what it is compared with"))
        self.line.setAccessibleName(tr("Compare (swipe)"))
        self.line.valueChanged.connect(lambda value: self.swipe.move_to(value / 1000))
        self.line.hide()
        self._pan = QgsMapToolPan(self.canvas)
        self.canvas.setMapTool(self._pan)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.title)
        layout.addLayout(self._make_bar())
        layout.addWidget(self.message)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.line)

    def open(self, services: Tuple[LiveService, ...], kind: str = "") -> None:
        """Show the services of one datasheet, one at a time."""
        self.clear()
        for service in services:
            self.services.setdefault(service.kind, service)
        if not self.services:
            return
        title = next(iter(self.services.values())).title
        self.compare.kinds = tuple(kind for kind in KINDS if kind in self.services)
        self.compare.datasheet = title
        self._entitle(title)
        for name, button in self.switch.items():
            button.setEnabled(name in self.services)
        self.show()
        self.switch_to(kind if kind in self.services else next(k for k in KINDS if k in self.services))

    def expect(self, title: str) -> None:
        """Make room for the services of a datasheet that is being published, where nothing else is shown.

        QGIS draws a map that has just got its size a second time half a second later, and asks for its tiles again.
        """
        self._expected.append(title)
        self._make_room()

    def expect_no_more(self, title: str) -> None:
        """Wait no longer for a datasheet: take the room away if nothing has come, and nothing else is expected."""
        if title in self._expected:
            self._expected.remove(title)
        self._make_room()

    def _make_room(self) -> None:
        if self.services:
            return
        if self._expected:
            self._entitle(self._expected[0])
            for button in self.switch.values():
                button.setEnabled(False)
            self.message.hide()
        self.setVisible(bool(self._expected))

    def _entitle(self, title: str) -> None:
        self.title.setText(tr("Preview of “{title}”", title=title))
        self.title.setToolTip(title)

    def join(self, service: LiveService) -> None:
        """Take a service in with the others of its datasheet; draw it where nothing else is shown."""
        if any(known.title != service.title for known in self.services.values()):
            return  # the user looks at something else
        if not self.services:
            self.open((service,))
        else:
            self.services.setdefault(service.kind, service)
            self.compare.kinds = tuple(kind for kind in KINDS if kind in self.services)
            self.switch[service.kind].setEnabled(True)

    def renew(self, datasheet: str, other_data: bool = True) -> None:
        """Draw features and tiles of a datasheet anew: their data, their style or their levels are others."""
        for kind, forgotten in (("WFS", {"sld": None}), ("TMS", {"levels": None, "style": None})):
            service = self.services.get(kind)
            if service is not None and service.title == datasheet:
                if other_data:
                    self._stale.update({kind} & set(self.layers))
                self._describe(replace(service, **forgotten))

    def learn(self, services: Tuple[LiveService, ...]) -> None:
        """Hear of services where their styles are; draw those that are shown as they say."""
        for service in services:
            shown = self.services.get(service.kind)
            if shown is not None and shown.url == service.url and shown.sld_url != service.sld_url:
                self.services[service.kind] = replace(shown, sld_url=service.sld_url, sld=None)
                self._describe(self.services[service.kind])

    def switch_to(self, kind: str) -> None:
        """Show one of the services."""
        self.switch[kind].setChecked(True)
        service = self.services[kind]
        if service.known:
            self._draw(kind)
        else:
            self._describe(service)

    def clear(self) -> None:
        """Forget the services and their layers."""
        for describing in self._describing.values():
            describing.cancel()
        self._describing.clear()
        self.canvas.stopRendering()
        self._compare("")
        self.canvas.setLayers([])
        self.services.clear()
        self.layers.clear()
        self._ground.clear()
        self._stale.clear()
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
        self.base = BaseMapButton(self)
        self.base.changed.connect(self._lay_out_map)
        self.compare = CompareButton(self)
        self.compare.chosen.connect(self._compare)
        bar.addWidget(self.base)
        bar.addWidget(self.compare)
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
        """Ask how a service is drawn, outside the GUI thread."""

        def ask(_call: BackgroundCall) -> LiveService:
            with closing(QgisTransport()) as transport:
                return described(service, transport)

        describing = BackgroundCall(tr("Preview of “{title}”", title=service.title), ask)
        describing.answered.connect(self._described)
        describing.refused.connect(self.failed)
        self._describing[service.kind] = describing
        describing.start()

    def _described(self, service: LiveService) -> None:
        asked = self.services.get(service.kind)
        if asked is not None and asked.url == service.url:
            self.services[service.kind] = service
            if service.kind in self.layers and not _drawn_alike(asked, service):
                self._stale.add(service.kind)
            if self._current() == service.kind and (service.kind in self._stale or service.kind not in self.layers):
                self._draw(service.kind)
            if self.compare.present == service.kind:
                self._compare(service.kind)

    def _draw(self, kind: str) -> None:
        if kind not in self.layers or kind in self._stale:
            self._stale.discard(kind)
            self.layers[kind] = live_layer(self.services[kind])
        layer = self.layers[kind]
        self.message.setVisible(not layer.isValid())
        if not layer.isValid():
            self.message.setText(tr("The {kind} service does not answer. Refresh, then publish again.", kind=kind))
            self.canvas.setLayers([])
            del self.layers[kind]  # it is asked again when somebody switches to it
            return
        self._lay_out_map()
        if self._extent is None:
            self._extent = self._extent_of(layer, self.services[kind])
            self.canvas.setExtent(self._extent)
        self.canvas.refresh()
        self.shown.emit(kind)

    def _lay_out_map(self) -> None:
        """Show the present service on the base map, if one is set."""
        layer = self.layers.get(self._current())
        if layer is not None and layer.isValid():
            ground = self._ground.layer()
            self.canvas.setLayers([layer] if ground is None else [layer, ground])
            self.canvas.refresh()

    def _compare(self, what: str) -> None:
        """Show a layer or another service to the right of a line: the full data beside a sample, for example."""
        self.compare.present = what
        service = self.services.get(what)
        if service is not None and not service.known:
            self._describe(service)
            return
        if service is not None and what not in self.layers:
            self.layers[what] = live_layer(service)
        kind, _, identifier = what.partition(":")
        other = QgsProject.instance().mapLayer(identifier) if kind == "layer" else self.layers.get(what)
        shown = other is not None and other.isValid()
        ground = self._ground.layer()
        self.swipe.show([one for one in (other, ground) if one is not None] if shown else [])
        self.swipe.move_to(self.line.value() / 1000)
        self.line.setVisible(shown)

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


def _drawn_alike(one: LiveService, other: LiveService) -> bool:
    """Tell whether the same features or tiles look the same as two services describe them."""
    return (one.levels, one.sld) == (other.levels, other.sld) and look_alike(one.style, other.style)
