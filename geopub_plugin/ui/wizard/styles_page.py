"""The styles of the WMS: of each table the layer's, another one, a file, or none."""

from __future__ import annotations

from typing import Dict

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtWidgets import QComboBox, QVBoxLayout, QWidget

from ...backend.translation import tr
from ...publish.style_choice import style_names
from ...publish.table_plan import FILE, LAYER, NAMED, NONE, StyleChoice, TablePlan
from .draft import Draft
from .plan_page import PlanPage


class StylesPage(PlanPage):
    """How the tables are drawn."""

    def __init__(self, draft: Draft) -> None:
        told = tr("How the maps are drawn. A style is checked as soon as it is chosen.")
        super().__init__(draft, tr("Styles"), told)
        form = self.form()
        self.fields: Dict[str, StyleField] = {}
        for table in draft.every_table:
            field = self.fields[table.table] = StyleField(draft, table)
            self.row(form, table.title or table.table, field, "style", table.table)
        note = tr("QML draws as QGIS does. An SLD is applied to its table whatever name it gives to the layer.")
        self.content.addWidget(self.note(note))
        self.content.addStretch()

    def show_plan(self) -> None:
        """Fill the fields from the draft."""
        for table in self.draft.every_table:
            self.fields[table.table].show_choice(table.style if self.draft.plan.styled else StyleChoice(NONE))


class StyleField(QWidget):
    """The choice of one style."""

    def __init__(self, draft: Draft, table: TablePlan) -> None:
        super().__init__()
        self._draft, self._table = draft, table.table
        self.combo = QComboBox(self)
        self.combo.addItem(tr("The style of the layer"), StyleChoice(LAYER))
        layer = draft.layer(table.table)
        for name in style_names(layer) if layer is not None else ():
            self.combo.addItem(tr("The layer's style “{name}”", name=name), StyleChoice(NAMED, name))
        self.combo.addItem(tr("A file (QML or SLD)"), StyleChoice(FILE))
        self.combo.addItem(tr("No style: GeoPub's own colours"), StyleChoice(NONE))
        self.file = QgsFileWidget(self)
        self.file.setFilter(tr("Styles (*.qml *.sld)"))
        self.file.setDialogTitle(tr("Choose a style"))
        self.file.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.combo)
        layout.addWidget(self.file)
        self.setFocusProxy(self.combo)
        self.combo.currentIndexChanged.connect(self._changed)
        self.file.fileChanged.connect(self._changed)

    @property
    def choice(self) -> StyleChoice:
        """The choice as it is now."""
        chosen: StyleChoice = self.combo.currentData()
        return StyleChoice(FILE, self.file.filePath()) if chosen.kind == FILE else chosen

    def show_choice(self, choice: StyleChoice) -> None:
        """Show a choice."""
        for widget in (self.combo, self.file):
            widget.blockSignals(True)
        wanted = StyleChoice(FILE) if choice.kind == FILE else choice
        places = (place for place in range(self.combo.count()) if self.combo.itemData(place) == wanted)
        self.combo.setCurrentIndex(next(places, 0))
        if choice.kind == FILE:
            self.file.setFilePath(choice.value)
        self.file.setVisible(choice.kind == FILE)
        for widget in (self.combo, self.file):
            widget.blockSignals(False)

    def _changed(self, *_value: object) -> None:
        self.file.setVisible(self.combo.currentData().kind == FILE)
        if not self._draft.plan.styled:  # nothing was styled so far: all others stay so
            for table in self._draft.every_table:
                self._draft.change_table(table.table, style=StyleChoice(NONE))
            self._draft.change(styled=True)
        self._draft.change_table(self._table, style=self.choice)
