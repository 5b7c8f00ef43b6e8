"""A checker of the whole vector tile specification, written apart from the engine: it decodes with plain Python.

Source: Mapbox Vector Tile Specification 2.1; the numbers in the faults are its sections. What a tile SHOULD be is asked
for as well, with two exceptions: a feature that is a collection of kinds has its id once for each kind, and version
stands at the end of a layer. Whether rings touch or cross themselves or one another (4.3.4.4) is asked of GEOS.
`test_mvt_checker.py` breaks each rule once.
"""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

import shapely

Point = Tuple[int, int]


@dataclass
class Feature:
    id: Optional[int]
    kind: int  # 1 point, 2 line, 3 polygon
    tags: Dict[str, Any]
    paths: List[List[Point]]  # rings without closing vertex
    outer: List[bool]


@dataclass
class CheckedLayer:
    name: str
    extent: int
    features: List[Feature] = field(default_factory=list)


class InvalidTile(AssertionError):
    pass


def must(condition: bool, fault: str) -> None:
    if not condition:
        raise InvalidTile(fault)


def checked(data: bytes, reach: int = 80) -> List[CheckedLayer]:
    """Decode a tile (gzip or not); raise InvalidTile for the first thing that breaks a rule.

    `reach` is how far shapes may stand out of the tile.
    """
    raw = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    layers = []
    for number, wire, value in fields(raw):
        must((number, wire) == (3, 2), f"4: field {number} of wire type {wire} in a tile")
        layers.append(_layer(value, reach))
    must(len(layers) > 0, "4.1: a tile without a layer is not to be stored")
    names = [layer.name for layer in layers]
    must(len(names) == len(set(names)), f"4.1: layer names {names} are not unique")
    for layer in layers:
        fault = anomaly(layer)
        must(not fault, f"4.3.4.4: {fault}")
    return layers


def anomaly(layer: CheckedLayer) -> str:
    """Return where rings of a polygon touch or cross themselves or one another, as GEOS sees it; "" for nowhere."""
    owners = [(feature, *rings) for feature in layer.features if feature.kind == 3 for rings in polygons(feature)]
    found = [shapely.Polygon(outer, inner) for _, outer, inner in owners]
    for number, valid in enumerate(shapely.is_valid(found)):
        if not valid:
            return f"feature {owners[number][0].id}: {shapely.is_valid_reason(found[number])}"
    return ""


def polygons(feature: Feature) -> List[Tuple[List[Point], List[List[Point]]]]:
    """Return each outer ring of a polygon feature with the inner ones that belong to it."""
    found: List[Tuple[List[Point], List[List[Point]]]] = []
    for path, outer in zip(feature.paths, feature.outer):
        if outer:
            found.append((path, []))
        else:
            found[-1][1].append(path)
    return found


def fields(data: bytes) -> Iterator[Tuple[int, int, Any]]:
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = varint(data, at)
        else:
            must(wire in (1, 2, 5), f"2: wire type {wire}")
            size = {1: 8, 5: 4}.get(wire)
            if size is None:
                size, at = varint(data, at)
            value, at = data[at : at + size], at + size
            must(len(value) == size, "2: a field is cut off")
        yield key >> 3, wire, value


def varint(data: bytes, at: int) -> Tuple[int, int]:
    value = shift = 0
    while True:
        must(at < len(data) and shift < 70, "2: a varint is cut off or too long")
        octet = data[at]
        value |= (octet & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if octet < 0x80:
            must(octet > 0 or shift == 7, "2: a varint is longer than it need be")
            must(value < 1 << 64, "2: a varint of more than 64 bits")
            return value, at


def packed(data: bytes) -> List[int]:
    values, at = [], 0
    while at < len(data):
        value, at = varint(data, at)
        values.append(value)
    return values


def _layer(data: bytes, reach: int) -> CheckedLayer:
    name: Optional[str] = None
    version: Optional[int] = None
    extent: Optional[int] = None
    keys: List[str] = []
    values: List[Any] = []
    stored: List[bytes] = []
    features: List[bytes] = []
    for number, wire, value in fields(data):
        must((number, wire) in {(1, 2), (2, 2), (3, 2), (4, 2), (5, 0), (15, 0)}, f"4.1: field {number}/{wire}")
        if number == 1:
            must(name is None, "4.1: two names")
            name = text(value)
        elif number == 2:
            features.append(value)
        elif number == 3:
            keys.append(text(value))
        elif number == 4:
            stored.append(value)
            values.append(_value(value))
        elif number == 5:
            must(extent is None, "4.1: two extents")
            extent = value
        else:
            must(version is None, "4.1: two versions")
            version = value
    must(name not in (None, ""), "4.1: a layer without name")
    must(version == 2, f"4.1: version {version}")
    must(extent is not None and 0 < extent < 1 << 32, f"4.1: extent {extent}")
    assert name and extent
    must(len(features) > 0, f"4.1: layer {name} has no feature")
    must(len(keys) == len(set(keys)), "4.1: keys are not unique")
    must(len(stored) == len(set(stored)), "4.1: values are not unique")
    layer = CheckedLayer(name, extent)
    used: Set[int] = set()
    ids: Set[Tuple[int, int]] = set()
    for feature in features:
        found = _feature(feature, keys, values, used, extent, reach)
        must(found.id is None or (found.id, found.kind) not in ids, f"4.2: id {found.id} twice")
        if found.id is not None:
            ids.add((found.id, found.kind))
        layer.features.append(found)
    must(used == set(range(len(values))), "4.1: values that no feature uses")
    return layer


def text(data: bytes) -> str:
    """Decode a string (protobuf strings are UTF-8)."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidTile("2: a text that is not UTF-8") from None


def _value(data: bytes) -> Any:
    found = list(fields(data))
    must(len(found) == 1, "4.1: a value with not exactly one field")
    number, wire, value = found[0]
    must({1: 2, 2: 5, 3: 1, 4: 0, 5: 0, 6: 0, 7: 0}.get(number) == wire, f"4.1: value field {number}/{wire}")
    if number == 1:
        return text(value)
    if number in (2, 3):
        return struct.unpack("<f" if number == 2 else "<d", value)[0]
    if number == 6:
        return (value >> 1) ^ -(value & 1)
    if number == 7:
        must(value in (0, 1), "4.1: a boolean that is neither 0 nor 1")
        return bool(value)
    return value - (1 << 64) if number == 4 and value >> 63 else value


def _feature(data: bytes, keys: List[str], values: List[Any], used: Set[int], extent: int, reach: int) -> Feature:
    found: Dict[int, Any] = {}
    for number, wire, value in fields(data):
        must((number, wire) in {(1, 0), (2, 2), (3, 0), (4, 2)}, f"4.2: field {number}/{wire}")
        must(number not in found, f"4.2: field {number} twice")
        found[number] = value
    kind = found.get(3, 0)
    must(kind in (1, 2, 3), f"4.3.4: geometry type {kind}")
    must(4 in found, "4.2: no geometry")
    numbers = packed(found.get(2, b""))
    must(len(numbers) % 2 == 0, "4.4: an odd number of tags")
    tags: Dict[str, Any] = {}
    for key, value in zip(numbers[::2], numbers[1::2]):
        must(key < len(keys) and value < len(values), "4.4: a tag beyond the keys or values")
        must(keys[key] not in tags, "4.4: a key twice in a feature")
        tags[keys[key]] = values[value]
        used.add(value)
    paths = _paths(packed(found[4]), kind)
    for path in paths:
        for x, y in path:
            must(
                -reach - 2 <= x <= extent + reach + 2 and -reach - 2 <= y <= extent + reach + 2,
                f"4.1: {x}, {y} too far out",
            )
    outer = _winding(paths) if kind == 3 else [True] * len(paths)
    return Feature(found.get(1), kind, tags, paths, outer)


def _paths(commands: List[int], kind: int) -> List[List[Point]]:
    """Run the commands (4.3.1 to 4.3.4)."""
    paths: List[List[Point]] = []
    x = y = at = 0
    open_ = False
    while at < len(commands):
        command, count = commands[at] & 7, commands[at] >> 3
        at += 1
        must(command in (1, 2, 7), f"4.3.1: command {command}")
        must(0 < count < 1 << 29, f"4.3.1: count {count}")
        if command == 7:
            must(kind == 3 and count == 1 and open_, "4.3.3.3: ClosePath out of place")
            must(len(paths[-1]) >= 3, "4.3.4.4: a ring of less than three vertices")
            must(paths[-1][0] != paths[-1][-1], "4.3.4.4: a ring that repeats its first vertex")
            open_ = False
            continue
        must(at + 2 * count <= len(commands), "4.3.2: parameters are missing")
        if command == 1:
            must(not (kind == 3 and open_), "4.3.4.4: a ring is not closed")
            must(not (kind == 2 and paths and len(paths[-1]) < 2), "4.3.4.3: a line of one vertex")
            must(kind == 1 or count == 1, "4.3.4: MoveTo with several vertices")
            must(not (kind == 1 and paths), "4.3.4.2: a second MoveTo among points")
            paths.append([])
            open_ = kind == 3
        else:
            must(kind != 1 and bool(paths) and (kind == 2 or open_), "4.3.4: LineTo out of place")
            must(kind == 2 or len(paths[-1]) == 1, "4.3.4.4: two LineTo in a ring")
            must(kind == 3 or len(paths[-1]) == 1, "4.3.4.3: two LineTo in a line")
        for _ in range(count):
            dx, dy = unzigzag(commands[at]), unzigzag(commands[at + 1])
            at += 2
            must(command == 1 or (dx, dy) != (0, 0), "4.3.3.2: a LineTo of no length")
            x, y = x + dx, y + dy
            paths[-1].append((x, y))
    must(bool(paths), "4.3: an empty geometry")
    must(not open_, "4.3.4.4: the last ring is not closed")
    must(kind != 2 or len(paths[-1]) >= 2, "4.3.4.3: a line of one vertex")
    return paths


def unzigzag(value: int) -> int:
    must(value < (1 << 32) - 1, "4.3.2: a parameter beyond 32 bits, or -2**31")
    return (value >> 1) ^ -(value & 1)


def doubled_area(ring: List[Point]) -> int:
    following = [*ring[1:], ring[0]]
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, following))


def _winding(rings: List[List[Point]]) -> List[bool]:
    areas = [doubled_area(ring) for ring in rings]
    must(all(area != 0 for area in areas), "4.3.4.4: a ring without area")
    must(areas[0] > 0, "4.3.4.4: the first ring is not an exterior one")
    return [area > 0 for area in areas]
