"""Maps drawn in bands are, to the pixel, those drawn whole."""

from __future__ import annotations

import gc
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Iterator, List

import numpy as np
import pytest

from geopub_plugin.backend.errors import NotFound
from geopub_plugin.backend.render.requests import MapRequest
from geopub_plugin.backend.render.workload import DrawingTimes, Processors

from .conftest import EUROPE, map_of, pixels_of, view_of

pytest.importorskip("qgis.core")

_PLAIN = ("single", "mitred", "translucent", "categorised", "rules")
_OTHERS = ("labels", "size by attribute", "effect", "pattern", "merged")


def styled(layer: Any, kind: str) -> None:
    """Give a layer of polygons a style whose symbols stay where their features are, or one whose do not."""
    from qgis import core

    symbol = core.QgsFillSymbol.createSimple({"color": "#d0e0ff", "outline_width": "1.2"})
    layer.setRenderer(core.QgsSingleSymbolRenderer(symbol))
    if kind == "mitred":
        line = {"line_width": "9", "line_width_unit": "Pixel", "joinstyle": "miter", "line_color": "0,0,0,128"}
        symbol.changeSymbolLayer(0, core.QgsSimpleLineSymbolLayer.create(line))
    elif kind == "translucent":
        layer.setOpacity(0.6)
    elif kind == "categorised":
        names = sorted({str(feature["name"]) for feature in layer.getFeatures()})
        colours = [{"color": f"{number % 256},90,{number * 7 % 256}"} for number in range(len(names))]
        symbols = map(core.QgsFillSymbol.createSimple, colours)
        categories = [core.QgsRendererCategory(name, one, name) for name, one in zip(names, symbols)]
        layer.setRenderer(core.QgsCategorizedSymbolRenderer("name", categories))
    elif kind == "rules":
        root = core.QgsRuleBasedRenderer.Rule(None)
        for expression, colour in (("\"name\" < 'M'", "#d0e0ff"), ("ELSE", "#ffe0d0")):
            one = core.QgsFillSymbol.createSimple({"color": colour, "outline_width": "0.4"})
            root.appendChild(core.QgsRuleBasedRenderer.Rule(one, 0, 0, expression))
        layer.setRenderer(core.QgsRuleBasedRenderer(root))
    elif kind == "labels":
        labels = core.QgsPalLayerSettings()
        labels.fieldName = "name"
        layer.setLabeling(core.QgsVectorLayerSimpleLabeling(labels))
        layer.setLabelsEnabled(True)
    elif kind == "size by attribute":
        width = core.QgsSymbolLayer.Property.PropertyStrokeWidth
        symbol.symbolLayer(0).setDataDefinedProperty(width, core.QgsProperty.fromExpression('length("name")'))
    elif kind == "effect":
        symbol.symbolLayer(0).setPaintEffect(core.QgsEffectStack(core.QgsBlurEffect()))
    elif kind == "pattern":
        symbol.changeSymbolLayer(0, core.QgsLinePatternFillSymbolLayer())
    elif kind == "merged":
        layer.setRenderer(core.QgsMergedFeatureRenderer(core.QgsSingleSymbolRenderer(symbol.clone())))


@pytest.fixture(scope="module")
def scattered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a GeoPackage with points and lines anywhere, and cells that share their borders, each with a name."""
    from osgeo import ogr, osr

    mercator = osr.SpatialReference()
    mercator.ImportFromEPSG(3857)
    path = tmp_path_factory.mktemp("scattered") / "scattered.gpkg"
    data = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    for table, kind, texts in (("points", 1, points()), ("lines", 2, lines()), ("cells", 3, cells())):
        layer = data.CreateLayer(table, mercator, kind)
        layer.CreateField(ogr.FieldDefn("name"))
        for number, text in enumerate(texts):
            feature = ogr.Feature(layer.GetLayerDefn())
            feature["name"] = chr(ord("A") + number % 26) * (number % 5 + 1)
            feature.SetGeometry(ogr.CreateGeometryFromWkt(text))
            layer.CreateFeature(feature)
    return path


def points() -> List[str]:
    """Return points anywhere in Europe, as WKT."""
    return [f"POINT ({x} {y})" for x, y in np.random.default_rng(7).uniform(EUROPE[:2], EUROPE[2:], (600, 2))]


def lines() -> List[str]:
    """Return lines of three vertices, as WKT."""
    paths = np.random.default_rng(8).uniform(EUROPE[:2], EUROPE[2:], (600, 3, 2))
    paths[:, 1:] = paths[:, :1] * 0.9 + paths[:, 1:] * 0.1
    return [f"LINESTRING ({wkt(path)})" for path in paths]


def cells() -> List[str]:
    """Return the crooked cells of a grid, as WKT."""
    steps = np.linspace(0, 4e6, 31)
    corners = np.stack(np.meshgrid(steps - 1e6, steps + 4e6), axis=2)  # (lines, columns, coordinates)
    corners += np.random.default_rng(9).uniform(-4e4, 4e4, corners.shape)
    rings = np.stack(
        [corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1], corners[:-1, :-1]], axis=2
    )
    return [f"POLYGON (({wkt(ring)}))" for ring in rings.reshape(-1, 5, 2)]


def wkt(path: np.ndarray) -> str:
    return ", ".join(f"{x} {y}" for x, y in path)


@pytest.fixture
def style_of(scattered: Path, qgis_app: Any, tmp_path: Path) -> Callable[[str], Path]:
    """Return what saves a style of the cells as QML."""
    from qgis.core import QgsVectorLayer

    def saved(kind: str) -> Path:
        layer = QgsVectorLayer(f"/vsisubfile/0,{scattered}|layername=cells", "cells", "ogr")
        styled(layer, kind)
        _message, done = layer.saveNamedStyle(str(tmp_path / "style.qml"))
        assert done
        return tmp_path / "style.qml"

    return saved


class Draughtsman:
    """Draws maps in a thread of its own, as the renderer does, while this one runs Qt's events."""

    def __init__(self, collecting: float = math.inf) -> None:
        """Begin, with maps that QGIS draws in more than so many seconds drawn of collections the next time."""
        from geopub_plugin.backend.render.layers import OpenedLayers
        from geopub_plugin.backend.render.main_thread import MainThread

        self._collecting = collecting
        self.layers = OpenedLayers(MainThread())
        self.forget()
        self._thread = ThreadPoolExecutor(1)

    def close(self) -> None:
        """End the threads and the layers while there is a QGIS to end them in."""
        self._thread.shutdown()
        del self.maps, self.layers
        gc.collect()

    def forget(self) -> None:
        """Have the next map drawn whole, as the first one."""
        from geopub_plugin.backend.render.bands import BandedMaps

        self.maps = BandedMaps(self.layers, 3, worth=1e-9, collecting=self._collecting, fewest=1)

    def draw(self, request: MapRequest) -> np.ndarray:
        """Return the pixels of a map."""

        def drawn() -> np.ndarray:
            with self.layers.lent(request.view.layers) as copies:
                return pixels_of(self.maps.image(request, copies))

        return self.awaited(drawn)

    def awaited(self, work: Callable[[], Any]) -> Any:
        """Return what a function returns in the other thread."""
        from qgis.PyQt.QtCore import QCoreApplication

        answer = self._thread.submit(work)
        while not answer.done():
            QCoreApplication.processEvents()
        return answer.result()


@pytest.fixture
def draughtsman(qgis_app: Any) -> Iterator[Draughtsman]:
    made = Draughtsman()
    yield made
    made.close()


@pytest.fixture
def bands(monkeypatch: pytest.MonkeyPatch) -> Iterator[List[int]]:
    """Return how many bands each map was drawn in that more than one thread could have drawn."""
    from geopub_plugin.backend.render import bands as module

    made: List[int] = []

    def counted(*arguments: Any, **options: Any) -> Any:
        found = bands_of(*arguments, **options)
        made.append(len(found))
        return found

    bands_of = module.bands_of
    monkeypatch.setattr(module, "bands_of", counted)
    return made


def twice(draughtsman: Draughtsman, request: MapRequest) -> List[np.ndarray]:
    """Return a map drawn whole, as none like it has been drawn before, and once more."""
    whole, again = draughtsman.draw(request), draughtsman.draw(request)
    assert len(np.unique(whole.reshape(-1, 4), axis=0)) > 20
    return [whole, again]


def differing(one: np.ndarray, other: np.ndarray) -> List[List[int]]:
    """Return the rows and columns of pixels that differ."""
    return np.argwhere((one != other).any(axis=2)).tolist()


@pytest.mark.parametrize("kind", _PLAIN)
@pytest.mark.parametrize("transparent", [True, False])
@pytest.mark.parametrize(
    ("srs", "bounds", "size"),
    [
        ("EPSG:3857", EUROPE, (300, 300)),
        ("EPSG:4326", (-10.0, 35.0, 20.0, 65.0), (300, 300)),
        ("EPSG:3035", (3e6, 2e6, 5e6, 4e6), (256, 256)),  # parallels are bent
        ("EPSG:4326", (-20.0, 25.0, 40.0, 55.0), (300, 300)),  # stretched
        ("EPSG:3857", (0.0, 3e6, 2e6, 5.8e6), (250, 350)),
    ],
)
def test_bands_make_up_the_whole(
    draughtsman: Draughtsman, bands: List[int], scattered: Path, style_of: Callable[[str], Path], kind: str,
    transparent: bool, srs: str, bounds: tuple, size: tuple,
) -> None:  # fmt: skip
    request = map_of(
        scattered, "cells", style=style_of(kind), srs=srs, bounds=bounds, size=size, transparent=transparent
    )
    whole, banded = twice(draughtsman, request)
    assert bands == [3]
    assert differing(whole, banded) == []


@pytest.mark.parametrize("kind", ["single", "mitred"])
def test_bands_make_up_the_whole_wherever_their_borders_meet_the_edge(
    draughtsman: Draughtsman, bands: List[int], scattered: Path, style_of: Callable[[str], Path], kind: str
) -> None:
    """Cells that leave the map beside a border between bands come near one of them only from beyond the edge."""
    style, numbers = style_of(kind), np.random.default_rng(5)
    for west, south in numbers.uniform((-8e5, 42e5), (14e5, 64e5), (12, 2)):
        request = map_of(scattered, "cells", style=style, bounds=(west, south, west + 8e5, south + 8e5))
        whole, banded = twice(draughtsman, request)
        assert differing(whole, banded) == []
        draughtsman.forget()
    assert bands == [3] * 12


@pytest.mark.parametrize("tables", [("points",), ("lines",), ("points", "lines")])
def test_points_and_lines_reach_into_the_next_band(
    draughtsman: Draughtsman, bands: List[int], scattered: Path, tables: tuple
) -> None:
    whole, banded = twice(draughtsman, map_of(scattered, *tables, dpi=300.0))
    assert bands == [3]
    assert differing(whole, banded) == []


@pytest.mark.parametrize("kind", _OTHERS)
def test_what_may_paint_anywhere_is_drawn_whole(
    draughtsman: Draughtsman, bands: List[int], scattered: Path, style_of: Callable[[str], Path], kind: str
) -> None:
    whole, again = twice(draughtsman, map_of(scattered, "cells", style=style_of(kind)))
    assert bands == [0]
    assert np.array_equal(whole, again)


@pytest.mark.parametrize(
    ("srs", "bounds"), [("EPSG:3035", (0.0, 0.0, 9e6, 9e6)), ("EPSG:3857", (1.5e7, -1e7, 2.5e7, 0.0))]
)
def test_maps_of_a_pole_or_the_other_side_of_the_world_are_drawn_whole(
    draughtsman: Draughtsman, bands: List[int], world_map: Path, srs: str, bounds: tuple
) -> None:
    whole, again = twice(draughtsman, map_of(world_map, "countries", srs=srs, bounds=bounds))
    assert bands == [0]
    assert differing(whole, again) == []


def test_an_island_beyond_the_edge_reaches_the_map_as_its_country_lies_on_it(
    draughtsman: Draughtsman, bands: List[int], world_map: Path, style_of: Callable[[str], Path]
) -> None:
    """Mayotte lies east of this map, in the height of its last third; the rest of France in that of its first."""
    request = map_of(world_map, "countries", style=style_of("single"), bounds=(-5e6, -5e6, 5e6, 9e6), size=(250, 350))
    whole, again = twice(draughtsman, request)
    assert bands == [0]
    assert differing(whole, again) == []


def test_an_error_in_one_band_is_the_map_s(
    draughtsman: Draughtsman, bands: List[int], scattered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = map_of(scattered, "cells")
    draughtsman.draw(request)

    def drawn() -> None:
        with draughtsman.layers.lent(request.view.layers) as copies:
            monkeypatch.setattr(draughtsman.layers, "lent", gone)
            draughtsman.maps.image(request, copies)

    def gone(_tables: Any) -> None:
        raise NotFound("The file has gone.")

    with pytest.raises(NotFound):
        draughtsman.awaited(drawn)
    assert bands == [3]


def test_processors_are_lent_as_long_as_there_are_any() -> None:
    processors = Processors(4)
    with processors.lent(3) as first, processors.lent(3) as second, processors.lent(3) as third:
        assert (first, second, third) == (3, 1, 1)
    with processors.lent(9) as all_of_them:
        assert all_of_them == 4


def test_times_are_those_of_the_same_layers_at_about_the_same_scale() -> None:
    times = DrawingTimes()
    data = Path("a.gpkg")
    times.took(view_of(data, "a"), 1.0)
    assert times.expected(view_of(data, "a")) == 1.0
    assert times.expected(view_of(data, "a", size=(128, 128), bounds=(0.0, 0.0, 2e6, 2e6))) == 0.25
    assert times.expected(view_of(data, "b")) == 0.0
    assert times.expected(view_of(data, "a", srs="EPSG:3035")) == 0.0
    assert times.expected(view_of(data, "a", bounds=(0.0, 0.0, 4e5, 4e5))) == 0.0


def test_times_of_long_ago_are_forgotten() -> None:
    times = DrawingTimes()
    for number in range(600):
        times.took(view_of(Path("a.gpkg"), str(number)), 1.0)
    assert times.expected(view_of(Path("a.gpkg"), "0")) == 0.0
    assert times.expected(view_of(Path("a.gpkg"), "599")) == 1.0
