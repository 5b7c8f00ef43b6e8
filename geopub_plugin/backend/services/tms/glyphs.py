"""Glyphs for the labels of maps in browsers: /tms/1.0.0/fonts/<font>/<first>-<last>.pbf, drawn when first asked for."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Protocol

from flask import Blueprint, Response

from ...errors import GeoPubError
from ...render.requests import GlyphsRequest
from ...translation import tr
from ..cross_origin import let_pages_read
from .answers import error_answer, refused

_RANGE = 256  # code points of one answer
_LAST = 0x10FFFF - _RANGE + 1
_KEPT = 128  # answers of up to 100 kB each
_FONT = re.compile(r"[\w\-. ]{1,100}")


class GlyphDrawer(Protocol):
    """Draws glyphs: the renderer."""

    def glyphs(self, request: GlyphsRequest) -> bytes:
        """Return the glyphs of a range as a protocol buffer."""


def glyphs_blueprint(drawer: GlyphDrawer) -> Blueprint:
    """Return the route; fonts are those of this machine, and what is missing is replaced as QGIS does."""
    routes = Blueprint("glyphs", __name__, url_prefix="/tms/1.0.0/fonts")
    drawn = lru_cache(_KEPT)(lambda font, start: drawer.glyphs(GlyphsRequest(font, start)))

    let_pages_read(routes)

    @routes.errorhandler(GeoPubError)
    def tell(error: GeoPubError) -> Response:
        return refused(error)

    @routes.get("/<fonts>/<int:first>-<int:last>.pbf")
    def glyphs(fonts: str, first: int, last: int) -> Response:
        font = fonts.split(",", maxsplit=1)[0].strip()  # a stack names others to fall back on, as Qt does by itself
        if first % _RANGE or first > _LAST or last != first + _RANGE - 1 or not _FONT.fullmatch(font):
            return error_answer(
                tr("There are no glyphs {first}-{last} of “{font}”.", first=first, last=last, font=font)
            )
        answer = Response(drawn(font, first), mimetype="application/x-protobuf")
        answer.headers["Cache-Control"] = "public, max-age=86400"
        return answer

    return routes
