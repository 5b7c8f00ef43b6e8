"""What a tile map service says of itself: XML of TMS 1.0.0, and TileJSON 3.0.0 with the fields of the Géoplateforme."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Dict, Mapping, Sequence

from jinja2 import Environment, FileSystemLoader

from ...features.schema import Bounds
from ...tiles.grid import HALF_WORLD, HIGHEST, unit_bounds
from ..publications import ServiceInfo, TileLayer

_TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)


def service_xml(base: str, service: ServiceInfo, layers: Sequence[TileLayer]) -> str:
    """Return the TileMapService document, the list of the layers."""
    return _TEMPLATES.get_template("service.xml").render(base=base, service=service, layers=layers)


def layer_xml(base: str, layer: TileLayer) -> str:
    """Return the TileMap document of a layer."""
    return _TEMPLATES.get_template("layer.xml").render(
        base=base,
        layer=layer,
        box=mercator_bounds(layer.bounds),
        half_world=HALF_WORLD,
        levels=range(layer.top_level, layer.bottom_level + 1),
    )


def error_xml(message: str) -> str:
    """Return the document that tells of an error."""
    return _TEMPLATES.get_template("error.xml").render(message=message)


def tile_json(base: str, layer: TileLayer, vector_layers: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
    """Return the metadata of a layer; `vector_layers` as its archive tells them."""
    west, south, east, north = layer.bounds
    return {
        "tilejson": "3.0.0",
        "name": layer.name,
        "description": layer.abstract or layer.title,
        "scheme": "xyz",
        "format": "pbf",
        "crs": "EPSG:3857",
        "minzoom": layer.top_level,
        "maxzoom": layer.bottom_level,
        "bounds": [west, south, east, north],
        "center": [(west + east) / 2, (south + north) / 2, _fitting_level(layer)],
        "tiles": [f"{base}/tms/1.0.0/{layer.name}/{{z}}/{{x}}/{{y}}.pbf"],
        "vector_layers": list(vector_layers),
        **({"style": layer.style_url} if layer.style_url else {}),
    }


def mercator_bounds(bounds: Bounds) -> Bounds:
    """Return bounds of WGS 84 in metres of EPSG:3857, rounded to centimetres."""
    west, south, east, north = bounds
    x0, y0, x1, y1 = unit_bounds((west, max(south, -HIGHEST), east, min(north, HIGHEST)))
    side = 2 * HALF_WORLD
    return (
        round((x0 - 0.5) * side, 2), round((0.5 - y1) * side, 2), round((x1 - 0.5) * side, 2),
        round((0.5 - y0) * side, 2),
    )  # fmt: skip


def _fitting_level(layer: TileLayer) -> int:
    """Return the level at which the layer fills a window of four tiles a side, within its levels."""
    x0, y0, x1, y1 = unit_bounds(layer.bounds)
    level = int(math.log2(4 / max(x1 - x0, y1 - y0, 1e-9)))
    return min(max(level, layer.top_level), layer.bottom_level)
