"""Last page: everything at a glance, and what it will cost."""

from __future__ import annotations

from html import escape
from typing import List, Tuple

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QLabel, QPushButton

from ...backend.amounts import number_text, size_text, span_text
from ...backend.translation import tr
from ...publish.generalisations import generalisations
from ...publish.layer_plan import tile_fields
from ...publish.metadata.description import own_identifier
from ...publish.tile_cost import TableLoad, TileCost, tile_cost
from ..findings_dialog import FindingsDialog
from .draft import Draft
from .plan_page import PlanPage


class SummaryPage(PlanPage):
    """What will be published."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft, tr("Summary"), tr("Everything is ready."))
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.fault = self.fault_label("summary")
        self.check = QPushButton(tr("Check the data…"))
        self.check.clicked.connect(lambda _checked=False: self.open_checks())
        self.content.addWidget(self.text)
        self.content.addWidget(self.check, 0, Qt.AlignmentFlag.AlignLeft)
        self.content.addWidget(self.fault)
        self.content.addStretch()

    def show_plan(self) -> None:
        """Tell the draft."""
        rows = "".join(f"<tr><td><b>{escape(name)}</b></td><td>{text}</td></tr>" for name, text in self.rows())
        self.text.setText(f"<table cellpadding=4>{rows}</table>")

    def open_checks(self) -> FindingsDialog:
        """Check the layers as the store would, before anything is sent."""
        dialog = FindingsDialog(*self.draft.to_check(), self)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def page_faults(self) -> List[str]:
        """Return everything that is wrong on any page."""
        return [one.text for one in self.draft.faults]

    def show_faults(self) -> None:
        """Say what is left to mend."""
        faults = self.page_faults()
        self.setSubTitle(tr("Some pages need a look first.") if faults else tr("Everything is ready."))
        self.fault.say("\n".join(dict.fromkeys(faults)))
        self.completeChanged.emit()

    def rows(self) -> List[Tuple[str, str]]:
        """Return the lines of the summary."""
        plan = self.draft.plan
        names = ", ".join(escape(table.title or table.table) for table in plan.tables)
        found = [
            (tr("Title"), escape(plan.title)),
            (tr("Technical name"), escape(plan.layer_name)),
            (tr("Tables"), names),
            (tr("Services"), ", ".join(name.upper() for name in plan.services)),
        ]
        if "tms" in plan.services:
            found += self._tiles()
        own = own_identifier(plan.layer_name, self.draft.limits.identifier_prefix)
        record = escape(plan.description.identifier or own) if plan.record else tr("none")
        found.append((tr("Metadata record"), record))
        if plan.record:
            found.append((tr("Organisation"), escape(plan.description.organisation)))
        found.append((tr("Access"), tr("Restricted") if plan.access.restricted else tr("Everybody")))
        return found

    def _tiles(self) -> List[Tuple[str, str]]:
        plan, cost = self.draft.plan, self.cost()
        titles = {one.flags: one.title for one in generalisations()}
        told = tr("about {tiles}, {size}, {time}", tiles=_rounded(cost.tiles), size=size_text(cost.size),
                  time=span_text(cost.seconds))  # fmt: skip
        found = [
            (tr("Zoom levels"), self._levels()),
            (tr("Generalisation"), escape(titles.get(plan.flags, plan.flags or tr("as the server does")))),
        ]
        if plan.area:
            return [*found, (tr("Tiles"), tr("a sample; all of them later: {told}", told=told))]
        return [*found, (tr("Tiles"), told)]

    def _levels(self) -> str:
        """Return the levels, those of each table where they are not the same."""
        levels = [(table.title or table.table, *self.draft.levels(table)) for table in self.draft.plan.tables]
        told = [(name, tr("{top} to {bottom}", top=top, bottom=bottom)) for name, top, bottom in levels]
        alike = len({one for _name, one in told}) == 1
        return told[0][1] if alike else ", ".join(f"{escape(name)} ({one})" for name, one in told)

    def cost(self) -> TileCost:
        """Return about what the tiles cost."""
        loads = []
        for table in self.draft.plan.tables:
            layer = self.draft.layer(table.table)
            known = self.draft.detail(layer) if layer is not None else None
            if layer is not None and known is not None and known.detail is not None:
                attributes = len(tile_fields(layer) if table.attributes is None else table.attributes)
                loads.append(TableLoad(known.detail, known.vertices, attributes, *self.draft.levels(table)))
        return tile_cost(loads)


def _rounded(number: int) -> str:
    """Return a number of two digits that count, for an estimate has no more."""
    return number_text(round(number, -max(len(str(number)) - 2, 0)))
