"""Tiles of every real data set: decoded by mapbox-vector-tile, checked against the whole specification.

The usual run builds some tiles of the bottom level about a feature of some sets, and what is above them; the slow one
builds every set whole, the odd ones too, and looks at every tile.
"""

from __future__ import annotations

import gzip
import multiprocessing
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import mapbox_vector_tile
import pytest
import shapely
from osgeo import ogr
from pyproj import Transformer

from geopub_plugin.backend.errors import InvalidInput, TooLarge
from geopub_plugin.backend.features.geopackage import feature_tables
from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.backend.tiles.area import area_of
from geopub_plugin.backend.tiles.estimate import estimate
from geopub_plugin.backend.tiles.grid import tile_of
from geopub_plugin.backend.tiles.options import parse_options
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan
from geopub_plugin.backend.tiles.pyramid import build

from ...conftest import SHARED_DATA
from .mvt_checker import InvalidTile, checked

BOTTOM = 14
MANY = 250_000  # tiles: sets of the whole world end at a level above the bottom
AROUND = 0.01  # degrees
SAMPLED = 3  # tiles of a level in the usual run
USUAL = (
    "bano",
    "buildings",
    "communes",
    "contours",
    "emsr790_reunion_routes_2975",
    "oa_",
    "osm_monaco",
    "roads",
)  # sets of it
REFUSED = {  # what no pyramid can be made of, as the engine says
    "damaged__overwritten_middle_states10",
    "pyogrio__curve",
    "ets__gdal_sample_v1.2_spi_nonlinear_webp_elevation",
    "pyogrio__curvepolygon",
}


def sets() -> List[str]:
    """Return the GeoPackages of the real data by their names in the zipped folders, without unzipping any."""
    archives = sorted(SHARED_DATA.glob("dev-*.zip")) if SHARED_DATA.is_dir() else []
    names = [name for archive in archives for name in zipfile.ZipFile(archive).namelist() if name.endswith(".gpkg")]
    return sorted(names) or ["none"]


def plan_of(data: Path, bottom: int, area: str = "") -> Optional[PyramidPlan]:
    """Return the plan of all tables of a file, None where there are none."""
    tables = tuple(TablePlan(data, table.name, table.name, 0, bottom) for table in feature_tables(data))
    return PyramidPlan(tables, parse_options("-S10 -an"), area_of(area)) if tables else None


def surroundings(data: Path) -> str:
    """Return a square of some tiles of the bottom level around a feature of a file's first table: WKT."""
    source = ogr.Open(str(data))
    layer = source.GetLayer(0)
    system = layer.GetSpatialRef().ExportToWkt()
    feature = next(feature for feature in layer if feature.GetGeometryRef() is not None)
    centre = feature.GetGeometryRef().Centroid()
    to_degrees = Transformer.from_crs(system, "EPSG:4326", always_xy=True)
    x, y = to_degrees.transform(centre.GetX(), centre.GetY())
    return shapely.box(x - AROUND, y - AROUND, x + AROUND, y + AROUND).wkt


def look(path: Path, places: Sequence[Tuple[Tuple[int, int, int], int, int]]) -> List[str]:
    """Return what is wrong with tiles, given by their number and where they are stored."""
    faults: List[str] = []
    with Archive(path) as archive:
        for place, offset, length in places:
            data = gzip.decompress(archive.content(offset, length))
            try:
                layers = checked(data)
            except InvalidTile as fault:
                faults.append(f"{path.stem} {place}: {fault}")
                continue
            other = mapbox_vector_tile.decode(data)
            if {name: len(layer["features"]) for name, layer in other.items()} != {
                layer.name: len(layer.features) for layer in layers
            }:
                faults.append(f"{path.stem} {place}: mapbox-vector-tile sees other features")
    return faults


def contents(archive: Archive) -> List[Tuple[Tuple[int, int, int], int, int]]:
    """Return every content of an archive once, with the first of its tiles."""
    found: Dict[int, Tuple[Tuple[int, int, int], int, int]] = {}
    for first, _, offset, length in archive.runs():
        found.setdefault(offset, (tile_of(first), offset, length))
    return list(found.values())


def _sampled() -> List[Any]:
    """Return the sets of the folder itself; those that are not usual are for the slow run."""
    names = [name for name in sets() if "odd/" not in name]
    return [name if name.startswith(USUAL) else pytest.param(name, marks=pytest.mark.slow) for name in names]


@pytest.mark.parametrize("name", _sampled())
def test_tiles_of_a_sample_are_valid(name: str, real_data: Path, tmp_path: Path) -> None:
    data = real_data / name
    out = tmp_path / "sample.pmtiles"
    try:
        build(plan_of(data, BOTTOM, surroundings(data)), out)
    except InvalidInput:
        assert data.stem in REFUSED
        return
    with Archive(out) as archive:
        by_level: Dict[int, List[Tuple[Tuple[int, int, int], int, int]]] = {}
        for one in contents(archive):
            by_level.setdefault(one[0][0], []).append(one)
    chosen = [one for tiles in by_level.values() for one in tiles[:: max(len(tiles) // SAMPLED, 1)]]
    assert chosen
    assert look(out, chosen) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sets())
def test_every_tile_is_valid(name: str, real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    data, out = real_data / name, tmp_path / "whole.pmtiles"
    try:
        plan = largest_plan(data)
        if plan is None:
            return
        build(plan, out, jobs=2)
    except InvalidInput:
        assert data.stem in REFUSED
        return
    with Archive(out) as archive:
        places, tiles = contents(archive), archive.tile_count
    parts = [places[at : at + 2000] for at in range(0, len(places), 2000)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        told = list(pool.map(look, [out] * len(parts), parts))
    with capsys.disabled():
        print(f"\n{data.stem}: to level {plan.bottom_level}, {tiles:,} tiles, {len(places):,} different ones")
    assert [fault for faults in told for fault in faults] == []


def largest_plan(data: Path) -> Optional[PyramidPlan]:
    """Return the plan to the bottom level, or to the last one at which there are not too many tiles."""
    for bottom in range(BOTTOM, -1, -1):
        plan = plan_of(data, bottom)
        if plan is None:
            return None
        try:
            if estimate(plan).tiles <= MANY:
                return plan
        except TooLarge:
            continue
    raise AssertionError(data)
