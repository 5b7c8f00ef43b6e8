"""The one dialog between a layer and its services: every default filled in, each fault beside its field."""

from __future__ import annotations

from typing import Mapping, Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsVectorLayer
from qgis.gui import QgsProjectionSelectionWidget
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QShowEvent
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from ..backend.faults import blocking
from ..backend.translation import tr
from ..publish.layer_faults import layer_faults, needs_crs
from ..publish.layer_plan import LayerPlan, name_fault, propose_plan, remembered_plan
from ..publish.proposal import slug
from .fault_label import FaultLabel
from .icons import icon
from .name_field import NameField
from .notes import Notes
from .services_field import ServicesField


class PublishDialog(QDialog):
    """Asks how a layer is to be published; `plan` holds the answer once accepted."""

    def __init__(
        self, layer: QgsVectorLayer, taken: Optional[Mapping[str, str]] = None, parent: Optional[QWidget] = None
    ) -> None:
        """Propose a plan for `layer`; `taken` says to which datasheet each technical name already belongs."""
        super().__init__(parent)
        self._layer, self._taken = layer, dict(taken or {})
        self._update = remembered_plan(layer) is not None
        self._faults = layer_faults(layer)
        proposal = propose_plan(layer)
        self._datasheet = proposal.datasheet
        self.setWindowTitle(tr("Publish “{layer}”", layer=layer.name()))
        self.setWindowIcon(icon("publish"))
        self._make_fields(proposal)
        self._lay_out()
        self._fill(proposal)
        self.title.textEdited.connect(self._title_edited)
        self._check()

    @property
    def plan(self) -> LayerPlan:
        """The plan as the fields say it."""
        top, bottom = self.services.levels
        title = self.title.text().strip()
        return LayerPlan(
            title,
            self._datasheet if self._update else title,
            self.name.name,
            self.services.services,
            top,
            bottom,
            self.crs.crs().authid() if self.crs is not None else "",
            self.styled.isChecked(),
        )

    def know(self, taken: Mapping[str, str]) -> None:
        """Hear, once the engine answers, to which datasheet each technical name belongs."""
        self._taken = dict(taken)
        self._check()

    def sizeHint(self) -> QSize:
        """Return a size in which the longest line of either language fits."""
        return super().sizeHint().expandedTo(QSize(520, 0))

    # Building ---------------------------------------------------------------------------------------------------

    def _make_fields(self, proposal: LayerPlan) -> None:
        self.notes = Notes(self)
        self.notes.say(self._faults)
        self.title = QLineEdit(self)
        self.title_fault = FaultLabel(self)
        self.name = NameField(self._fault_of_name, self)
        self.name.setEnabled(not self._update)
        self.name.line.setToolTip(tr("Part of the addresses of the services; it cannot be changed later."))
        self.services = ServicesField(self)
        self.styled = QCheckBox(tr("Publish with the layer's style"), self)
        self.crs: Optional[QgsProjectionSelectionWidget] = None
        if needs_crs(self._layer):
            self.crs = QgsProjectionSelectionWidget(self)
            self.crs.setCrs(QgsCoordinateReferenceSystem(proposal.srs))
            self.crs.crsChanged.connect(self._check)
        self.crs_fault = FaultLabel(self)
        self.where = QLabel(self, wordWrap=True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.publish = self.buttons.addButton(
            tr("Update") if self._update else tr("Publish"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.publish.setIcon(icon("publish"))
        self.publish.setDefault(True)
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(tr("Cancel"))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.title.textChanged.connect(self._check)
        self.name.changed.connect(self._check)
        self.services.changed.connect(self._check)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.addWidget(self.notes)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Title"), self.title)
        form.addRow("", self.title_fault)
        form.addRow(tr("Technical name"), self.name)
        if self.crs is not None:
            form.addRow(tr("Coordinate system"), self.crs)
            form.addRow("", self.crs_fault)
        form.addRow(tr("Services"), self.services)
        form.addRow(tr("Style"), self.styled)
        form.addRow(tr("Where"), self.where)
        layout.addLayout(form)
        layout.addStretch()
        layout.addWidget(self.buttons)

    def _where(self) -> str:
        if self._update or self.name.name in self._taken:
            datasheet = self._datasheet if self._update else self.title.text().strip()
            return tr("Updates “{datasheet}” on this computer: its addresses stay the same.", datasheet=datasheet)
        return tr("On this computer: nothing leaves it.")

    def _fill(self, proposal: LayerPlan) -> None:
        self.title.setText(proposal.title)
        self.name.name = proposal.layer_name
        self.services.services = proposal.services
        self.services.levels = (proposal.top_level, proposal.bottom_level)
        self.styled.setChecked(proposal.styled)
        self._named_by_hand = False
        self.name.line.textEdited.connect(self._name_edited)

    # Checks -----------------------------------------------------------------------------------------------------

    def _title_edited(self, title: str) -> None:
        if not self._named_by_hand and not self._update:
            self.name.name = slug(title)

    def _name_edited(self, _name: str) -> None:
        self._named_by_hand = True

    def _fault_of_name(self, name: str) -> str:
        owner = self._taken.get(name)
        if owner is not None and not self._update and owner != self.title.text().strip():
            return tr("The name is already used by the datasheet “{owner}”.", owner=owner)
        return name_fault(name)

    def _check(self, *_value: object) -> None:
        self.title_fault.say("" if self.title.text().strip() else tr("A title is needed: it is what people will read."))
        self.name.label.say(self.name.fault)
        self.where.setText(self._where())
        no_crs = self.crs is not None and not self.crs.crs().authid()
        self.crs_fault.say(tr("The layer does not say where it lies: choose its coordinate system.") if no_crs else "")
        faulty = bool(self.title_fault.text() or self.name.fault or self.services.fault or no_crs)
        self.publish.setEnabled(not faulty and not blocking(self._faults))
        self._grow()

    def _grow(self) -> None:
        """Make room for texts that have just appeared: a dialog does not do so by itself."""
        layout = self.layout()
        layout.activate()
        wanted = layout.totalHeightForWidth(self.width()) if layout.hasHeightForWidth() else self.height()
        self.resize(self.width(), max(self.height(), wanted))

    def showEvent(self, event: QShowEvent) -> None:
        """Show with room for every line."""
        super().showEvent(event)
        self._grow()
