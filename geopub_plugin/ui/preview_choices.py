"""What a preview may be laid over, and what it may be compared with: layers of the project."""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from qgis.core import QgsMapLayer, QgsProject, QgsRasterLayer, QgsVectorLayer, QgsVectorTileLayer
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QAction, QMenu, QToolButton, QWidget

from ..backend.translation import tr
from ..publish.base_maps import NONE, default_name, of_project, set_for_project
from ..publish.layer_memory import memory
from .icons import icon, theme_icon


class BaseMapButton(QToolButton):
    """Chooses the base map: the one of the settings, or one among the rasters and tiles of the project."""

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        _plain(self, tr("Base map"))
        self.setIcon(theme_icon("mIconRaster"))
        self.menu().aboutToShow.connect(self._fill)

    def _fill(self) -> None:
        menu, said, default = self.menu(), of_project(), default_name()
        menu.clear()
        layers = [one for one in QgsProject.instance().mapLayers().values() if _is_ground(one)]
        chosen = said or ("" if default else NONE)
        self._offer(NONE, tr("No base map"), chosen)
        if default:
            self._offer("", tr("{name} (as in the settings)", name=default), chosen)
        for layer in sorted(layers, key=lambda one: one.name().casefold()):
            self._offer(layer.id(), layer.name(), chosen)
        if not layers:
            menu.addAction(tr("Add a raster or XYZ layer to the project to choose it here.")).setEnabled(False)

    def _offer(self, what: str, words: str, chosen: str) -> None:
        _choice(self.menu(), words, what == chosen).triggered.connect(lambda: self._choose(what))

    def _choose(self, what: str) -> None:
        set_for_project("" if what == NONE and not default_name() else what)
        self.changed.emit()


class CompareButton(QToolButton):
    """Chooses what the preview is compared with: the layer it was published from, or another of its services."""

    chosen = pyqtSignal(str)  # "" for nothing, "layer:<id>", or the kind of a service

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        _plain(self, tr("Compare (swipe)"))
        self.setIcon(icon("compare"))
        self.kinds: Tuple[str, ...] = ()
        self.datasheet = ""
        self.present = ""
        self.menu().aboutToShow.connect(self._fill)

    def choices(self) -> Dict[str, str]:
        """Return what may be chosen, and its words."""
        found = {"": tr("Do not compare")}
        for layer in published_layers(self.datasheet):
            found[f"layer:{layer.id()}"] = tr("My layer “{layer}”", layer=layer.name())
        for kind in self.kinds:
            found[kind] = {
                "WFS": tr("Features (WFS)"),
                "WMS": tr("Maps (WMS)"),
                "TMS": tr("Vector tiles (TMS)"),
            }.get(kind, kind)
        return found

    def choose(self, what: str) -> None:
        """Compare with this from now on."""
        self.present = what
        self.chosen.emit(what)

    def _fill(self) -> None:
        self.menu().clear()
        for what, words in self.choices().items():
            action = _choice(self.menu(), words, what == self.present)
            action.triggered.connect(lambda _checked, one=what: self.choose(one))


def published_layers(datasheet: str) -> List[QgsVectorLayer]:
    """Return the layers of the project that are published in a datasheet."""
    layers = QgsProject.instance().mapLayers().values()
    vectors = [layer for layer in layers if isinstance(layer, QgsVectorLayer)]
    kept = [(layer, memory(layer)) for layer in vectors]
    return [layer for layer, one in kept if one is not None and one.datasheet == datasheet]


def _is_ground(layer: QgsMapLayer) -> bool:
    return isinstance(layer, (QgsRasterLayer, QgsVectorTileLayer)) and layer.isValid()


def _plain(button: QToolButton, words: str) -> None:
    button.setToolTip(words)
    button.setAccessibleName(words)
    button.setAutoRaise(True)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setMenu(QMenu(button))


def _choice(menu: QMenu, words: str, checked: bool) -> QAction:
    action = menu.addAction(words)
    action.setCheckable(True)
    action.setChecked(checked)
    return action
