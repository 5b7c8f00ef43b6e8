"""Shapely geometries from our arrays and back: the second opinion."""

from __future__ import annotations

from typing import List, Optional, Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from geopub_plugin.backend.features.batch import LINE, POINT, Geometries


def _coordinates(g: Geometries, path: int) -> list:
    a, b = g.path_start[path], g.path_start[path + 1]
    return list(zip(g.x[a:b], g.y[a:b])) if g.z is None else list(zip(g.x[a:b], g.y[a:b], g.z[a:b]))


def parts_of(g: Geometries, feature: int) -> List[BaseGeometry]:
    """Return the simple parts of a feature as shapely geometries."""
    made: List[BaseGeometry] = []
    for part in range(g.feature_start[feature], g.feature_start[feature + 1]):
        paths = [_coordinates(g, path) for path in range(g.part_start[part], g.part_start[part + 1])]
        if g.part_kind[part] == POINT:
            made.append(shapely.Point(paths[0][0]))
        elif g.part_kind[part] == LINE:
            made.append(shapely.LineString(paths[0]))
        else:
            made.append(shapely.Polygon(paths[0], paths[1:]))
    return made


def same(g: Geometries, expected: Sequence[Optional[BaseGeometry]]) -> None:
    """Assert that arrays and shapely geometries are the same, coordinate by coordinate."""
    assert len(g) == len(expected)
    for feature, geometry in enumerate(expected):
        kind = 0 if geometry is None else shapely.get_type_id(geometry)
        code = 0 if geometry is None else {0: 1, 1: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7}[kind]
        assert g.kind[feature] == code, geometry
        flat = [] if geometry is None or geometry.is_empty else list(shapely.get_parts(geometry))
        ours = parts_of(g, feature)
        assert len(ours) == len(flat), geometry
        for mine, theirs in zip(ours, flat):
            assert mine.wkt == theirs.wkt
