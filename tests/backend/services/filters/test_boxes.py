"""Boxes: a feature is in one when its geometry meets it, not when its envelope does (OGC 09-026r2 §7.8.3.2)."""

from __future__ import annotations

import random
from pathlib import Path
from typing import List, Optional

import pyproj
import pytest
import shapely
from osgeo import ogr, osr
from shapely.ops import transform

from geopub_plugin.backend.features.area import anywhere, nowhere
from geopub_plugin.backend.features.geopackage import GeoPackageTable
from geopub_plugin.backend.features.schema import Srs
from geopub_plugin.backend.services.filters.boxes import area_of
from geopub_plugin.backend.services.reference_systems import wire_srs

LAMBERT = Srs("EPSG", 2154, "")
FRANCE = (-5.0, 41.0, 10.0, 51.5)


def create(path: Path, wkts: List[Optional[str]], index: bool = True) -> Path:
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(2154)
    layer = source.CreateLayer("t", srs, ogr.wkbUnknown, ["FID=fid", f"SPATIAL_INDEX={'YES' if index else 'NO'}"])
    for wkt in wkts:
        feature = ogr.Feature(layer.GetLayerDefn())
        if wkt is not None:
            feature.SetGeometryDirectly(ogr.CreateGeometryFromWkt(wkt))
        layer.CreateFeature(feature)
    del source
    return path


def shapes() -> List[Optional[str]]:
    """Triangles and lines, whose envelopes say little of them, all over France; a NULL, an empty one."""
    rng = random.Random(5)
    made: List[Optional[str]] = [None, "POLYGON EMPTY"]
    for _ in range(300):
        x, y, side = rng.uniform(100_000, 1_200_000), rng.uniform(6_050_000, 7_100_000), rng.uniform(1_000, 200_000)
        made.append(f"POLYGON(({x} {y},{x + side} {y},{x} {y + side},{x} {y}))")
        made.append(f"MULTILINESTRING(({x} {y},{x + side} {y + side}),({x + side} {y},{x + side} {y + 1}))")
    return made


@pytest.fixture(scope="module", params=[True, False], ids=["indexed", "scanned"])
def table(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> GeoPackageTable:
    path = tmp_path_factory.mktemp("boxes") / "t.gpkg"
    return GeoPackageTable(create(path, shapes(), request.param), "t")


def truth(box: shapely.Geometry) -> List[int]:
    return [place + 1 for place, wkt in enumerate(shapes()) if wkt and shapely.from_wkt(wkt).intersects(box)]


@pytest.mark.parametrize("seed", range(8))
def test_a_box_in_the_system_of_the_table(table: GeoPackageTable, seed: int) -> None:
    rng = random.Random(seed)
    west, south, side = rng.uniform(1e5, 1e6), rng.uniform(6e6, 7e6), rng.choice([100, 5e4, 4e5])
    box = (west, south, west + side, south + side)
    area = area_of(box, wire_srs("EPSG:2154"), LAMBERT, FRANCE)
    assert table.fids_in(area).tolist() == truth(shapely.box(*box))


@pytest.mark.parametrize("seed", range(8))
def test_a_box_in_degrees_has_bent_edges(table: GeoPackageTable, seed: int) -> None:
    rng = random.Random(seed)
    west, south, side = rng.uniform(-4, 6), rng.uniform(41, 48), rng.choice([0.1, 1.0, 5.0])
    area = area_of((west, south, west + side, south + side), wire_srs("EPSG:4326"), LAMBERT, FRANCE)
    way = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:2154", always_xy=True).transform
    bent = transform(way, shapely.segmentize(shapely.box(west, south, west + side, south + side), side / 20))
    assert table.fids_in(area).tolist() == truth(bent)


def test_the_world_and_what_lies_beside(table: GeoPackageTable) -> None:
    world = area_of((-180, -90, 180, 90), wire_srs("EPSG:4326"), LAMBERT, FRANCE)
    assert world.has_all(table.bounds()) and anywhere().has_all(table.bounds())
    assert len(table.fids_in(world)) == len(shapes()) - 2
    beside = area_of((100, -50, 120, -40), wire_srs("EPSG:4326"), LAMBERT, FRANCE)
    assert table.fids_in(beside).tolist() == table.fids_in(nowhere()).tolist() == []


@pytest.mark.parametrize("box", [(5e5, 6.5e6, 5e5, 6.5e6), (2e5, 6.5e6, 9e5, 6.5e6), (5e5, 6.1e6, 5e5, 7e6)])
def test_a_box_may_be_a_point_or_a_line(table: GeoPackageTable, box: tuple) -> None:
    area = area_of(box, wire_srs("EPSG:2154"), LAMBERT, FRANCE)
    line = shapely.LineString([box[:2], box[2:]]) if box[:2] != box[2:] else shapely.Point(box[:2])
    assert table.fids_in(area).tolist() == truth(line)


def test_features_without_a_place(table: GeoPackageTable) -> None:
    assert table.fids_without_place().tolist() == [1, 2]
