"""Where the description comes from: the layers, a record of the store, a file, or nowhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Optional

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtWidgets import QComboBox, QRadioButton

from ...backend.errors import GeoPubError
from ...backend.translation import tr
from ...publish.background import BackgroundCall
from ...publish.layer_description import proposed_description
from ...publish.metadata.description import Description
from ...publish.metadata.iso_reading import ReadRecord, read_record
from .draft import Draft
from .plan_page import PlanPage

LARGEST = 5_000_000  # bytes of a document


class SourcePage(PlanPage):
    """What fills the next pages."""

    def __init__(self, draft: Draft) -> None:
        told = tr("A record makes the data known in catalogues. The next pages show what is known.")
        super().__init__(draft, tr("Source of the metadata"), told)
        self._before = draft.plan.description  # what was there when the wizard was opened
        self._call: Optional[BackgroundCall] = None
        self.layers = QRadioButton(tr("From the layer and the project"))
        self.record = QRadioButton(tr("From a record of the store"))
        self.file = QRadioButton(tr("From a file (ISO 19139)"))
        self.none = QRadioButton(tr("No metadata record"))
        self.records = QComboBox()
        self.path = QgsFileWidget()
        self.path.setFilter(tr("Metadata (*.xml)"))
        self.path.setDialogTitle(tr("Choose a metadata file"))
        self.fault = self.fault_label("source")
        for widget in (self.layers, self.record, self.records, self.file, self.path, self.none, self.fault):
            self.content.addWidget(widget)
        self.content.addStretch()
        self.records.setAccessibleName(self.record.text())
        self.path.setAccessibleName(self.file.text())
        for button in (self.layers, self.record, self.file, self.none):
            button.toggled.connect(self._toggled)
        self.records.activated.connect(lambda _index: self._read_record())
        self.path.fileChanged.connect(lambda _path: self._read_file())
        draft.facts_known.connect(self._show_records)
        self._said = ""
        (self.layers if draft.plan.record or not draft.update else self.none).setChecked(True)

    def show_plan(self) -> None:
        """Show what there is to choose."""
        self._show_records()

    def page_faults(self) -> list:
        """Return why nothing could be read."""
        return [self._said] if self._said else []

    def show_faults(self) -> None:
        """Say why nothing could be read."""
        self.fault.say(self._said)
        self.completeChanged.emit()

    def _show_records(self) -> None:
        known = [self.records.itemText(place) for place in range(self.records.count())]
        if known != sorted(self.draft.records):
            self.records.clear()
            self.records.addItems(sorted(self.draft.records))
        self.record.setEnabled(bool(self.draft.records))
        self._show_choice()

    def _show_choice(self) -> None:
        self.records.setVisible(self.record.isChecked())
        self.path.setVisible(self.file.isChecked())

    def _toggled(self, chosen: bool) -> None:
        if not chosen:
            return
        self._show_choice()
        self._call = None  # a record that is still being read is not wanted any more
        self._say("")
        self.draft.change(record=not self.none.isChecked())
        if self.layers.isChecked():
            known = self._before if self._before != Description() else None
            self._take(ReadRecord("", known or proposed_description(self.draft.layers)))
        elif self.record.isChecked():
            self._read_record()
        elif self.file.isChecked():
            self._read_file()

    def _read_file(self) -> None:
        if not self.path.filePath():
            self._say(tr("Choose a file."))
            return
        try:
            path = Path(self.path.filePath())
            if path.stat().st_size > LARGEST:
                self._say(tr("The file is too large to be a metadata record."))
                return
            self._take(read_record(path.read_bytes(), self._before))
        except OSError:
            self._say(tr("The file cannot be read."))
        except GeoPubError as error:
            self._say(str(error))

    def _read_record(self) -> None:
        address, identifier = self.draft.address, self.draft.records.get(self.records.currentText(), "")
        if address is None or not identifier:
            return
        before = self._before
        self._say(tr("The record is being read…"))

        def read(call: BackgroundCall) -> ReadRecord:
            with address.open(call.cancelled) as store:
                return read_record(store.records.document(identifier), before)

        self._call = BackgroundCall(tr("Metadata record"), read)
        self._call.answered.connect(self._record_read)
        self._call.refused.connect(self._not_read)
        self._call.start()

    def _record_read(self, record: ReadRecord) -> None:
        if self.sender() is self._call:  # else another choice was made meanwhile
            self._take(record)

    def _not_read(self, error: GeoPubError) -> None:
        if self.sender() is self._call:
            self._say(str(error))

    def _take(self, read: ReadRecord) -> None:
        description = read.description
        prefix = self.draft.limits.identifier_prefix
        if prefix and description.identifier and not description.identifier.startswith(f"{prefix}."):
            description = replace(description, identifier=f"{prefix}.{description.identifier}")
        self.draft.change(description=description)
        self._say("")

    def _say(self, fault: str) -> None:
        self._said = fault
        self.show_faults()
