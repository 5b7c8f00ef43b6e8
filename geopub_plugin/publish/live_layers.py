"""Live services as QGIS layers, through QGIS's own providers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Dict, Iterable, Optional, Tuple
from urllib.parse import parse_qs, quote, urlsplit

from qgis.core import QgsMapLayer, QgsRasterLayer, QgsVectorLayer, QgsVectorTileLayer
from qgis.PyQt.QtXml import QDomDocument

from ..backend.errors import GeoPubError, Unavailable
from ..backend.features.schema import Bounds
from ..backend.safe_xml import parse
from ..backend.translation import tr
from .tile_style import TileStyle, apply_style, tile_style
from .transport import Request, Transport

KINDS = ("WFS", "WMS", "TMS")


@dataclass(frozen=True)
class LiveService:
    """One address of one service, with what QGIS has to know to draw it."""

    kind: str  # "WFS", "WMS" or "TMS"
    title: str
    url: str  # as the store gives it
    open: Optional[bool] = None  # to everybody; None while that is not known, see `preview_links.reachable`
    levels: Optional[Tuple[int, int]] = None  # top and bottom level of a TMS, once known
    bounds: Optional[Bounds] = None  # longitude and latitude of a TMS, once known
    style: Optional[TileStyle] = None  # that is published with the tiles of a TMS, once known
    sld_url: str = ""  # where the style is that is published with the features of a WFS, "" where none is
    sld: Optional[bytes] = None  # that style, once known

    @property
    def known(self) -> bool:
        """Whether it is known how QGIS is to draw it, see `described`."""
        if self.kind == "TMS":
            return self.levels is not None
        return not self.sld_url or self.sld is not None


def described(service: LiveService, transport: Transport) -> LiveService:
    """Return a TMS with levels, bounds and style, a WFS with its style, as they state; any other service as it is.

    Raises:
        GeoPubError: the tiles do not answer. A style that does not is left out: QGIS draws in a plain way then.
    """
    if service.known:
        return service
    if service.kind == "WFS":
        return replace(service, sld=_sld(service.sld_url, transport))
    answer = transport.send(Request("GET", f"{service.url.rstrip('/')}/metadata.json"))
    stated = answer.json()
    if not answer.ok or not isinstance(stated, dict):
        raise Unavailable(
            tr("The tiles of “{title}” do not answer.", title=service.title),
            tr("The server answered with status {status}.", status=answer.status),
            tr("Refresh the list, and publish the layer again if it stays so."),
        )
    levels = (int(stated.get("minzoom", 0)), int(stated.get("maxzoom", 14)))
    bounds = stated.get("bounds")
    if isinstance(bounds, str):
        bounds = bounds.split(",")
    extent = tuple(float(value) for value in bounds) if bounds and len(bounds) == 4 else None
    return replace(service, levels=levels, bounds=extent, style=_style(stated.get("style"), transport))


def live_layer(service: LiveService) -> QgsMapLayer:
    """Return a new layer that shows the service; not valid when it does not answer."""
    if service.kind == "WFS":
        features = QgsVectorLayer(wfs_source(service.url), service.title, "WFS")
        _draw_with(features, service.sld or b"")
        return features
    if service.kind == "WMS":
        return QgsRasterLayer(wms_source(service.url), service.title, "wms")
    layer = QgsVectorTileLayer(tms_source(service.url, service.levels or (0, 14)), service.title)
    if service.style is not None:
        apply_style(layer, service.style)
    else:
        layer.loadDefaultStyle()
    return layer


def sld_address(url: str, styles: Iterable[Tuple[str, str]]) -> str:
    """Return where the style of features is, of styles by the names of what they draw; "" where there is none."""
    _, query = _base_and_query(url)
    table = (query.get("typenames") or query.get("typename", "")).rpartition(":")[2]
    slds = [(name.rpartition(":")[2], place) for name, place in styles if urlsplit(place).path.endswith(".sld")]
    named = [place for name, place in slds if name == table]
    return named[0] if named else slds[0][1] if len(slds) == 1 else ""


def wfs_source(url: str) -> str:
    """Return the source of QGIS's WFS provider for the address of a GetFeature request.

    QGIS 3.44 keeps the capabilities of an address for a minute, and would not find what was published meanwhile: so
    each layer has an address of its own, by a fragment, which is not sent.
    """
    base, query = _base_and_query(url)
    name = query.get("typenames") or query.get("typename", "")
    place = f"{_plain(base)}#{quote(name, safe=':')}"
    return f"pagingEnabled='true' restrictToRequestBBOX='1' typename='{_plain(name)}' url='{place}' version='auto'"


def wms_source(url: str, crs: str = "EPSG:3857") -> str:
    """Return the source of QGIS's WMS provider for the address of a WMS layer."""
    base, query = _base_and_query(url)
    parts = {"crs": crs, "format": "image/png", "layers": query.get("layers", ""), "styles": "", "url": base}
    return "&".join(f"{key}={quote(value, safe=':/')}" for key, value in parts.items())


def tms_source(url: str, levels: Tuple[int, int]) -> str:
    """Return the source of QGIS's vector tiles for the address of a TMS layer."""
    template = quote(f"{url.rstrip('/')}/{{z}}/{{x}}/{{y}}.pbf", safe=":/")
    return f"type=xyz&url={template}&zmin={levels[0]}&zmax={levels[1]}"


def _style(url: object, transport: Transport) -> Optional[TileStyle]:
    """Return the style of tiles; None for one that is not there: they are drawn in a plain way then."""
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        return None
    try:
        return tile_style(url, transport)
    except (GeoPubError, ValueError):
        return None


def _sld(url: str, transport: Transport) -> bytes:
    try:
        answer = transport.send(Request("GET", url))
        if not answer.ok:
            return b""
        parse(answer.body)
    except GeoPubError:
        return b""
    return answer.body


def _draw_with(layer: QgsVectorLayer, sld: bytes) -> None:
    """Draw features with a style, in QGIS's plain way where it cannot read it."""
    document = QDomDocument()
    if sld and layer.isValid() and document.setContent(sld, True)[0]:
        layer.readSld(document.documentElement().firstChildElement("NamedLayer"), "")


def _base_and_query(url: str) -> Tuple[str, Dict[str, str]]:
    parts = urlsplit(url)
    query = {key.lower(): values[0] for key, values in parse_qs(parts.query).items()}
    return f"{parts.scheme}://{parts.netloc}{parts.path}", query


def _plain(text: str) -> str:
    """Return a text that cannot end the quotes of a data source."""
    return text.replace("'", "")
