"""The page at the root: what is live, with links."""

from __future__ import annotations

from typing import Sequence, Tuple
from urllib.parse import quote

from flask import Blueprint, Response, render_template

from ..about import __title__, __version__
from ..portal.viewer import has_viewer
from ..services.ogcapi.addresses import Addresses
from ..services.publications import Publications
from ..services.wfs.names import type_name
from ..translation import language, tr
from .context import base_url, store

blueprint = Blueprint("landing", __name__, template_folder="templates")


@blueprint.get("/")
def landing() -> Response:
    """Show the live services."""
    base = base_url()
    links = [
        ("API", f"{base}/api/docs"),
        (tr("Metadata (CSW)"), f"{base}/csw?service=CSW&version=2.0.2&request=GetCapabilities"),
    ]
    return services_page(store().publications, base, links)


def services_page(publications: Publications, base: str, links: Sequence[Tuple[str, str]] = ()) -> Response:
    """Return a page with what is published at an address, and with links: words and where they lead."""
    groups = [
        {
            "title": tr("Features (WFS)"),
            "capabilities": f"{base}/wfs/ows?service=WFS&version=2.0.0&request=GetCapabilities",
            "layers": [
                (
                    one.title,
                    one.name,
                    f"{base}/wfs/ows?service=WFS&version=2.0.0&request=GetFeature&count=10&typeNames={one.name}",
                )
                for one in publications.feature_types()
            ],
        },
        {
            "title": tr("Features (OGC API)"),
            "capabilities": f"{base}/ogc/features?f=html",
            "layers": [
                (one.title, one.name, Addresses(base).collection(type_name(one).text, "items") + "?f=html")
                for one in publications.feature_types()
            ],
        },
        {
            "title": tr("Maps (WMS)"),
            "capabilities": f"{base}/wms-v/ows?service=WMS&version=1.3.0&request=GetCapabilities",
            "layers": [
                (one.title, one.name, _picture(base, one.name, one.bounds)) for one in publications.map_layers()
            ],
        },
        {
            "title": tr("Map tiles (WMTS)"),
            "capabilities": f"{base}/wmts?service=WMTS&version=1.0.0&request=GetCapabilities",
            "layers": [
                (one.title, one.name, f"{base}/wmts/1.0.0/{quote(one.name)}/{one.style_name}/PM/0/0/0.png")
                for one in publications.map_layers()
            ],
        },
        {
            "title": tr("Vector tiles (TMS)"),
            "capabilities": f"{base}/tms/1.0.0",
            "layers": [
                (one.title, one.name, f"{base}/view/{quote(one.name)}" if has_viewer() else _metadata(base, one.name))
                for one in publications.tile_layers()
            ],
        },
    ]
    words = {"capabilities": tr("Capabilities"), "empty": tr("Nothing is published here yet.")}
    spoken = "fr" if language() == "fr" else "en"
    about = {"title": __title__, "version": __version__, "language": spoken}
    page = render_template("landing.html", groups=groups, words=words, links=links, **about)
    response = Response(page, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response


def _picture(base: str, name: str, bounds: tuple) -> str:
    west, south, east, north = bounds
    width = 800
    height = max(1, min(1600, round(width * (north - south) / ((east - west) or 1))))
    return (
        f"{base}/wms-v/ows?service=WMS&version=1.3.0&request=GetMap&layers={name}&styles=&crs=CRS:84"
        f"&bbox={west},{south},{east},{north}&width={width}&height={height}&format=image/png"
    )


def _metadata(base: str, name: str) -> str:
    return f"{base}/tms/1.0.0/{quote(name)}/metadata.json"
