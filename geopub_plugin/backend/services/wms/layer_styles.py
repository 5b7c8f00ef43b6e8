"""GetStyles: every style of layers as one SLD 1.0.0 (OGC 01-068r3 annex C, OGC 02-070 §8.7)."""

from __future__ import annotations

from typing import Callable, List, Tuple

from ...render.requests import SldRequest
from ...safe_xml import Element, SubElement, local_name, parse, write_document
from ...styles.sld10 import SLD, to_sld10
from ..publications import MapLayer, MapStyle

MEDIA_TYPE = "application/vnd.ogc.sld+xml"


def styles_document(layers: Tuple[MapLayer, ...], written_by_qgis: Callable[[SldRequest], bytes]) -> bytes:
    """Return the styles of some layers; a layer of several tables has their rules one after the other."""
    root = Element(f"{{{SLD}}}StyledLayerDescriptor", {"version": "1.0.0"})
    for layer in layers:
        root.append(_named_layer(layer, written_by_qgis))
    return write_document(root, {"sld": SLD})


def _named_layer(layer: MapLayer, written_by_qgis: Callable[[SldRequest], bytes]) -> Element:
    named = Element(f"{{{SLD}}}NamedLayer")
    SubElement(named, f"{{{SLD}}}Name").text = layer.name
    for style in layer.styles:
        named.append(_user_style(layer, style, written_by_qgis))
    return named


def _user_style(layer: MapLayer, shown: MapStyle, written_by_qgis: Callable[[SldRequest], bytes]) -> Element:
    style = Element(f"{{{SLD}}}UserStyle")
    SubElement(style, f"{{{SLD}}}Name").text = shown.name
    SubElement(style, f"{{{SLD}}}Title").text = shown.title
    SubElement(style, f"{{{SLD}}}IsDefault").text = "1" if shown.name == layer.style_name else "0"
    for table in reversed(shown.tables):  # the bottom first, as SLD draws
        written = written_by_qgis(SldRequest((table,), layer.revision))
        style.extend(_feature_styles(to_sld10(written, table.table)[0]))
    return style


def _feature_styles(written: bytes) -> List[Element]:
    return [element for element in parse(written, plain=True).iter() if local_name(element) == "FeatureTypeStyle"]
