"""The API's documents as pages for people (OGC 17-069r4 §8.2)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

from jinja2 import Environment, FileSystemLoader

from ...translation import language, tr
from ..wfs.answers import Body

Json = Dict[str, Any]
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).resolve().parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(name: str, title: str, document: Json, crumbs: List[Dict[str, str]]) -> bytes:
    """Return a document on the template of this name; `crumbs` are the links to the pages above it."""
    words = {
        "collections": tr("Collections"),
        "conformance": tr("Conformance classes"),
        "links": tr("Links"),
        "matched": tr("Features in all: {count}"),
        "empty": tr("There is nothing here yet."),
        "next": tr("Next page"),
        "prev": tr("Previous page"),
        "geometry": tr("Geometry"),
        "systems": tr("Coordinate reference systems"),
    }
    spoken = "fr" if language() == "fr" else "en"
    template = _templates.get_template(f"{name}.html")
    return template.render(title=title, document=document, crumbs=crumbs, words=words, language=spoken).encode()


def items_document(body: Body) -> Json:
    """Return a page of items as what the template shows: rows of texts under the names of the properties."""
    document: Json = json.loads(body if isinstance(body, bytes) else b"".join(body))
    names = list(document["features"][0]["properties"]) if document["features"] else []
    rows = [
        {"id": one["id"], "geometry": _kind(one), "values": [_shown(one["properties"][name]) for name in names]}
        for one in document["features"]
    ]
    return {**document, "names": names, "rows": rows}


def _kind(feature: Json) -> str:
    geometry = feature["geometry"]
    return geometry["type"] if geometry else "–"


def _shown(value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:199] + "…"
