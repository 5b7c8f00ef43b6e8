"""The zoom levels of each table, and what a map shows at the first and at the last of them."""

from __future__ import annotations

from functools import partial
from typing import Dict, Tuple

from qgis.PyQt.QtWidgets import QGroupBox, QHBoxLayout, QLabel, QSizePolicy, QSpinBox, QVBoxLayout, QWidget

from ...backend.translation import tr
from ...publish.publication_plan import LEVELS
from .draft import Draft
from .level_map import LevelMap
from .plan_page import PlanPage


class LevelsPage(PlanPage):
    """From where to where each table is in the tiles."""

    def __init__(self, draft: Draft) -> None:
        told = tr("Level 0 shows the whole world; each level doubles the scale. Maps enlarge the last one further in.")
        super().__init__(draft, tr("Zoom levels"), told)
        form = self.form()
        self.spins: Dict[str, Tuple[QSpinBox, QSpinBox]] = {}
        for table in draft.every_table:
            self.row(form, table.title or table.table, self._row(table.table), "table_levels", table.table)
        maps = QHBoxLayout()
        self.top_map, self.bottom_map = LevelMap(), LevelMap()
        self.top_box = self._framed(self.top_map, maps)
        self.bottom_box = self._framed(self.bottom_map, maps)
        self.content.addLayout(maps, 1)
        self._shown = draft.every_table[0].table if draft.every_table else ""

    def show_plan(self) -> None:
        """Fill the fields from the draft, and draw."""
        for name, spins in self.spins.items():
            table = next(one for one in self.draft.every_table if one.table == name)
            for spin, level in zip(spins, self.draft.levels(table)):
                spin.blockSignals(True)
                spin.setValue(level)
                spin.blockSignals(False)
        self._draw()

    def _row(self, table: str) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        top, bottom = QSpinBox(row), QSpinBox(row)
        for spin, name in ((top, tr("First level")), (bottom, tr("Last level"))):
            spin.setRange(*LEVELS)
            spin.setAccessibleName(name)
            spin.valueChanged.connect(partial(self._changed, table))
        for widget in (QLabel(tr("from"), row), top, QLabel(tr("to"), row), bottom):
            layout.addWidget(widget)
        layout.addStretch()
        row.setFocusProxy(top)
        self.spins[table] = (top, bottom)
        return row

    def _framed(self, level_map: LevelMap, layout: QHBoxLayout) -> QGroupBox:
        box = QGroupBox()
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        inner = QVBoxLayout(box)
        inner.addWidget(level_map)
        layout.addWidget(box)
        return box

    def _changed(self, table: str, _level: int) -> None:
        top, bottom = (spin.value() for spin in self.spins[table])
        self._shown = table
        self.draft.change_table(table, top_level=top, bottom_level=bottom)
        levels = [self.draft.levels(one) for one in self.draft.plan.tables]
        low, high = min(one[0] for one in levels), max(one[1] for one in levels)
        if low <= high:
            self.draft.change(top_level=low, bottom_level=high)
        self._draw()

    def _draw(self) -> None:
        layer = self.draft.layer(self._shown)
        top, bottom = (spin.value() for spin in self.spins[self._shown])
        self.top_box.setTitle(tr("First level: {level}", level=top))
        self.bottom_box.setTitle(tr("Last level: {level}", level=bottom))
        if layer is not None:
            self.top_map.show_level(layer, top)
            self.bottom_map.show_level(layer, bottom)
