"""What a layer remembers of its publication, so that publishing again proposes an update and tells what changed.

It is one custom property, saved with the project. It holds the layer's id: a copy of the layer, or a layer that was
given this one's style with everything in it, remembers nothing, and so never overwrites what another layer published.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Any, Callable, Collection, Dict, FrozenSet, Iterable, List, Mapping, Optional, Tuple

from qgis.core import QgsMapLayer, QgsVectorLayer

from .layer_marks import LayerMarks, data_mark, marks, same_style, schema_mark, style_mark

PROPERTY = "geopub/memory"
EMBEDDED = "embedded"  # the target that is this machine
# What services show otherwise, see `shown_versions`: a former version of a part; of a kind of service, another style,
# or other files behind the published one.
OTHER, REPLACED = "other style:", "replaced style:"
PARTS = ("data", "style", "metadata")


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
    shown: FrozenSet[str] = frozenset()  # what the services show otherwise
    versions: Mapping[str, int] = field(default_factory=dict)  # what was published, by part, where another is shown

    def address(self, kind: str) -> str:
        """Return the address of a kind of service, "" when there is none."""
        return next((url for known, url in self.addresses if known == kind), "")


@dataclass(frozen=True)
class LayerChanges:
    """What of a layer differs from what is published of it."""

    data: bool = False
    style: bool = False
    schema: bool = False
    metadata: bool = False
    drawn: bool = False  # a service draws with another style, which somebody has chosen: publishing does not change it

    def __bool__(self) -> bool:
        return self.published or self.drawn

    @property
    def published(self) -> bool:
        """Whether publishing again would change something."""
        return self.data or self.style or self.schema or self.metadata


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
    parts: Collection[str] = PARTS,
) -> None:
    """Keep with a layer how it was published, a `LayerPlan`, and where.

    Args:
        layer: that was published.
        plan: how.
        published: where.
        at_export: its marks of when it was exported.
        parts: what of it was published: their newest versions are shown.
    """
    where, before = published or Published(), memory(layer)
    healed = {former(part) for part in parts}
    shown = before.shown - healed if before is not None and before.target == where.target else frozenset()
    kept: Dict[str, Any] = {
        "shown": sorted(flag for flag in shown if not (flag.startswith(REPLACED) and "style" in parts)),
        "versions": {part: number for part, number in before.versions.items() if part not in parts} if before else {},
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

        def without(stated: Dict[str, Any], left: List[Tuple[str, str]] = left) -> None:
            stated["addresses"] = left
            stated["plan"]["services"] = [one for one in stated["plan"].get("services", ()) if one != service]
            stated["shown"] = [flag for flag in stated.get("shown") or () if not flag.endswith(f":{service}")]

        amend(layer, without)


def complete(layers: Iterable[QgsMapLayer], target: str, layer_name: str) -> None:
    """Let layers know that the sample of their tiles has become the whole: the next update is not of a sample."""
    for layer in layers:
        kept = memory(layer)
        if kept is not None and (kept.target, kept.layer_name) == (target, layer_name):
            amend(layer, lambda stated: stated["plan"].update(area=""))


def amend(layer: QgsMapLayer, change: Callable[[Dict[str, Any]], None]) -> None:
    """Change what a layer remembers."""
    stated = _read(layer.customProperty(PROPERTY))
    change(stated)
    layer.setCustomProperty(PROPERTY, json.dumps(stated, ensure_ascii=False))


def former(part: str) -> str:
    """Return what says that the services show a former version of a part: "data", "style" or "metadata"."""
    return f"former {part}"


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
        frozenset(str(flag) for flag in kept.get("shown") or ()),
        {str(part): int(number) for part, number in (kept.get("versions") or {}).items()},
    )


def changes(layer: QgsVectorLayer, kept: LayerMemory) -> LayerChanges:
    """Return what of a layer has changed since it was published."""
    before = kept.marks
    if before is None:
        return LayerChanges()
    replaced = former("style") in kept.shown or any(flag.startswith(REPLACED) for flag in kept.shown)
    return LayerChanges(
        data_mark(layer) != before.data or former("data") in kept.shown,
        not same_style(before.style, style_mark(layer)) or replaced,
        schema_mark(layer) != before.schema,
        former("metadata") in kept.shown,
        any(flag.startswith(OTHER) for flag in kept.shown),
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
