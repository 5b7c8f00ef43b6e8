"""What every page of the wizard has: the draft, a scrolled form, and faults beside their fields."""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QFormLayout,
    QFrame,
    QGroupBox,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
    QWizardPage,
)

from ..fault_label import FaultLabel
from .draft import Draft

MARK = " *"  # of a field that has to be filled in


class PlanPage(QWizardPage):
    """Shows a part of the draft; complete when none of its fields has a fault."""

    def __init__(self, draft: Draft, title: str, subtitle: str = "") -> None:
        """Show `title` above the page, and what it is about beneath."""
        super().__init__()
        self.draft = draft
        self.setTitle(title)
        self.setSubTitle(subtitle)
        self.labels: Dict[Tuple[str, str], FaultLabel] = {}
        self._content = QWidget()
        self.content = QVBoxLayout(self._content)
        self.content.setContentsMargins(0, 0, 6, 0)
        area = QScrollArea(self)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)  # at 200 % or on a small screen nothing is out of reach
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(self._content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        draft.changed.connect(self.show_faults)

    def initializePage(self) -> None:
        """Show the draft as it is now."""
        self.show_plan()
        self.show_faults()

    def show_plan(self) -> None:
        """Fill the fields from the draft; pages with fields do."""

    def isComplete(self) -> bool:
        """Tell whether nothing is wrong here."""
        return not self.page_faults()

    def page_faults(self) -> List[str]:
        """Return what is wrong with the fields of this page."""
        return [text for text in (self.draft.fault(*key) for key in self.labels) if text]

    def show_faults(self) -> None:
        """Say beside each field what is wrong with it."""
        for (field, table), label in self.labels.items():
            label.say(self.draft.fault(field, table))
        self.completeChanged.emit()

    # Building ---------------------------------------------------------------------------------------------------

    def form(self, parent: Optional[QWidget] = None) -> QFormLayout:
        """Return a new form: of the page, or of a box."""
        form = QFormLayout(parent) if parent is not None else QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        if parent is None:
            self.content.addLayout(form)
        return form

    def box(self, title: str) -> Tuple[QGroupBox, QFormLayout]:
        """Return a new box with a form, as for one table."""
        box = QGroupBox(title.replace("&", "&&"), self._content)
        self.content.addWidget(box)
        return box, self.form(box)

    def row(
        self, form: QFormLayout, text: str, widget: QWidget, field: str = "", table: str = "", needed: bool = False
    ) -> None:
        """Add a field to a form; its fault, if it can have one, is said under it."""
        shown = text.replace("&", "&&")  # of a layer's title: a single one would mark a letter
        label = QLabel(f"{shown}{MARK}" if needed else shown, self._content)
        label.setBuddy(widget)
        widget.setAccessibleName(text)
        form.addRow(label, widget)
        if field:
            form.addRow("", self.fault_label(field, table))

    def fault_label(self, field: str, table: str = "") -> FaultLabel:
        """Return the place where the fault of a field is said."""
        label = FaultLabel(self._content)
        self.labels[field, table] = label
        return label

    def note(self, text: str) -> QLabel:
        """Return a new line of explanation."""
        label = QLabel(text, self._content)
        label.setWordWrap(True)
        return label
