"""Reference systems on the wire: their many spellings, the order of their axes, and how many decimals they deserve."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, log10
from typing import List, Optional, Sequence, Tuple, Union

from ..errors import InvalidInput
from ..features.projection import Projection, north_first, reference_system
from ..features.schema import Bounds, Srs
from ..translation import tr
from .owscommon import invalid

CRS84 = "urn:ogc:def:crs:OGC:1.3:CRS84"
_FALLBACK = "urn:ogc:def:crs:EPSG::4326"  # for systems that no authority lists
_DEGREE_DECIMALS = 7  # 1 cm on the ground
_Z_DECIMALS = 3  # 1 mm

# In the first forms the order of the axes is the authority's, in the others x comes first (OGC 09-025r2 §7.9.2.4.3,
# and what GeoServer, MapServer, GDAL and QGIS agree on for the short form).
_BY_AUTHORITY = re.compile(
    r"(?:urn:(?:x-)?ogc:def:crs:(?P<urn>\w+):[\w.]*:(?P<urn_code>\w+)"
    r"|https?://www\.opengis\.net/def/crs/(?P<http>\w+)/[\w.]+/(?P<http_code>\w+))",
    re.IGNORECASE,
)
_X_FIRST = re.compile(
    r"(?:(?P<short>EPSG|ESRI|IGNF|OGC|CRS):(?P<short_code>\w+)"
    r"|https?://www\.opengis\.net/gml/srs/(?P<gml>\w+)\.xml#(?P<gml_code>\w+))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class WireSrs:
    """A reference system as a request or an answer names it."""

    text: str  # as it is written on the wire
    name: str  # what PROJ reads: "EPSG:2154", "OGC:CRS84"
    y_first: bool  # coordinates are written north before east
    decimals: int  # digits after the point

    @property
    def z_decimals(self) -> int:
        """Digits after the point of heights."""
        return _Z_DECIMALS

    @property
    def longitude_latitude(self) -> bool:
        """Whether coordinates are those of RFC 7946."""
        return self.name in ("OGC:CRS84", "EPSG:4326")


def _code(found: re.Match[str]) -> str:
    authority, code = (part for part in found.groups() if part is not None)
    authority, code = authority.upper(), code.upper()
    if authority in ("CRS", "OGC"):
        return "OGC:CRS84" if code in ("84", "CRS84") else f"OGC:{code}"
    return f"{authority}:{code}"


@lru_cache(maxsize=512)
def wire_srs(text: str, parameter: str = "srsName") -> WireSrs:
    """Return the system that a request names; raise InvalidParameterValue for one that is not known."""
    by_authority = _BY_AUTHORITY.fullmatch(text)
    found = by_authority or _X_FIRST.fullmatch(text)
    if found is None:
        raise invalid(parameter, text, cure=tr("Write it as in the capabilities, such as urn:ogc:def:crs:EPSG::4326."))
    name = _code(found)
    try:
        reference_system(name)
    except InvalidInput as error:
        raise invalid(parameter, text, error.why, error.cure) from error
    return WireSrs(text, name, bool(by_authority) and north_first(name), _decimals(name))


def default_srs(srs: Optional[Srs]) -> WireSrs:
    """Return the system that a type is published in: its own, or WGS 84 where it has no code."""
    if srs is None or not srs.organization:
        return wire_srs(_FALLBACK)
    try:
        return wire_srs(f"urn:ogc:def:crs:{srs.organization}::{srs.code}")
    except InvalidInput:  # a code that this PROJ does not list, though it reads the definition
        return wire_srs(_FALLBACK)


def _decimals(name: str) -> int:
    """Return the decimals that state a position to a centimetre in angles, to a millimetre in lengths."""
    system = reference_system(name)
    if system.is_geographic or not system.axis_info:
        return _DEGREE_DECIMALS
    metres = system.axis_info[0].unit_conversion_factor or 1.0
    return min(max(ceil(3 + log10(metres) - 1e-9), 0), _DEGREE_DECIMALS)


_kept = threading.local()


def projection(source: Union[Srs, str], target: Union[Srs, str]) -> Projection:
    """Return the way from one system to another; making it takes PROJ 10 ms, so each thread keeps the latest ones."""
    ways: Optional[OrderedDict[Tuple[object, object], Projection]] = getattr(_kept, "ways", None)
    if ways is None:
        ways = _kept.ways = OrderedDict()
    way = ways.pop((source, target), None) or Projection(source, target)
    ways[source, target] = way
    if len(ways) > 64:
        ways.popitem(last=False)
    return way


def bounds_of(numbers: Sequence[str], srs: WireSrs, parameter: str = "bbox") -> Bounds:
    """Return the bounds that four (or six: heights are passed over) numbers state, x first."""
    try:
        values = [float(number) for number in numbers]
    except ValueError as error:
        raise invalid(parameter, ",".join(numbers), tr("It must hold numbers.")) from error
    if len(values) == 6:
        del values[5], values[2]
    if len(values) != 4 or not all(abs(value) < 1e300 for value in values):
        raise invalid(parameter, ",".join(numbers), tr("Four numbers are needed: lower corner, upper corner."))
    low_x, low_y, high_x, high_y = values
    if srs.y_first:
        low_x, low_y, high_x, high_y = low_y, low_x, high_y, high_x
    if low_x > high_x or low_y > high_y:
        raise invalid(parameter, ",".join(numbers), tr("Its lower corner lies above its upper corner."))
    return low_x, low_y, high_x, high_y


def boxes_of(numbers: Sequence[str], srs: WireSrs, parameter: str = "bbox") -> List[Bounds]:
    """Return the bounds that numbers state: two where they go over the 180th meridian (OGC 17-069r4 §7.15.3)."""
    middle = len(numbers) // 2
    east_west = (1, middle + 1) if srs.y_first else (0, middle)
    try:
        west, east = (float(numbers[place]) for place in east_west)
    except (ValueError, IndexError):
        return [bounds_of(numbers, srs, parameter)]  # which says what is wrong
    if not srs.longitude_latitude or west <= east:
        return [bounds_of(numbers, srs, parameter)]
    halves = []
    for place, edge in zip(reversed(east_west), ("180", "-180")):
        half = list(numbers)
        half[place] = edge
        halves.append(bounds_of(half, srs, parameter))
    return halves
