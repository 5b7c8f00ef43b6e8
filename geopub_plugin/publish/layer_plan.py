"""What is to become of a layer: every default of its publication, and what it remembers of the last one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Optional, Tuple

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeatureRequest,
    QgsProject,
    QgsVectorLayer,
)

from ..backend.translation import tr
from .compat import POINT_GEOMETRY
from .layer_faults import needs_crs
from .layer_memory import memory
from .proposal import SERVICES, Detail, levels, slug

NAME_RULE = re.compile(r"[A-Za-z_][A-Za-z0-9_\-.]*")
LONGEST_NAME = 80
SAMPLE = 200  # features looked at to know how detailed a layer is
LEVELS = (0, 18)  # that a pyramid may have
_METRES_IN_A_DEGREE = 111_320.0


@dataclass(frozen=True)
class LayerPlan:
    """How one layer is to be published."""

    title: str
    datasheet: str
    layer_name: str
    services: Tuple[str, ...] = SERVICES
    top_level: int = 0
    bottom_level: int = 14
    srs: str = ""  # "EPSG:2154", chosen by the user where the layer states none
    styled: bool = True


def propose_plan(layer: QgsVectorLayer) -> LayerPlan:
    """Return the plan of a layer's last publication, else every default."""
    top, bottom = layer_levels(layer)
    remembered = remembered_plan(layer)
    if remembered is not None:
        return remembered
    title = " ".join(layer.name().split())[:99] or "GeoPub"
    return LayerPlan(title, title, slug(title), top_level=top, bottom_level=bottom)


def name_fault(name: str) -> str:
    """Return what is wrong with a technical name, "" when nothing is."""
    if not name:
        return tr("A name is needed: it becomes part of the addresses.")
    if name[0].isdigit() or name[0] in "-.":
        return tr("It must start with a letter or _.")
    for character in name:
        if not NAME_RULE.fullmatch("_" + character):
            shown = tr("a space") if character.isspace() else tr("“{character}”", character=character)
            return tr("It cannot contain {character}: only a-z, A-Z, 0-9, _, - and . are allowed.", character=shown)
    if len(name) > LONGEST_NAME:
        return tr("It is too long: {length} characters, {limit} at most.", length=len(name), limit=LONGEST_NAME)
    return ""


# What a layer remembers ---------------------------------------------------------------------------------------------


def remembered_plan(layer: QgsVectorLayer) -> Optional[LayerPlan]:
    """Return the plan that a layer was last published with, None for one that never was."""
    kept = memory(layer)
    name = str(kept.plan["layer_name"]) if kept is not None else ""
    if kept is None or name_fault(name):
        return None
    plan = LayerPlan(str(kept.plan.get("title") or kept.datasheet), kept.datasheet, name)
    named = kept.plan.get("services")
    services = tuple(name for name in SERVICES if isinstance(named, list) and name in named)
    levels = (kept.plan.get("top_level"), kept.plan.get("bottom_level"))
    known = all(isinstance(level, int) and LEVELS[0] <= level <= LEVELS[1] for level in levels)
    return replace(
        plan,
        services=services or SERVICES,
        top_level=levels[0] if known else plan.top_level,
        bottom_level=levels[1] if known else plan.bottom_level,
        srs=str(kept.plan.get("srs") or ""),
        styled=kept.plan.get("styled") is not False,
    )


# Zoom levels --------------------------------------------------------------------------------------------------------


def layer_levels(layer: QgsVectorLayer) -> Tuple[int, int]:
    """Return the zoom levels between which a layer is worth drawing, from its extent and a sample of its features."""
    detail = None if needs_crs(layer) and not layer.crs().isValid() else _detail(layer)
    return levels([detail] if detail is not None else [])


def _detail(layer: QgsVectorLayer) -> Optional[Detail]:
    extent = layer.extent()
    transform = QgsCoordinateTransform(layer.crs(), QgsCoordinateReferenceSystem("EPSG:4326"), QgsProject.instance())
    if extent.isNull() or not extent.isFinite():
        return None
    try:
        seen = transform.transformBoundingBox(extent)
    except QgsCsException:
        return None
    bounds = (seen.xMinimum(), seen.yMinimum(), seen.xMaximum(), seen.yMaximum())
    metres = max(seen.width(), seen.height(), 1e-6) * _METRES_IN_A_DEGREE
    scale = metres / max(extent.width(), extent.height(), 1e-9)
    if layer.geometryType() == POINT_GEOMETRY:
        return Detail(bounds, metres / max(layer.featureCount(), 1) ** 0.5 / 32)
    vertices, size = _sampled(layer)
    return Detail(bounds, 3 * size * scale / max(vertices, 2)) if size > 0 else None


def _sampled(layer: QgsVectorLayer) -> Tuple[float, float]:
    """Return mean number of vertices and mean size, in the layer's units, of some features."""
    request = QgsFeatureRequest().setLimit(SAMPLE).setNoAttributes()
    vertices, size, count = 0, 0.0, 0
    for feature in layer.getFeatures(request):
        geometry = feature.geometry()
        if not geometry.isEmpty():
            box = geometry.boundingBox()
            vertices += geometry.constGet().nCoordinates()
            size += (box.width() + box.height()) / 2
            count += 1
    return (vertices / count, size / count) if count else (0.0, 0.0)
