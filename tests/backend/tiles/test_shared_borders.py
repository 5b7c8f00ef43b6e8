"""Coverage with -ab and -aL, connection with -pn: drawn at every level, whatever the blocks."""

from __future__ import annotations

from pathlib import Path
from typing import List, Tuple

import numpy as np
import pytest
import shapely
from osgeo import gdal

from geopub_plugin.backend.features.batch import POLYGON
from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.backend.tiles.arcs import measured_arcs
from geopub_plugin.backend.tiles.area import Area
from geopub_plugin.backend.tiles.nodes import are_nodes, load_nodes, write_nodes
from geopub_plugin.backend.tiles.options import parse_options
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan
from geopub_plugin.backend.tiles.pyramid import build
from geopub_plugin.backend.tiles.shapes import Shapes

from .conftest import all_tiles, write_table
from .coverage import covered, inside, wriggling_grid

FIELDS = {"row": int, "column": int}
LEVELS = (5, 10)


@pytest.fixture(scope="module")
def coverage(tmp_path_factory) -> Path:
    return write_table(tmp_path_factory.mktemp("coverage") / "grid.gpkg", "grid", wriggling_grid(12, 0.05), FIELDS)


@pytest.fixture(scope="module")
def whole() -> shapely.Geometry:
    return shapely.union_all([shapely.from_wkt(wkt) for wkt, _ in wriggling_grid(12, 0.05)])


def gaps(archive: Path, whole: shapely.Geometry, margin: float) -> int:
    """Return at how many samples inside the coverage there is nothing, over all tiles."""
    return sum(
        int((inside(whole, place, margin) & ~covered(layers)).sum()) for place, layers in all_tiles(archive).items()
    )


def built(data: Path, table: str, options: str, levels, block: int = 400_000) -> Path:
    out = data.parent / f"{table}{options.replace(' ', '')}-{block}.pmtiles"
    build(PyramidPlan((TablePlan(data, table, table, *levels),), parse_options(options)), out, block=block)
    return out


@pytest.mark.parametrize(
    "options, margin", [("-ab -S20", 24), ("-ab -S60", 64), ("-aL -D8 -S15", 30), ("-aL -D5 -S15", 200)]
)
def test_not_one_background_pixel_inside_a_shared_border(coverage, whole, options, margin):
    assert gaps(built(coverage, "grid", options, LEVELS), whole, margin) == 0


def test_without_shared_borders_there_are_gaps(coverage, whole):
    """So that the test above can fail."""
    assert gaps(built(coverage, "grid", "-S20", LEVELS), whole, 24) > 100


@pytest.mark.parametrize("options", ["-ab -S20", "-pn -S15", "-aL -D8 -S15", "-ab -pn -aL -ac", "-ac -aD -an -S15"])
def test_the_same_bytes_from_one_block_and_from_many(coverage, options):
    one, many = (built(coverage, "grid", options, LEVELS, block) for block in (400_000, 1_500))
    assert one.read_bytes() == many.read_bytes()
    assert Archive(one).tile_count > 20


def test_real_borders(real_data, tmp_path):
    """In the midst of Aberdeen, at every level, every pixel of 1024 is covered, but for the harbour."""
    data = real_data / "oa_scotland_27700.gpkg"
    box = (-2.22, 57.12, -2.12, 57.17)
    table = TablePlan(data, "output_areas", "areas", 6, 12, ("code",))
    build(PyramidPlan((table,), parse_options("-ab -S20"), area=Area.of_bounds(box)), tmp_path / "a.pmtiles")
    land = shapely.intersection(shapely.union_all(polygons(data, "output_areas", box)), shapely.box(*box))
    found = all_tiles(tmp_path / "a.pmtiles")
    seen = [(inside(land, place, 24, 1024), covered(layers, 1024)) for place, layers in found.items()]
    assert sum(int(land.sum()) for land, _ in seen) > 100_000
    assert sum(int((land & ~there).sum()) for land, there in seen) == 0


def polygons(data: Path, table: str, box: Tuple[float, float, float, float]) -> List[shapely.Geometry]:
    """Return the polygons about a box, in longitude and latitude, as GDAL reads them."""
    options = gdal.VectorTranslateOptions(
        format="Memory", dstSRS="EPSG:4326", layers=[table], spatFilter=box, spatSRS="EPSG:4326"
    )  # fmt: skip
    source = gdal.VectorTranslate("", str(data), options=options)
    return [shapely.from_wkb(bytes(feature.GetGeometryRef().ExportToWkb())) for feature in source.GetLayer(0)]


CROSS = [
    ("LINESTRING (0 0,1 0.001,2 0,3 0.001,4 0)", {}),
    ("LINESTRING (1 0.001,1 1)", {}),  # ends on the first one's vertex
    ("LINESTRING (3 -1,3 0.001,3.0001 0.5,3 1)", {}),  # crosses it at a vertex
]


def test_vertices_in_common_stay_at_every_level(tiles_of):
    kept, lost = tiles_of(CROSS, (0, 6), options="-pn -S15"), tiles_of(CROSS, (0, 6), options="-S15")
    for place, layers in kept.items():
        paths = {feature.id: {point for path in feature.paths for point in path} for feature in layers[0].features}
        if place == (4, 8, 7):
            assert paths[1] & paths[2] and paths[1] & paths[3]
            assert len(paths[1]) == 4
    assert len(lost[4, 8, 7][0].features[0].paths[0]) == 2


def nodes_of(tmp_path: Path, rows, options: str):
    data = write_table(tmp_path / "a.gpkg", "a", rows, {})
    write_nodes(data, "a", parse_options(options), tmp_path / "nodes")
    return load_nodes(tmp_path / "nodes")


SQUARES = [  # a 2 × 1 domino and a bar below both, with a vertex of the border between that is no corner
    ("POLYGON ((0 0,1 0,1 0.5,1 1,0 1,0 0))", {}),
    ("POLYGON ((1 0,2 0,2 1,1 1,1 0.5,1 0))", {}),
    ("POLYGON ((0 0,0 -1,2 -1,2 0,1 0,0 0))", {}),
]


@pytest.mark.parametrize(
    "options, expected",
    [
        ("-ab", {(0, 0), (1, 0), (2, 0), (1, 1)}),
        ("-pn", {(0, 0), (1, 0), (2, 0), (1, 1), (1, 0.5)}),
        ("-aL", {(0, 0), (1, 0), (2, 0), (1, 1)}),
    ],
)
def test_nodes(tmp_path, options, expected):
    nodes = nodes_of(tmp_path, SQUARES, options)
    points = sorted({point for wkt, _ in SQUARES for point in shapely.from_wkt(wkt).exterior.coords})
    x, y = np.array(points).T
    assert {point for point, node in zip(points, are_nodes(nodes, x.copy(), y.copy())) if node} == expected
    assert (np.diff(np.asarray(nodes).astype(object)) > 0).all()


def test_nodes_are_the_same_from_many_buckets(tmp_path, coverage, monkeypatch):
    for bucket in (64 << 20, 10_000):
        monkeypatch.setattr("geopub_plugin.backend.tiles.nodes._BUCKET", bucket)
        write_nodes(coverage, "grid", parse_options("-pn -ab"), tmp_path / str(bucket))
    first, second = (path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert first == second
    assert len(first) > 1000


def test_an_enclave_has_the_border_of_the_hole_around_it(tiles_of):
    rng = np.random.default_rng(5)
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    radius = 1 + rng.normal(0, 0.05, 200)
    ring = [(float(r * np.cos(a)), float(r * np.sin(a))) for a, r in zip(angle, radius)]
    other = ring[61:] + ring[:61]
    hole, enclave = (",".join(f"{x!r} {y!r}" for x, y in [*one, one[0]]) for one in (ring, other[::-1]))
    rows = [(f"POLYGON ((-3 -3,3 -3,3 3,-3 3,-3 -3),({hole}))", {}), (f"POLYGON (({enclave}))", {})]
    tile = tiles_of(rows, (4, 7), options="-ab -S20")[4, 8, 7][0]
    around = {point for path in tile.features[0].paths for point in path}
    assert set(tile.features[1].paths[0]) - {(x, y) for x in (-80, 4176) for y in (-80, 4176)} <= around  # but corners
    assert len(tile.features[1].paths[0]) > 5


def test_arcs_do_not_depend_on_where_rings_begin_and_how_they_run(rings):
    first, second = (measured_arcs(shapes, node, 0.0) for shapes, node in rings)
    told = [dict(zip(zip(one.x, one.y), one.significance)) for one in (first, second)]
    assert told[0] == told[1]


@pytest.fixture(params=[(), (13,), (0, 40), (5, 6, 70)], ids=str)
def rings(request):
    rng = np.random.default_rng(2)
    points = rng.normal(size=(90, 2)).cumsum(axis=0)
    marks = np.isin(np.arange(90), request.param)
    made = []
    for turn, step in ((0, 1), (33, -1)):
        order = np.roll(np.arange(90), turn)[::step]
        order = np.append(order, order[0])
        one = np.zeros(1, np.int64)
        shapes = Shapes(
            POLYGON, points[order, 0].copy(), points[order, 1].copy(), np.zeros(91), np.array([0, 91]), one, one,
            np.ones(1, bool), np.zeros(1), np.zeros(1),
        )  # fmt: skip
        made.append((shapes, marks[order]))
    return made
