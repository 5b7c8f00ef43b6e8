"""Spatial reference systems as WMS names them, with the order of axes of each version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Tuple

import numpy as np
import pyproj
from pyproj.exceptions import CRSError

from ...errors import InvalidInput
from ...features.projection import Projection, north_first
from ...features.schema import Bounds
from ...translation import tr
from .exceptions import V111, ServiceException

WGS84 = "EPSG:4326"
_WGS84_IN_XY = {"CRS:84": WGS84, "CRS:83": "EPSG:4269", "CRS:27": "EPSG:4267"}  # OGC 06-042 annex B
_CODE = re.compile(
    r"(?:urn:(?:x-)?ogc:def:crs:|https?://www\.opengis\.net/def/crs/)?([A-Za-z0-9]+)[:/](?:[0-9.]*[:/])?([A-Za-z0-9_.]+)"
)


@dataclass(frozen=True)
class ReferenceSystem:
    """A system that a request names."""

    name: str  # "EPSG:2154", understood by PROJ and QGIS
    north_first: bool  # bounds of this request hold northing or latitude first


def reference_system(text: str, version: str) -> ReferenceSystem:
    """Return the system that CRS (1.3.0) or SRS (1.1.1) names; raise ServiceException when PROJ has none."""
    match = _CODE.fullmatch(text.strip())
    name = f"{match.group(1)}:{match.group(2)}".upper() if match else ""
    name = name.replace("OGC:CRS", "CRS:")
    if version != V111 and name in _WGS84_IN_XY:
        return ReferenceSystem(_WGS84_IN_XY[name], False)
    name = _WGS84_IN_XY.get(name, name)
    if not name or not _known(name):
        raise ServiceException(
            "InvalidSRS" if version == V111 else "InvalidCRS",
            tr("The coordinate reference system “{srs}” is not known.", srs=text[:80]),
            tr("PROJ does not find it in its database."),
            tr("Give the code of another one, such as EPSG:2154 or EPSG:4326."),
        )
    return ReferenceSystem(name, version != V111 and north_first(name))


@lru_cache(maxsize=512)
def _known(name: str) -> bool:
    authority, code = name.split(":")
    try:
        kind = pyproj.CRS.from_authority(authority, code)
    except CRSError:
        return False
    return kind.is_geographic or kind.is_projected


@dataclass(frozen=True)
class AdvertisedBounds:
    """Bounds of a layer in one system, in the order of axes of the version that advertises them."""

    srs: str
    bounds: Bounds


def advertised_bounds(bounds: Bounds, systems: Tuple[str, ...], version: str) -> Tuple[AdvertisedBounds, ...]:
    """Return bounds given in longitude and latitude in each system that has coordinates for them."""
    found = []
    for name in systems:
        try:
            west, south, east, north = _within(bounds, name)
        except InvalidInput:
            continue
        swap = version != V111 and north_first(name)
        found.append(AdvertisedBounds(name, (south, west, north, east) if swap else (west, south, east, north)))
    return tuple(found)


@lru_cache(maxsize=1024)
def _within(bounds: Bounds, name: str) -> Bounds:
    """Return bounds in a system, cut to its area of use: the poles have no coordinates in Web Mercator."""
    area = pyproj.CRS.from_user_input(name).area_of_use
    if area is not None and area.west < area.east:
        cut = np.clip(bounds, (area.west, area.south) * 2, (area.east, area.north) * 2)
        if cut[0] < cut[2] and cut[1] < cut[3]:
            bounds = tuple(float(edge) for edge in cut)
    return Projection(WGS84, name).bounds(bounds)
