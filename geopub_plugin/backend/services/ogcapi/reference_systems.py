"""The reference systems of a collection, by their URIs (OGC 18-058r1, Part 2)."""

from __future__ import annotations

from typing import List

from ...translation import tr
from ..owscommon import invalid
from ..reference_systems import WireSrs, wire_srs
from ..wfs.feature_types import ListedType

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_ALWAYS = (CRS84, "http://www.opengis.net/def/crs/EPSG/0/4326", "http://www.opengis.net/def/crs/EPSG/0/3857")


def storage_system(listed: ListedType) -> str:
    """Return the URI of the table's own system; "" where no authority lists it."""
    organization, _colon, code = listed.storage.partition(":")
    return f"http://www.opengis.net/def/crs/{organization}/0/{code}" if code else ""


def systems(published: ListedType) -> List[str]:
    """Return the URIs of the systems that a collection is offered in; the first is what it is sent in."""
    own = storage_system(published)
    return [*_ALWAYS, *([own] if own and own not in _ALWAYS else [])]


def asked_system(uri: str, parameter: str, published: ListedType) -> WireSrs:
    """Return the system that a parameter names (CRS84 where it names none); raise OwsError for any other."""
    if uri and uri not in systems(published):
        raise invalid(parameter, uri, cure=tr("Use one of the systems that the collection lists as “crs”."))
    return wire_srs(uri or CRS84, parameter)
