"""First page: title, name and services, and what each table is called."""

from __future__ import annotations

from functools import partial
from typing import Dict, Optional

from qgis.core import QgsCoordinateReferenceSystem
from qgis.gui import QgsProjectionSelectionWidget
from qgis.PyQt.QtWidgets import QGroupBox, QLineEdit, QPlainTextEdit

from ...backend.translation import tr
from ...publish.proposal import slug
from ...publish.table_plan import TablePlan
from ..services_field import ServicesField
from .draft import Draft
from .plan_page import PlanPage
from .words_field import WordsField

LINES = 3  # of an abstract that are seen at a time


class TablesPage(PlanPage):
    """What is published, and under which names."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft, tr("Tables and services"), tr("What is published, and under which names."))
        self.named_by_hand = draft.update
        self.crs: Optional[QgsProjectionSelectionWidget] = None
        self._make_whole()
        self.content.addWidget(self.fault_label("tables"))
        self.boxes: Dict[str, TableBox] = {table.table: TableBox(self, table) for table in draft.every_table}
        self.content.addStretch()

    def show_plan(self) -> None:
        """Fill the fields from the draft."""
        plan = self.draft.plan
        self.title_line.setText(plan.title)
        self.service_title.setText(plan.service_title)
        self.service_title.setPlaceholderText(plan.title)
        self.name_line.setText(plan.layer_name)
        self.services.services = plan.services
        self.services.levels = (plan.top_level, plan.bottom_level)
        for box in self.boxes.values():
            box.show_table()

    def _make_whole(self) -> None:
        form = self.form()
        self.title_line, self.name_line, self.service_title = QLineEdit(), QLineEdit(), QLineEdit()
        self.name_line.setEnabled(not self.draft.update)
        self.services = ServicesField()
        self.row(form, tr("Title"), self.title_line, "title", needed=True)
        self.row(form, tr("Title of the services (optional)"), self.service_title)
        self.row(form, tr("Technical name"), self.name_line, "layer_name", needed=True)
        if self.draft.limits.needs_srs:
            self.crs = QgsProjectionSelectionWidget()
            self.crs.setCrs(QgsCoordinateReferenceSystem(self.draft.plan.srs))
            self.crs.crsChanged.connect(lambda crs: self.draft.change(srs=crs.authid()))
            self.row(form, tr("Coordinate system"), self.crs, "srs", needed=True)
        self.row(form, tr("Services"), self.services, needed=True)
        self.labels["services", ""] = self.services.label  # which says it by itself
        self.labels["levels", ""] = self.services.label
        self.title_line.textEdited.connect(self._title_edited)
        self.service_title.textEdited.connect(lambda text: self.draft.change(service_title=text.strip()))
        self.name_line.textEdited.connect(self._name_edited)
        self.services.changed.connect(self._services_changed)

    def _title_edited(self, title: str) -> None:
        self.draft.change(title=title)
        self.service_title.setPlaceholderText(title)
        if not self.named_by_hand:
            prefix = self.draft.limits.name_prefix
            self.name_line.setText(f"{prefix}.{slug(title)}" if prefix else slug(title))
            self.draft.change(layer_name=self.name_line.text())

    def _name_edited(self, name: str) -> None:
        self.named_by_hand = True
        self.draft.change(layer_name=name.strip())

    def _services_changed(self) -> None:
        top, bottom = self.services.levels
        plan = self.draft.plan
        if (self.services.services, top, bottom) != (plan.services, plan.top_level, plan.bottom_level):
            self.draft.change(services=self.services.services, top_level=top, bottom_level=bottom)

    def show_faults(self) -> None:
        """Say beside each field what is wrong with it."""
        super().show_faults()
        self.services.label.say(self.services.fault)


class TableBox:
    """The fields of one table."""

    def __init__(self, page: TablesPage, table: TablePlan) -> None:
        self._page, self._name = page, table.table
        several = len(page.draft.every_table) > 1
        self.box, form = page.box(tr("Table “{table}”", table=table.table) if several else tr("Table"))
        self.title, self.public_name, self.words = QLineEdit(), QLineEdit(), WordsField()
        self.abstract = QPlainTextEdit()
        self.abstract.setTabChangesFocus(True)
        self.abstract.setFixedHeight(self.abstract.fontMetrics().lineSpacing() * LINES + 16)
        page.row(form, tr("Title of the table"), self.title, "table_title", self._name, needed=True)
        page.row(form, tr("Public name (optional)"), self.public_name, "public_name", self._name)
        page.row(form, tr("Summary of its content (optional)"), self.abstract)
        page.row(form, tr("Keywords (optional)"), self.words)
        change = partial(page.draft.change_table, self._name)
        self.title.textEdited.connect(lambda text: change(title=text.strip()))
        self.public_name.textEdited.connect(lambda text: change(public_name=text.strip()))
        self.abstract.textChanged.connect(lambda: change(abstract=self.abstract.toPlainText().strip()))
        self.words.edited.connect(lambda: change(keywords=self.words.words))
        if several:
            self._let_choose(self.box)

    def show_table(self) -> None:
        """Fill the fields from the draft."""
        plan = self._page.draft.plan
        table = next(one for one in self._page.draft.every_table if one.table == self._name)
        self.title.setText(table.title)
        self.public_name.setText(table.public_name)
        self.public_name.setPlaceholderText(self._name if len(plan.tables) > 1 else plan.layer_name)
        self.abstract.blockSignals(True)
        self.abstract.setPlainText(table.abstract)
        self.abstract.blockSignals(False)
        self.words.words = table.keywords
        if self.box.isCheckable():
            self.box.setChecked(any(one.table == self._name for one in plan.tables))

    def _let_choose(self, box: QGroupBox) -> None:
        box.setCheckable(True)
        box.setChecked(True)
        box.toggled.connect(lambda chosen: self._page.draft.choose_table(self._name, chosen))
