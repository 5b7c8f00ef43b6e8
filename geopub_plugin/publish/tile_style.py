"""The published style of vector tiles as QGIS draws it: asked for in any thread, applied in the GUI thread."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Tuple

from qgis.core import (
    QgsMapBoxGlStyleConversionContext,
    QgsMapBoxGlStyleConverter,
    QgsUnitTypes,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtGui import QImage

from ..backend.errors import GeoPubError
from .map_style import MapStyle, style_in_short
from .transport import Request, Transport

_MILLIMETRES_OF_A_PIXEL = 25.4 / 96  # as QGIS itself converts such styles
_SHEET = "@2x"  # the finer of the two sheets of pictures


@dataclass(frozen=True)
class TileStyle:
    """A Mapbox style with its pictures."""

    document: Mapping[str, Any]
    sprites: Mapping[str, Any]  # where each picture is on the sheet
    sheet: bytes  # PNG, b"" when there are no pictures


def tile_style(url: str, transport: Transport) -> TileStyle:
    """Return a published style; pictures that do not come are left out.

    Raises:
        GeoPubError: it cannot be reached.
        ValueError: it is no style.
    """
    document = _object(transport.send(Request("GET", url)).body)
    if not isinstance(document.get("layers"), list):
        raise ValueError("no layers")
    sprite = document.get("sprite")
    if not isinstance(sprite, str) or not sprite:
        return TileStyle(document, {}, b"")
    try:
        index = transport.send(Request("GET", f"{sprite}{_SHEET}.json"))
        sheet = transport.send(Request("GET", f"{sprite}{_SHEET}.png"))
        return TileStyle(document, _object(index.body), sheet.body if sheet.ok else b"")
    except (GeoPubError, ValueError):
        return TileStyle(document, {}, b"")


def coming_style(style: MapStyle) -> Optional[TileStyle]:
    """Return the style that tiles will be published with; None where it draws nothing."""
    if not style.layers:
        return None
    sheets = dict(style.sheets)
    sprites = sheets.get(f"sprite{_SHEET}.json", b"{}")
    return TileStyle(_object(style_in_short(style)), _object(sprites), sheets.get(f"sprite{_SHEET}.png", b""))


def look_alike(one: Optional[TileStyle], other: Optional[TileStyle]) -> bool:
    """Tell whether tiles look the same with two styles, wherever these are kept."""
    if one is None or other is None:
        return one is other
    same = one.document["layers"] == other.document["layers"]
    return same and (one.sprites, one.sheet) == (other.sprites, other.sheet)


def apply_style(layer: QgsVectorTileLayer, style: TileStyle) -> Tuple[str, ...]:
    """Draw a layer with a published style, and return what QGIS says it cannot draw; plain where it can draw none."""
    context = QgsMapBoxGlStyleConversionContext()
    context.setTargetUnit(QgsUnitTypes.RenderUnit.RenderMillimeters)
    context.setPixelSizeConversionFactor(_MILLIMETRES_OF_A_PIXEL)
    if style.sheet:
        context.setSprites(QImage.fromData(style.sheet), dict(style.sprites))
    converter = QgsMapBoxGlStyleConverter()
    converted = converter.convert(json.dumps(dict(style.document)), context)
    if converted != QgsMapBoxGlStyleConverter.Result.Success or converter.renderer() is None:
        layer.loadDefaultStyle()
        return (converter.errorMessage(),)
    layer.setRenderer(converter.renderer().clone())
    if converter.labeling() is not None:
        layer.setLabeling(converter.labeling().clone())
    return tuple(converter.warnings())


def _object(body: bytes) -> Dict[str, Any]:
    read = json.loads(body.decode("utf-8"))
    if not isinstance(read, dict):
        raise ValueError("no object")
    return read
