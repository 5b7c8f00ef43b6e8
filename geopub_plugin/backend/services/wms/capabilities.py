"""GetCapabilities: OGC 06-042 §7.2 (1.3.0), OGC 01-068r3 §7.1 (1.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple
from urllib.parse import urlencode

from ...translation import tr
from ..owscommon import Parameters
from ..publications import MapLayer, MapStyle, Publications
from .documents import TEMPLATES
from .exceptions import V111, V130, ServiceException
from .feature_info import INFO_FORMATS
from .layer_styles import MEDIA_TYPE as SLD_TYPE
from .pictures import LARGEST, MOST_LAYERS, PICTURE_FORMATS
from .reference_systems import AdvertisedBounds, advertised_bounds

# Those that clients ask for most; any other that PROJ knows is answered too.
SYSTEMS = ("EPSG:3857", "EPSG:4326", "CRS:84", "EPSG:4258", "EPSG:3035", "EPSG:2154", "EPSG:3395")
LEGEND_FORMATS = (*PICTURE_FORMATS, "application/json")
_LEGEND_SIZE = 20  # pixels of a symbol; the DTD of 1.1.1 demands a size, and only drawing a legend tells its own
_MEDIA_TYPES = {V130: "text/xml", V111: "application/vnd.ogc.wms_xml"}


@dataclass(frozen=True)
class _ShownStyle:
    """A style as the template shows it."""

    name: str
    title: str
    legend: str  # address of its legend


@dataclass(frozen=True)
class _ShownLayer:
    """A layer as the template shows it."""

    layer: MapLayer
    own_system: str  # "" when it is among those of all layers
    boxes: Tuple[AdvertisedBounds, ...]
    styles: Tuple[_ShownStyle, ...]


def media_type(version: str) -> str:
    """Return the media type of a capabilities document."""
    return _MEDIA_TYPES[version]


def capabilities(parameters: Parameters, publications: Publications, base_url: str, version: str) -> bytes:
    """Return the capabilities document of all published layers."""
    sequence = publications.revision()
    _examine_update_sequence(parameters.get("UPDATESEQUENCE"), sequence)
    address = f"{base_url}/wms-v/ows?"
    operations = [
        ("GetCapabilities", (_MEDIA_TYPES[version],)),
        ("GetMap", PICTURE_FORMATS),
        ("GetFeatureInfo", INFO_FORMATS),
        ("GetLegendGraphic" if version == V111 else "sld:GetLegendGraphic", LEGEND_FORMATS),
    ]
    if version == V111:  # 1.3.0 and SLD 1.1 have no name for it; it is answered all the same
        operations.append(("GetStyles", (SLD_TYPE,)))
    text = TEMPLATES.get_template(f"capabilities_{version.replace('.', '_')}.xml").render(
        service=publications.service(),
        update_sequence=sequence,
        address=address,
        operations=operations,
        systems=[name for name in SYSTEMS if version != V111 or name != "CRS:84"],
        layers=[_shown(layer, address, version) for layer in publications.map_layers()],
        largest=LARGEST,
        most_layers=MOST_LAYERS,
        legend_size=_LEGEND_SIZE,
    )
    return text.encode("utf-8")


def _shown(layer: MapLayer, address: str, version: str) -> _ShownLayer:
    styles = tuple(
        _ShownStyle(style.name, style.title, legend_address(address, layer, style, version)) for style in layer.styles
    )
    own = layer.srs if layer.srs and layer.srs not in SYSTEMS else ""
    systems = tuple(dict.fromkeys(filter(None, (layer.srs, "EPSG:4326", "EPSG:3857"))))
    return _ShownLayer(layer, own, advertised_bounds(layer.bounds, systems, version), styles)


def legend_address(address: str, layer: MapLayer, style: MapStyle, version: str) -> str:
    """Return where the legend of a style is found below the address of the service, which ends with "?"."""
    asked = {
        "SERVICE": "WMS",
        "VERSION": version,
        "REQUEST": "GetLegendGraphic",
        "LAYER": layer.name,
        "STYLE": style.name,
        "FORMAT": "image/png",
        "SLD_VERSION": "1.1.0",
    }
    return address + urlencode(asked)


def _examine_update_sequence(asked: str, current: str) -> None:
    """Answer as OGC 06-042 §7.2.3.5; our sequences have no order, so any other one is taken for an older one."""
    if asked and asked == current:
        raise ServiceException("CurrentUpdateSequence", tr("The capabilities have not changed since."))
