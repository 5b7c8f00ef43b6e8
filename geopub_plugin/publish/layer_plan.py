"""What is to become of layers: every default of their publication, or what they remember of the last one."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Optional, Sequence, Tuple, Union

from qgis.core import QgsMapLayer, QgsProject, QgsVectorLayer

from .field_names import clashing
from .layer_description import proposed_description, proposed_keywords, proposed_title, server_words
from .layer_detail import flags_for, layer_detail, layer_levels
from .layer_memory import memory
from .metadata.description import Description, description_faults
from .proposal import levels, slug
from .publication_plan import LEVELS, LayerPlan, name_fault, plan_from
from .table_plan import TablePlan

__all__ = [
    "LEVELS",
    "LayerPlan",
    "layer_levels",
    "layers_of",
    "name_fault",
    "propose_plan",
    "remembered_plan",
    "tile_fields",
]
Layers = Union[QgsVectorLayer, Sequence[QgsVectorLayer]]


def propose_plan(layers: Layers) -> LayerPlan:
    """Return the plan of the layers' last publication, else every default: several become tables of one datasheet."""
    given = as_layers(layers)
    remembered = remembered_plan(given)
    if remembered is not None:
        return _completed(remembered, given)
    details = tuple(layer_detail(layer) for layer in given)
    top, bottom = levels([one.detail for one in details if one.detail is not None])
    title = _title(given)
    name = slug(title)
    description = proposed_description(given)
    return LayerPlan(
        title, title, name, top_level=top, bottom_level=bottom, tables=proposed_tables(given, name),
        description=description, record=not description_faults(description), flags=flags_for(details),
    )  # fmt: skip


def remembered_plan(layers: Layers) -> Optional[LayerPlan]:
    """Return the plan that layers were last published with together, None for those that never were."""
    given = as_layers(layers)
    kept = [memory(layer) for layer in given]
    if not kept or any(one is None or one.datasheet != kept[0].datasheet for one in kept):
        return None
    plan = plan_from(kept[0].plan)
    if plan is None:
        return None
    there = {table.layer for table in plan.tables}
    if len(given) > 1 and not all(layer.id() in there for layer in given):
        return None
    return plan


def _completed(plan: LayerPlan, layers: Sequence[QgsVectorLayer]) -> LayerPlan:
    """Return a plan of an earlier version with what it does not say."""
    tables = plan.tables or proposed_tables(layers, plan.layer_name)
    said = plan.description != Description()
    description = plan.description if said else proposed_description(layers)
    return replace(plan, tables=tables, description=description)


def proposed_tables(layers: Sequence[QgsVectorLayer], layer_name: str) -> Tuple[TablePlan, ...]:
    """Return a table for each layer; the table of a single layer is called like the services."""
    found: List[TablePlan] = []
    for layer in layers:
        title = proposed_title(layer)
        table = layer_name if len(layers) == 1 else _free(slug(title), [one.table for one in found])
        abstract = server_words(layer).abstract() or layer.metadata().abstract()
        found.append(TablePlan(table, title, abstract, proposed_keywords(layer), layer=layer.id()))
    return tuple(found)


def layers_of(plan: LayerPlan, given: Layers) -> Tuple[QgsVectorLayer, ...]:
    """Return the layer of each table of a plan: those given, and others of the project published with them."""
    known: Dict[str, QgsMapLayer] = {layer.id(): layer for layer in as_layers(given)}
    wanted = [table.layer for table in plan.tables]
    if not wanted or (len(wanted) == 1 and wanted[0] not in known):
        return as_layers(given)[:1]
    found = (known.get(identifier) or QgsProject.instance().mapLayer(identifier) for identifier in wanted)
    return tuple(layer for layer in found if isinstance(layer, QgsVectorLayer))


def tile_fields(layer: QgsVectorLayer) -> Tuple[str, ...]:
    """Return the attributes of a layer under the names with which they are delivered."""
    mended = clashing(layer.fields().names())
    return tuple(mended.get(position, name) for position, name in enumerate(layer.fields().names()))


def as_layers(layers: Layers) -> Tuple[QgsVectorLayer, ...]:
    """Return one or several layers as a tuple."""
    return (layers,) if isinstance(layers, QgsVectorLayer) else tuple(layers)


def _title(layers: Sequence[QgsVectorLayer]) -> str:
    """Return the title of a datasheet: the layer's, or that of the group that holds all of the layers."""
    if len(layers) == 1:
        return proposed_title(layers[0]) or "GeoPub"
    root = QgsProject.instance().layerTreeRoot()
    parents = [node.parent() for node in map(root.findLayer, layers) if node is not None]
    same = parents and all(parent == parents[0] for parent in parents)
    group = parents[0].name() if same and parents[0] != root else ""
    return (group or QgsProject.instance().title() or proposed_title(layers[0]) or "GeoPub")[:99]


def _free(name: str, taken: Sequence[str]) -> str:
    candidates = (name if number == 1 else f"{name}_{number}" for number in range(1, len(taken) + 2))
    return next(candidate for candidate in candidates if candidate not in taken)
