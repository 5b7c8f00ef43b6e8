"""What a layer remembers of its publication, so that publishing again proposes an update and tells what changed.

It is one custom property, saved with the project. It holds the layer's id: a copy of the layer, or a layer that was
given this one's style with everything in it, remembers nothing, and so never overwrites what another layer published.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Any, Collection, Dict, Iterable, Mapping, Optional, Tuple

from qgis.core import QgsMapLayer, QgsVectorLayer

from .layer_marks import LayerMarks, data_mark, marks, same_style, schema_mark, style_mark
from .service_definitions import style_static

PROPERTY = "geopub/memory"
EMBEDDED = "embedded"  # the target that is this machine
FORMER = "former:"  # before the mark of what the services show in a former version: no layer is like it


@dataclass(frozen=True)
class LayerMemory:
    """The last publication of a layer."""

    plan: Mapping[str, Any]  # the fields of its LayerPlan
    target: str = EMBEDDED
    datasheet: str = ""
    layer_name: str = ""  # technical name in the target, part of the addresses
    table: str = ""  # in the stored data
    addresses: Tuple[Tuple[str, str], ...] = ()  # type ("WFS", "WMS", "TMS", …) and address
    marks: Optional[LayerMarks] = None  # of what was published
    published: str = ""  # ISO 8601, UTC

    @property
    def former(self) -> Tuple[str, ...]:
        """Of what the services show a former version than this one: "data", "style"."""
        stated = asdict(self.marks) if self.marks is not None else {}
        return tuple(part for part, mark in stated.items() if mark.startswith(FORMER))

    def address(self, kind: str) -> str:
        """Return the address of a kind of service, "" when there is none."""
        return next((url for known, url in self.addresses if known == kind), "")


@dataclass(frozen=True)
class LayerChanges:
    """What of a layer differs from what is published of it."""

    data: bool = False
    style: bool = False
    schema: bool = False

    def __bool__(self) -> bool:
        return self.data or self.style or self.schema


@dataclass(frozen=True)
class Published:
    """Where a publication can be found."""

    target: str = EMBEDDED
    table: str = ""
    addresses: Tuple[Tuple[str, str], ...] = field(default=())
    layer_name: str = ""  # as the target has it, with its prefix; "" for that of the plan


def remember(
    layer: QgsVectorLayer,
    plan: Any,
    published: Optional[Published] = None,
    at_export: Optional[LayerMarks] = None,
) -> None:
    """Keep with a layer how it was published, a `LayerPlan`, and where; the marks are those of when it was exported."""
    where = published or Published()
    kept: Dict[str, Any] = {
        "layer": layer.id(),
        "plan": asdict(plan),
        **asdict(where),
        "marks": asdict(at_export or marks(layer)),
        "published": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    layer.setCustomProperty(PROPERTY, json.dumps(kept, ensure_ascii=False))


def forget(layer: QgsMapLayer) -> None:
    """Let a layer remember nothing, once it is published no more."""
    layer.removeCustomProperty(PROPERTY)


def withdraw(layers: Iterable[QgsMapLayer], target: str, datasheet: str) -> None:
    """Let layers forget a datasheet that was deleted."""
    for layer in layers:
        kept = memory(layer)
        if kept is not None and (kept.target, kept.datasheet) == (target, datasheet):
            forget(layer)


def withdraw_service(layers: Iterable[QgsMapLayer], target: str, service: str, urls: Collection[str]) -> None:
    """Let layers forget a service ("wfs", "wms", "tms") that was taken off; with the last one, everything."""
    for layer in layers:
        kept = memory(layer)
        if kept is None or kept.target != target or not any(url in urls for _kind, url in kept.addresses):
            continue
        left = [pair for pair in kept.addresses if pair[1] not in urls]
        if not left:
            forget(layer)
            continue
        stated = _read(layer.customProperty(PROPERTY))
        stated["addresses"] = left
        stated["plan"]["services"] = [one for one in stated["plan"].get("services", ()) if one != service]
        layer.setCustomProperty(PROPERTY, json.dumps(stated, ensure_ascii=False))


def complete(layers: Iterable[QgsMapLayer], target: str, layer_name: str) -> None:
    """Let layers know that the sample of their tiles has become the whole: the next update is not of a sample."""
    for layer in layers:
        kept = memory(layer)
        if kept is not None and (kept.target, kept.layer_name) == (target, layer_name):
            stated = _read(layer.customProperty(PROPERTY))
            stated["plan"]["area"] = ""
            layer.setCustomProperty(PROPERTY, json.dumps(stated, ensure_ascii=False))


def show_version(layers: Iterable[QgsMapLayer], target: str, part: str, name: str, newest: bool) -> None:
    """Let layers know that the services show a former version of what they published last, or again the newest.

    Args:
        layers: any; those that this is not of are left alone.
        target: where it is published.
        part: "data" or "style".
        name: of the stored data, which is that of the publication, or of the style, which has the table's besides.
        newest: whether it is the version that was published last.
    """
    for layer in layers:
        kept = memory(layer)
        if kept is None or kept.target != target or kept.marks is None:
            continue
        style = style_static(kept.layer_name, kept.table or kept.layer_name)
        if name == (kept.layer_name if part == "data" else style):
            stated = _read(layer.customProperty(PROPERTY))
            mark = str(stated["marks"][part])
            mark = mark[len(FORMER) :] if mark.startswith(FORMER) else mark
            stated["marks"][part] = mark if newest else FORMER + mark
            layer.setCustomProperty(PROPERTY, json.dumps(stated, ensure_ascii=False))


def memory(layer: Optional[QgsMapLayer]) -> Optional[LayerMemory]:
    """Return what a layer remembers, None for one that never was published."""
    kept = _read(layer.customProperty(PROPERTY)) if layer is not None else {}
    plan = kept.get("plan")
    if layer is None or kept.get("layer") != layer.id() or not isinstance(plan, dict):
        return None
    datasheet, layer_name = plan.get("datasheet"), plan.get("layer_name")
    if not isinstance(datasheet, str) or not isinstance(layer_name, str) or not datasheet or not layer_name:
        return None
    return LayerMemory(
        plan,
        str(kept.get("target") or EMBEDDED),
        datasheet,
        str(kept.get("layer_name") or layer_name),
        str(kept.get("table") or ""),
        _addresses(kept.get("addresses")),
        _marks(kept.get("marks")),
        str(kept.get("published") or ""),
    )


def changes(layer: QgsVectorLayer, kept: LayerMemory) -> LayerChanges:
    """Return what of a layer has changed since it was published."""
    before = kept.marks
    if before is None:
        return LayerChanges()
    return LayerChanges(
        data_mark(layer) != before.data,
        before.style.startswith(FORMER) or not same_style(before.style, style_mark(layer)),
        schema_mark(layer) != before.schema,
    )


def _read(text: Any) -> Dict[str, Any]:
    try:
        kept = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}


def _addresses(stated: Any) -> Tuple[Tuple[str, str], ...]:
    pairs = stated if isinstance(stated, list) else []
    return tuple((str(pair[0]), str(pair[1])) for pair in pairs if isinstance(pair, list) and len(pair) == 2)


def _marks(stated: Any) -> Optional[LayerMarks]:
    if not isinstance(stated, dict) or not all(isinstance(stated.get(k), str) for k in ("data", "style", "schema")):
        return None
    return LayerMarks(stated["data"], stated["style"], stated["schema"])
