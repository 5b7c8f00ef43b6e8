"""The OpenAPI document of this API, and a page that people can read."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Tuple, cast

from flask import Blueprint, Response, current_app, redirect, render_template, url_for

from .answers import answer
from .context import base_url
from .openapi import METHODS, document
from .operation import Answer, gives, gives_file, operation
from .outline import outline
from .schema import OBJECT

blueprint = Blueprint("documentation", __name__, template_folder="templates")

Json = Dict[str, Any]

_KEY = "geopub-openapi"


@blueprint.get("/api/v3/api-docs")
@operation(gives(OBJECT, description="An OpenAPI 3.1 document."), public=True)
def openapi() -> Response:
    """Describe this API."""
    return answer({**_document(), "servers": [{"url": base_url()}]})


@blueprint.get("/api/docs")
@operation(gives_file("text/html"), public=True)
def page() -> Response:
    """Describe this API for people."""
    response = Response(
        render_template("api.html", document=_document(), groups=_groups(), pieces=_pieces),
        content_type="text/html; charset=utf-8",
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response


@blueprint.get("/api/swagger-ui/index.html")
@operation(Answer(302, description="The page is at `/api/docs`."), public=True)
def where_the_platform_has_it() -> Any:
    """Lead to the page from where the platform has its own."""
    return redirect(url_for("documentation.page"))


def _pieces(schema: Json) -> List[str]:
    """Return a schema as text in pieces, every second of which is the name of a schema."""
    return re.split(rf"\b({'|'.join(_document()['components']['schemas'])})\b", outline(schema))


def _document() -> Json:
    """Return the document, made at the first time: the routes do not change."""
    if _KEY not in current_app.extensions:
        current_app.extensions[_KEY] = document(current_app._get_current_object())  # type: ignore[attr-defined]
    return cast(Json, current_app.extensions[_KEY])


def _groups() -> List[Tuple[str, List[Tuple[str, str, Json]]]]:
    """Return tag and operations of the document, each with its method and path."""
    groups: Dict[str, List[Tuple[str, str, Json]]] = {}
    for path, methods in _document()["paths"].items():
        for method in METHODS:
            described = methods.get(method.lower())
            if described:
                groups.setdefault(described["tags"][0], []).append((method, path, described))
    return sorted(groups.items())
