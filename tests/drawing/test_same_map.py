"""QGIS, MapLibre and GDAL draw the same map from the same archive."""

from __future__ import annotations

import math
import os
from itertools import combinations
from pathlib import Path
from typing import List, Sequence, Tuple

import numpy as np
import pytest
from osgeo import gdal
from pmtiles.reader import MmapSource, all_tiles

from geopub_plugin.backend.features.geopackage import feature_tables
from geopub_plugin.backend.tiles.options import parse_options
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan
from geopub_plugin.backend.tiles.pyramid import build

from ..backend.tiles.conftest import write_table
from ..backend.tiles.coverage import wriggling_grid
from . import gdal_map, maplibre_map, qgis_map
from .views import COLOURS, View, differing

PICTURES = os.environ.get("GEOPUB_TEST_PICTURES")  # a folder to look at what was drawn


def views_of(archive: Path, levels: Sequence[int], count: int = 1) -> List[View]:
    """Return places where tiles meet, in the midst of the tiles of each level."""
    found = []
    with archive.open("rb") as file:
        tiles = [place for place, _ in all_tiles(MmapSource(file))]
        for level in levels:
            here = sorted(place[1:] for place in tiles if place[0] == level)
            corners = [one for one in here if (one[0] - 1, one[1]) in here and (one[0], one[1] - 1) in here] or here
            found += [View(level, *corners[(2 * i + 1) * len(corners) // (2 * count)]) for i in range(count)]
    return found


def compare(archive: Path, views: Sequence[View], name: str) -> None:
    """Draw the views three times, and find them alike, and not empty."""
    drawn = {one.__name__.rpartition(".")[2]: one.drawn(archive, views) for one in (gdal_map, qgis_map, maplibre_map)}
    if PICTURES:
        for number, view in enumerate(views):
            side_by_side = np.concatenate([COLOURS[pictures[number]] for pictures in drawn.values()], axis=1)
            save(side_by_side.astype(np.uint8), Path(PICTURES) / f"{name}-{view.level}-{number}.png")
    shares = {}
    for one, other in combinations(drawn, 2):
        for number, view in enumerate(views):
            assert drawn[one][number].any() and drawn[other][number].any(), (one, other, view)
            shares[one, other, view] = differing(drawn[one][number], drawn[other][number])
    assert {key: round(share, 4) for key, share in shares.items() if share >= 0.01} == {}


def save(picture: np.ndarray, place: Path) -> None:
    height, width, bands = picture.shape
    memory = gdal.GetDriverByName("MEM").Create("", width, height, bands)
    for band in range(bands):
        memory.GetRasterBand(band + 1).WriteArray(picture[:, :, band])
    gdal.GetDriverByName("PNG").CreateCopy(str(place), memory)


def spiral(x: float, y: float, size: float, turns: int = 5) -> str:
    points = []
    for step in range(turns * 24):
        angle, reach = step * math.pi / 12, size * step / (turns * 24)
        points.append(f"{x + reach * math.cos(angle)!r} {y + reach * math.sin(angle) * 0.7!r}")
    return f"LINESTRING ({','.join(points)})"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Polygons with holes and gaps, spirals, and points over one another, at levels 3 to 9."""
    folder = tmp_path_factory.mktemp("drawing")
    data = folder / "made.gpkg"
    rng = np.random.default_rng(11)
    fields = wriggling_grid(14, 0.2, origin=(0.5, 46.5))
    ring = "(({0} {1},{2} {1},{2} {3},{0} {3},{0} {1}),({4} {5},{4} {7},{6} {7},{6} {5},{4} {5}))"
    squares = []
    for x, y in rng.uniform((3.5, 46.5), (6, 49), (60, 2)).tolist():
        a, b = 0.15, 0.05
        corners = (x - a, y - a, x + a, y + a, x - b, y - b, x + b, y + b)
        squares.append((f"POLYGON {ring.format(*(repr(value) for value in corners))}", {}))
    write_table(data, "polygons", [(wkt, {}) for number, (wkt, _) in enumerate(fields) if number % 3] + squares, {})
    lines = [(spiral(x, y, 0.5), {}) for x, y in rng.uniform((0, 46), (6, 49), (20, 2)).tolist()]
    write_table(data, "lines", lines, {})
    write_table(
        data, "points", [(f"POINT ({x!r} {y!r})", {}) for x, y in rng.uniform((0, 46), (6, 49), (500, 2)).tolist()], {}
    )
    tables = tuple(TablePlan(data, name, name, 3, 9) for name in ("polygons", "lines", "points"))
    build(PyramidPlan(tables, parse_options("-S5")), folder / "made.pmtiles")
    return folder / "made.pmtiles"


def test_made_shapes_at_every_level(made: Path, qgis_app: object) -> None:
    compare(made, views_of(made, (4, 6, 7, 9)), "made")


REAL = (
    ("communes_nord_l93", "polygons", (6, 9, 12)),
    ("oa_scotland_27700", "polygons", (8, 12, 14)),
    ("buildings_tokyo_centre_4326", "polygons", (12, 14)),
    ("roads_porto_portland_4326", "lines", (11, 13, 14)),
    ("contours_nice_25m_l93", "lines", (10, 12, 14)),
    ("bano_adresses_a_4326", "points", (9, 12, 14)),
)


@pytest.mark.slow
@pytest.mark.parametrize("name, layer, levels", REAL, ids=[name for name, _, _ in REAL])
def test_real_data(
    real_data: Path, tmp_path: Path, qgis_app: object, name: str, layer: str, levels: Tuple[int, ...]
) -> None:
    data, out = real_data / f"{name}.gpkg", tmp_path / "real.pmtiles"
    (table,) = feature_tables(data)
    plan = PyramidPlan((TablePlan(data, table.name, layer, levels[0], levels[-1]),), parse_options("-S10 -an"))
    build(plan, out, jobs=2)
    compare(out, views_of(out, levels, 2), name)
