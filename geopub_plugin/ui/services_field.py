"""The choice of services, with the zoom levels of the tiles."""

from __future__ import annotations

from typing import Dict, Optional, Tuple

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from ..backend.translation import tr
from ..publish.layer_plan import LEVELS
from ..publish.proposal import SERVICES
from .fault_label import FaultLabel
from .icons import icon
from .measures import icon_size, scaled


class ServicesField(QWidget):
    """A box to check for each service."""

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.boxes: Dict[str, QCheckBox] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for name, text in (
            ("wfs", tr("WFS – the features, to query and download")),
            ("wms", tr("WMS – map images with the layer's style")),
            ("tms", tr("TMS – vector tiles, for fast web maps")),
        ):
            box = QCheckBox(text, self)
            box.setIcon(icon(name))
            box.setIconSize(icon_size())
            box.toggled.connect(self._check)
            layout.addWidget(box)
            self.boxes[name] = box
        self.setFocusProxy(self.boxes["wfs"])
        layout.addWidget(self._levels_row())
        self.label = FaultLabel(self)
        layout.addWidget(self.label)

    @property
    def services(self) -> Tuple[str, ...]:
        """The services that are checked."""
        return tuple(name for name in SERVICES if self.boxes[name].isChecked())

    @services.setter
    def services(self, names: Tuple[str, ...]) -> None:
        for name, box in self.boxes.items():
            box.setChecked(name in names)
        self._check()

    @property
    def levels(self) -> Tuple[int, int]:
        """Top and bottom level of the tiles."""
        return self.top.value(), self.bottom.value()

    @levels.setter
    def levels(self, levels: Tuple[int, int]) -> None:
        self.top.setValue(levels[0])
        self.bottom.setValue(levels[1])

    @property
    def fault(self) -> str:
        """What is wrong with the choice, "" when nothing is."""
        if not self.services:
            return tr("Choose one service at least.")
        if self.boxes["tms"].isChecked() and self.top.value() > self.bottom.value():
            return tr("The first zoom level cannot be larger than the last.")
        return ""

    def _levels_row(self) -> QWidget:
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(scaled(24), 0, 0, 0)
        self.top, self.bottom = QSpinBox(row), QSpinBox(row)
        for spin in (self.top, self.bottom):
            spin.setRange(*LEVELS)
            spin.valueChanged.connect(self._check)
        self.top.setToolTip(tr("The whole world is 0; each level doubles the scale."))
        self.bottom.setToolTip(tr("Maps zoom in further by enlarging the tiles of the last level."))
        for text, spin in ((tr("Zoom levels from"), self.top), (tr("to"), self.bottom)):
            label = QLabel(text, row)
            label.setBuddy(spin)
            layout.addWidget(label)
            layout.addWidget(spin)
        layout.addStretch()
        self._levels = row
        return row

    def _check(self, *_value: object) -> None:
        self._levels.setEnabled(self.boxes["tms"].isChecked())
        self.label.say(self.fault)
        self.changed.emit()
