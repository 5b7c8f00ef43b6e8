"""One tile by itself: the same bytes as in the pyramid, for every preset, kind of geometry and level."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Iterator, List, Sequence, Tuple

import pytest
from _pytest.mark import ParameterSet
from osgeo import ogr, osr

from geopub_plugin.backend.features.geopackage import feature_tables
from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.backend.tiles.area import area_of
from geopub_plugin.backend.tiles.on_demand import Places, TileNotYet, TileSource
from geopub_plugin.backend.tiles.options import parse_options
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan
from geopub_plugin.backend.tiles.presets import PRESETS
from geopub_plugin.backend.tiles.pyramid import build
from geopub_plugin.backend.tiles.sample import propose_area


def slow(options: str) -> ParameterSet:
    return pytest.param(options, marks=pytest.mark.slow)


COUNTS = {"points": 13_000, "lines": 120, "houses": 1_200, "districts": 12}  # districts: a side of the coverage


def write(path: Path, name: str, kind: int, shapes: Sequence[str], epsg: int = 4326) -> None:
    """Write shapes (WKT) into a table that holds their kind of geometry only."""
    driver = ogr.GetDriverByName("GPKG")
    source = driver.Open(str(path), 1) if path.exists() else driver.CreateDataSource(str(path))
    system = osr.SpatialReference()
    system.ImportFromEPSG(epsg)
    system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    layer = source.CreateLayer(name, system, kind)
    layer.CreateField(ogr.FieldDefn("class", ogr.OFTString))
    layer.CreateField(ogr.FieldDefn("n", ogr.OFTInteger64))
    layer.StartTransaction()
    for number, wkt in enumerate(shapes):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
        feature.SetField("class", f"class {number % 3}")
        feature.SetField("n", number)
        layer.CreateFeature(feature)
    layer.CommitTransaction()


def ring(corners: Sequence[Tuple[float, float]]) -> str:
    return "(" + ",".join(f"{x!r} {y!r}" for x, y in [*corners, corners[0]]) + ")"


def points(chance: random.Random) -> Iterator[str]:
    for _ in range(COUNTS["points"]):
        yield f"POINT ({chance.gauss(2, 3)!r} {chance.gauss(47, 2)!r})"


def lines(chance: random.Random) -> Iterator[str]:
    """Yield ways that start where others pass, and some that are too short to be seen."""
    passed = [(2.0, 47.0)]
    for number in range(COUNTS["lines"]):
        x, y = chance.choice(passed)
        step = 0.2 if number % 3 else 0.0005
        way = [(x, y)]
        for _ in range(chance.randint(1, 25)):
            x, y = x + chance.gauss(0, step), y + chance.gauss(0, step)
            way.append((x, y))
        passed += way
        yield "LINESTRING " + ring(way)[:-1].rpartition(",")[0] + ")"


def houses(chance: random.Random) -> Iterator[str]:
    """Yield small polygons, some with courts or in several parts."""
    for number in range(COUNTS["houses"]):
        x, y, side = chance.gauss(2, 0.5), chance.gauss(47, 0.5), 10 ** chance.uniform(-4.5, -2)
        square = ring([(x, y), (x + side, y), (x + side, y + side), (x, y + side)])
        court = ring([(x + side / 3, y + side / 3), (x + side / 2, y + side / 3), (x + side / 2, y + side / 2)])
        beside = ring([(x + 2 * side, y), (x + 2.5 * side, y), (x + 2.5 * side, y + side / 2)])
        first = f"({square},{court})" if number % 5 == 0 else f"({square})"
        yield f"MULTIPOLYGON ({first},({beside}))" if number % 7 == 0 else f"MULTIPOLYGON ({first})"


def districts(chance: random.Random) -> Iterator[str]:
    """Yield a coverage: squares whose common borders wind."""
    side = COUNTS["districts"]
    across = [[_winding(chance, (i, j), (i + 1, j)) for j in range(side + 1)] for i in range(side)]
    down = [[_winding(chance, (i, j), (i, j + 1)) for j in range(side)] for i in range(side + 1)]
    for i in range(side):
        for j in range(side):
            border = across[i][j] + down[i + 1][j][1:] + across[i][j + 1][::-1][1:] + down[i][j][::-1][1:-1]
            yield "MULTIPOLYGON ((" + ring([(x / 4, 45 + y / 6) for x, y in border]) + "))"


def _winding(chance: random.Random, one: Tuple[int, int], other: Tuple[int, int]) -> List[Tuple[float, float]]:
    inner = []
    for step in range(1, 12):
        share = step / 12
        inner.append(tuple(a + (b - a) * share + chance.uniform(-0.02, 0.02) for a, b in zip(one, other)))
    return [(float(one[0]), float(one[1])), *inner, (float(other[0]), float(other[1]))]


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("on_demand") / "land.gpkg"
    chance = random.Random(7)
    write(path, "points", ogr.wkbPoint, list(points(chance)))
    write(path, "lines", ogr.wkbLineString, list(lines(chance)))
    write(path, "houses", ogr.wkbMultiPolygon, list(houses(chance)))
    write(path, "districts", ogr.wkbMultiPolygon, list(districts(chance)))
    return path


def plan_of(path: Path, levels: Tuple[int, int], options: str, tables: Sequence[str] = (), **settings) -> PyramidPlan:
    names = list(tables) or [table.name for table in feature_tables(path)]
    chosen = tuple(TablePlan(path, name, name, *levels) for name in names)
    return PyramidPlan(chosen, parse_options(options), **settings)


def compare(plan: PyramidPlan, out: Path, each_level: int = 5, **source) -> Archive:
    """Build the pyramid, then some of each level's tiles one by one, the largest among them, and empty ones beside."""
    build(plan, out, block=40_000)
    archive = Archive(out)
    one_by_one = TileSource(plan, **source)
    chance = random.Random(3)
    levels = {}
    for place, data in archive.tiles():
        levels.setdefault(place[0], []).append((len(data), place))
    assert levels
    for level, known in levels.items():
        chosen = [max(known)[1], *(place for _, place in chance.sample(known, min(each_level, len(known))))]
        _, x, y = chosen[0]
        chosen += [(level, x + 1, y), (level, x, y - 1)]
        for z, x, y in chosen:
            stored = archive.tile(z, x, y) if 0 <= x < 1 << z and 0 <= y < 1 << z else None
            assert one_by_one.tile(z, x, y) == stored, (z, x, y)
    assert one_by_one.bounds == pytest.approx(archive.bounds, abs=1e-6)
    assert one_by_one.vector_layers == archive.metadata()["vector_layers"]
    return archive


@pytest.mark.slow
@pytest.mark.parametrize("options", [*dict.fromkeys(preset.flags for preset in PRESETS), "-D8 -S5", "-ab -D9 -ac"])
def test_every_preset_gives_the_same_bytes_at_every_level(land: Path, tmp_path: Path, options: str):
    compare(plan_of(land, (3, 8), options), tmp_path / "land.pmtiles", 1)


@pytest.mark.parametrize("options", [preset.flags for preset in PRESETS])
def test_a_few_levels_of_every_preset(land: Path, tmp_path: Path, options: str):
    tables = ("houses", "lines") if options == "-pn -S15" else ("houses", "districts")
    compare(plan_of(land, (5, 6), options, tables), tmp_path / "land.pmtiles", 1)


@pytest.mark.parametrize("options", ["-S10 -an", "-D8 -S5", slow("-pn -S15")])
def test_pieces_that_are_read_one_after_the_other_make_the_same_tile(land: Path, tmp_path: Path, options: str):
    compare(plan_of(land, (2, 6), options), tmp_path / "land.pmtiles", 1, piece=3_000)


@pytest.mark.parametrize("options", ["-S10 -an", "-ac -aD -an -S15", slow("-aL -D8 -S15"), "-ab -S20"])
def test_a_tile_that_exceeds_its_budget_leaves_out_the_same(land: Path, tmp_path: Path, options: str):
    plan = plan_of(land, (4, 7), options, budget=6_000)
    archive = compare(plan, tmp_path / "land.pmtiles", 2)
    assert sum(4_000 < len(data) <= 6_000 for _, data in archive.tiles()) > 1  # the budget was met, not missed


def test_a_tile_of_two_features_too_large_for_it(tmp_path: Path):
    """Whether both stay depends on the tile's own layers, not on those of other tiles beside it."""
    path = tmp_path / "large.gpkg"
    chance = random.Random(5)
    wild = [[(chance.uniform(1, 9), chance.uniform(1, 9)) for _ in range(4_000)] for _ in range(2)]
    even = [(1 + k % 2, 1 + k / 800) for k in range(4_000)]  # shorter, and takes next to no room when compressed
    ways = ["LINESTRING (" + ",".join(f"{x} {y}" for x, y in way) + ")" for way in (*wild, even)]
    write(path, "scribbles", ogr.wkbLineString, ways)
    write(path, "beside", ogr.wkbPoint, ["POINT (20 5)", "POINT (60 40)"])
    compare(plan_of(path, (5, 5), "-S1", budget=26_000), tmp_path / "large.pmtiles", 9)


@pytest.mark.parametrize("options", ["-S10 -an", slow("-pn -S15"), slow("-ab -S20")])
def test_an_area_limits_a_tile_as_it_limits_the_pyramid(land: Path, tmp_path: Path, options: str):
    area = area_of(propose_area(2.0, 47.0, 8))
    compare(plan_of(land, (0, 8), options, area=area), tmp_path / "land.pmtiles", 1)


def test_tables_with_levels_and_filters_of_their_own(land: Path, tmp_path: Path):
    tables = (
        TablePlan(land, "points", "towns", 0, 5, ("n",), "n < 9000"),
        TablePlan(land, "houses", "buildings", 4, 8, ("class",), "class <> 'class 1'"),
        TablePlan(land, "districts", "districts", 2, 7),
    )
    compare(PyramidPlan(tables, parse_options("-pn -S15")), tmp_path / "some.pmtiles", 1)


def test_places_that_were_looked_at_before_serve_the_plans_of_their_file(land: Path, tmp_path: Path):
    places = Places(land)
    plan = plan_of(land, (6, 7), "-S10 -an", ("houses", "points"))
    assert [len(spread.fids) for spread in places.spreads(plan) or ()] == [COUNTS["houses"], COUNTS["points"]]
    compare(plan, tmp_path / "land.pmtiles", 1, places=places)
    (houses, _) = plan.tables
    area = area_of(propose_area(2.0, 47.0, 8))
    for other in (
        replace(plan, tables=(replace(houses, filter="n < 9"),)),
        replace(plan, area=area),
        replace(plan, tables=(replace(houses, data=tmp_path / "other.gpkg"),)),
    ):
        assert places.spreads(other) is None


@pytest.mark.parametrize("epsg", [2154, 3857])
def test_projected_tables(tmp_path: Path, epsg: int):
    chance = random.Random(9)
    path = tmp_path / "projected.gpkg"
    west, south = (600_000, 6_600_000) if epsg == 2154 else (200_000, 6_200_000)
    corners = [
        (west + chance.gauss(0, 9_000), south + chance.gauss(0, 9_000), chance.uniform(1, 90)) for _ in range(900)
    ]
    shapes = [ring([(x, y), (x + side, y), (x + side, y + side)]) for x, y, side in corners]
    write(path, "houses", ogr.wkbPolygon, [f"POLYGON ({shape})" for shape in shapes], epsg)
    compare(plan_of(path, (4, 14), "-S10 -an"), tmp_path / "projected.pmtiles", 3)


@pytest.mark.parametrize("options", ["-S10 -an", slow("-pn -S15"), "-aL -D8 -S15", slow("-ac -an -S10")])
def test_features_over_the_antimeridian(tmp_path: Path, options: str):
    path = tmp_path / "pacific.gpkg"
    across = [ring([(179 + k / 9, -k), (-179 + k / 9, -k), (-179, -k - 1.5), (179, -k - 1.2)]) for k in range(8)]
    beyond = [ring([(179.99, 10 + k), (180.4, 10 + k), (180.2, 10.5 + k)]) for k in range(5)]
    poles = [ring([(-180, -90), (180, -90), (180, -70), (0, -75), (-180, -70)])]
    write(path, "islands", ogr.wkbPolygon, [f"POLYGON ({shape})" for shape in across + beyond + poles])
    ways = [f"LINESTRING (170 {k}, -170 {k + 1}, -160 {k + 3}, 175 {k})" for k in range(0, 40, 5)]
    write(path, "ways", ogr.wkbLineString, ways)
    write(path, "buoys", ogr.wkbPoint, [f"POINT ({x} {y})" for x in (-180, 180, 179.9999, -179.9999) for y in (0, 20)])
    compare(plan_of(path, (0, 6), options), tmp_path / "pacific.pmtiles", 5)


def test_a_table_of_any_kind_of_geometry(tmp_path: Path):
    path = tmp_path / "any.gpkg"
    square = "((0 0,9 0,9 9,0 9,0 0),(2 2,2 4,4 4,4 2,2 2))"
    shapes = [
        "POINT (1 1)", "MULTIPOINT (1 1,5 5)", "LINESTRING (0 0,9 9,20 0)", "MULTILINESTRING ((0 0,9 9),(20 0,20 9))",
        f"POLYGON {square}", f"MULTIPOLYGON ({square},((20 0,30 0,30 9,20 0)))", "POINT EMPTY",
        f"GEOMETRYCOLLECTION (POINT (1 1),POLYGON {square},LINESTRING (0 0,9 9))",
    ]  # fmt: skip
    write(path, "any", ogr.wkbUnknown, shapes)
    for options in ("-S10 -an", "-pn -S15", "-aL -D8 -S15"):
        compare(plan_of(path, (0, 5), options), tmp_path / "any.pmtiles", 9)


def test_a_tile_outside_levels_and_world_is_none_and_a_huge_one_is_refused(land: Path):
    source = TileSource(plan_of(land, (5, 7), "-S10 -an"), most=2_000)
    assert [source.tile(*place) for place in [(4, 0, 0), (8, 0, 0), (5, 32, 0), (5, 0, -1)]] == [None] * 4
    with pytest.raises(TileNotYet, match="5/16/11"):
        source.tile(5, 16, 11)


def test_what_is_too_small_to_be_seen_is_not_read(land: Path):
    houses_alone = plan_of(land, (0, 14), "-S10 -an", ("houses",))
    TileSource(houses_alone, most=1_500).tile(1, 1, 0)  # is not refused, although there are about 10,000 vertices
    with pytest.raises(TileNotYet):
        TileSource(replace(houses_alone, options=parse_options("-ab")), most=1_500).tile(7, 64, 45)
