"""Where the resources of the API are (OGC 17-069r4 §7.1, table 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Mapping
from urllib.parse import quote, urlencode

PATH = "/ogc/features"
JSON, GEOJSON, HTML = "application/json", "application/geo+json", "text/html"
OPENAPI, SCHEMA = "application/vnd.oai.openapi+json;version=3.0", "application/schema+json"

Link = Dict[str, str]


@dataclass(frozen=True)
class Addresses:
    """The addresses of one service."""

    base: str  # of all services, without a slash at its end

    @property
    def landing(self) -> str:
        """Address of the landing page."""
        return self.base + PATH

    def of(self, *parts: str) -> str:
        """Return the address of a resource by the parts of its path."""
        return "/".join([self.landing, *(quote(part, safe=":") for part in parts)])

    def collection(self, name: str, *parts: str) -> str:
        """Return the address of a collection, or of something below it."""
        return self.of("collections", name, *parts)

    def wfs(self, **parameters: str) -> str:
        """Return the address of a request to the WFS beside the API."""
        return f"{self.base}/wfs/ows?{urlencode({'service': 'WFS', 'version': '2.0.0', **parameters})}"


def with_parameters(address: str, parameters: Mapping[str, str]) -> str:
    """Return an address with parameters behind it."""
    return f"{address}?{urlencode(parameters)}" if parameters else address


def link(rel: str, media_type: str, href: str, title: str = "") -> Link:
    """Return a link (RFC 8288) as OGC's schema has it."""
    told = {"href": href, "rel": rel, "type": media_type}
    return {**told, "title": title} if title else told


def in_both_forms(address: str, form: str, media_type: str = JSON) -> List[Link]:
    """Return the links of a document to itself and to its other form (§7.4): `form` is "json" or "html"."""
    forms = {"json": media_type, "html": HTML}
    separator = "&" if "?" in address else "?"
    return [
        link("self" if name == form else "alternate", kind, f"{address}{separator}f={name}")
        for name, kind in sorted(forms.items(), key=lambda pair: pair[0] != form)
    ]
