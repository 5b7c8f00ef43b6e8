"""Boxes of the few features that may go round the world: one about a pole is drawn as far as the edge of the map."""

from __future__ import annotations

import numpy as np

from ..features.batch import POLYGON
from ..features.geopackage import GeoPackageTable
from .outline import shapes_of
from .unit_square import to_wgs84

_WIDE = 0.5  # of the world: no ring goes round it without an edge, and so a box, that is longer
_SIZE = 500  # features at a time


def reach_poles(source: GeoPackageTable, fids: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return the boxes (float64 (N, 4), unit square) with those of polygons about a pole reaching the map's edge.

    Args:
        source: where the features `fids` (int64 (N,)) are read from: those alone whose boxes are wide.
        fids: of the boxes.
        boxes: as their coordinates say.
    """
    wide = np.flatnonzero(boxes[:, 2] - boxes[:, 0] > _WIDE)
    if len(wide) == 0:
        return boxes
    order = wide[np.argsort(fids[wide], kind="stable")]  # as batches give them
    projection = to_wgs84(source.schema.srs)
    made, done = boxes.copy(), 0
    for batch in source.batches(columns=(), fids=fids[order].tolist(), size=_SIZE):
        rows = order[done : done + len(batch.fids)]
        done += len(batch.fids)
        shapes = shapes_of(batch.geometries, batch.fids, projection, 0.0).get(POLYGON)
        if shapes is None or len(shapes) == 0:
            continue
        first = shapes.path_start[:-1]
        np.minimum.at(made[:, 1], rows[shapes.feature], np.minimum.reduceat(shapes.y, first))
        np.maximum.at(made[:, 3], rows[shapes.feature], np.maximum.reduceat(shapes.y, first))
    return made
