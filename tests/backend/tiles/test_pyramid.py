"""Pyramids of every kind of geometry, decoded by the checker and by two other libraries."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from osgeo import gdal, ogr
from pmtiles.reader import MmapSource
from pmtiles.reader import Reader as OtherReader

from geopub_plugin.backend.errors import InvalidInput, TooLarge
from geopub_plugin.backend.features.geopackage import feature_tables
from geopub_plugin.backend.tiles import assemble
from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.backend.tiles.area import Area
from geopub_plugin.backend.tiles.blocks import cut_of, sliced, spreads_of
from geopub_plugin.backend.tiles.layer import layer_of
from geopub_plugin.backend.tiles.options import parse_options
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan
from geopub_plugin.backend.tiles.pyramid import build
from geopub_plugin.backend.tiles.shapes import chances

from .conftest import all_tiles, write_table
from .mvt_checker import InvalidTile, checked, doubled_area

SQUARE = "((0 0,10 0,10 10,0 10,0 0),(2 2,2 4,4 4,4 2,2 2))"
KINDS = [
    ("POINT (1 1)", [(1, 1)]),
    ("MULTIPOINT (1 1,5 5)", [(1, 1)]),
    ("LINESTRING (0 0,10 10,20 0)", [(2, 1)]),
    ("MULTILINESTRING ((0 0,10 10),(20 0,20 9))", [(2, 2)]),
    (f"POLYGON {SQUARE}", [(3, 2)]),
    (f"MULTIPOLYGON ({SQUARE},((20 0,30 0,30 10,20 0)))", [(3, 3)]),
    (f"GEOMETRYCOLLECTION (POINT (1 1),POLYGON {SQUARE},LINESTRING (0 0,10 10))", [(1, 1), (2, 1), (3, 2)]),
    ("POLYGON Z ((0 0 1,10 0 1,10 10 1,0 0 1))", [(3, 1)]),
    ("POINT EMPTY", []),
    (None, []),
]


def plan_of(path: Path, levels, options="-S10 -an", **settings) -> PyramidPlan:
    tables = tuple(TablePlan(path, table.name, table.name, *levels) for table in feature_tables(path))
    return PyramidPlan(tables, parse_options(options), **settings)


@pytest.mark.parametrize("wkt, expected", KINDS, ids=[str(wkt).split("(")[0].strip() for wkt, _ in KINDS])
def test_every_kind(tiles_of, wkt, expected):
    found = tiles_of([(wkt, {})], (0, 0))
    features = [feature for layers in found.values() for layer in layers for feature in layer.features]
    assert [(feature.kind, len(feature.paths)) for feature in features] == expected
    assert all(feature.id == 1 for feature in features)


def test_a_table_of_all_kinds_keeps_the_order_of_its_features(tiles_of):
    found = tiles_of([(wkt, {"n": n}) for n, (wkt, _) in enumerate(KINDS)], (0, 2), {"n": int})
    (layer,) = found[0, 0, 0]
    assert [feature.id for feature in layer.features] == sorted(feature.id for feature in layer.features)
    assert all(feature.tags["n"] == feature.id - 1 for feature in layer.features)


def test_attributes_keep_their_types_and_nulls_are_left_out(tiles_of):
    fields = {"i": int, "r": float, "s": str, "b": bool, "x": bytes}
    rows = [
        ("POINT (1 1)", {"i": -7, "r": 2.5, "s": "é" * 200, "b": True, "x": b"\x01"}),
        ("POINT (2 2)", {"i": 1 << 60, "r": float("nan"), "s": "", "b": False}),
        ("POINT (3 3)", {"i": 0, "r": 0.0}),
        ("POINT (4 4)", {}),
    ]
    ((layer,),) = tiles_of(rows, (0, 0), fields).values()
    assert [feature.tags for feature in layer.features] == [
        {"i": -7, "r": 2.5, "s": "é" * 200, "b": True},
        {"i": 1 << 60, "s": "", "b": False},
        {"i": 0, "r": 0.0},
        {},
    ]
    assert isinstance(layer.features[0].tags["b"], bool)


def test_holes_and_winding(tiles_of):
    clockwise = "POLYGON ((0 0,0 10,10 10,10 0,0 0),(2 2,4 2,4 4,2 4,2 2))"
    for wkt in (clockwise, f"POLYGON {SQUARE}"):
        ((layer,),) = tiles_of([(wkt, {})], (0, 0)).values()
        assert layer.features[0].outer == [True, False]


def test_a_hole_goes_with_its_polygon(tiles_of):
    small = "POLYGON ((0 0,0.01 0,0.01 0.01,0 0.01,0 0),(0.002 0.002,0.002 0.008,0.008 0.008,0.008 0.002,0.002 0.002))"
    for layers in tiles_of([(small, {})] * 400, (2, 8)).values():
        for layer in layers:
            assert all(feature.outer[0] for feature in layer.features)


def test_dust_keeps_its_area(tiles_of):
    """A thousand squares of a third of a unit's side: their squares of four units cover as much as they did."""
    size = 360 / 4096 / 2  # degrees: half a unit at level 0
    rows = []
    for n in range(2000):
        x, y = (n % 50) * 0.5, (n // 50) * 0.5
        rows.append((f"POLYGON (({x} {y},{x + size} {y},{x + size} {y + size},{x} {y + size},{x} {y}))", {}))
    ((layer,),) = tiles_of(rows, (0, 0)).values()
    assert all(len(feature.paths) == 1 for feature in layer.features)
    expected = sum(shapely.from_wkt(wkt).area for wkt, _ in rows) * (4096 / 360) ** 2
    drawn = sum(doubled_area(path) / 2 for feature in layer.features for path in feature.paths)
    assert drawn == pytest.approx(expected, rel=0.05)


def test_lines_are_continuous_over_the_edges_of_tiles(tiles_of):
    found = tiles_of([("LINESTRING (-85 -60,85 60)", {})], (4, 4))
    pieces = []
    for (_, column, row), (layer,) in found.items():
        for path in layer.features[0].paths:
            pieces.append(shapely.LineString([(x + column * 4096, y + row * 4096) for x, y in path]))
    assert shapely.union_all([piece.buffer(2) for piece in pieces]).geom_type == "Polygon"


def test_a_line_over_the_antimeridian_does_not_smear(tiles_of):
    for wkt in ("LINESTRING (179 10,-179 11)", "LINESTRING (179 10,181 11)", "LINESTRING (-181 10,-179 11)"):
        assert {column for _, column, _ in tiles_of([(wkt, {})], (4, 4))} == {0, 15}


def test_a_projected_polygon_over_the_antimeridian_does_not_smear(tiles_of):
    box = (
        "POLYGON ((3200000 -500000,3600000 -500000,3600000 -100000,3200000 -100000,3200000 -500000))"  # 150° E + 29–32°
    )
    assert {column for _, column, _ in tiles_of([(box, {})], (4, 4), epsg=3832)} == {0, 15}


def test_the_whole_world_is_every_tile(tiles_of):
    assert len(tiles_of([("POLYGON ((-180 -90,180 -90,180 90,-180 90,-180 -90))", {})], (3, 3))) == 64


def test_beyond_the_poles_there_is_nothing(tiles_of):
    assert tiles_of([("POINT (0 89)", {}), ("POINT (0 -90)", {})], (0, 1)) == {}


@pytest.mark.parametrize("kind", ["POINT", "POLYGON"])
def test_the_budget_is_kept_by_dropping_the_least_important(tiles_of, kind):
    rng = np.random.default_rng(1)
    rows = []
    for n, (x, y) in enumerate(rng.uniform(0, 40, (4000, 2))):
        side = 0.3 + n / 4000
        square = f"POLYGON (({x} {y},{x + side} {y},{x + side} {y + side},{x} {y + side},{x} {y}))"
        rows.append((f"POINT ({x} {y})" if kind == "POINT" else square, {"name": f"thing number {n}"}))
    full = tiles_of(rows, (0, 0), {"name": str})[0, 0, 0][0].features
    cut = tiles_of(rows, (0, 0), {"name": str}, budget=20_000)[0, 0, 0][0].features
    assert 500 < len(cut) < len(full) / 2
    if kind == "POLYGON":
        assert min(feature.id for feature in cut) > 4000 - 1.4 * len(cut)  # larger ids are larger, but for the latitude
    else:
        spread = np.diff(sorted(feature.id for feature in cut))
        assert spread.max() <= 3 * 4000 / len(cut)  # evenly thinned


def test_a_crowded_tile_is_thinned_before_it_is_encoded(tiles_of, monkeypatch):
    rng = np.random.default_rng(2)
    rows = []
    for n, (x, y) in enumerate(rng.uniform(0, 40, (3000, 2))):
        side = 0.3 + n / 3000
        rows.append((f"LINESTRING ({x} {y},{x + side} {y + side * (n % 7) / 7})", {"name": f"line {rng.random()}"}))
    counts = []
    monkeypatch.setattr(assemble, "layer_of", lambda *one: counts.append(len(one[0].tile)) or layer_of(*one))
    cut = tiles_of(rows, (0, 0), {"name": str}, budget=8_000)[0, 0, 0][0].features
    assert 200 < len(cut) < counts[0] < 2_000
    assert min(feature.id for feature in cut) > 3000 - 3 * len(cut)  # the longest of all, not of what was left


def test_a_tile_that_compresses_better_than_any_keeps_all(tiles_of):
    rows = [("POINT (1 1)", {"name": "the same"})] * 9_000
    (layer,) = tiles_of(rows, (0, 0), {"name": str}, budget=26_000)[0, 0, 0]  # 14 varints each make 126,000
    assert len(layer.features) == len(rows)


def test_such_a_tile_changes_nothing_in_a_crowded_one_beside_it(tiles_of, monkeypatch):
    rng = np.random.default_rng(3)
    crowd = [(f"POINT ({x} {y})", {"name": f"{rng.random()}"}) for x, y in rng.uniform(10, 40, (9_000, 2))]
    alike = [("POINT (-100 20)", {"name": "the same"})] * 9_000
    (alone,) = tiles_of(crowd, (1, 1), {"name": str}, budget=26_000)[1, 1, 0]
    encoded = []
    monkeypatch.setattr(assemble, "layer_of", lambda *one: encoded.append(len(one[0].tiles)) or layer_of(*one))
    both = tiles_of(crowd + alike, (1, 1), {"name": str}, budget=26_000)
    assert len(both[1, 0, 0][0].features) == len(alike)
    assert [feature.id for feature in both[1, 1, 0][0].features] == [feature.id for feature in alone.features]
    assert encoded.count(2) == 1  # both tiles once; then each by itself


def test_only_the_area(tiles_of):
    rows = [(f"POINT ({x} {y})", {}) for x in range(-175, 180, 10) for y in range(-75, 80, 10)]
    found = tiles_of(rows, (0, 4), area=Area.of_bounds((0.5, 0.5, 40.0, 20.0)))
    assert {place for place in found if place[0] == 4} == {(4, column, 7) for column in (8, 9)}


@pytest.fixture(scope="module")
def world_pyramid(world_map: Path, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("pyramid") / "world.pmtiles"
    report = build(plan_of(world_map, (0, 3)), out)
    assert report.tiles == sum(level.tiles for level in report.levels) == Archive(out).tile_count
    assert not list(out.parent.glob(".*"))
    return out


def test_every_tile_of_the_world_is_valid_for_two_decoders(world_pyramid):
    found = all_tiles(world_pyramid)
    assert {layer.name for layers in found.values() for layer in layers} == {
        "countries", "states_provinces", "disputed_borders",
    }  # fmt: skip
    for place, data in list(Archive(world_pyramid).tiles())[::7]:
        other = mapbox_vector_tile.decode(gzip.decompress(data))
        assert {name: len(layer["features"]) for name, layer in other.items()} == {
            layer.name: len(layer.features) for layer in found[place]
        }


def test_gdal_draws_the_same_countries(world_pyramid, tmp_path):
    (tmp_path / "0").mkdir()
    tile = tmp_path / "0" / "0.pbf"
    tile.write_bytes(gzip.decompress(Archive(world_pyramid).tile(0, 0, 0)))
    options = ["METADATA_FILE=", "CLIP=NO"]
    source = gdal.OpenEx(str(tile), gdal.OF_VECTOR, allowed_drivers=["MVT"], open_options=options)
    layer = source.GetLayerByName("countries")
    (expected,) = (one for one in checked(tile.read_bytes()) if one.name == "countries")
    assert layer.GetFeatureCount() == len(expected.features)
    france = next(feature for feature in layer if feature.GetField("NAME") == "France")
    assert france.GetGeometryRef().GetGeometryType() in (ogr.wkbMultiPolygon, ogr.wkbPolygon)


def test_the_archive_is_one_that_others_read(world_pyramid):
    with world_pyramid.open("rb") as file:
        other = OtherReader(MmapSource(file))
        header, ours = other.header(), Archive(world_pyramid)
        assert header["clustered"] and (header["min_zoom"], header["max_zoom"]) == ours.levels == (0, 3)
        assert header["addressed_tiles_count"] == ours.tile_count
        assert other.metadata() == ours.metadata()
        for z, x, y in [(0, 0, 0), (3, 4, 2), (3, 0, 7), (2, 2, 1), (3, 7, 0)]:
            assert other.get(z, x, y) == ours.tile(z, x, y)
    countries = next(one for one in ours.metadata()["vector_layers"] if one["id"] == "countries")
    assert (countries["minzoom"], countries["maxzoom"]) == (0, 3)
    assert countries["fields"]["NAME"] == "String"


@pytest.fixture(scope="module")
def countries(world_map: Path, tmp_path_factory) -> PyramidPlan:
    return PyramidPlan((TablePlan(world_map, "countries", "countries", 0, 3),), parse_options("-S10"))


@pytest.mark.parametrize("block", [3_000, 40_000])
def test_the_same_bytes_however_the_work_is_cut(countries, tmp_path, block):
    build(countries, tmp_path / "whole.pmtiles")
    build(countries, tmp_path / "cut.pmtiles", block=block)
    assert (tmp_path / "cut.pmtiles").read_bytes() == (tmp_path / "whole.pmtiles").read_bytes()


def test_the_same_bytes_from_several_processes(countries, tmp_path):
    build(countries, tmp_path / "one.pmtiles")
    build(countries, tmp_path / "two.pmtiles", jobs=2, block=40_000)
    with ThreadPoolExecutor(2) as executor:  # stands for anybody's
        build(countries, tmp_path / "foreign.pmtiles", executor=executor, block=40_000)
    assert (tmp_path / "two.pmtiles").read_bytes() == (tmp_path / "one.pmtiles").read_bytes()
    assert (tmp_path / "foreign.pmtiles").read_bytes() == (tmp_path / "one.pmtiles").read_bytes()


def test_the_same_bytes_where_one_square_is_read_in_slices(world_map, tmp_path):
    plan = PyramidPlan((TablePlan(world_map, "countries", "countries", 0, 2),), parse_options("-ab -S20"))
    spreads = spreads_of(plan, None)
    weight = int(sum(spread.weights.sum() for spread in spreads)) + 1
    assert len(sliced(cut_of(spreads, plan, weight), spreads, plan, weight // 2).blocks) > 1
    archives = []
    for jobs, block in ((1, 2 * weight), (1, weight), (3, weight)):
        build(plan, tmp_path / "a.pmtiles", jobs=jobs, block=block)
        archives.append((tmp_path / "a.pmtiles").read_bytes())
    assert archives[1:] == archives[:1] * 2


def test_points_at_the_border_of_a_block_are_in_the_buffers_beyond_it(tmp_path):
    """Rounding may bring a point into a buffer that it is not in by itself."""
    side = 360 / 4096 / 4  # degrees: a unit of level 2
    rows = [(f"POINT ({80.3 * side + n * 0.001 * side} {40 + n * 0.01})", {}) for n in range(400)]
    rows += [(f"POINT ({-60 - n * 0.01} {40 + n * 0.01})", {}) for n in range(400)]
    data = write_table(tmp_path / "a.gpkg", "a", rows, {})
    counts = []
    for block in (100_000, 1_500):
        report = build(plan_of(data, (0, 4)), tmp_path / "a.pmtiles", block=block)
        counts.append([level.features for level in report.levels])
    assert counts[0] == counts[1]


def test_identical_tiles_are_stored_once(tmp_path):
    data = write_table(tmp_path / "sea.gpkg", "sea", [("POLYGON ((-170 -80,170 -80,170 80,-170 80,-170 -80))", {})], {})
    build(plan_of(data, (0, 7)), tmp_path / "sea.pmtiles")
    contents = [bytes(tile) for _, tile in Archive(tmp_path / "sea.pmtiles").tiles()]
    assert len(contents) > 15_000
    assert (tmp_path / "sea.pmtiles").stat().st_size < 200_000


def test_without_a_spatial_index(tmp_path):
    data = write_table(tmp_path / "a.gpkg", "a", [("POINT (1 1)", {}), ("POINT (9 9)", {})], {})
    build(plan_of(data, (0, 6)), tmp_path / "indexed.pmtiles")
    source = ogr.Open(str(data), 1)
    source.ExecuteSQL("SELECT DisableSpatialIndex('a', 'geom')")
    del source
    build(plan_of(data, (0, 6)), tmp_path / "plain.pmtiles")
    assert (tmp_path / "plain.pmtiles").read_bytes() == (tmp_path / "indexed.pmtiles").read_bytes()


def test_an_unknown_attribute_is_named(tmp_path):
    data = write_table(tmp_path / "a.gpkg", "a", [("POINT (1 1)", {"n": 1})], {"n": int})
    with pytest.raises(InvalidInput, match="colour"):
        build(PyramidPlan((TablePlan(data, "a", "a", 0, 1, ("n", "colour")),)), tmp_path / "a.pmtiles")
    assert not (tmp_path / "a.pmtiles").exists()


def test_levels_of_each_table(tmp_path):
    data = write_table(tmp_path / "a.gpkg", "deep", [("POINT (1 1)", {})], {})
    write_table(data, "high", [("POINT (1 1)", {})], {})
    plan = PyramidPlan((TablePlan(data, "deep", "deep", 3, 5), TablePlan(data, "high", "high", 0, 3)))
    build(plan, tmp_path / "a.pmtiles")
    names = {place[0]: [layer.name for layer in layers] for place, layers in all_tiles(tmp_path / "a.pmtiles").items()}
    assert names == {0: ["high"], 1: ["high"], 2: ["high"], 3: ["deep", "high"], 4: ["deep"], 5: ["deep"]}


@pytest.mark.parametrize("name", ["osm_monaco_3857", "urba_30014_PLU_20171013"])
def test_real_data(real_data, tmp_path, name):
    out = tmp_path / "real.pmtiles"
    report = build(plan_of(real_data / f"{name}.gpkg", (8, 12)), out)
    assert report.levels[-1].features >= report.features * 0.99
    for place, data in Archive(out).tiles():
        try:
            checked(data)
        except InvalidTile as fault:
            pytest.fail(f"{place}: {fault}")


def test_more_tiles_than_a_disk_is_meant_for_are_refused(world_map, tmp_path):
    table = TablePlan(world_map, "countries", "countries", 0, 16)
    with pytest.raises(TooLarge, match="million tiles"):
        build(PyramidPlan((table,)), tmp_path / "a.pmtiles")
    assert not list(tmp_path.iterdir())
    report = build(PyramidPlan((table,), area=Area.of_bounds((2.0, 48.0, 2.05, 48.05))), tmp_path / "a.pmtiles")
    assert report.levels[-1].tiles > 100


def test_an_area_whose_points_are_thinned_away_above(tmp_path):
    """The levels above the blocks are empty then, and said to be."""
    rows = [(f"POINT ({fid % 120 * 0.1} {fid // 120 * 0.1})", {}) for fid in range(1, 13_001)]
    data = write_table(tmp_path / "a.gpkg", "a", rows, {})
    fid = int(np.flatnonzero(chances(np.arange(1, 13_001), np.zeros(1)) > 0.9)[70]) + 1
    x, y = fid % 120 * 0.1, fid // 120 * 0.1
    area = Area.of_bounds((x - 0.001, y - 0.001, x + 0.001, y + 0.001))
    report = build(plan_of(data, (0, 14), area=area), tmp_path / "a.pmtiles", block=2_000)
    assert report.levels[-1].features >= 1
    assert report.levels[0].tiles == 0
    assert Archive(tmp_path / "a.pmtiles").tile(0, 0, 0) is None
