"""How much of the datastore is used: storages and services, each with its limit."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QGridLayout, QLabel, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from ..backend.amounts import number_text, size_text
from ..backend.translation import tr
from ..publish.client.allowances import BYTES, Allowance
from .measures import scaled

FULL = 0.9  # from here on it is said that there is little room left
UNLIMITED = 10_000  # services: what a backend of one's own allows is no limit that anybody meets
RANGE = 1000


class RoomView(QScrollArea):
    """A bar for each storage and each kind of service."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.lines: List[QLabel] = []
        self.show_room(())

    def show_room(self, allowances: Sequence[Allowance]) -> None:
        """Show how much is used; private endpoints that nobody uses are left out."""
        body = QWidget(self)
        grid = QGridLayout()
        self.lines = []
        shown = [one for one in allowances if one.unit == BYTES or one.use or not _private(one, allowances)]
        for row, one in enumerate(shown):
            name, used = QLabel(room_name(one), body, wordWrap=True), QLabel(used_text(one), body)
            used.setAlignment(Qt.AlignmentFlag.AlignRight)
            bar = QProgressBar(body)
            bar.setRange(0, RANGE)
            bar.setValue(round(one.share * RANGE))
            bar.setTextVisible(False)
            bar.setAccessibleName(name.text())
            bar.setFixedHeight(scaled(8))
            grid.addWidget(name, 2 * row, 0)
            grid.addWidget(used, 2 * row, 1)
            bar.setVisible(not unlimited(one))  # nothing to fill
            grid.addWidget(bar, 2 * row + 1, 0, 1, 2)
            self.lines.append(used)
        grid.setColumnStretch(0, 1)
        column = QVBoxLayout(body)
        if any(one.share >= FULL for one in shown):
            column.addWidget(
                QLabel(tr("There is little room left: delete what is no longer needed."), body, wordWrap=True)
            )
        column.addLayout(grid)
        if not shown:
            column.addWidget(
                QLabel(tr("What is used is shown here as soon as the store has answered."), body, wordWrap=True)
            )
        column.addStretch()
        self.setWidget(body)


def room_name(one: Allowance) -> str:
    """Return a storage or an endpoint in the user's language; one that an administrator has named keeps its name."""
    return room_names().get(one.name, one.name)


def room_names() -> Dict[str, str]:
    """Return the words for what stores of GeoPub have, by its name: French, as clients of the platform look for it."""
    return {
        "Bases vecteur": tr("Vector data"),
        "Pyramides": tr("Tile pyramids"),
        "Livraisons": tr("Uploads"),
        "Annexes": tr("Styles and other files"),
        "Service WFS": tr("WFS service"),
        "Service WMS vecteur": tr("WMS service"),
        "Service TMS et WMTS": tr("TMS and WMTS service"),
        "Catalogue de métadonnées": tr("Metadata catalogue"),
        "Service WFS privé": tr("WFS service, restricted"),
        "Service WMS vecteur privé": tr("WMS service, restricted"),
        "Service TMS et WMTS privé": tr("TMS and WMTS service, restricted"),
    }


def used_text(one: Allowance) -> str:
    """Return how much is used of how much, in words."""
    if one.unit == BYTES:
        use, quota = size_text(one.use), size_text(one.quota)
    else:
        use, quota = number_text(one.use), number_text(one.quota)
    return use if unlimited(one) else tr("{use} of {quota}", use=use, quota=quota)


def unlimited(one: Allowance) -> bool:
    """Return whether nobody will meet the limit."""
    return one.quota <= 0 or (one.unit != BYTES and one.quota >= UNLIMITED)


def _private(one: Allowance, allowances: Sequence[Allowance]) -> bool:
    """Return whether an endpoint is the second of its kind: the open ones come first."""
    return next(other for other in allowances if other.kind == one.kind) is not one
