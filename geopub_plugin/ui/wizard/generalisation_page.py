"""The generalisation of the tiles, each with a picture of what it does."""

from __future__ import annotations

from typing import Dict

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QPixmap
from qgis.PyQt.QtWidgets import QButtonGroup, QGridLayout, QLabel, QRadioButton

from ...backend.translation import tr
from ...publish.generalisations import FEW_ATTRIBUTES, Generalisation, generalisations
from .draft import Draft
from .plan_page import PlanPage

PICTURE = 240  # pixels wide, at most


class GeneralisationPage(PlanPage):
    """What shapes lose with every level up."""

    def __init__(self, draft: Draft) -> None:
        told = tr("What shapes lose with every level up. Each picture: without it on the left, with it on the right.")
        super().__init__(draft, tr("Generalisation"), told)
        self.group = QButtonGroup(self)
        self.buttons: Dict[str, QRadioButton] = {}  # by flags
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setVerticalSpacing(10)
        for row, one in enumerate(generalisations()):
            self._add(grid, row, one)
        self.content.addLayout(grid)
        self.advice = self.note("")
        self.content.addWidget(self.advice)
        self.content.addStretch()
        self.group.buttonToggled.connect(self._toggled)

    def show_plan(self) -> None:
        """Choose what the draft says; flags of nobody's are kept until another is chosen."""
        self.group.blockSignals(True)
        button = self.buttons.get(self.draft.plan.flags)
        if button is not None:
            button.setChecked(True)
        self.group.blockSignals(False)
        self._advise()

    def _add(self, grid: QGridLayout, row: int, one: Generalisation) -> None:
        button = QRadioButton(one.title)
        button.setProperty("flags", one.flags)
        button.setAccessibleDescription(one.explanation)
        font = button.font()
        font.setBold(True)
        button.setFont(font)
        self.group.addButton(button)
        self.buttons[one.flags] = button
        told = self.note(f"{one.explanation}\n{tr('For: {geometry}', geometry=one.geometry)}\n{one.flags}")
        told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        picture = QLabel()
        drawn = QPixmap(str(one.picture))
        picture.setPixmap(drawn.scaledToWidth(PICTURE, Qt.TransformationMode.SmoothTransformation))
        picture.setAccessibleName(tr("Without it on the left, with it on the right"))
        picture.mousePressEvent = lambda _event: button.setChecked(True)
        grid.addWidget(picture, 2 * row, 0, 2, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(button, 2 * row, 1)
        grid.addWidget(told, 2 * row + 1, 1, Qt.AlignmentFlag.AlignTop)

    def _toggled(self, button: QRadioButton, checked: bool) -> None:
        if checked:
            self.draft.change(flags=str(button.property("flags")))
            self._advise()

    def _advise(self) -> None:
        one = next((it for it in generalisations() if it.flags == self.draft.plan.flags), None)
        many = [table for table in self.draft.plan.tables if self._attributes(table.table) > FEW_ATTRIBUTES]
        text = tr("It works best with {count} attributes at most: choose fewer of them two pages before.",
                  count=FEW_ATTRIBUTES)  # fmt: skip
        self.advice.setText(f"⚠ {text}" if one is not None and one.few_attributes and many else "")

    def _attributes(self, table: str) -> int:
        chosen = self.draft.plan.table(table).attributes
        layer = self.draft.layer(table)
        return len(chosen) if chosen is not None else (layer.fields().count() if layer is not None else 0)
