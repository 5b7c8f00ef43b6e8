"""One catalogue of every geometry kind, as WKT: the tests of features, services and tiles share it."""

from __future__ import annotations

VALID = {
    "point": "POINT (2.35 48.85)",
    "line": "LINESTRING (0 0, 1 1, 2 1, 3 0.5)",
    "polygon": "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))",
    "polygon with holes": "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1), (5 5, 7 5, 7 7, 5 5))",
    "multipoint": "MULTIPOINT (0 0, 1 1, 2 2)",
    "multiline": "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3, 4 2))",
    "multipolygon": "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 9 5, 9 9, 5 9, 5 5), (6 6, 7 6, 7 7, 6 6)))",
    "collection": "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1), POLYGON ((0 0, 1 0, 1 1, 0 0)))",
    "far east": "POLYGON ((179 -10, 180 -10, 180 -9, 179 -9, 179 -10))",
    "tiny": "POLYGON ((2 48, 2.0000001 48, 2.0000001 48.0000001, 2 48))",
}
WITH_Z = {
    "point z": "POINT Z (1 2 3)",
    "line z": "LINESTRING Z (0 0 1, 1 1 2, 2 1 3)",
    "polygon z": "POLYGON Z ((0 0 5, 4 0 6, 4 4 7, 0 0 5))",
    "multipolygon z": "MULTIPOLYGON Z (((0 0 1, 1 0 2, 1 1 3, 0 0 1)))",
}
EMPTY = {
    "empty point": "POINT EMPTY",
    "empty line": "LINESTRING EMPTY",
    "empty polygon": "POLYGON EMPTY",
    "empty multipolygon": "MULTIPOLYGON EMPTY",
    "empty collection": "GEOMETRYCOLLECTION EMPTY",
}
INVALID = {
    "bow tie": "POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))",
    "hole outside": "POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0), (5 5, 6 5, 6 6, 5 5))",
    "repeated points": "LINESTRING (0 0, 0 0, 0 0)",
}
ALL = {**VALID, **WITH_Z, **EMPTY, **INVALID}
