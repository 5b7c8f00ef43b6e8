"""What the services of a layer show instead of what was published last of it: a former version, or another style.

It is noted in what the layer remembers when somebody brings a version back, or changes the styles of a service. Data
that are brought back are the former revision; styles and records become a new one with an old content. So a version is
known by its content, and the one that was published by the number that it had when the first other one was shown.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, Iterator, Set, Tuple

from qgis.core import QgsMapLayer

from .layer_memory import OTHER, REPLACED, LayerMemory, amend, former, memory
from .service_definitions import style_static

Stated = Dict[str, Any]


def published_version(layers: Iterable[QgsMapLayer], target: str, part: str, name: str) -> int:
    """Return the number of the version that was published last, 0 where it is the one that is shown.

    Args:
        layers: any.
        target: where they are published.
        part: "data", "style" or "metadata".
        name: of the stored data, which is that of the publication; of the style, which has the table's besides; of the
            datasheet.
    """
    kept = (one.versions.get(part, 0) for _layer, one in _shown_by(layers, target, part, name))
    return next((number for number in kept if number), 0)


def show_version(
    layers: Iterable[QgsMapLayer], target: str, part: str, name: str, newest: bool, published: int = 0
) -> None:
    """Let layers know that the services show a former version of what they published last, or again the newest.

    The arguments are those of `published_version`; `newest` tells whether what is shown is what was published last,
    and `published` the number that this has.
    """

    def noted(stated: Stated) -> None:
        shown = set(stated.get("shown") or ())
        shown -= {former(part), *(flag for flag in shown if flag.startswith(REPLACED) and part == "style")}
        stated["shown"] = sorted(shown if newest else {*shown, former(part)})
        versions = dict(stated.get("versions") or {})
        versions.pop(part, None)
        stated["versions"] = versions if newest or not published else {**versions, part: published}

    for layer, _kept in list(_shown_by(layers, target, part, name)):
        amend(layer, noted)


def show_style(layers: Iterable[QgsMapLayer], target: str, layer_name: str, kind: str, own: bool) -> None:
    """Let layers know whether a service ("wfs", "wms", "tms") draws with the style that they published, or another."""
    _flag(layers, target, layer_name, f"{OTHER}{kind}", not own)


def replace_style(
    layers: Iterable[QgsMapLayer], target: str, layer_name: str, kind: str, table: str, published: int = 0
) -> None:
    """Let layers know that another file was put behind the style that they published, for a table, or all of them ("").

    `published` is the number of the version that was there before, 0 where none are kept.
    """
    concerned = [one for one in layers if table in ("", _table(one))]
    _flag(concerned, target, layer_name, f"{REPLACED}{kind}", True, published)


def _flag(layers: Iterable[QgsMapLayer], target: str, layer_name: str, flag: str, on: bool, published: int = 0) -> None:
    def noted(stated: Stated) -> None:
        shown: Set[str] = set(stated.get("shown") or ())
        stated["shown"] = sorted({*shown, flag} if on else shown - {flag})
        if published and not (stated.get("versions") or {}).get("style"):
            stated["versions"] = {**(stated.get("versions") or {}), "style": published}

    for layer in layers:
        kept = memory(layer)
        if kept is not None and (kept.target, kept.layer_name) == (target, layer_name) and (flag in kept.shown) != on:
            amend(layer, noted)


def _table(layer: QgsMapLayer) -> str:
    kept = memory(layer)
    return (kept.table or kept.layer_name) if kept is not None else ""


def _shown_by(
    layers: Iterable[QgsMapLayer], target: str, part: str, name: str
) -> Iterator[Tuple[QgsMapLayer, LayerMemory]]:
    """Yield the layers that something is a part of."""
    names: Dict[str, Callable[[LayerMemory], str]] = {
        "data": lambda kept: kept.layer_name,
        "style": lambda kept: style_static(kept.layer_name, kept.table or kept.layer_name),
        "metadata": lambda kept: kept.datasheet,
    }
    for layer in layers:
        kept = memory(layer)
        if kept is not None and kept.target == target and names[part](kept) == name:
            yield layer, kept
