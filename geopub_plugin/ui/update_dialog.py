"""What of a publication is to be brought up to date: data, style, or what is said of it; preset from what changed."""

from __future__ import annotations

from typing import FrozenSet, Optional

from qgis.core import QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QCheckBox, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget

from ..backend.faults import blocking
from ..backend.translation import tr
from ..publish.layer_faults import layer_faults
from ..publish.layer_memory import LayerChanges, changes, memory
from ..publish.publication_call import DATA, METADATA, STYLE
from ..publish.publication_plan import LayerPlan
from ..publish.store_source import StoreSource
from .dialog import Dialog
from .fault_label import FaultLabel
from .icons import icon
from .notes import Notes
from .wizard.draft import Draft
from .wizard.wizard import PublicationWizard


class UpdateDialog(Dialog):
    """Asks what of a published layer is to be published again; `plan` and `parts` hold the answer once accepted."""

    least = (480, 0)

    def __init__(
        self, layer: QgsVectorLayer, source: Optional[StoreSource] = None, parent: Optional[QWidget] = None
    ) -> None:
        """Look at what of `layer`, and of those published with it, has changed since."""
        super().__init__(parent)
        self.draft = Draft([layer], self)
        self.wizard: Optional[PublicationWizard] = None
        self._before = self.draft.plan
        self.setWindowTitle(tr("Update “{title}”", title=self._before.title))
        self.setWindowIcon(icon("publish"))
        self._changes = self._look()
        self._make_fields()
        self._lay_out()
        self._preset()
        if source is not None:
            self.draft.ask(source)

    @property
    def plan(self) -> LayerPlan:
        """How it is to be published."""
        return self.draft.plan

    @property
    def parts(self) -> FrozenSet[str]:
        """What of it is to be published."""
        boxes = ((DATA, self.data), (STYLE, self.style), (METADATA, self.metadata))
        return frozenset(part for part, box in boxes if box.isChecked())

    def done(self, result: int) -> None:
        """Close, and ask the store no more."""
        self.draft.close()
        super().done(result)

    def open_wizard(self) -> None:
        """Change what is said of the data, and how it is published."""
        self.wizard = PublicationWizard(self.draft, self)
        self.wizard.accepted.connect(self._changed_by_hand)
        self.wizard.rejected.connect(lambda: self.draft.take(self._before))
        self.wizard.finished.connect(self.wizard.deleteLater)
        self.wizard.open()

    def _look(self) -> LayerChanges:
        found = [changes(layer, kept) for layer in self.draft.layers for kept in [memory(layer)] if kept is not None]
        parts = ("data", "style", "schema", "metadata")
        return LayerChanges(**{part: any(getattr(one, part) for one in found) for part in parts})

    def _make_fields(self) -> None:
        self.notes = Notes(self)
        self._faults = tuple(fault for layer in self.draft.layers for fault in layer_faults(layer))
        self.notes.say(self._faults)
        said = tr("changed since it was published"), tr("as published")
        new = [said[0] if it else said[1] for it in (self._changes.data or self._changes.schema, self._changes.style)]
        self.data = QCheckBox(tr("Data ({state})", state=new[0]), self)
        self.style = QCheckBox(tr("Style ({state})", state=new[1]), self)
        self.metadata = QCheckBox(tr("Title, metadata and access"), self)
        self.edit = QPushButton(tr("All settings…"), self)
        self.edit.setAutoDefault(False)
        self.told = QLabel(tr("The addresses stay the same; the former version can be brought back."), self)
        self.told.setWordWrap(True)
        self.fault = FaultLabel(self)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(tr("Cancel"))
        self.update_button = self.buttons.addButton(tr("Update"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.update_button.setDefault(True)
        self.update_button.setIcon(icon("publish"))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.edit.clicked.connect(lambda _checked=False: self.open_wizard())
        for box in (self.data, self.style, self.metadata):
            box.toggled.connect(self._check)
        self.draft.changed.connect(self._check)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        for widget in (self.notes, self.data, self.style, self.metadata):
            layout.addWidget(widget)
        layout.addWidget(self.edit, 0, Qt.AlignmentFlag.AlignLeft)
        for widget in (self.fault, self.told):
            layout.addWidget(widget)
        layout.addStretch()
        layout.addWidget(self.buttons)

    def _preset(self) -> None:
        self.data.setChecked(self._changes.data or self._changes.schema)
        self.style.setChecked(self._changes.style)
        self.style.setEnabled(self._before.styled)
        self.metadata.setChecked(self._changes.metadata)
        self._check()

    def _changed_by_hand(self) -> None:
        """Choose what the wizard has changed: tiles made in another way need the data."""
        before, now = self._before, self.draft.plan
        tiles = [(one.attributes, one.top_level, one.bottom_level) for one in now.tables]
        tiles_before = [(one.attributes, one.top_level, one.bottom_level) for one in before.tables]
        rest = (now.services, now.flags, now.area, now.srs, now.top_level, now.bottom_level, tiles)
        if rest != (before.services, before.flags, before.area, before.srs, before.top_level, before.bottom_level,
                    tiles_before):  # fmt: skip
            self.data.setChecked(True)
        if [one.style for one in now.tables] != [one.style for one in before.tables] or now.styled != before.styled:
            self.style.setChecked(True)
        said = (now.title, now.service_title, now.description, now.record, now.access)
        told = (before.title, before.service_title, before.description, before.record, before.access)
        if said != told or now.tables != before.tables:
            self.metadata.setChecked(True)
        self._before = now

    def _check(self, *_value: object) -> None:
        self.fault.say(next((one.text for one in self.draft.faults), ""))
        sent = not self.data.isChecked() or not blocking(self._faults)
        self.update_button.setEnabled(bool(self.parts) and not self.draft.faults and sent)
