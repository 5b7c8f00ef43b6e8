"""Reprojection, one call a batch, and the Hilbert order."""

from __future__ import annotations

import numpy as np
import pytest
from osgeo import osr

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.features.hilbert import hilbert_distance, hilbert_keys
from geopub_plugin.backend.features.projection import Projection


@pytest.mark.parametrize("source, x, y", [("EPSG:2154", 652000, 6862000), ("EPSG:3857", 261000, 6250000),
                                          ("EPSG:25832", 700000, 5530000), ("EPSG:4326", 2.3, 48.8)])  # fmt: skip
def test_points_agree_with_gdal(source: str, x: float, y: float) -> None:
    a, b = osr.SpatialReference(), osr.SpatialReference()
    a.ImportFromEPSG(int(source[5:]))
    b.ImportFromEPSG(4326)
    for srs in (a, b):
        srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    expected = osr.CoordinateTransformation(a, b).TransformPoint(x, y)[:2]
    ours = Projection(source, "EPSG:4326").points(np.array([float(x)]), np.array([float(y)]))
    assert (ours[0][0], ours[1][0]) == pytest.approx(expected, abs=1e-9)


def test_the_same_system_costs_nothing() -> None:
    x = np.array([1.0, 2.0])
    assert Projection("EPSG:4326", "urn:ogc:def:crs:EPSG::4326").same
    assert Projection("EPSG:4326", "EPSG:4326").points(x, x)[0] is x


def test_bounds_hold_the_bulge_of_curved_edges() -> None:
    west, south, east, north = Projection("EPSG:2154", "EPSG:4326").bounds((100000, 6000000, 1300000, 7200000))
    corners = Projection("EPSG:2154", "EPSG:4326").points(np.array([1e5, 13e5]), np.array([72e5, 72e5]))
    assert north > corners[1].max()
    assert west < -4 and east > 8 and south < 42


def test_an_unknown_system_is_refused_in_words() -> None:
    with pytest.raises(InvalidInput) as caught:
        Projection("EPSG:999999", "EPSG:4326")
    assert "EPSG:999999" in caught.value.what and caught.value.cure


def test_the_hilbert_curve_steps_to_a_neighbour_each_time() -> None:
    column, row = (a.ravel() for a in np.meshgrid(np.arange(32), np.arange(32)))
    order = np.argsort(hilbert_distance(column, row, 5))
    steps = np.abs(np.diff(column[order])) + np.abs(np.diff(row[order]))
    assert (steps == 1).all()


def test_points_without_a_place_come_last() -> None:
    keys = hilbert_keys(np.array([np.nan, 0.5, 0.1]), np.array([0.0, 0.5, 0.1]), (0, 0, 1, 1))
    assert np.argmax(keys) == 0
