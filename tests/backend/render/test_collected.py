"""Maps drawn of collections are, to the pixel, those that QGIS draws feature by feature."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Iterator, List, Tuple

import numpy as np
import pytest

from geopub_plugin.backend.features.geopackage import GeoPackageTable
from geopub_plugin.backend.render.requests import MapRequest

from .conftest import map_of
from .test_bands import Draughtsman, differing

pytest.importorskip("qgis.core")

GROUND = (0.0, 0.0, 100_000.0, 100_000.0)
_CASES = ("MULTIPOLYGON", "POLYGON", "MULTILINESTRING", "LINESTRING", "MULTIPOINT", "POINT")


def rough(numbers: np.random.Generator, count: int) -> np.ndarray:
    """Return a closed path around the origin with many vertices near each other: (count, 2)."""
    angle = np.sort(numbers.uniform(0, 2 * np.pi, count - 1))
    radius = numbers.uniform(0.6, 1, count - 1)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None]
    return np.concatenate([ring, ring[:1]])


def shape(numbers: np.random.Generator, kind: str) -> str:
    """Return one of the shapes that simplification has to do with, anywhere on the ground, as WKT."""
    x, y = numbers.uniform(-5_000, 105_000, 2)
    size = 10 ** numbers.uniform(1, 4.2)

    def path(scale: float, dx: float, count: int) -> str:
        points = rough(numbers, count) * size * scale + (x + dx, y)
        return "(" + ", ".join(f"{a} {b}" for a, b in points.tolist()) + ")"

    count = int(numbers.choice([4, 5, 7, 12, 60, 300]))
    parts = range(int(numbers.integers(1, 4))) if kind.startswith("MULTI") else range(1)
    if "POINT" in kind:
        made = [f"({x + part * size} {y})" for part in parts]
    elif "LINE" in kind:
        made = [path(1, part * size, count) for part in parts]
    else:
        holes = [", " + path(0.3, part * size, 9) if count > 20 else "" for part in parts]
        made = [f"({path(1, part * size * 1.5, count)}{hole})" for part, hole in zip(parts, holes)]
    return f"{kind} ({', '.join(made)})" if kind.startswith("MULTI") else f"{kind} {made[0]}"


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a GeoPackage with a table for each kind of geometry: 600 shapes, empty ones, and rows without any."""
    from osgeo import ogr, osr

    system = osr.SpatialReference()
    system.ImportFromEPSG(2154)
    path = tmp_path_factory.mktemp("shapes") / "shapes.gpkg"
    data = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    for seed, kind in enumerate(_CASES):
        numbers = np.random.default_rng(seed)
        layer = data.CreateLayer(kind.lower(), system, getattr(ogr, f"wkb{_NAMES[kind]}"))
        texts = [shape(numbers, kind) for _ in range(600)] + [f"{kind} EMPTY", ""]
        for text in texts:
            feature = ogr.Feature(layer.GetLayerDefn())
            feature.SetGeometry(moved(ogr.CreateGeometryFromWkt(text)) if text else None)
            layer.CreateFeature(feature)
    return path


_NAMES = {
    "MULTIPOLYGON": "MultiPolygon", "POLYGON": "Polygon", "MULTILINESTRING": "MultiLineString",
    "LINESTRING": "LineString", "MULTIPOINT": "MultiPoint", "POINT": "Point",
}  # fmt: skip
_WEST, _SOUTH = 650_000.0, 6_800_000.0  # where Lambert-93 has the ground


def moved(geometry: Any) -> Any:
    """Move a geometry of the ground to France."""
    from osgeo import ogr

    wkb = bytearray(geometry.ExportToWkb())
    text = ogr.CreateGeometryFromWkb(bytes(wkb))
    _shift(text)
    return text


def _shift(geometry: Any) -> None:
    for number in range(geometry.GetGeometryCount()):
        _shift(geometry.GetGeometryRef(number))
    for number in range(geometry.GetPointCount() if geometry.GetGeometryCount() == 0 else 0):
        x, y = geometry.GetPoint_2D(number)
        geometry.SetPoint_2D(number, x + _WEST, y + _SOUTH)


@pytest.fixture
def style_for(shapes: Path, qgis_app: Any, tmp_path: Path) -> Callable[[str, str], Path]:
    """Return what saves a plain style of a table as QML: "opaque" or "translucent"."""
    from qgis import core

    made = {
        "POLYGON": (
            core.QgsFillSymbol,
            {"opaque": {"color": "#d0e0ff", "outline_width": "0.4"},
             "translucent": {"color": "20,160,90,90", "outline_width": "1.1", "joinstyle": "miter",
                             "outline_style": "dash"}},
        ),
        "LINESTRING": (
            core.QgsLineSymbol,
            {"opaque": {"color": "#204060", "width": "0.4"},
             "translucent": {"color": "20,160,90,90", "width": "1.6", "capstyle": "round", "joinstyle": "round",
                             "use_custom_dash": "1", "customdash": "5;2"}},
        ),
        "POINT": (
            core.QgsMarkerSymbol,
            {"opaque": {"color": "#d0e0ff", "size": "2"},
             "translucent": {"name": "star", "color": "20,160,90,90", "size": "5", "angle": "20"}},
        ),
    }  # fmt: skip

    def saved(table: str, look: str) -> Path:
        layer = core.QgsVectorLayer(f"/vsisubfile/0,{shapes}|layername={table}", table, "ogr")
        symbol, looks = made[table.upper().replace("MULTI", "")]
        layer.setRenderer(core.QgsSingleSymbolRenderer(symbol.createSimple(looks[look])))
        _message, done = layer.saveNamedStyle(str(tmp_path / "style.qml"))
        assert done
        return tmp_path / "style.qml"

    return saved


@pytest.fixture
def draughtsman(qgis_app: Any) -> Iterator[Draughtsman]:
    made = Draughtsman(collecting=0)
    yield made
    made.close()


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> List[int]:
    """Return how many layers were drawn of collections, map by map, or band by band."""
    from geopub_plugin.backend.render import bands

    drawn: List[int] = []
    draw = bands.draw

    def counted(settings: Any, layers: Any, *rest: Any) -> None:
        drawn.append(len(layers))
        draw(settings, layers, *rest)

    monkeypatch.setattr(bands, "draw", counted)
    return drawn


def both(draughtsman: Draughtsman, request: MapRequest) -> Tuple[np.ndarray, np.ndarray]:
    """Return a map as QGIS draws it and as it is drawn of collections, even if they were seen to differ."""
    draughtsman.forget()
    drawn = draughtsman.draw(request)
    assert len(np.unique(drawn.reshape(-1, 4), axis=0)) > 20
    draughtsman.maps._collections.learn(request.view, True)
    return drawn, draughtsman.draw(request)


def ground(west: float, south: float, side: float) -> Tuple[float, float, float, float]:
    return _WEST + west, _SOUTH + south, _WEST + west + side, _SOUTH + south + side


@pytest.mark.parametrize("look", ["opaque", "translucent"])
@pytest.mark.parametrize("kind", _CASES)
@pytest.mark.parametrize(
    ("srs", "bounds", "size"),
    [
        ("EPSG:2154", ground(0, 0, 100_000), (400, 400)),
        ("EPSG:2154", ground(31_000, 52_000, 20_000), (256, 256)),
        ("EPSG:2154", ground(-200_000, -200_000, 500_000), (200, 200)),
        ("EPSG:3857", (250_000.0, 6_200_000.0, 400_000.0, 6_350_000.0), (300, 300)),
        ("EPSG:4326", (2.4, 48.35, 3.4, 49.1), (300, 225)),
        ("EPSG:4326", (2.6, 48.5, 3.4, 48.8), (200, 200)),  # stretched
    ],
)
def test_collections_make_the_map_that_qgis_draws(
    draughtsman: Draughtsman, collected: List[int], shapes: Path, style_for: Callable[[str, str], Path], kind: str,
    look: str, srs: str, bounds: tuple, size: tuple,
) -> None:  # fmt: skip
    table = kind.lower()
    style = style_for(table, look)
    request = map_of(shapes, table, style=style, srs=srs, bounds=bounds, size=size, transparent=look == "translucent")
    drawn, again = both(draughtsman, request)
    assert collected in ([1], [1, 1, 1])  # whole, or in bands
    assert differing(drawn, again) == []


def test_two_layers_and_a_finer_resolution(
    draughtsman: Draughtsman, collected: List[int], shapes: Path, style_for: Callable[[str, str], Path]
) -> None:
    request = map_of(shapes, "multipolygon", "polygon", style=style_for("polygon", "translucent"), srs="EPSG:2154",
                     bounds=ground(10_000, 10_000, 60_000), size=(300, 300), dpi=200.0)  # fmt: skip
    drawn, again = both(draughtsman, request)
    assert set(collected) == {2}
    assert differing(drawn, again) == []


def test_many_places_and_scales(
    draughtsman: Draughtsman, collected: List[int], shapes: Path, style_for: Callable[[str, str], Path]
) -> None:
    style, numbers = style_for("multipolygon", "translucent"), np.random.default_rng(4)
    for _ in range(25):
        side = 10 ** numbers.uniform(3.6, 5)
        bounds = ground(*numbers.uniform(0, 100_000 - side, 2), side)
        drawn, again = both(
            draughtsman, map_of(shapes, "multipolygon", style=style, srs="EPSG:2154", bounds=bounds, size=(200, 200))
        )
        assert differing(drawn, again) == []
    assert len(collected) > 25


def test_an_island_beyond_the_edge_is_drawn_as_its_country_lies_on_the_map(
    draughtsman: Draughtsman, collected: List[int], world_map: Path
) -> None:
    """Mayotte lies east of this map, in the height of its last third; the rest of France in that of its first."""
    request = map_of(world_map, "countries", bounds=(-5e6, -5e6, 5e6, 9e6), size=(250, 350))
    drawn, again = both(draughtsman, request)
    assert collected == [1, 1, 1]  # bands
    assert differing(drawn, again) == []


def test_what_only_an_outline_would_bring_onto_the_map_is_left_out(
    draughtsman: Draughtsman, collected: List[int], shapes: Path, style_for: Callable[[str, str], Path]
) -> None:
    """QGIS draws what has a point in common with the ground, whatever its outline would paint on it."""
    with GeoPackageTable(shapes, "polygon") as table:
        (batch,) = list(table.batches(columns=()))
    g = batch.geometries
    box = g.x[: g.path_start[1]].min(), g.y[: g.path_start[1]].min()
    for west, south in ((box[0] - 10_000.001, box[1] - 5_000), (box[0] - 5_000, box[1] - 10_000.001)):
        request = map_of(
            shapes, "polygon", style=style_for("polygon", "opaque"), srs="EPSG:2154", size=(250, 250),
            bounds=(west, south, west + 10_000, south + 10_000),
        )  # fmt: skip
        drawn, again = both(draughtsman, request)
        assert differing(drawn, again) == []


def test_a_map_that_was_seen_to_differ_is_left_to_qgis(
    draughtsman: Draughtsman, shapes: Path, style_for: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from geopub_plugin.backend.render.collected import features

    request = map_of(shapes, "polygon", style=style_for("polygon", "opaque"), srs="EPSG:2154",
                     bounds=ground(0, 0, 100_000), size=(300, 300))  # fmt: skip
    right = draughtsman.draw(request)
    draughtsman.forget()
    monkeypatch.setattr(features, "simplified", lambda geometries, tolerance: geometries)
    assert differing(right, draughtsman.draw(request)) == []
    assert draughtsman.maps._collections.same(request.view) is False
    assert differing(right, draughtsman.draw(request)) == []
    monkeypatch.undo()
    draughtsman.forget()
    draughtsman.draw(request)
    assert draughtsman.maps._collections.same(request.view)


def test_a_map_of_few_features_is_left_to_qgis(
    draughtsman: Draughtsman, collected: List[int], shapes: Path, style_for: Callable[[str, str], Path]
) -> None:
    from geopub_plugin.backend.render.bands import BandedMaps

    style = style_for("polygon", "opaque")
    whole, corner = (
        map_of(shapes, "polygon", style=style, srs="EPSG:2154", bounds=ground(at, at, side), size=(side // 250,) * 2)
        for at, side in ((0, 100_000), (45_000, 10_000))
    )
    draughtsman.maps = BandedMaps(draughtsman.layers, 1, collecting=0, fewest=300)
    for request in (whole, whole, corner, corner):
        draughtsman.draw(request)
    assert collected == [1]


def test_curves_are_left_to_qgis_wherever_they_come(
    draughtsman: Draughtsman, collected: List[int], qgis_app: Any, tmp_path: Path
) -> None:
    """The first map shows none, the second one does."""
    from osgeo import ogr, osr

    system = osr.SpatialReference()
    system.ImportFromEPSG(2154)
    data = ogr.GetDriverByName("GPKG").CreateDataSource(str(tmp_path / "curves.gpkg"))
    layer = data.CreateLayer("curves", system, ogr.wkbCurvePolygon)
    for number in range(80):
        x, y = _WEST + number % 10 * 900, _SOUTH + number // 10 * 900
        corners = (x, y), (x + 500, y + 500), (x + 1000, y), (x + 500, y - 500), (x, y)
        ring = "(" + ", ".join(f"{a} {b}" for a, b in corners) + ")"
        text = f"POLYGON ({ring})" if number % 10 < 5 else f"CURVEPOLYGON (CIRCULARSTRING {ring})"
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(text))
        layer.CreateFeature(feature)
    del layer, data

    def request(west: float) -> MapRequest:
        return map_of(tmp_path / "curves.gpkg", "curves", srs="EPSG:2154", bounds=ground(west, 0, 3000))

    plain = draughtsman.draw(request(0))
    assert draughtsman.maps._collections.same(request(0).view)
    assert differing(plain, draughtsman.draw(request(0))) == []
    assert sum(collected) >= 1
    curved = draughtsman.draw(request(5_000))
    assert draughtsman.maps._collections.same(request(0).view) is False
    draughtsman.forget()
    assert differing(curved, draughtsman.draw(request(5_000))) == []
    assert len(np.unique(curved.reshape(-1, 4), axis=0)) > 5


def test_an_index_finds_what_meets_a_ground(qgis_app: Any) -> None:
    from geopub_plugin.backend.render.collected.tables import FeatureIndex

    numbers = np.random.default_rng(2)
    low = numbers.uniform(0, 1e6, (1_000, 2)) + 6e6
    boxes = np.concatenate([low, low + numbers.uniform(0, 5e4, (1_000, 2))], axis=1)
    keys = np.sort(numbers.choice(10_000, 1_000, replace=False))
    index = FeatureIndex(keys, boxes)
    for west, south in numbers.uniform(5.9e6, 7e6, (50, 2)):
        ground = (west, south, west + 2e5, south + 1e5)
        found = index.meeting(ground)
        meets = (boxes[:, :2] <= ground[2:]).all(axis=1) & (boxes[:, 2:] >= ground[:2]).all(axis=1)
        within = (boxes[:, :2] >= ground[:2]).all(axis=1) & (boxes[:, 2:] <= ground[2:]).all(axis=1)
        assert set(keys[meets]) <= set(found.keys)  # boxes are rounded outwards
        assert len(found) <= meets.sum() + 2
        assert set(found.keys[found.within]) <= set(keys[within])
        near = index.meeting(ground, (west, south, west + 1e5, south + 1e5))
        assert set(near.keys) <= set(found.keys)
    assert len(index.meeting((0, 0, 1, 1))) == 0
    assert len(FeatureIndex(keys[:0], boxes[:0]).meeting((0, 0, 1, 1))) == 0


def test_a_large_table_asks_its_r_tree(shapes: Path, qgis_app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from geopub_plugin.backend.render.collected import tables
    from geopub_plugin.backend.services.publications import DrawnTable

    small = tables.ReadTable(DrawnTable(shapes, "multipolygon", None))
    monkeypatch.setattr(tables, "_INDEXED", 100)
    large = tables.ReadTable(DrawnTable(shapes, "multipolygon", None))
    assert (len(small), len(large)) == (600, 0)
    for bounds in (ground(0, 0, 50_000), ground(-1e6, -1e6, 3e6), ground(-1e6, 0, 10)):
        one, other = (table.meeting(bounds, ground(10_000, 0, 30_000)) for table in (small, large))
        assert one.keys.tolist() == other.keys.tolist() and one.within.tolist() == other.within.tolist()
    small.close()
    large.close()


def test_tables_read_long_ago_are_closed(shapes: Path, qgis_app: Any) -> None:
    from geopub_plugin.backend.render.collected.tables import ReadTables
    from geopub_plugin.backend.services.publications import DrawnTable

    tables = ReadTables(remembered=1_300)
    first, styled = (tables.table(DrawnTable(shapes, "polygon", style)) for style in (None, shapes))
    assert first is styled
    assert sum(len(read) for read, _within in first.geometries(first.meeting((0, 0, 1e8, 1e8)))) == 600
    for name in ("multipolygon", "linestring"):
        tables.table(DrawnTable(shapes, name, None))
    assert tables.table(DrawnTable(shapes, "polygon", None)) is not first


@pytest.mark.parametrize("kind", ["POLYGON", "LINESTRING"])
@pytest.mark.parametrize("tolerance", [3.0, 40.0, 700.0, 9_000.0])
def test_simplification_is_that_of_qgis(shapes: Path, qgis_app: Any, kind: str, tolerance: float) -> None:
    from qgis.core import Qgis, QgsGeometry, QgsMapToPixelSimplifier

    from geopub_plugin.backend.features.ragged import take
    from geopub_plugin.backend.features.wkb_writer import collection
    from geopub_plugin.backend.render.collected.simplification import simplified

    with GeoPackageTable(shapes, kind.lower()) as table:
        (batch,) = list(table.batches(columns=()))
    there = take(batch.geometries, np.flatnonzero(np.diff(batch.geometries.feature_start)))
    assert len(there) == 600
    algorithms = getattr(Qgis, "VectorSimplificationAlgorithm", None) or QgsMapToPixelSimplifier.SimplifyAlgorithm
    flag = QgsMapToPixelSimplifier.SimplifyFlag.SimplifyGeometry
    qgis = QgsMapToPixelSimplifier(flag, tolerance, algorithms.Distance)
    made = simplified(there, tolerance)
    for row in range(len(there)):
        before, after = QgsGeometry(), QgsGeometry()
        before.fromWkb(collection(take(there, np.array([row]))))
        after.fromWkb(collection(take(made, np.array([row]))))
        (one,), (other,) = before.asGeometryCollection(), after.asGeometryCollection()
        assert qgis.simplify(one).asWkb() == other.asWkb()
    assert len(made.x) < len(there.x)
