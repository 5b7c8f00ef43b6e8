"""Only what changed: an archive made from an earlier one is byte for byte what building everything gives."""

from __future__ import annotations

import math
import shutil
import sqlite3
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from osgeo import ogr

from geopub_plugin.backend.features.geopackage import feature_tables
from geopub_plugin.backend.tiles import rebuild as rebuilding
from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.backend.tiles.area import Area
from geopub_plugin.backend.tiles.options import parse_options
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan
from geopub_plugin.backend.tiles.presets import PRESETS
from geopub_plugin.backend.tiles.pyramid import build
from geopub_plugin.backend.tiles.pyramid_job import run
from geopub_plugin.backend.tiles.rebuild import Previous, rebuild
from geopub_plugin.backend.tiles.report import PyramidReport

from .conftest import write_table

SIDE = 6  # cells of the coverage in a row
COUNT = SIDE * SIDE + 2 * SIDE + 30  # features
PHASES = (Phase.generate,)


class Log:
    """A progress that keeps its log."""

    def __init__(self) -> None:
        self.lines: List[str] = []

    def step(self, name: str, total: int, unit: str) -> None:
        pass

    def advance(self, amount: int) -> None:
        pass

    def log(self, line: str) -> None:
        self.lines.append(line)


def border(column: float, row: float, steps: int, down: bool) -> List[Tuple[float, float]]:
    """Return the border of a cell from one corner on: what the neighbour has, too."""
    points = []
    for n in range(steps):
        along = n / steps
        bend = 0.3 * math.sin(7 * along + column + 2 * row) * (0 < n < steps)
        points.append((column + bend, row + along) if down else (column + along, row + bend))
    return points


def cell(column: int, row: int) -> str:
    """Return one cell of a coverage whose borders its neighbours share, vertex by vertex."""
    top, right = border(column, row, 9, False), border(column + 1, row, 9, True)
    bottom, left = border(column, row + 1, 9, False), border(column, row, 9, True)
    ring = [*top, *right, (column + 1, row + 1), *reversed(bottom[1:]), (column, row + 1), *reversed(left)]
    return f"POLYGON (({','.join(f'{x * 4 - 10} {y * 4 + 30}' for x, y in ring)}))"


def base_rows() -> List[Tuple[Optional[str], Dict[str, Any]]]:
    """Return a coverage, a network and points, with attributes."""
    shapes = [cell(n % SIDE, n // SIDE) for n in range(SIDE * SIDE)]
    for n in range(SIDE):
        shapes.append(f"LINESTRING ({','.join(f'{x} {10 + 3 * n + x % 2}' for x in range(-10, 12, 3))})")
        shapes.append(f"LINESTRING ({','.join(f'{3 * n - 7} {10 + 3 * y + (3 * n - 7) % 2}' for y in range(6))})")
    shapes += [f"POINT ({-40 + 2.5 * n} {20 + (n * 7) % 30})" for n in range(30)]
    return [
        (wkt, {"name": f"n{number % 7}", "kind": number % 3, "size": number / 2, "hidden": number})
        for number, wkt in enumerate(shapes)
    ]


FIELDS = {"name": str, "kind": int, "size": float, "hidden": int}
SHOWN = ("name", "kind", "size")


def plan_of(data: Path, flags: str, levels: Tuple[int, int] = (0, 5), where: str = "", **more: Any) -> PyramidPlan:
    tables = tuple(
        TablePlan(data, table.name, table.name, *levels, attributes=SHOWN, filter=where)
        for table in feature_tables(data)
    )
    return PyramidPlan(tables, parse_options(flags), **more)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_table(tmp_path_factory.mktemp("base") / "base.gpkg", "things", base_rows(), FIELDS)


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["delete", "move", "name", "number", "hidden", "null", "copy", "bend", "overseas", "empty"]),
        st.integers(1, COUNT),
        st.floats(-3, 3),
    ),
    min_size=1,
    max_size=4,
)


def edited(base: Path, edits: List[Tuple[str, int, float]], to: Path) -> Path:
    """Return a copy of the file in which some features are not what they were."""
    shutil.copyfile(base, to)
    source = ogr.Open(str(to), 1)
    layer = source.GetLayer(0)
    for what, fid, by in edits:
        feature = layer.GetFeature(fid)
        if feature is None:
            continue
        if what == "delete":
            layer.DeleteFeature(fid)
            continue
        change(feature, what, by)
        if what == "copy":
            feature.SetFID(-1)
            layer.CreateFeature(feature)
        else:
            layer.SetFeature(feature)
    layer = source = None
    return to


def change(feature: ogr.Feature, what: str, by: float) -> None:
    shape = feature.GetGeometryRef()
    if what == "name":
        feature.SetField("name", f"other {round(by)}")
    elif what == "number":
        feature.SetField("size", by) if by > 0 else feature.SetFieldNull("size")
        feature.SetField("kind", int(by))
    elif what == "hidden":
        feature.SetField("hidden", 99)
    elif what == "null":
        feature.SetGeometry(None)
    elif what == "empty":
        feature.SetGeometry(ogr.Geometry(ogr.wkbMultiPolygon))
    elif shape is not None and shape.GetGeometryName() in ("POINT", "LINESTRING", "POLYGON"):
        shape = shape.Clone()
        path = shape.GetGeometryRef(0) if shape.GetGeometryCount() else shape
        if path.GetPointCount() == 0:
            return
        far = {"overseas": 178.0}.get(what, 0.0)  # over the antimeridian, mostly
        moved = range(path.GetPointCount()) if what != "bend" else [path.GetPointCount() // 2]
        for n in moved:
            path.SetPoint_2D(n, path.GetX(n) + by + far, path.GetY(n) + by / 2)
        feature.SetGeometry(shape)


def facts(report: PyramidReport) -> Dict[str, Any]:
    """Return what a report says but for how it came about."""
    told = report.as_json()
    for name in ("seconds", "copied", "rebuilt"):
        del told[name]
    for level in told["levels"]:
        del level["seconds"]
    return told


def assert_follows(old: PyramidPlan, new: PyramidPlan, folder: Path, former: Optional[Path] = None) -> PyramidReport:
    """Build both plans as a whole, then the second from the first; return the report of that."""
    if former is None:
        former = folder / "former.pmtiles"
        build(old, former)
    whole = build(new, folder / "whole.pmtiles")
    log = Log()
    report = rebuild(new, Previous(old.tables[0].data, former), folder / "out.pmtiles", log)
    assert report is not None, log.lines
    assert (folder / "out.pmtiles").read_bytes() == (folder / "whole.pmtiles").read_bytes()
    assert facts(report) == facts(whole)
    return report


FLAGS = [
    *(pytest.param(preset.flags, {}, id=preset.name) for preset in PRESETS),
    pytest.param("-S10 -an", {"budget": 1500}, id="crowded"),
    pytest.param("-S10 -aD", {"budget": 1500}, id="crowded and joined"),
    pytest.param("-S5 -D7", {}, id="coarse"),
    pytest.param("-S10", {"area": Area.of_bounds((-9, 12, 9, 40))}, id="area"),
    pytest.param("-pn -S15", {"where": "kind < 2 AND name <> 'other 1'"}, id="filter"),
]


@pytest.mark.parametrize("flags, more", FLAGS)
def test_a_rebuilt_archive_is_that_of_a_full_build(flags, more, base, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(rebuilding, "_WORTH", math.inf)
    monkeypatch.setattr(rebuilding, "_SHARE", 1e6)
    folder = tmp_path_factory.mktemp("rebuilt")
    old = plan_of(base, flags, **more)
    build(old, folder / "former.pmtiles")

    @settings(
        max_examples=6,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(EDITS)
    def follows(edits):
        data = edited(base, edits, folder / "new.gpkg")
        assert_follows(old, plan_of(data, flags, **more), folder, folder / "former.pmtiles")

    follows()


def test_nothing_changed_copies_everything(base, tmp_path):
    report = assert_follows(plan_of(base, "-S10"), plan_of(base, "-S10"), tmp_path)
    assert (report.rebuilt, report.copied) == (0, report.tiles)


def test_a_column_that_tiles_do_not_carry_changes_nothing(base, tmp_path):
    data = edited(base, [("hidden", 3, 0.0)], tmp_path / "new.gpkg")
    assert assert_follows(plan_of(base, "-S10"), plan_of(data, "-S10"), tmp_path).rebuilt == 0


def test_both_the_old_and_the_new_place_are_rebuilt(base, tmp_path):
    data = edited(base, [("overseas", COUNT, 0.0)], tmp_path / "new.gpkg")  # the last point
    report = assert_follows(plan_of(base, "-S10"), plan_of(data, "-S10"), tmp_path)
    assert 0 < report.rebuilt < 20 < report.copied


def test_a_change_remakes_neighbours_that_did_not_change(base, tmp_path):
    """A cell whose border bends has another node with its neighbour, which is simplified otherwise in its own tiles."""
    data = edited(base, [("bend", 15, 1.5)], tmp_path / "new.gpkg")
    for flags in ("-ab -S20", "-pn -S15"):
        assert_follows(plan_of(base, flags), plan_of(data, flags), tmp_path)


def test_two_tables_of_which_one_changed(base, tmp_path):
    old = Path(shutil.copyfile(base, tmp_path / "old.gpkg"))
    write_table(old, "others", [(f"POINT ({n} 40)", {"name": f"o{n % 3}"}) for n in range(20)], FIELDS)
    new = edited(old, [("name", 7, 1.0), ("delete", 40, 0.0)], tmp_path / "new.gpkg")
    assert_follows(plan_of(old, "-S10"), plan_of(new, "-S10"), tmp_path)


def test_without_a_spatial_index(base, tmp_path):
    new = edited(base, [("move", 7, 1.0)], tmp_path / "new.gpkg")
    with sqlite3.connect(new) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'rtree%'")
        for (name,) in names.fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("DROP TABLE rtree_things_geom")
    connection.close()
    assert_follows(plan_of(base, "-ab -S10"), plan_of(new, "-ab -S10"), tmp_path)


def everything(log: Log) -> str:
    (line,) = log.lines
    return line


def test_other_settings_build_everything_and_say_so(base, tmp_path):
    build(plan_of(base, "-S10"), tmp_path / "former.pmtiles")
    previous = Previous(base, tmp_path / "former.pmtiles")
    others = [
        plan_of(base, "-S11"), plan_of(base, "-S10", levels=(0, 4)), plan_of(base, "-S10", budget=400_000),
        plan_of(base, "-S10", where="kind = 1"), plan_of(base, "-S10", area=Area.of_bounds((0, 0, 20, 40))),
    ]  # fmt: skip
    for plan in others:
        log = Log()
        assert rebuild(plan, previous, tmp_path / "out.pmtiles", log) is None
        assert "settings" in everything(log)
        assert not (tmp_path / "out.pmtiles").exists()


def test_a_previous_pyramid_that_is_no_use_builds_everything(base, tmp_path):
    former, plan = tmp_path / "former.pmtiles", plan_of(base, "-S10")
    build(plan, former)
    data = edited(base, [("move", 7, 1.0)], tmp_path / "new.gpkg")
    cut = tmp_path / "cut.pmtiles"
    cut.write_bytes(former.read_bytes()[:3000])
    spoilt = bytearray(former.read_bytes())
    with Archive(former) as archive:
        tiles = archive.directory()
    for offset in tiles.offset.tolist():
        spoilt[16_384 + offset + 2] ^= 0xFF
    (tmp_path / "spoilt.pmtiles").write_bytes(spoilt)
    for archive_file, old, why in (
        (tmp_path / "none.pmtiles", base, "cannot be read"),
        (cut, base, "damaged"),
        (tmp_path / "spoilt.pmtiles", base, "damaged"),
        (former, data, "are not those"),
        (former, tmp_path / "none.gpkg", "previous data cannot be read"),
    ):
        log = Log()
        assert rebuild(plan_of(data, "-S10"), Previous(old, archive_file), tmp_path / "out.pmtiles", log) is None
        assert why in everything(log), everything(log)


def test_points_that_cross_a_threshold_of_thinning_build_everything(tmp_path):
    rows = [(f"POINT ({n % 120} {n // 120 * 0.4})", {"name": "p"}) for n in range(12_499)]
    old = write_table(tmp_path / "old.gpkg", "things", rows, FIELDS)
    new = write_table(tmp_path / "new.gpkg", "things", [*rows, ("POINT (1 2)", {}), ("POINT (1 3)", {})], FIELDS)
    build(plan_of(old, "-S10", levels=(0, 2)), tmp_path / "former.pmtiles")
    log = Log()
    previous = Previous(old, tmp_path / "former.pmtiles")
    assert rebuild(plan_of(new, "-S10", levels=(0, 2)), previous, tmp_path / "out.pmtiles", log) is None


def test_the_job_falls_back_and_tells_the_counts(base, tmp_path):
    data = edited(base, [("move", 50, 1.0)], tmp_path / "new.gpkg")
    entry = {"table": "things", "top_level": 0, "bottom_level": 5}
    told = {"composition": [entry], "options": "-S10", "name": "things"}
    for folder in ("first", "second", "third"):
        (tmp_path / folder).mkdir()
    first = run({**told, "data": str(base)}, tmp_path / "first", Log())
    assert first["report"]["copied"] == 0
    previous = {"data": str(base), "archive": str(tmp_path / "first" / first["file"])}
    log = Log()
    second = run({**told, "data": str(data), "previous": previous}, tmp_path / "second", log)
    assert second["report"]["copied"] > second["report"]["rebuilt"] > 0
    assert str(second["report"]["copied"]) in log.lines[-1]
    gone = {**previous, "archive": str(tmp_path / "gone.pmtiles")}
    third = run({**told, "data": str(data), "previous": gone}, tmp_path / "third", Log())
    assert third["report"]["copied"] == 0
    files = [tmp_path / folder / "pyramid.pmtiles" for folder in ("second", "third")]
    assert files[0].read_bytes() == files[1].read_bytes()


REAL = [
    ("osm_bayreuth_25832", "multipolygons", "-ab -S20", (9, 13)),
    pytest.param("communes_nord_l93", "communes", "-ab -S20", (5, 9), marks=pytest.mark.slow),
    pytest.param("buildings_tokyo_centre_4326", "建築物", "-S10 -an", (14, 15), marks=pytest.mark.slow),
]


@pytest.mark.parametrize("name, table, flags, levels", REAL)
def test_a_hundred_changes_in_real_data(name, table, flags, levels, real_data, tmp_path, monkeypatch):
    monkeypatch.setattr(rebuilding, "_WORTH", math.inf)
    source = real_data / f"{name}.gpkg"
    new = Path(shutil.copyfile(source, tmp_path / "new.gpkg"))
    opened = ogr.Open(str(new), 1)
    layer = opened.GetLayerByName(table)
    layer.SetAttributeFilter(f"{layer.GetFIDColumn()} % 23 = 5")
    chosen = [feature.GetFID() for feature in layer][-100:]
    layer.SetAttributeFilter(None)
    layer.StartTransaction()
    for number, fid in enumerate(chosen):
        feature = layer.GetFeature(fid)
        if number % 4 == 0:
            layer.DeleteFeature(fid)
            continue
        if number % 4 == 3:
            feature.SetFID(-1)
            layer.CreateFeature(feature)
            continue
        shape = feature.GetGeometryRef().Clone()
        ring = shape.GetGeometryRef(0)
        ring = ring.GetGeometryRef(0) if ring.GetGeometryCount() else ring
        ring.SetPoint_2D(1, ring.GetX(1) + (ring.GetX(2) - ring.GetX(1)) / 3, ring.GetY(1))
        feature.SetGeometry(shape)
        layer.SetFeature(feature)
    layer.CommitTransaction()
    layer = opened = None
    tables = [(TablePlan(data, table, table, *levels),) for data in (source, new)]
    old, now = (PyramidPlan(one, parse_options(flags)) for one in tables)
    report = assert_follows(old, now, tmp_path)
    assert report.copied > 0
