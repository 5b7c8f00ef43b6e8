"""A plan while it is being made: every page shows it, changes it, and is told its faults at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Optional, Sequence, Tuple

from qgis.core import QgsVectorLayer
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...backend.errors import GeoPubError
from ...backend.translation import tr
from ...publish.background import BackgroundCall
from ...publish.layer_detail import LayerDetail, layer_detail
from ...publish.layer_faults import needs_crs
from ...publish.layer_plan import layers_of, propose_plan, remembered_plan
from ...publish.metadata.description import email_fault
from ...publish.plan_faults import PlanFault, PlanLimits, plan_faults
from ...publish.publication_plan import LayerPlan
from ...publish.store_facts import StoreFacts, store_facts
from ...publish.store_source import StoreAddress, StoreSource
from ...publish.style_choice import style_fault
from ...publish.table_plan import StyleChoice, TablePlan


class Draft(QObject):
    """The plan, what limits it, and what is wrong with it."""

    changed = pyqtSignal()
    facts_known = pyqtSignal()
    failed = pyqtSignal(object)  # GeoPubError: the store does not say what it allows

    def __init__(self, layers: Sequence[QgsVectorLayer], parent: Optional[QObject] = None) -> None:
        """Begin with what is proposed for layers."""
        super().__init__(parent)
        self.plan = propose_plan(layers)
        self.update = remembered_plan(layers) is not None
        self.layers: Tuple[QgsVectorLayer, ...] = layers_of(self.plan, layers)
        self.every_table: Tuple[TablePlan, ...] = self.plan.tables  # with those that are left out
        self.limits = PlanLimits(update=self.update, needs_srs=any(map(needs_crs, self.layers)))
        self.records: Dict[str, str] = {}  # identifier of a record of the store: its id
        self.address: Optional[StoreAddress] = None
        self._details: Dict[str, LayerDetail] = {}
        self._style_faults: Dict[Tuple[str, StyleChoice], str] = {}
        self._call: Optional[BackgroundCall] = None
        self._near = True
        self._faults: Optional[Tuple[PlanFault, ...]] = None

    # Changes ----------------------------------------------------------------------------------------------------

    def change(self, **fields: Any) -> None:
        """Change fields of the plan."""
        if not self.update and "title" in fields:
            fields.setdefault("datasheet", str(fields["title"]).strip())
        self._become(replace(self.plan, **fields))

    def describe(self, **fields: Any) -> None:
        """Change fields of the description."""
        self._become(replace(self.plan, description=replace(self.plan.description, **fields)))

    def change_table(self, name: str, **fields: Any) -> None:
        """Change fields of the plan of one table."""
        changed = replace(next(one for one in self.every_table if one.table == name), **fields)
        self.every_table = tuple(changed if one.table == name else one for one in self.every_table)
        self._become(self.plan.with_table(changed, name))

    def choose_table(self, name: str, chosen: bool) -> None:
        """Publish a table, or leave it out."""
        wanted = {one.table for one in self.plan.tables} - {name} | ({name} if chosen else set())
        self._become(replace(self.plan, tables=tuple(one for one in self.every_table if one.table in wanted)))

    def limit(self, **fields: Any) -> None:
        """Change what limits the plan."""
        self.limits = replace(self.limits, **fields)
        self._become(self.plan)

    def take(self, plan: LayerPlan) -> None:
        """Take another plan for the same layers."""
        known = {one.table: one for one in plan.tables}
        self.every_table = tuple(known.get(one.table, one) for one in self.every_table)
        self._become(plan)

    def _become(self, plan: LayerPlan) -> None:
        self.plan, self._faults = plan, None
        self.changed.emit()

    # Faults -----------------------------------------------------------------------------------------------------

    @property
    def faults(self) -> Tuple[PlanFault, ...]:
        """Everything that is wrong."""
        if self._faults is None:
            self._faults = (*self._choice(), *plan_faults(self.plan, self.limits), *self._styles())
        return self._faults

    def fault(self, field: str, table: str = "") -> str:
        """Return what is wrong with a field, "" when nothing is."""
        return next((one.text for one in self.faults if one.field == field and one.table == table), "")

    def _choice(self) -> List[PlanFault]:
        if not self.plan.tables:
            return [PlanFault("tables", tr("Choose one table at least."))]
        if len(self.layers) < len(self.every_table):
            text = tr("Layers published with this one are not in the project: open the project that has them.")
            return [PlanFault("tables", text)]
        return []

    def _styles(self) -> List[PlanFault]:
        if not self.plan.styled or "wms" not in self.plan.services:
            return []
        found: List[PlanFault] = []
        for table in self.plan.tables:
            layer = self.layer(table.table)
            key = (table.table, table.style)
            if key not in self._style_faults and layer is not None:
                self._style_faults[key] = style_fault(table.style, layer)
            if self._style_faults.get(key):
                found.append(PlanFault("style", self._style_faults[key], table.table))
        return found

    # What is known ----------------------------------------------------------------------------------------------

    def layer(self, table: str) -> Optional[QgsVectorLayer]:
        """Return the layer of a table."""
        pairs = zip(self.every_table, self.layers)
        return next((layer for one, layer in pairs if one.table == table), None)

    def detail(self, layer: QgsVectorLayer) -> LayerDetail:
        """Return how large and fine a layer is; looked at once."""
        if layer.id() not in self._details:
            self._details[layer.id()] = layer_detail(layer)
        return self._details[layer.id()]

    def to_check(self) -> Tuple[List[QgsVectorLayer], List[str], str]:
        """Return the layers that are published, the tables that they will be, and the system that was declared."""
        tables = [one.table for one in self.plan.named_tables]
        layers = [self.layer(one.table) for one in self.plan.tables]
        return [layer for layer in layers if layer is not None], tables, self.plan.srs

    def levels(self, table: TablePlan) -> Tuple[int, int]:
        """Return first and last level of a table."""
        top = self.plan.top_level if table.top_level is None else table.top_level
        return top, self.plan.bottom_level if table.bottom_level is None else table.bottom_level

    def ask(self, source: StoreSource) -> None:
        """Ask the store of a target, once it is ready, what it allows."""
        self._near = source.target.embedded  # whose only user has no address
        source.ready.connect(self._ask)
        if source.address is not None:
            self._ask(source.address)

    def close(self) -> None:
        """Ask no more."""
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _ask(self, address: StoreAddress) -> None:
        if self._call is not None or self.address is not None:
            return

        def asked(call: BackgroundCall) -> StoreFacts:
            with address.open(call.cancelled) as store:
                return store_facts(store)

        self.address = address
        self._call = BackgroundCall(tr("Settings of the store"), asked)
        self._call.answered.connect(self._known)
        self._call.refused.connect(self._not_known)
        self._call.start()

    def _known(self, facts: StoreFacts) -> None:
        self._call = None
        self.records = {record.identifier: record.id for record in facts.records}
        prefixes = {"name_prefix": facts.name_prefix, "identifier_prefix": facts.identifier_prefix}
        stated, prefix = self.plan.description.identifier, facts.identifier_prefix
        if prefix and stated and not self.update and not stated.startswith(f"{prefix}."):
            self.describe(identifier=f"{prefix}.{stated}")
        if facts.name_prefix and not self.update and not self.plan.layer_name.startswith(f"{facts.name_prefix}."):
            self.change(layer_name=f"{facts.name_prefix}.{self.plan.layer_name}")
        if not self.plan.description.contact_email and not email_fault(facts.email) and not self._near:
            self.describe(contact_email=facts.email)
        self.limit(taken=dict(facts.taken), restrictable=facts.restrictable, **prefixes)
        self.facts_known.emit()

    def _not_known(self, error: GeoPubError) -> None:
        self._call = None
        self.failed.emit(error)
