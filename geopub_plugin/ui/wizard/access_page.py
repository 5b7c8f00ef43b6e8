"""Who may see the services."""

from __future__ import annotations

from dataclasses import replace

from qgis.PyQt.QtCore import QDate, Qt
from qgis.PyQt.QtWidgets import QCheckBox, QDateEdit, QHBoxLayout, QLineEdit, QRadioButton, QWidget

from ...backend.translation import tr
from ..moments import day_format
from .draft import Draft
from .plan_page import PlanPage

ISO = Qt.DateFormat.ISODate
MONTHS = 6  # for which the platform's own forms let the community in


class AccessPage(PlanPage):
    """Everybody, or who carries a key."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft, tr("Access"), tr("Who is to see these services?"))
        self.everybody = QRadioButton(tr("Everybody"))
        self.restricted = QRadioButton(tr("Restricted: who has a key and a permission"))
        for button in (self.everybody, self.restricted):
            self.content.addWidget(button)
        self.content.addWidget(self.fault_label("access"))
        self.terms = QWidget()
        form = self.form(self.terms)
        self.licence = QLineEdit()
        self.licence.setPlaceholderText(tr("Use of {layer}", layer=draft.plan.layer_name))
        self.row(form, tr("Licence"), self.licence)
        self.row(form, tr("For your community until"), self._end_row())
        self.content.addWidget(self.terms)
        self.warning = self.note(
            tr("Changing who may see a service changes its address, and ends the permissions given for it.")
        )
        self.content.addWidget(self.warning)
        self.content.addStretch()
        self.restricted.toggled.connect(self._changed)
        self.licence.textEdited.connect(self._changed)
        self.ends.toggled.connect(self._changed)
        self.end.dateChanged.connect(self._changed)

    def show_plan(self) -> None:
        """Fill the fields from the draft."""
        access = self.draft.plan.access
        for widget in (self.restricted, self.licence, self.ends, self.end):
            widget.blockSignals(True)
        (self.restricted if access.restricted else self.everybody).setChecked(True)
        self.licence.setText(access.licence)
        end = QDate.fromString(access.end_date, ISO) if access.end_date else QDate.currentDate().addMonths(MONTHS)
        self.end.setDate(end)
        self.ends.setChecked(bool(access.end_date) or not access.restricted)
        for widget in (self.restricted, self.licence, self.ends, self.end):
            widget.blockSignals(False)
        self.terms.setVisible(access.restricted)
        self.warning.setVisible(self.draft.update)

    def _end_row(self) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        self.ends, self.end = QCheckBox(row), QDateEdit(row)
        self.ends.setAccessibleName(tr("The permission ends"))
        self.end.setCalendarPopup(True)
        self.end.setDisplayFormat(day_format())
        layout.addWidget(self.ends)
        layout.addWidget(self.end)
        layout.addStretch()
        row.setFocusProxy(self.ends)
        return row

    def _changed(self, *_value: object) -> None:
        restricted = self.restricted.isChecked()
        self.terms.setVisible(restricted)
        self.end.setEnabled(self.ends.isChecked())
        end = self.end.date().toString(ISO) if restricted and self.ends.isChecked() else ""
        licence = self.licence.text().strip() if restricted else ""
        self.draft.change(access=replace(self.draft.plan.access, restricted=restricted, licence=licence, end_date=end))
