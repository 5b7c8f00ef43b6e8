"""Data made for a style: features that its rules choose, where its scales show them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

from osgeo import ogr, osr

from geopub_plugin.backend.safe_xml import local_name
from geopub_plugin.backend.styles.attributes import translate_attributes
from geopub_plugin.backend.styles.recognition import StyleDocument, StyleKind, read

SIDE = 512  # pixels of a picture
TABLE = "sample"
WORLD = 2 * math.pi * 6378137  # metres: side of the world in Web Mercator
_CELLS = 5  # features of a side
_ZOOMS = (14, 12, 16, 10, 17, 8, 18, 15, 13, 11, 19, 6, 20, 4, 2)
_KINDS = {"0": "POINT", "1": "LINE", "2": "POLYGON", "marker": "POINT", "line": "LINE", "fill": "POLYGON"}
_COMPARED = re.compile(
    r"""["]?(?P<name>[\w:.-]+)["]?\s*\)*\s*(?:=|<>|!=|<=|>=|<|>|\bI?LIKE\b)\s*(?P<value>'(?:[^']|'')*'|-?\d+\.?\d*)""",
    re.I,
)
_LISTED = re.compile(r"""["]?(?P<name>[\w:.-]+)["]?\s*\)*\s+(?:NOT\s+)?IN\s*\((?P<values>[^()]*)\)""", re.I)
_VALUE = re.compile(r"'(?:[^']|'')*'|-?\d+\.?\d*")
_OWN = frozenset({"fid", "ogc_fid", "geom", "geometry", "the_geom"})


@dataclass(frozen=True)
class Sample:
    """A table made for a style, and from where it is looked at: the middle of the map, at a zoom."""

    data: Path
    kind: str  # POINT, LINE or POLYGON
    zoom: int
    fields: Dict[str, type]

    @property
    def pixel(self) -> float:
        """Metres of a pixel."""
        return WORLD / 512 / 2**self.zoom

    @property
    def bounds(self) -> Tuple[float, float, float, float]:
        """What the picture shows, in EPSG:3857."""
        half = SIDE / 2 * self.pixel
        return -half, -half, half, half


def sample_of(style: bytes, path: Path) -> Sample:
    """Write a table for a style into a new GeoPackage; raise InvalidInput for what is no style."""
    document = read(style)
    kind, zoom = _kind(document), _zoom(document)
    values = _values(document)
    fields = {name: _type(found) for name, found in values.items()}
    sample = Sample(path, kind, zoom, fields)
    _write(sample, values)
    return sample


def _write(sample: Sample, values: Dict[str, List[str]]) -> None:
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(sample.data))
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(3857)
    kind = {"POINT": ogr.wkbPoint, "LINE": ogr.wkbLineString, "POLYGON": ogr.wkbPolygon}[sample.kind]
    layer = source.CreateLayer(TABLE, srs, kind)
    for name, type_ in sample.fields.items():
        layer.CreateField(ogr.FieldDefn(name, ogr.OFTReal if type_ is float else ogr.OFTString))
    for number, wkt in enumerate(_shapes(sample)):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
        for place, (name, found) in enumerate(values.items()):
            value: Any = found[number % len(found)] if found else f"{name[:6]} {number}"
            feature.SetField(place, float(value) if sample.fields[name] is float else value)
        layer.CreateFeature(feature)


def _shapes(sample: Sample) -> Iterator[str]:
    """Yield a shape for each cell of the picture, none of them straight."""
    cell = SIDE / _CELLS * sample.pixel
    for number in range(_CELLS**2):
        x = (number % _CELLS - _CELLS / 2 + 0.5) * cell
        y = (_CELLS / 2 - 0.5 - number // _CELLS) * cell
        turn = number * 0.7
        around = [(x + math.cos(turn + a) * r * cell, y + math.sin(turn + a) * r * cell) for a, r in _RING]
        if sample.kind == "POINT":
            yield f"POINT ({x!r} {y!r})"
        elif sample.kind == "LINE":
            yield f"LINESTRING ({_points(around[:4])})"
        else:
            hole = [(x + (px - x) * 0.25, y + (py - y) * 0.25) for px, py in reversed(around)]
            holes = f",({_points([*hole, hole[0]])})" if number % 3 == 0 else ""
            yield f"POLYGON (({_points([*around, around[0]])}){holes})"


_RING = tuple((step * math.pi / 3, 0.45 if step % 2 else 0.36) for step in range(6))  # angle, share of a cell


def _points(points: List[Tuple[float, float]]) -> str:
    return ",".join(f"{x!r} {y!r}" for x, y in points)


def _kind(document: StyleDocument) -> str:
    root = document.root
    if document.kind is StyleKind.QML:
        told = _KINDS.get((root.findtext("layerGeometryType") or "").strip())
        symbols = (_KINDS.get(symbol.get("type", "")) for symbol in root.iter("symbol"))
        return told or next((kind for kind in symbols if kind), "POLYGON")
    names = [local_name(element) for element in root.iter()]
    found = (name.replace("Symbolizer", "").upper() for name in names if name.endswith("Symbolizer"))
    return next((kind for kind in found if kind in ("POINT", "LINE", "POLYGON")), "POINT")


def _zoom(document: StyleDocument) -> int:
    """Return the zoom at which most rules draw."""
    ranges = list(_ranges(document))
    scale = WORLD / 512 * 96 / 0.0254

    def drawn(zoom: int) -> int:
        return sum(low <= scale / 2**zoom < (high or math.inf) for low, high in ranges)

    return max(_ZOOMS, key=lambda zoom: (drawn(zoom), -_ZOOMS.index(zoom)))


def _ranges(document: StyleDocument) -> Iterator[Tuple[float, float]]:
    """Yield the scales between which the layer and its rules are drawn, as denominators, 0 for no limit."""
    root = document.root
    if root.get("hasScaleBasedVisibilityFlag") in ("1", "true"):
        ends = [_number(root.get(name) or "") for name in ("minScale", "maxScale", "minimumScale", "maximumScale")]
        ends = [one for one in ends if one]
        yield from [(min(ends) if len(ends) > 1 else 0.0, max(ends))] * 100 if ends else []  # decides over all rules
    for element in root.iter():
        if element.tag == "rule":
            yield _number(element.get("scalemindenom") or ""), _number(element.get("scalemaxdenom") or "")
        elif local_name(element) == "Rule":
            texts = {local_name(child): child.text or "" for child in element}
            yield _number(texts.get("MinScaleDenominator", "")), _number(texts.get("MaxScaleDenominator", ""))


def _values(document: StyleDocument) -> Dict[str, List[str]]:
    """Return each attribute that a style names with the values that it asks for."""
    names: Dict[str, str] = {}

    def note(name: str, _decisive: bool) -> str:
        if name and name.lower() not in _OWN and len(names) < 200:
            names.setdefault(name.lower(), name)
        return name

    translate_attributes(document, note)
    values: Dict[str, List[str]] = {name: [] for name in names.values()}
    for name, value in _asked(document):
        known = names.get(name.lower())
        if known is not None and value not in values[known]:
            values[known].append(value)
    return values


def _asked(document: StyleDocument) -> Iterator[Tuple[str, str]]:
    """Yield attributes and values that go together."""
    for element in document.root.iter():
        name = local_name(element)
        if name == "renderer-v2":
            attribute = (element.get("attr") or "").strip().strip('"')
            for category in element.iter("category"):
                yield attribute, category.get("value") or ""
            for one in element.iter("range"):
                yield attribute, str((_number(one.get("lower") or "") + _number(one.get("upper") or "")) / 2)
        elif name == "rule":
            yield from _of_expression(element.get("filter") or "")
        elif name.startswith("PropertyIs"):
            texts = [(local_name(child), (child.text or "").strip()) for child in element.iter()]
            attributes = [
                re.split("[:/]", text)[-1] for kind, text in texts if kind in ("PropertyName", "ValueReference")
            ]
            for kind, text in texts:
                if kind == "Literal" and attributes:
                    yield attributes[0], text


def _of_expression(text: str) -> Iterator[Tuple[str, str]]:
    for found in _COMPARED.finditer(text):
        yield found["name"], _plain(found["value"])
    for found in _LISTED.finditer(text):
        for value in _VALUE.findall(found["values"]):
            yield found["name"], _plain(value)


def _plain(value: str) -> str:
    return value[1:-1].replace("''", "'").replace("%", "") if value.startswith("'") else value


def _type(values: List[str]) -> type:
    return (
        float
        if values and all(re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?", value) for value in values)
        else str
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
