"""What is wrong with a plan, in plain words, each with the field that it belongs to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import FrozenSet, Iterator, Mapping, Tuple

from ..backend.translation import tr
from .metadata.description import description_faults, prefix_fault
from .proposal import SERVICES
from .publication_plan import LEVELS, LayerPlan, name_fault
from .table_plan import TablePlan


@dataclass(frozen=True)
class PlanFault:
    """One fault of a plan."""

    field: str  # "title", "layer_name", "abstract", …
    text: str
    table: str = ""  # for a field of a single table


@dataclass(frozen=True)
class PlanLimits:
    """What the store that is published into allows, as far as it is known."""

    taken: Mapping[str, str] = field(default_factory=dict)  # technical name: datasheet that has it
    name_prefix: str = ""
    identifier_prefix: str = ""
    restrictable: FrozenSet[str] = frozenset(SERVICES)  # services with a place for restricted access
    update: bool = False  # the datasheet is there already, and is meant
    needs_srs: bool = False  # a layer does not say where it lies


def plan_faults(plan: LayerPlan, limits: PlanLimits) -> Tuple[PlanFault, ...]:
    """Return every fault, in the order of the fields."""
    return (*_whole(plan, limits), *_tables(plan), *_record(plan, limits), *_access(plan, limits))


def _whole(plan: LayerPlan, limits: PlanLimits) -> Iterator[PlanFault]:
    if not plan.title.strip():
        yield PlanFault("title", tr("A title is needed: it is what people will read."))
    owner = limits.taken.get(plan.layer_name)
    if owner is not None and owner != plan.datasheet and not limits.update:
        yield PlanFault("layer_name", tr("The name is already used by the datasheet “{owner}”.", owner=owner))
    else:
        wrong = name_fault(plan.layer_name)
        if not wrong and not limits.update:
            wrong = prefix_fault(plan.layer_name, limits.name_prefix)
        if wrong:
            yield PlanFault("layer_name", wrong)
    if limits.needs_srs and not plan.srs:
        yield PlanFault("srs", tr("The layer does not say where it lies: choose its coordinate system."))
    if not plan.services:
        yield PlanFault("services", tr("Choose one service at least."))
    if "tms" in plan.services and plan.top_level > plan.bottom_level:
        yield PlanFault("levels", tr("The first zoom level cannot be larger than the last."))


def _tables(plan: LayerPlan) -> Iterator[PlanFault]:
    names = Counter(table.shown_name.lower() for table in plan.named_tables)
    for table, named in zip(plan.tables, plan.named_tables):
        wrong = name_fault(named.shown_name)
        if not wrong and names[named.shown_name.lower()] > 1:
            wrong = tr("Two tables cannot have the same name.")
        if wrong:
            yield PlanFault("public_name", wrong, table.table)
        if not table.title.strip():
            yield PlanFault("table_title", tr("A title is needed: it is what people will read."), table.table)
        if "tms" in plan.services:
            yield from _tiles(plan, table)


def _tiles(plan: LayerPlan, table: TablePlan) -> Iterator[PlanFault]:
    if table.attributes == ():
        yield PlanFault("attributes", tr("Choose one attribute at least."), table.table)
    top = plan.top_level if table.top_level is None else table.top_level
    bottom = plan.bottom_level if table.bottom_level is None else table.bottom_level
    if top > bottom:
        yield PlanFault("table_levels", tr("The first zoom level cannot be larger than the last."), table.table)
    elif not (LEVELS[0] <= top and bottom <= LEVELS[1]):
        text = tr("Zoom levels are from {first} to {last}.", first=LEVELS[0], last=LEVELS[1])
        yield PlanFault("table_levels", text, table.table)


def _record(plan: LayerPlan, limits: PlanLimits) -> Iterator[PlanFault]:
    if plan.record:
        found = description_faults(plan.description, limits.identifier_prefix)
        yield from (PlanFault(name, text) for name, text in found.items())


def _access(plan: LayerPlan, limits: PlanLimits) -> Iterator[PlanFault]:
    lacking = [name.upper() for name in plan.services if name not in limits.restrictable]
    if plan.access.restricted and lacking:
        names = ", ".join(lacking)
        yield PlanFault("access", tr("The server has no restricted access for: {names}.", names=names))
