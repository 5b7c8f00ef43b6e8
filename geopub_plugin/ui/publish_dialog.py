"""Express: one page between layers and their services, every default filled in, each fault beside its field."""

from __future__ import annotations

from typing import Mapping, Optional, Sequence, Union

from qgis.core import QgsCoordinateReferenceSystem, QgsVectorLayer
from qgis.gui import QgsProjectionSelectionWidget
from qgis.PyQt.QtGui import QCloseEvent
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from ..backend.faults import blocking
from ..backend.translation import tr
from ..publish.layer_faults import layer_faults
from ..publish.metadata.description import description_faults
from ..publish.proposal import slug
from ..publish.publication_plan import LayerPlan
from ..publish.store_source import StoreSource
from .dialog import Dialog
from .fault_label import FaultLabel
from .findings_dialog import FindingsDialog
from .generalisation_field import GeneralisationField
from .guide import open_guide
from .icons import icon
from .name_field import NameField
from .notes import Notes
from .services_field import ServicesField
from .wizard.draft import Draft
from .wizard.wizard import PublicationWizard


class PublishDialog(Dialog):
    """Asks how layers are to be published; `plan` holds the answer once accepted."""

    least = (560, 0)

    def __init__(
        self,
        layers: Union[QgsVectorLayer, Sequence[QgsVectorLayer]],
        taken: Optional[Mapping[str, str]] = None,
        parent: Optional[QWidget] = None,
        source: Optional[StoreSource] = None,
    ) -> None:
        """Propose a plan.

        Args:
            layers: one layer, or several that become the tables of one datasheet.
            taken: to which datasheet each technical name already belongs.
            parent: of the dialog.
            source: of the store, which is asked what it allows.
        """
        super().__init__(parent)
        self.draft = Draft([layers] if isinstance(layers, QgsVectorLayer) else list(layers), self)
        self.draft.limit(taken=dict(taken or {}))
        self._update = self.draft.update
        self._faults = tuple(fault for layer in self.draft.layers for fault in layer_faults(layer))
        self.wizard: Optional[PublicationWizard] = None
        self._where_to = source.target.title if source is not None and not source.target.embedded else ""
        self.setWindowTitle(tr("Publish “{layer}”", layer=self._name_of_layers()))
        self.setWindowIcon(icon("publish"))
        self._make_fields()
        self._lay_out()
        self._fill()
        self._connect()
        self._check()
        if source is not None:
            self.draft.ask(source)

    @property
    def plan(self) -> LayerPlan:
        """The plan as the fields say it."""
        return self.draft.plan

    def know(self, taken: Mapping[str, str]) -> None:
        """Hear, once the engine answers, to which datasheet each technical name belongs."""
        self.draft.limit(taken=dict(taken))

    def done(self, result: int) -> None:
        """Close, with the wizard if it is open, and ask the store no more."""
        self.draft.close()
        wizard, self.wizard = self.wizard, None
        if wizard is not None and wizard.isVisible():
            wizard.rejected.disconnect(self._come_back)
            wizard.reject()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        """End, though the wizard hides the dialog: Qt rejects only dialogs that are seen."""
        event.accept()
        self.reject()

    def open_wizard(self) -> None:
        """Go on in the wizard with what is here; cancelled there, the dialog comes back."""
        self.wizard = PublicationWizard(self.draft, self.parentWidget() or self)
        self.wizard.accepted.connect(self.accept)
        self.wizard.rejected.connect(self._come_back)
        self.wizard.finished.connect(self.wizard.deleteLater)
        self.hide()
        self.wizard.open()

    def open_checks(self) -> FindingsDialog:
        """Check the layers as the store would, before anything is sent."""
        dialog = FindingsDialog(*self.draft.to_check(), self)
        dialog.finished.connect(self._look_again)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def _look_again(self) -> None:
        """Tell what is left of the layers' faults: some may be mended."""
        self._faults = tuple(fault for layer in self.draft.layers for fault in layer_faults(layer))
        self.notes.say(self._faults)
        self._check()

    # Building ---------------------------------------------------------------------------------------------------

    def _make_fields(self) -> None:
        self.notes = Notes(self)
        self.notes.say(self._faults)
        self.title, self.title_fault = QLineEdit(self), FaultLabel(self)
        self.name = NameField(lambda _name: self.draft.fault("layer_name"), self)
        self.name.setEnabled(not self._update)
        self.name.line.setToolTip(tr("Part of the addresses of the services; it cannot be changed later."))
        self.tables, self.tables_fault = QLabel(self, wordWrap=True), FaultLabel(self)
        self.services = ServicesField(self)
        self.flags = GeneralisationField(self)
        self.styled = QCheckBox(tr("Publish with the layer's style"), self)
        self.crs: Optional[QgsProjectionSelectionWidget] = None
        if self.draft.limits.needs_srs:
            self.crs = QgsProjectionSelectionWidget(self)
            self.crs.setCrs(QgsCoordinateReferenceSystem(self.draft.plan.srs))
        self.crs_fault = FaultLabel(self)
        self.record, self.where = QLabel(self, wordWrap=True), QLabel(self, wordWrap=True)
        standard = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(standard.Cancel | standard.Help, self)
        self.buttons.button(standard.Help).setText(tr("Help"))
        self.publish = self.buttons.addButton(
            tr("Update") if self._update else tr("Publish"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.publish.setIcon(icon("publish"))
        self.publish.setDefault(True)
        self.more = self.buttons.addButton(tr("All settings…"), QDialogButtonBox.ButtonRole.ActionRole)
        self.check = self.buttons.addButton(tr("Check…"), QDialogButtonBox.ButtonRole.ActionRole)
        for button in (self.more, self.check):
            button.setAutoDefault(False)
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(tr("Cancel"))

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.addWidget(self.notes)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Title"), self.title)
        form.addRow("", self.title_fault)
        form.addRow(tr("Technical name"), self.name)
        if len(self.draft.every_table) > 1:
            form.addRow(tr("Tables"), self.tables)
        else:
            self.tables.hide()
        form.addRow("", self.tables_fault)
        if self.crs is not None:
            form.addRow(tr("Coordinate system"), self.crs)
            form.addRow("", self.crs_fault)
        form.addRow(tr("Services"), self.services)
        form.addRow(tr("Generalisation"), self.flags)
        form.addRow(tr("Style"), self.styled)
        form.addRow(tr("Metadata"), self.record)
        form.addRow(tr("Where"), self.where)
        layout.addLayout(form)
        layout.addStretch()
        layout.addWidget(self.buttons)

    def _fill(self) -> None:
        plan = self.draft.plan
        self.title.setText(plan.title)
        self.name.name = plan.layer_name
        self.services.services = plan.services
        self.services.levels = (plan.top_level, plan.bottom_level)
        self.flags.flags = plan.flags
        self.styled.setChecked(plan.styled)
        self._named_by_hand = self._update

    def _connect(self) -> None:
        self.title.textEdited.connect(self._title_edited)
        self.title.textChanged.connect(lambda text: self._tell(title=text.strip()))
        self.name.line.textEdited.connect(self._name_edited)
        self.name.changed.connect(lambda: self._tell(layer_name=self.name.name))
        self.services.changed.connect(self._services_changed)
        self.flags.activated.connect(lambda _index: self._tell(flags=self.flags.flags))
        self.styled.toggled.connect(lambda styled: self._tell(styled=styled))
        if self.crs is not None:
            self.crs.crsChanged.connect(lambda crs: self._tell(srs=crs.authid()))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.buttons.helpRequested.connect(lambda: open_guide("publish", self))
        self.more.clicked.connect(lambda _checked=False: self.open_wizard())
        self.check.clicked.connect(lambda _checked=False: self.open_checks())
        self.draft.changed.connect(self._check)
        self.draft.facts_known.connect(self._fill_name)

    # Changes ----------------------------------------------------------------------------------------------------

    def _tell(self, **fields: object) -> None:
        if any(getattr(self.draft.plan, name) != value for name, value in fields.items()):
            self.draft.change(**fields)

    def _title_edited(self, title: str) -> None:
        self._tell(title=title.strip())
        if not self._named_by_hand:
            prefix = self.draft.limits.name_prefix
            self.name.name = f"{prefix}.{slug(title)}" if prefix else slug(title)

    def _name_edited(self, _name: str) -> None:
        self._named_by_hand = True

    def _fill_name(self) -> None:
        """Show the name again: the store may ask for a prefix."""
        self.name.name = self.draft.plan.layer_name

    def _services_changed(self) -> None:
        """Take services and levels; a table that had levels of its own follows those of the whole."""
        top, bottom = self.services.levels
        if (top, bottom) != (self.draft.plan.top_level, self.draft.plan.bottom_level):
            for table in self.draft.every_table:
                self.draft.change_table(table.table, top_level=None, bottom_level=None)
        self._tell(services=self.services.services, top_level=top, bottom_level=bottom)

    def _come_back(self) -> None:
        self.wizard = None
        self._fill()
        self.show()

    # Checks -----------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        draft = self.draft
        self.title_fault.say(draft.fault("title"))
        self.name.label.say(draft.fault("layer_name"))
        self.services.label.say(self.services.fault)
        self.crs_fault.say(draft.fault("srs"))
        self.tables_fault.say(draft.fault("tables") or self._elsewhere())
        self.tables.setText(", ".join(table.title or table.table for table in draft.plan.tables))
        self.flags.setEnabled("tms" in draft.plan.services)
        self.record.setText(self._said_of_record())
        self.where.setText(self._where())
        self.publish.setEnabled(not draft.faults and not blocking(self._faults))

    def _elsewhere(self) -> str:
        """Return a fault of a field that only the wizard shows."""
        own = ("title", "layer_name", "services", "levels", "srs", "tables")
        said = {one.text for one in self.draft.faults if one.field in own}  # a single table is called like the services
        other = (one.text for one in self.draft.faults if one.field not in own and one.text not in said)
        return next((f"{text} ({tr('All settings…')})" for text in other), "")

    def _said_of_record(self) -> str:
        plan = self.draft.plan
        if plan.record:
            return tr("A record is published for {organisation}.", organisation=plan.description.organisation)
        lacking = description_faults(plan.description, self.draft.limits.identifier_prefix)
        return tr("No record: fill it in under All settings.") if lacking else tr("No record.")

    def _where(self) -> str:
        plan = self.draft.plan
        if self._update or plan.layer_name in self.draft.limits.taken:
            if self._where_to:
                return tr("Updates “{datasheet}” on {target}: its addresses stay the same.",
                          datasheet=plan.datasheet, target=self._where_to)  # fmt: skip
            told = tr("Updates “{datasheet}” on this computer: its addresses stay the same.", datasheet=plan.datasheet)
            return told
        return self._where_to or tr("On this computer: nothing leaves it.")

    def _name_of_layers(self) -> str:
        names = [layer.name() for layer in self.draft.layers]
        return names[0] if len(names) == 1 else self.draft.plan.title
