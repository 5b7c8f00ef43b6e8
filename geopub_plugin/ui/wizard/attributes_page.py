"""The attributes of the tiles: the fewer there are, the smaller the tiles."""

from __future__ import annotations

from functools import partial
from typing import Dict

from qgis.PyQt.QtWidgets import QHBoxLayout, QPushButton

from ...backend.translation import tr
from ...publish.layer_plan import tile_fields
from .checklist import Checklist
from .draft import Draft
from .plan_page import PlanPage


class AttributesPage(PlanPage):
    """Which attributes the tiles carry."""

    def __init__(self, draft: Draft) -> None:
        told = tr("The fewer attributes the tiles carry, the smaller they are, and the better they are generalised.")
        super().__init__(draft, tr("Attributes of the tiles"), told)
        self.lists: Dict[str, Checklist] = {}
        for table in draft.every_table:
            layer = draft.layer(table.table)
            names = tile_fields(layer) if layer is not None else ()
            box, form = self.box(table.title or table.table)
            chosen = self.lists[table.table] = Checklist({name: name for name in names}, 10)
            chosen.edited.connect(partial(self._edited, table.table))
            buttons = QHBoxLayout()
            for text, keys in ((tr("All"), names), (tr("None"), ())):
                button = QPushButton(text, box)
                button.clicked.connect(partial(self._choose, table.table, keys))
                buttons.addWidget(button)
            buttons.addStretch()
            self.row(form, tr("Attributes"), chosen, "attributes", table.table, needed=True)
            form.addRow("", buttons)
        self.content.addStretch()

    def show_plan(self) -> None:
        """Fill the fields from the draft."""
        for table in self.draft.every_table:
            fields = self.lists[table.table]
            layer = self.draft.layer(table.table)
            known = tile_fields(layer) if layer is not None else ()
            fields.chosen = known if table.attributes is None else table.attributes

    def _choose(self, table: str, keys: tuple, _checked: bool = False) -> None:
        self.lists[table].chosen = keys
        self._edited(table)

    def _edited(self, table: str) -> None:
        fields = self.lists[table]
        chosen = fields.chosen
        every = len(chosen) == fields.count()
        self.draft.change_table(table, attributes=None if every else chosen)
