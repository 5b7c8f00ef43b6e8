"""The checker of tiles, rule by rule: a tile that it accepts, and that tile with one rule broken at a time."""

from __future__ import annotations

import gzip
import struct
from typing import Iterable

import mapbox_vector_tile
import pytest

from .mvt_checker import InvalidTile, checked


def varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low]) if rest == 0 else bytes([low | 0x80]) + varint(rest)


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def message(field: int, data: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(data)) + data


def packed(field: int, values: Iterable[int]) -> bytes:
    return message(field, b"".join(map(varint, values)))


def z(value: int) -> int:
    return (value << 1) ^ (value >> 63)


def move(*pairs):
    return [len(pairs) << 3 | 1, *(z(value) for pair in pairs for value in pair)]


def line(*pairs):
    return [len(pairs) << 3 | 2, *(z(value) for pair in pairs for value in pair)]


CLOSE = [15]
SQUARE = move((10, 10)) + line((100, 0), (0, 100), (-100, 0)) + CLOSE  # clockwise on the screen: an outer ring
HOLE = move((20, -80)) + line((0, 20), (20, 0), (0, -20)) + CLOSE
POINT, LINE, POLYGON = 1, 2, 3
NAME, EXTENT, VERSION = message(1, b"a"), number(5, 4096), number(15, 2)
KEYS = message(3, b"k") + message(3, b"l")
VALUES = message(4, message(1, "é".encode())) + message(4, number(6, z(-5)))


def feature(geometry=tuple(SQUARE), kind=POLYGON, tags=(0, 0, 1, 1), fid=1, more=b""):
    body = b"" if fid is None else number(1, fid)
    body += packed(2, tags) if tags else b""
    return message(2, body + number(3, kind) + packed(4, geometry) + more)


def layer(*features, name=NAME, keys=KEYS, values=VALUES, extent=EXTENT, version=VERSION, more=b""):
    return message(3, name + b"".join(features or (feature(),)) + keys + values + extent + version + more)


def drawn(geometry, kind):
    return layer(feature(geometry, kind))


SOUND = {
    "a polygon": layer(),
    "a polygon with a hole and another polygon": drawn(SQUARE + HOLE + move((500, 0)) + SQUARE[3:], POLYGON),
    "two points": drawn(move((1, 1), (2, 2)), POINT),
    "two lines": drawn(move((1, 1)) + line((2, 2), (3, 3)) + move((1, 0)) + line((0, 1)), LINE),
    "no id": layer(feature(fid=None), feature(fid=None)),
    "the largest id": layer(feature(fid=(1 << 64) - 1)),
    "a collection of kinds": layer(feature(), feature(move((1, 1)), POINT)),
    "every type of value": layer(
        feature(tags=(0, 0)), feature(tags=(0, 1), fid=2), feature(tags=(0, 2), fid=3), feature(tags=(0, 3), fid=4),
        feature(tags=(0, 4), fid=5), feature(tags=(0, 5), fid=6), feature(tags=(0, 6), fid=7),
        values=b"".join(message(4, one) for one in (
            message(1, b"t"), b"\x15" + struct.pack("<f", 1), b"\x19" + struct.pack("<d", 1), number(4, (1 << 64) - 1),
            number(5, 1), number(6, 1), number(7, 1),
        )),
    ),
    "two layers": layer() + layer(name=message(1, b"b")),
}  # fmt: skip

BROKEN = {
    "4: field 1": number(1, 0),
    "4.1: a tile without a layer": b"",
    "2: a field is cut off": layer()[:-1],
    "2: a varint is cut off": layer() + b"\x80",
    "2: a varint of more": layer(feature(fid=1 << 64)),
    "2: a varint is longer": message(3, NAME + feature() + KEYS + VALUES + EXTENT + b"\x78\x82\x00"),
    "2: wire type 3": layer(more=b"\x7b"),
    "2: a text that is not UTF-8": layer(name=message(1, b"\xff")),
    "4.1: layer names": layer() + layer(),
    "4.1: field 6/0": layer(more=number(6, 1)),
    "4.1: two names": layer(more=NAME),
    "4.1: two extents": layer(more=EXTENT),
    "4.1: two versions": layer(more=VERSION),
    "4.1: a layer without name": layer(name=b""),
    "4.1: version None": layer(version=b""),
    "4.1: version 1": layer(version=number(15, 1)),
    "4.1: extent None": layer(extent=b""),
    "4.1: extent 0": layer(extent=number(5, 0)),
    "4.1: layer a has no feature": message(3, NAME + KEYS + EXTENT + VERSION),
    "4.1: keys are not unique": layer(keys=message(3, b"k") * 2),
    "4.1: values are not unique": layer(values=message(4, message(1, b"x")) * 2),
    "4.1: values that no feature uses": layer(feature(tags=(0, 0))),
    "4.1: a value with not exactly one": layer(values=message(4, number(5, 1) + number(6, 1)) + VALUES),
    "4.1: value field 5/2": layer(values=VALUES + message(4, message(5, b"1"))),
    "4.1: a boolean": layer(feature(tags=(0, 0)), values=message(4, number(7, 2))),
    "4.1: -81, 0 too far": drawn(move((-83, 0)), POINT),
    "4.2: field 5/0": layer(feature(more=number(5, 0))),
    "4.2: field 3 twice": layer(feature(more=number(3, 3))),
    "4.2: no geometry": layer(message(2, number(1, 1) + number(3, 3))),
    "4.2: id 1 twice": layer(feature(), feature()),
    "4.3.4: geometry type 0": drawn(SQUARE, 0),
    "4.3.4: geometry type 4": drawn(SQUARE, 4),
    "4.3: an empty geometry": drawn([], POINT),
    "4.3.1: command 3": drawn([1 << 3 | 3, 0, 0], POINT),
    "4.3.1: count 0": drawn([0 << 3 | 1], POINT),
    "4.3.2: parameters are missing": drawn(move((1, 1))[:-1], POINT),
    "4.3.2: a parameter beyond": drawn([9, 2, (1 << 32) - 1], POINT),
    "4.3.3.2": drawn(move((1, 1)) + line((1, 1), (0, 0)), LINE),
    "4.3.3.3": drawn(move((1, 1)) + line((1, 1)) + CLOSE, LINE),
    "4.3.3.3: ClosePath out of place": drawn([*SQUARE[:-1], 2 << 3 | 7], POLYGON),
    "4.3.4.2": drawn(move((1, 1)) + move((2, 2)), POINT),
    "4.3.4: LineTo out of place": drawn(move((1, 1)) + line((2, 2)), POINT),
    "4.3.4: MoveTo with several": drawn(move((1, 1), (2, 2)) + line((1, 1)), LINE),
    "4.3.4.3: a line of one vertex": drawn(move((1, 1)) + line((1, 1)) + move((1, 1)), LINE),
    "4.3.4.3: two LineTo": drawn(move((1, 1)) + line((1, 1)) + line((1, 1)), LINE),
    "4.3.4.4: two LineTo": drawn(move((1, 1)) + line((9, 0)) + line((0, 9)) + CLOSE, POLYGON),
    "4.3.4.4: a ring of less": drawn(move((1, 1)) + line((1, 1)) + CLOSE, POLYGON),
    "4.3.4.4: a ring that repeats": drawn(SQUARE[:-1][:3] + line((9, 0), (0, 9), (-9, -9)) + CLOSE, POLYGON),
    "4.3.4.4: a ring is not closed": drawn(SQUARE[:-1] + HOLE, POLYGON),
    "4.3.4.4: the last ring": drawn(SQUARE[:-1], POLYGON),
    "4.3.4.4: a ring without area": drawn(move((1, 1)) + line((1, 1), (1, 1)) + CLOSE, POLYGON),
    "4.3.4.4: the first ring": drawn(HOLE + SQUARE, POLYGON),
    "4.4: an odd number": layer(feature(tags=(0,))),
    "4.4: a tag beyond": layer(feature(tags=(2, 0))),
    "4.4: a tag beyond the keys or values": layer(feature(tags=(0, 2))),
    "4.4: a key twice": layer(feature(tags=(0, 0, 0, 1))),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_sound_tiles_are_accepted(name):
    assert checked(SOUND[name]) == checked(gzip.compress(SOUND[name]))
    assert mapbox_vector_tile.decode(SOUND[name])  # so that the others are invalid for one reason only


@pytest.mark.parametrize("fault", BROKEN)
def test_each_rule_is_asked_for(fault):
    with pytest.raises(InvalidTile, match=fault.split(":")[0].replace(".", r"\.")) as told:
        checked(BROKEN[fault])
    assert str(told.value).startswith(fault) or "too far" in fault


TOUCHING = {
    "a bow": move((0, 0)) + line((60, 0), (-50, 40), (40, 0)) + CLOSE,
    "a ring that touches itself": move((0, 0)) + line((50, 0), (-20, 20), (20, 20), (-50, 0), (30, -20)) + CLOSE,
    "a hole outside": SQUARE + move((300, -80)) + line((0, 20), (20, 0), (0, -20)) + CLOSE,
    "a hole over the edge": SQUARE + move((90, -80)) + line((0, 20), (20, 0), (0, -20)) + CLOSE,
    "a hole in a hole": SQUARE + HOLE + move((-15, 5)) + line((0, 5), (5, 0), (0, -5)) + CLOSE,
}


@pytest.mark.parametrize("name", TOUCHING)
def test_rings_that_touch_are_refused(name):
    with pytest.raises(InvalidTile, match=r"4\.3\.4\.4"):
        checked(drawn(TOUCHING[name], POLYGON))
