"""The styles that a configuration lists, in the form in which the platform's clients keep them (`extra.styles`)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from .entity import Wire, objects, text


@dataclass(frozen=True)
class StyleFile:
    """A style as it is sent: for one table, or for all tiles where `table` is ""."""

    table: str  # as the service names it
    filename: str  # its suffix says what it is: .qml, .sld or .json
    content: bytes  # with BESIDE for the address of the files beside it
    beside: Tuple[Tuple[str, bytes], ...] = ()  # names and contents of files that belong to it, such as sprites


BESIDE = "https://beside.invalid"  # stands for an address that is known once the files are kept


@dataclass(frozen=True)
class StylePart:
    """What one table is drawn with, and where that is kept."""

    table: str  # as the service names it; "" for the tiles of a TMS
    id: str  # of a static (WMS) or of an annexe (WFS, TMS)
    url: str = ""  # where everybody reads it; "" for a WMS, which draws with it
    beside: Tuple[str, ...] = ()  # annexes that belong to it


@dataclass(frozen=True)
class ServiceStyle:
    """One of the styles of a service."""

    name: str  # for people
    technical_name: str  # unique in its service; what STYLES= names in a WMS
    current: bool
    parts: Tuple[StylePart, ...]
    listed: bool = True  # False for what a WMS draws with without listing it

    def part(self, table: str) -> StylePart:
        """Return what a table is drawn with, without an id where the style says nothing of it."""
        return next((one for one in self.parts if one.table == table), StylePart(table, ""))


def styles_listed(extra: Mapping[str, Any], layer_name: str, statics: bool) -> Tuple[ServiceStyle, ...]:
    """Return the styles of a list, of statics or of annexes."""
    key = "static_id" if statics else "annexe_id"
    found = []
    for wire in objects(extra, "styles"):
        parts = tuple(
            StylePart(
                text(one, "name") if statics else _table(text(one, "name"), layer_name),
                text(one, key),
                text(one, "url"),
                tuple(str(annexe) for annexe in one.get("beside") or ()),
            )
            for one in objects(wire, "layers")
            if one.get(key)
        )
        if parts:
            technical = text(wire, "technical_name") or slug(text(wire, "name"))
            found.append(ServiceStyle(text(wire, "name") or technical, technical, bool(wire.get("current")), parts))
    return tuple(found)


def as_listed(style: ServiceStyle, layer_name: str, kind: str) -> Dict[str, Any]:
    """Return a style as a list holds it."""
    return {
        "name": style.name,
        "technical_name": style.technical_name,
        "current": style.current,
        "layers": [_layer(part, layer_name, kind) for part in style.parts],
    }


def only_current(styles: Sequence[ServiceStyle], technical_name: str) -> Tuple[ServiceStyle, ...]:
    """Return styles of which one is the current one."""
    return tuple(replace(style, current=style.technical_name == technical_name) for style in styles)


def slug(name: str) -> str:
    """Return what a name is in addresses: letters without accents, digits and _."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:60] or "style"


def free_slug(name: str, taken: Sequence[str]) -> str:
    """Return the slug of a name, with a number where it is taken."""
    wanted, number = slug(name), 2
    used = {"default", *taken}
    found = wanted
    while found in used:
        found, number = f"{wanted}_{number}", number + 1
    return found


def _layer(part: StylePart, layer_name: str, kind: str) -> Dict[str, Any]:
    if kind == "WMS-VECTOR":
        return {"name": part.table, "static_id": part.id}
    name = f"{layer_name}:{part.table}" if kind == "WFS" else layer_name
    layer: Dict[str, Any] = {"name": name, "annexe_id": part.id, "url": part.url}
    return {**layer, "beside": list(part.beside)} if part.beside else layer


def _table(name: str, layer_name: str) -> str:
    if name == layer_name:
        return ""
    return name[len(layer_name) + 1 :] if name.startswith(f"{layer_name}:") else name


def entries_of_others(extra: Wire, statics: bool) -> List[Dict[str, Any]]:
    """Return what a list holds that is no style of this kind, so that it stays."""
    key = "static_id" if statics else "annexe_id"
    return [dict(wire) for wire in objects(extra, "styles") if not any(one.get(key) for one in objects(wire, "layers"))]
