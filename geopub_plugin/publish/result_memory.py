"""What layers remember of a publication that has come to its end, whether it ran through or was resumed."""

from __future__ import annotations

from dataclasses import replace
from typing import FrozenSet, Optional, Sequence

from qgis.core import QgsVectorLayer
from qgis.PyQt import sip

from .layer_description import remember_contact
from .layer_marks import LayerMarks
from .layer_memory import Published, memory, remember
from .publication_call import DATA, EVERYTHING, STYLE
from .publication_plan import LayerPlan
from .publication_values import PublicationResult
from .table_plan import TablePlan


def tables_of(plan: LayerPlan) -> Sequence[TablePlan]:
    """Return the tables that are delivered; a plan that names none is for one layer as it is."""
    return plan.named_tables or (TablePlan(plan.layer_name),)


def remember_result(
    layers: Sequence[Optional[QgsVectorLayer]],
    marks: Sequence[LayerMarks],
    plan: LayerPlan,
    target: str,
    result: PublicationResult,
    parts: FrozenSet[str] = EVERYTHING,
) -> None:
    """Let layers remember where they are published, and propose who is responsible for the next publication.

    Args:
        layers: of each table of the plan, None for one whose project is closed; one may be removed meanwhile.
        marks: of each when it was exported.
        plan: of the publication.
        target: where it went.
        result: what it led to.
        parts: what was published.
    """
    addresses = tuple((live.type, live.url) for live in result.urls)
    names = {relation.native or relation.name: relation.name for relation in result.data.relations}
    for layer, table, mark in zip(layers, tables_of(plan), marks):
        if layer is not None and not sip.isdeleted(layer):
            where = Published(target, names.get(table.table, table.table), addresses, result.layer_name)
            remember(layer, plan, where, _still(layer, mark, parts), parts)
    if plan.record:
        remember_contact(plan.description)


def _still(layer: QgsVectorLayer, now: LayerMarks, parts: FrozenSet[str]) -> LayerMarks:
    """Return the marks of what is published: those of before where data or style were left as they were."""
    kept = memory(layer)
    before = kept.marks if kept is not None else None
    if before is None:
        return now
    data = now if DATA in parts else before
    return replace(data, style=now.style if STYLE in parts else before.style)
