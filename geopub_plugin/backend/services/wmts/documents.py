"""GetCapabilities (OGC 07-057r7 §7.1)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Tuple
from urllib.parse import quote

import jinja2

from ...features.schema import Bounds
from ..publications import MapLayer, MapStyle, Publications
from ..wms.capabilities import legend_address
from ..wms.exceptions import V130
from ..wms.feature_info import INFO_FORMATS
from .matrices import EDGE, MATRICES, SET_NAMES, SIDE, WELL_KNOWN

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    keep_trailing_newline=True,
)


@dataclass(frozen=True)
class _ShownLayer:
    """A layer as the template shows it."""

    layer: MapLayer
    bounds: Bounds
    styles: Tuple[Tuple[MapStyle, str], ...]  # with the address of its legend
    path: str  # of its resources


def capabilities(publications: Publications, base_url: str) -> bytes:
    """Return the capabilities document of all published map layers."""
    layers = tuple(_shown(layer, base_url) for layer in publications.map_layers())
    text = _TEMPLATES.get_template("capabilities.xml").render(
        service=publications.service(),
        update_sequence=publications.revision(),
        address=f"{base_url}/wmts",
        layers=layers,
        info_formats=INFO_FORMATS,
        set_names=SET_NAMES,
        matrices=MATRICES,
        well_known=WELL_KNOWN,
        edge=EDGE,
        side=SIDE,
    )
    return text.encode("utf-8")


def _shown(layer: MapLayer, base_url: str) -> _ShownLayer:
    wms = f"{base_url}/wms-v/ows?"
    return _ShownLayer(
        layer,
        _on_the_square(layer.bounds),
        tuple((style, legend_address(wms, layer, style, V130)) for style in layer.styles),
        f"{base_url}/wmts/1.0.0/{quote(layer.name, safe='')}",
    )


def _on_the_square(bounds: Bounds) -> Tuple[float, float, float, float]:
    """Return bounds within what the tile matrix set covers: clients refuse more."""
    west, south, east, north = bounds
    return max(west, -180.0), max(south, -85.0511287), min(east, 180.0), min(north, 85.0511287)
