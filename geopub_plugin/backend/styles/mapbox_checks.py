"""What is wrong with a Mapbox style for the tiles of one pyramid: every fault at once, each with its cure."""

from __future__ import annotations

import difflib
import json
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..errors import InvalidInput
from ..faults import Fault, Severity
from ..translation import tr
from .mapbox_attributes import attribute_faults

LARGEST = 5_000_000  # bytes
_KINDS = frozenset({"fill", "line", "symbol", "circle", "heatmap", "fill-extrusion", "background"})
_REMOTE = ("glyphs", "sprite")


def read_mapbox(style: bytes) -> Dict[str, Any]:
    """Return a Mapbox style; raise InvalidInput for what is none."""
    if len(style) > LARGEST:
        raise _unreadable(tr("It has more than {count} bytes.", count=LARGEST))
    try:
        document = json.loads(style.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _unreadable(tr("It is not written in UTF-8.")) from error
    except json.JSONDecodeError as error:
        raise _unreadable(tr("Line {line}: {reason}.", line=error.lineno, reason=error.msg)) from error
    except RecursionError as error:
        raise _unreadable(tr("It is nested too deep.")) from error
    if not isinstance(document, dict) or not isinstance(document.get("layers"), list):
        raise _unreadable(tr("It has no list of layers."))
    return document


def check_mapbox(
    style: bytes, tile_layers: Sequence[str], attributes: Optional[Mapping[str, Sequence[str]]] = None
) -> Tuple[Fault, ...]:
    """Return the faults of a style for tiles with these layers, none when it fits.

    `attributes` are those of each layer, where they are known.
    """
    try:
        document = read_mapbox(style)
    except InvalidInput as error:
        return (Fault("style.unreadable", Severity.ERROR, error.what, error.why, error.cure),)
    return (*_faults(document, tile_layers), *attribute_faults(document["layers"], attributes or {}))


def readdressed(style: bytes, tile_json: str, glyphs: str, sprite: str = "") -> bytes:
    """Return a style whose source is the pyramid's, and whose glyphs are ours; raise InvalidInput for what is none.

    `sprite` is where its sprites are now, "" where the style is to have none.
    """
    document = read_mapbox(style)
    sources = document.get("sources")
    for source in sources.values() if isinstance(sources, dict) else ():
        if isinstance(source, dict):
            for key in ("tiles", "data"):
                source.pop(key, None)
            source.update({"type": "vector", "url": tile_json})
    if any(isinstance(layer, dict) and "text-field" in (layer.get("layout") or {}) for layer in document["layers"]):
        document["glyphs"] = glyphs
    if sprite:
        document["sprite"] = sprite
    else:
        document.pop("sprite", None)
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8")


def _faults(document: Dict[str, Any], tile_layers: Sequence[str]) -> Iterator[Fault]:
    sources = document.get("sources")
    names = list(sources) if isinstance(sources, dict) else []
    if document.get("version") != 8:
        yield _fault(
            "style.version",
            tr("The style is of version “{version}”.", version=document.get("version", "")),
            tr("Maps read version 8."),
            tr("Save the style again from its editor."),
        )
    if len(names) != 1:
        yield _fault(
            "style.sources",
            tr("The style has {count} sources.", count=len(names)),
            tr("It must have one: the tiles that it is published with."),
            tr("Take away what draws other sources, and the sources themselves."),
        )
    yield from _of_layers(document["layers"], names, tile_layers)
    yield from _of_parts(document)


def _of_layers(layers: List[Any], sources: Sequence[str], known: Sequence[str]) -> Iterator[Fault]:
    if not layers:
        yield _fault(
            "style.no-rule",
            tr("The style has no layer."),
            tr("Nothing would be drawn."),
            tr("Add at least one layer that draws."),
        )
    plain = [layer if isinstance(layer, dict) else {} for layer in layers]
    drawing = [layer for layer in plain if layer.get("type") != "background"]
    strange = [_name(layer) for layer in plain if layer.get("type") not in _KINDS]
    if strange:
        yield _fault(
            "style.unknown-type",
            tr("Layers of a type that tiles cannot be drawn with: {count}.", count=len(strange)),
            tr("Known are: {names}.", names=", ".join(sorted(_KINDS))),
            tr("Take them away, or change their type."),
            strange,
        )
    lost = [_name(layer) for layer in drawing if sources and layer.get("source") not in sources]
    if lost:
        yield _fault(
            "style.layer-source",
            tr("Layers that name no source, or one that the style does not have: {count}.", count=len(lost)),
            tr("They would not be drawn."),
            tr("Set their “source” to “{name}”.", name=sources[0]),
            lost,
        )
    wrong = [layer for layer in drawing if layer.get("source-layer") not in known]
    if wrong:
        yield _fault(
            "style.source-layer",
            tr("Layers that draw a table that the tiles do not hold: {count}.", count=len(wrong)),
            tr("The tiles hold: {names}.", names=", ".join(known)),
            _nearest(wrong, known),
            [f"{_name(layer)}: {layer.get('source-layer', '')}" for layer in wrong],
        )


def _of_parts(document: Dict[str, Any]) -> Iterator[Fault]:
    for part in _REMOTE:
        address = document.get(part)
        if isinstance(address, str) and "://" in address:
            yield Fault(
                "style.remote-part",
                Severity.WARNING,
                tr("The style takes its {part} from elsewhere.", part=part),
                tr("When that server goes, texts or symbols go with it: {address}", address=address),
                tr("GeoPub serves glyphs itself; sprites can be published beside the style."),
                examples=(address,),
            )


def _nearest(layers: Sequence[Dict[str, Any]], known: Sequence[str]) -> str:
    for layer in layers:
        nearest = difflib.get_close_matches(str(layer.get("source-layer", "")), known, n=1)
        if nearest:
            return tr("Did you mean “{nearest}”?", nearest=nearest[0])
    return tr("Set their “source-layer” to one of these.")


def _name(layer: Dict[str, Any]) -> str:
    return str(layer.get("id", "?"))


def _fault(identifier: str, what: str, why: str, cure: str, examples: Sequence[str] = ()) -> Fault:
    return Fault(
        identifier, Severity.ERROR, what, why, cure, count=max(len(examples), 1), examples=tuple(examples[:10])
    )


def _unreadable(why: str) -> InvalidInput:
    return InvalidInput(tr("This is not a Mapbox style."), why, tr("Save the style again from its editor, as JSON."))
