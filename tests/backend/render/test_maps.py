"""Maps look as QGIS draws them, in every format, and leave the data as it is."""

from __future__ import annotations

import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, List

import numpy as np
import pytest

from geopub_plugin.backend.errors import InvalidInput, NotFound
from geopub_plugin.backend.render.requests import JPEG, PNG, PNG8, WEBP, MapRequest, MessageRequest
from geopub_plugin.backend.render.supervisor import Renderer
from geopub_plugin.backend.styles.palette import colours_of

from .conftest import EUROPE, decoded, map_of, pixels_of

SLD = """<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc">
<NamedLayer><Name>a name of nothing here</Name><UserStyle><FeatureTypeStyle><Rule>
<ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>NAME</ogc:PropertyName><ogc:Literal>France</ogc:Literal>
</ogc:PropertyIsEqualTo></ogc:Filter>
<PolygonSymbolizer><Fill><CssParameter name="fill">#ff0000</CssParameter></Fill></PolygonSymbolizer>
</Rule></FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>"""


@pytest.fixture
def layer(world_map: Path, tmp_path: Path, qgis_app: Any) -> Any:
    """Return the countries opened by QGIS itself, on a copy: QGIS writes into GeoPackages."""
    from qgis.core import QgsVectorLayer

    copy = Path(shutil.copy(world_map, tmp_path / "copy.gpkg"))
    return QgsVectorLayer(f"{copy}|layername=countries", "anything", "ogr")


@pytest.fixture
def ordered_layer(layer: Any) -> Any:
    """Return the countries in the order of their keys in parts of the map, too, not in that of the file's R-tree."""
    layer.setSubsetString("1=1")
    return layer


def drawn_by_qgis(layer: Any, request: MapRequest) -> np.ndarray:
    from qgis.core import QgsCoordinateReferenceSystem, QgsMapRendererSequentialJob, QgsMapSettings, QgsRectangle
    from qgis.PyQt.QtCore import QSize
    from qgis.PyQt.QtGui import QColor

    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(QgsCoordinateReferenceSystem(request.view.srs))
    settings.setExtent(QgsRectangle(*request.view.bounds))
    settings.setOutputSize(QSize(request.view.width, request.view.height))
    settings.setOutputDpi(request.view.dpi)
    settings.setFlag(QgsMapSettings.Flag.UseRenderingOptimization, True)
    settings.setBackgroundColor(QColor(0, 0, 0, 0) if request.transparent else QColor(request.background))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    return pixels_of(job.renderedImage())


def styled(layer: Any, kind: str) -> None:
    """Give a layer categories, rules with labels, a pattern of pictures, or translucency."""
    from qgis.core import (
        QgsCategorizedSymbolRenderer,
        QgsFillSymbol,
        QgsPalLayerSettings,
        QgsPathResolver,
        QgsRendererCategory,
        QgsRuleBasedRenderer,
        QgsSingleSymbolRenderer,
        QgsSVGFillSymbolLayer,
        QgsSymbolLayerUtils,
        QgsVectorLayerSimpleLabeling,
    )

    if kind == "categorised":
        values = sorted({str(feature["name"]) for feature in layer.getFeatures()})
        layer.setRenderer(
            QgsCategorizedSymbolRenderer(
                "name",
                [
                    QgsRendererCategory(
                        value, QgsFillSymbol.createSimple({"color": f"{i % 256},{i * 7 % 256},90"}), value
                    )
                    for i, value in enumerate(values)
                ],
            )
        )
    elif kind == "labelled rules":
        root = QgsRuleBasedRenderer.Rule(None)
        for expression, colour in (("\"name\" < 'M'", "#d0e0ff"), ("ELSE", "#ffe0d0")):
            symbol = QgsFillSymbol.createSimple({"color": colour, "outline_width": "0.4"})
            root.appendChild(QgsRuleBasedRenderer.Rule(symbol, 0, 0, expression))
        layer.setRenderer(QgsRuleBasedRenderer(root))
        labels = QgsPalLayerSettings()
        labels.fieldName = 'upper("name")'
        labels.isExpression = True
        layer.setLabeling(QgsVectorLayerSimpleLabeling(labels))
        layer.setLabelsEnabled(True)
    elif kind == "svg pattern":
        symbol = QgsFillSymbol.createSimple({})
        arrow = QgsSymbolLayerUtils.svgSymbolNameToPath("arrows/Arrow_01.svg", QgsPathResolver())
        symbol.changeSymbolLayer(0, QgsSVGFillSymbolLayer(arrow, 6.0))  # the style names it relative to QGIS's folder
        layer.setRenderer(QgsSingleSymbolRenderer(symbol))
    else:
        layer.renderer().symbol().setColor(layer.renderer().symbol().color().lighter(120))
        layer.setOpacity(0.6)


def saved_style(layer: Any, kind: str, folder: Path) -> Path:
    """Style a layer, and return the QML that QGIS saves of it."""
    styled(layer, kind)
    _message, saved = layer.saveNamedStyle(str(folder / "style.qml"))
    assert saved
    return folder / "style.qml"


def published(delivered: Path, folder: Path) -> Path:
    """Return the GeoPackage that integration makes of a delivered one."""
    from geopub_plugin.backend.ingest import integration_job
    from geopub_plugin.backend.jobs.progress import Silent

    work = folder / "work"
    work.mkdir()
    return work / integration_job.run({"files": [str(delivered)]}, work, Silent())["file"]


@pytest.mark.parametrize("transparent", [True, False])
@pytest.mark.parametrize("kind", ["categorised", "labelled rules", "svg pattern", "translucent"])
@pytest.mark.parametrize(
    ("srs", "bounds", "dpi"),
    [("EPSG:3857", EUROPE, 96.0), ("EPSG:4326", (-10.0, 35.0, 20.0, 65.0), 180.0)],
)
def test_qml_is_drawn_pixel_for_pixel_as_by_qgis(
    renderer: Renderer, world_map: Path, ordered_layer: Any, tmp_path: Path, kind: str, srs: str, bounds: tuple,
    dpi: float, transparent: bool,
) -> None:  # fmt: skip
    style = saved_style(ordered_layer, kind, tmp_path)
    request = map_of(
        world_map, "countries", style=style, srs=srs, bounds=bounds, dpi=dpi, transparent=transparent,
        background="#eef4f8", size=(300, 300),
    )  # fmt: skip
    expected = drawn_by_qgis(ordered_layer, request)
    found = decoded(renderer.draw(request))
    assert len(np.unique(found.reshape(-1, 4), axis=0)) > 20
    assert np.abs(found.astype(int) - expected).max() == 0


@pytest.mark.parametrize("kind", ["labelled rules", "translucent"])
def test_what_was_published_is_drawn_as_the_layer_it_came_from(
    renderer: Renderer, world_map: Path, layer: Any, tmp_path: Path, kind: str
) -> None:
    """Neighbours' outlines and labels that have no room for one another depend on the order of features."""
    style = saved_style(layer, kind, tmp_path)
    data = published(world_map, tmp_path)
    request = map_of(data, "countries", style=style, srs="EPSG:4326", bounds=(-180, -90, 180, 90), size=(600, 300))
    assert np.abs(decoded(renderer.draw(request)).astype(int) - drawn_by_qgis(layer, request)).max() == 0


def test_default_style_shows_the_colours_of_the_table(renderer: Renderer, world_map: Path) -> None:
    found = decoded(renderer.draw(map_of(world_map, "countries")))
    colours = {f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.unique(found[:, :, :3].reshape(-1, 3), axis=0)}
    assert colours_of("countries").fill in colours
    assert "#ffffff" in colours


def test_sld_is_applied_whatever_layer_it_names(renderer: Renderer, world_map: Path, tmp_path: Path) -> None:
    style = tmp_path / "style.sld"
    style.write_text(SLD)
    found = decoded(renderer.draw(map_of(world_map, "countries", style=style)))
    red = (found[:, :, :3] == (255, 0, 0)).all(axis=2)
    assert 0.02 < red.mean() < 0.1  # France, and nothing else
    assert (found[~red][:, 1] > 0).any()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"<qgis", InvalidInput),
        (b"<svg/>", InvalidInput),
        (b"<!DOCTYPE qgis [<!ENTITY a 'b'>]><qgis>&a;</qgis>", InvalidInput),
        (SLD[: SLD.index("<NamedLayer>")].encode() + b"</StyledLayerDescriptor>", InvalidInput),
        (None, NotFound),
    ],
)
def test_styles_that_cannot_be_drawn_are_refused(
    renderer: Renderer, world_map: Path, tmp_path: Path, content: bytes, error: type
) -> None:
    style = tmp_path / "style"
    if content is not None:
        style.write_bytes(content)
    with pytest.raises(error):
        renderer.draw(map_of(world_map, "countries", style=style))


def test_a_style_that_reads_the_environment_is_refused(
    renderer: Renderer, world_map: Path, layer: Any, tmp_path: Path
) -> None:
    from qgis.core import QgsFillSymbol, QgsRuleBasedRenderer

    root = QgsRuleBasedRenderer.Rule(None)
    root.appendChild(QgsRuleBasedRenderer.Rule(QgsFillSymbol.createSimple({}), 0, 0, "Env ('PATH') IS NOT NULL"))
    layer.setRenderer(QgsRuleBasedRenderer(root))
    style = tmp_path / "style.qml"
    layer.saveNamedStyle(str(style))
    request = map_of(world_map, "countries", style=style, transparent=True)
    assert drawn_by_qgis(layer, request)[:, :, 3].max() == 255  # QGIS alone would answer
    with pytest.raises(InvalidInput, match="env"):
        renderer.draw(request)


@pytest.mark.parametrize("said", ["@map_scale &gt; 1000", "&#64;map_scale &gt; 1000", "VAR ( 'map_scale' ) &gt; 1000"])
def test_styles_may_ask_for_the_map(renderer: Renderer, world_map: Path, layer: Any, tmp_path: Path, said: str) -> None:
    from qgis.core import QgsFillSymbol, QgsRuleBasedRenderer

    root = QgsRuleBasedRenderer.Rule(None)
    root.appendChild(QgsRuleBasedRenderer.Rule(QgsFillSymbol.createSimple({"color": "#ff0000"}), 0, 0, "SAID"))
    layer.setRenderer(QgsRuleBasedRenderer(root))
    style = tmp_path / "style.qml"
    layer.saveNamedStyle(str(style))
    style.write_text(style.read_text("utf-8").replace("SAID", said), "utf-8")
    found = decoded(renderer.draw(map_of(world_map, "countries", style=style)))
    assert (found == (255, 0, 0, 255)).all(axis=2).mean() > 0.2


@pytest.mark.parametrize("picture_format", [PNG, PNG8, JPEG, WEBP])
@pytest.mark.parametrize("transparent", [True, False])
def test_formats_hold_the_same_map(renderer: Renderer, world_map: Path, picture_format: str, transparent: bool) -> None:
    transparent = transparent and picture_format != JPEG
    look = {"background": "#ddeeff", "transparent": transparent, "size": (200, 100)}
    plain = decoded(renderer.draw(map_of(world_map, "countries", **look))).astype(int)
    found = decoded(renderer.draw(map_of(world_map, "countries", format=picture_format, **look))).astype(int)
    assert found.shape == (100, 200, 4)
    opaque = plain[:, :, 3] == 255
    assert np.abs(found - plain)[opaque].mean() < 4
    assert bool(plain[:, :, 3].min() == 0) is transparent
    assert np.abs(found - plain)[:, :, 3].mean() < 4


def test_stretched_ground_fills_the_picture(renderer: Renderer, world_map: Path) -> None:
    square = decoded(renderer.draw(map_of(world_map, "countries", size=(200, 200)))).astype(int)
    flat = decoded(renderer.draw(map_of(world_map, "countries", size=(200, 100)))).astype(int)
    halved = square.reshape(100, 2, 200, 4).mean(axis=1)
    assert np.abs(flat - halved).mean() < 3


def test_the_data_is_left_as_it_is(renderer: Renderer, world_map: Path, tmp_path: Path) -> None:
    data = Path(shutil.copy(world_map, tmp_path / "data.gpkg"))
    state = (hashlib.sha256(data.read_bytes()).hexdigest(), data.stat().st_mtime_ns)
    renderer.draw(map_of(data, "countries", "states_provinces", "disputed_borders"))
    assert (hashlib.sha256(data.read_bytes()).hexdigest(), data.stat().st_mtime_ns) == state
    assert [path.name for path in tmp_path.iterdir()] == ["data.gpkg"]


def test_a_changed_file_is_drawn_anew(renderer: Renderer, world_map: Path, tmp_path: Path) -> None:
    style = tmp_path / "style.sld"
    style.write_text(SLD)
    red = decoded(renderer.draw(map_of(world_map, "countries", style=style)))
    style.write_text(SLD.replace("#ff0000", "#00ff0a"))
    green = decoded(renderer.draw(map_of(world_map, "countries", style=style)))
    assert ((red[:, :, 0] == 255) & (red[:, :, 1] == 0)).any()
    assert not ((green[:, :, 0] == 255) & (green[:, :, 1] == 0)).any()


def test_drawing_at_the_same_time_gives_the_same_pictures(renderer: Renderer, world_map: Path) -> None:
    requests: List[MapRequest] = [
        map_of(world_map, "countries", bounds=(x, y, x + 2_000_000.0, y + 2_000_000.0))
        for x in range(-4_000_000, 4_000_000, 2_000_000)
        for y in range(0, 8_000_000, 2_000_000)
    ]
    alone = [renderer.draw(request) for request in requests]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(renderer.draw, requests * 2))
    assert together == alone * 2
    assert len(set(alone)) > 10


@pytest.mark.parametrize("text", ["Il n’y a pas de couche « x ».", ""])
def test_messages(renderer: Renderer, text: str) -> None:
    found = decoded(renderer.message(MessageRequest(text, 200, 100, background="#aabbcc")))
    assert found.shape == (100, 200, 4)
    assert (len(np.unique(found.reshape(-1, 4), axis=0)) > 1) is bool(text)


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"srs": "EPSG:999999"}, InvalidInput), ({"format": "image/tiff"}, InvalidInput)],
)
def test_impossible_maps_are_refused(renderer: Renderer, world_map: Path, changes: dict, error: type) -> None:
    with pytest.raises(error):
        renderer.draw(map_of(world_map, "countries", **changes))


def test_missing_data_is_refused(renderer: Renderer, world_map: Path, tmp_path: Path) -> None:
    for data, table in ((tmp_path / "none.gpkg", "countries"), (world_map, "none")):
        with pytest.raises(NotFound, match=table):
            renderer.draw(map_of(data, table))


def test_a_table_of_mixed_geometry_is_drawn_whole(renderer: Renderer, tmp_path: Path) -> None:
    """Points lie on lines, and lines on polygons; a QML for polygons leaves the others their default look."""
    ogr = pytest.importorskip("osgeo.ogr")
    osr = pytest.importorskip("osgeo.osr")
    ogr.UseExceptions()
    data = tmp_path / "mixed.gpkg"
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(data))
    system = osr.SpatialReference()
    system.ImportFromEPSG(3857)
    table = source.CreateLayer("mélange", system, ogr.wkbUnknown)
    for text in ("POINT (50 50)", "MULTIPOLYGON (((10 10, 90 10, 90 90, 10 90, 10 10)))", "LINESTRING (0 70, 100 70)"):
        feature = ogr.Feature(table.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(text))
        table.CreateFeature(feature)
    del feature, table, source
    found = decoded(renderer.draw(map_of(data, "mélange", bounds=(0, 0, 100, 100), size=(100, 100))))
    colours = colours_of("mélange")
    expected = [colours.fill, colours.outline, colours.outline]
    for (row, column), colour in zip([(20, 20), (50, 50), (30, 50)], expected):
        wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
        assert np.abs(found[row, column, :3].astype(int) - wanted).max() < 25, (row, column)  # lines are antialiased


def test_what_comes_later_lies_on_top(renderer: Renderer, tmp_path: Path, qgis_app: Any) -> None:
    """As in QGIS, in a part of the map as well, where the R-tree is asked and has an order of its own."""
    corners = np.random.default_rng(5).integers(0, 80, (600, 2))  # of squares of 20 x 20
    delivered = squares_in(tmp_path / "squares.gpkg", corners)
    data, style = published(delivered, tmp_path), red_and_blue(delivered, tmp_path / "style.qml")
    west, south, side = 30, 40, 32
    bounds = (west, south, west + side, south + side)
    request = map_of(data, "squares", style=style, bounds=bounds, srs="EPSG:2154", size=(side, side))
    expected = np.empty((side, side, 3), np.uint8)
    x, y = np.meshgrid(west + np.arange(side) + 0.5, south + side - np.arange(side) - 0.5)  # middles of pixels
    for number, (left, low) in enumerate(corners, 1):
        inside = (x > left) & (x < left + 20) & (y > low) & (y < low + 20)
        expected[inside] = (0, 0, 255) if number % 2 else (255, 0, 0)
    assert (decoded(renderer.draw(request))[:, :, :3] == expected).all()


def squares_in(path: Path, corners: np.ndarray) -> Path:
    """Write squares of 20 x 20 with these lower left corners, int (n, 2)."""
    from osgeo import ogr, osr

    system = osr.SpatialReference()
    system.ImportFromEPSG(2154)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = source.CreateLayer("squares", system, ogr.wkbPolygon)
    for x, y in corners.tolist():
        feature = ogr.Feature(layer.GetLayerDefn())
        ring = f"{x} {y}, {x + 20} {y}, {x + 20} {y + 20}, {x} {y + 20}, {x} {y}"
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POLYGON (({ring}))"))
        layer.CreateFeature(feature)
    del layer, source
    return path


def red_and_blue(path: Path, style: Path) -> Path:
    """Write a style in which squares with an even key are red, the others blue, without outlines."""
    from qgis.core import QgsCategorizedSymbolRenderer, QgsFillSymbol, QgsRendererCategory, QgsVectorLayer

    layer = QgsVectorLayer(f"{path}|layername=squares", "squares", "ogr")
    symbols = [QgsFillSymbol.createSimple({"color": colour, "outline_style": "no"}) for colour in ("red", "blue")]
    categories = [QgsRendererCategory(number, symbol, str(number)) for number, symbol in enumerate(symbols)]
    layer.setRenderer(QgsCategorizedSymbolRenderer("to_int(fid % 2)", categories))
    layer.saveNamedStyle(str(style))
    return style
