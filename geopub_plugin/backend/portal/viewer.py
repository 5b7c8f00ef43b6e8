"""Routes of the web viewer, under /view: a map of one tile layer with its published style.

The map library (MapLibre GL JS, BSD 3-clause) comes with the zip, fetched by npm when that is made; nothing is asked of
another host. The page may be framed by any other: it reads what everybody may read, and holds nothing to click on
that changes anything. Behind a door it shows what may be seen there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Callable
from urllib.parse import quote

from flask import Blueprint, Response, abort, jsonify, make_response, render_template, send_from_directory

from ..about import __title__
from ..errors import NotFound
from ..locations import shipped
from ..services.publications import Publications, TileLayer
from ..translation import language, tr

LIBRARY = ("maplibre-gl.mjs", "maplibre-gl-worker.mjs", "maplibre-gl.css")
# The library makes its worker of a blob in some browsers, and its pictures of data addresses.
_POLICY = (  # frame-ancestors is open: the page is made to be put into others
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; "
    "img-src * data: blob:; connect-src *; font-src *"
)
_AGE = 86400  # seconds that a browser may keep the library


def library() -> Path:
    """Return the folder of the map library; it may not be there in a checkout."""
    return shipped("vendor", "maplibre")


def has_viewer() -> bool:
    """Tell whether the map library is at hand."""
    return (library() / LIBRARY[0]).is_file()


def viewer_blueprint(publications: Publications, base_url: Callable[[], str]) -> Blueprint:
    """Return the routes.

    Args:
        publications: what is published.
        base_url: gives the address that clients use, without a slash at its end.
    """
    routes = Blueprint("viewer", __name__, url_prefix="/view", template_folder="templates", static_folder=None)

    @routes.get("/<name>")
    def page(name: str) -> Response:
        layer = _layer(publications, name)
        if not has_viewer():
            raise NotFound(
                tr("The web page of “{name}” cannot be shown.", name=name),
                tr("The library that draws its map is not here."),
                tr("The plugin's zip brings it along; in a checkout, `make viewer` fetches it."),
            )
        # Addresses are relative to the page: the same for every door, and behind every proxy.
        words = {"language": "fr" if language() == "fr" else "en", "product": __title__}
        failed = tr("The map cannot be drawn: {reason}", reason="{reason}")
        told = f"{quote(layer.name)}/map.json"
        response = make_response(render_template("viewer.html", layer=layer, told=told, failed=failed, **words))
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    @routes.get("/<name>/map.json")
    def told(name: str) -> Response:
        """Say what the page draws: the address of the tiles' metadata, and that of their style."""
        layer = _layer(publications, name)
        tiles = f"{base_url()}/tms/1.0.0/{layer.name}/metadata.json"
        return jsonify({"title": layer.title, "tiles": tiles, "style": layer.style_url})

    @routes.get("/assets/viewer.mjs")
    def script() -> Response:
        return _kept(send_from_directory(Path(__file__).parent, "viewer.mjs", mimetype="text/javascript"))

    @routes.get("/assets/<file>")
    def asset(file: str) -> Response:
        if file not in LIBRARY:
            abort(404)
        kind = "text/css" if file.endswith(".css") else "text/javascript"
        return _kept(send_from_directory(library(), file, mimetype=kind))

    return routes


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = f"public, max-age={_AGE}"
    return response


def _layer(publications: Publications, name: str) -> TileLayer:
    found = next((layer for layer in publications.tile_layers() if layer.name == name), None)
    if found is None:
        raise NotFound(
            tr("There is no tile layer “{name}”.", name=name),
            tr("It was never published here, or not any more."),
        )
    return found
