"""QML as a Mapbox style."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.styles.fidelity import Fate
from geopub_plugin.backend.styles.mapbox import MapboxLayers, TileLayer, style_document, to_mapbox

from .conftest import qml, sld

TILES = TileLayer("tiles", "towns", {"größe": "groesse"}, frozenset({"groesse"}))
PX = 96 / 25.4
SYMBOL = '<symbol type="{kind}" name="{name}" alpha="{alpha}">{layers}</symbol>'


def layer(kind: str, **values: Any) -> str:
    options = "".join(f'<Option name="{key}" type="QString" value="{value}"/>' for key, value in values.items())
    return f'<layer class="{kind}" enabled="1" pass="0"><Option type="Map">{options}</Option></layer>'


def symbol(*layers: str, kind: str = "fill", name: str = "0", alpha: float = 1) -> str:
    return SYMBOL.format(kind=kind, name=name, alpha=alpha, layers="".join(layers))


RED = layer("SimpleFill", color="255,0,0,255", outline_style="no")
BLUE = layer("SimpleFill", color="0,0,255,255", outline_style="no")


def renderer(kind: str, symbols: str, rest: str = "", attributes: str = "") -> str:
    return f'<renderer-v2 type="{kind}" {attributes}>{rest}<symbols>{symbols}</symbols></renderer-v2>'


def made(body: str) -> MapboxLayers:
    return to_mapbox(qml(body), TILES)


def single(*layers: str, kind: str = "fill", alpha: float = 1) -> List[Dict[str, Any]]:
    return list(made(renderer("singleSymbol", symbol(*layers, kind=kind, alpha=alpha))).layers)


def test_a_fill_and_its_outline_are_two_layers() -> None:
    fill, line = single(
        layer(
            "SimpleFill", color="10,20,30,255", outline_color="0,0,0,128", outline_width="0.5", outline_width_unit="MM"
        )
    )
    assert (fill["type"], fill["source"], fill["source-layer"]) == ("fill", "tiles", "towns")
    assert fill["paint"]["fill-color"] == "#0a141e"
    assert line["type"] == "line" and line["paint"]["line-width"] == pytest.approx(0.5 * PX, abs=1e-3)
    assert line["paint"]["line-opacity"] == pytest.approx(128 / 255, abs=1e-3)
    assert "filter" not in fill and "minzoom" not in fill


def test_opacities_multiply() -> None:
    body = renderer("singleSymbol", symbol(layer("SimpleFill", color="0,0,0,51", outline_style="no"), alpha=0.5))
    (fill,) = made(body + "<layerOpacity>0.5</layerOpacity>").layers
    assert fill["paint"]["fill-opacity"] == pytest.approx(0.05)


def test_a_line_of_no_width_is_one_pixel_wide() -> None:
    (line,) = single(layer("SimpleLine", line_color="0,0,0,255", line_width="0"), kind="line")
    assert line["paint"]["line-width"] == 1.0


def test_widths_on_the_ground_double_with_each_zoom() -> None:
    (line,) = single(layer("SimpleLine", line_width="10", line_width_unit="MapUnit"), kind="line")
    operator, base, zoom, low, at_low, high, at_high = line["paint"]["line-width"]
    assert (operator, base, zoom, low, high) == ("interpolate", ["exponential", 2], ["zoom"], 0, 24)
    assert at_low == pytest.approx(10 / (2 * math.pi * 6378137 / 512)) and at_high == at_low * 2**24


def test_dashes_are_told_in_widths_of_the_line() -> None:
    values = {"line_width": "2", "line_width_unit": "Pixel", "use_custom_dash": "1", "customdash": "6;4"}
    (line,) = single(layer("SimpleLine", customdash_unit="Pixel", **values), kind="line")
    assert line["paint"]["line-dasharray"] == [3, 2]


def test_the_outline_of_a_circle_is_centred_on_its_edge() -> None:
    values = {"name": "circle", "size": "10", "size_unit": "Pixel", "outline_width": "2", "outline_width_unit": "Pixel"}
    (circle,) = single(layer("SimpleMarker", color="1,2,3,255", outline_color="4,5,6,255", **values), kind="marker")
    assert (circle["paint"]["circle-radius"], circle["paint"]["circle-stroke-width"]) == (4, 2)


def test_other_markers_become_pictures_each_once() -> None:
    star = layer("SimpleMarker", name="star", size="4", color="255,0,0,255")
    outcome = made(renderer("singleSymbol", symbol(star, star, kind="marker")))
    assert [one["layout"]["icon-image"] for one in outcome.layers] == [outcome.sprites[0].name] * 2
    assert len(outcome.sprites) == 1 and "star" in outcome.sprites[0].symbol


def test_classes_and_all_other_values() -> None:
    categories = """<categories><category value="a" type="string" symbol="0" label="A" render="true"/>
      <category value="b" type="string" symbol="1" label="B" render="false"/>
      <category value="" symbol="1" label="rest" render="true"/></categories>"""
    symbols = symbol(RED, name="0") + symbol(BLUE, name="1")
    first, rest = made(renderer("categorizedSymbol", symbols, categories, 'attr="kind"')).layers
    assert first["filter"] == ["==", ["get", "kind"], "a"] and first["metadata"]["title"] == "A"
    assert rest["filter"] == ["all", ["!", ["==", ["get", "kind"], "a"]], ["!", ["==", ["get", "kind"], "b"]]]


def test_numbers_are_compared_as_numbers_and_names_follow_the_tiles() -> None:
    categories = '<categories><category value="5" type="string" symbol="0" label="" render="true"/></categories>'
    (fill,) = made(renderer("categorizedSymbol", symbol(RED), categories, 'attr="Größe"')).layers
    assert fill["filter"] == ["==", ["get", "groesse"], 5]


def test_of_two_ranges_that_touch_the_first_holds_the_bound() -> None:
    ranges = """<ranges><range lower="0" upper="10" symbol="0" label="low" render="true"/>
      <range lower="10" upper="20" symbol="0" label="high" render="true"/></ranges>"""
    low, high = made(renderer("graduatedSymbol", symbol(RED), ranges, 'attr="groesse"')).layers
    has, value = ["!=", ["get", "groesse"], None], ["get", "groesse"]
    assert low["filter"] == ["all", ["all", has, [">=", value, 0]], ["all", has, ["<=", value, 10]]]
    assert high["filter"][1] == ["all", has, [">", value, 10]]


def test_rules_inside_rules_inherit_filters_and_scales() -> None:
    rules = """<rules key="r"><rule filter="a = 'x'" scalemaxdenom="100000">
      <rule symbol="0" filter="b = 'y'" label="both" scalemindenom="1000" scalemaxdenom="500000"/>
      <rule symbol="1" filter="ELSE" label="rest"/></rule></rules>"""
    symbols = symbol(RED, name="0") + symbol(BLUE, name="1")
    both, rest = made(renderer("RuleRenderer", symbols, rules)).layers
    assert both["filter"] == ["all", ["==", ["get", "a"], "x"], ["==", ["get", "b"], "y"]]
    assert rest["filter"] == ["all", ["==", ["get", "a"], "x"], ["!", ["==", ["get", "b"], "y"]]]
    assert both["minzoom"] == pytest.approx(math.log2(295829355.45 / 100000), abs=1e-3)
    assert both["maxzoom"] == pytest.approx(math.log2(295829355.45 / 1000), abs=1e-3)


def test_a_rule_that_cannot_be_said_is_left_out_and_named() -> None:
    rules = """<rules key="r"><rule symbol="0" filter="regexp_match(a, 'x')" label="odd"/>
      <rule symbol="0" filter="b = 'y'" label="fine"/></rules>"""
    outcome = made(renderer("RuleRenderer", symbol(RED), rules))
    assert [one["metadata"]["title"] for one in outcome.layers] == ["fine"]
    (lost,) = outcome.report.of(Fate.LOST)
    assert "regexp_match()" in lost.what and lost.where == "odd"


@pytest.mark.parametrize("flag", ["0", "1"])  # rules have levels whatever it says
def test_levels_of_symbols_come_before_rules(flag: str) -> None:
    def road(name: str, colour: str) -> str:
        casing = layer("SimpleLine", line_color="0,0,0,255", line_width="3")
        inside = layer("SimpleLine", line_color=colour, line_width="2").replace('pass="0"', 'pass="1"')
        return symbol(casing, inside, kind="line", name=name)

    rules = (
        """<rules><rule symbol="0" filter="a = 1" label="r0"/><rule symbol="1" filter="a = 2" label="r1"/></rules>"""
    )
    symbols = road("0", "255,0,0,255") + road("1", "0,255,0,255")
    layers = made(renderer("RuleRenderer", symbols, rules, f'symbollevels="{flag}"')).layers
    assert [one["paint"]["line-color"] for one in layers] == ["#000000", "#000000", "#ff0000", "#00ff00"]
    assert len({one["id"] for one in layers}) == 4


@pytest.mark.parametrize(("enabled", "lost"), [("true", 1), ("false", 0)])
def test_labels_of_qgis_2_are_told_of(enabled: str, lost: int) -> None:
    kept = f"""<property key="labeling" value="pal"/><property key="labeling/enabled" value="{enabled}"/>"""
    style = renderer("singleSymbol", symbol(layer("SimpleFill", color="1,2,3,255")))
    report = made(f"{style}<customproperties>{kept}</customproperties>").report
    assert len(report.of(Fate.LOST)) == lost


@pytest.mark.parametrize(("border", "types"), [("no", ["fill"]), ("solid", ["fill", "line"])])
def test_outlines_of_qgis_2(border: str, types: List[str]) -> None:
    assert [one["type"] for one in single(layer("SimpleFill", color="1,2,3,255", style_border=border))] == types


def test_labels_lie_above_everything() -> None:
    labels = """<labeling type="simple"><settings><text-style fieldName="name" fontSize="9" fontFamily="DejaVu Sans"
      textColor="1,2,3,255"><text-buffer bufferDraw="1" bufferSize="1" bufferColor="255,255,255,255"/></text-style>
      <placement placement="2"/><rendering scaleVisibility="1" scaleMax="10000" scaleMin="1"/></settings></labeling>"""
    label = made(labels + renderer("singleSymbol", symbol(RED))).layers[-1]
    assert label["type"] == "symbol" and label["layout"]["symbol-placement"] == "line"
    assert label["layout"]["text-size"] == pytest.approx(12) and label["layout"]["text-font"] == ["DejaVu Sans Regular"]
    assert label["paint"]["text-halo-width"] == pytest.approx(PX, abs=1e-3) and label["minzoom"] > 14


def test_what_is_lost_is_told() -> None:
    outcome = made(renderer("heatmapRenderer", ""))
    assert outcome.layers == () and "heatmapRenderer" in outcome.report.of(Fate.LOST)[0].what


def test_only_styles_are_converted() -> None:
    for content in (sld(""), b"<html/>"):
        with pytest.raises(InvalidInput):
            to_mapbox(content, TILES)


def test_every_real_sld_is_valid_for_maplibre(
    real_data: Path, style_validator: Callable[..., str], tmp_path: Path
) -> None:
    paths = []
    for number, path in enumerate(sorted((real_data / "styles").rglob("*.sld"))[::4]):  # all of them: tests/real
        with suppress(InvalidInput):
            layers = to_mapbox(path.read_bytes(), TILES).layers
            paths.append(tmp_path / f"{number}.json")
            glyphs, sprite = "http://x/{fontstack}/{range}.pbf", "http://x/sprite"
            paths[-1].write_bytes(style_document(path.stem, TILES.source, "http://x/t.json", layers, sprite, glyphs))
    assert len(paths) > 100 and style_validator(*paths) == ""


def test_every_real_qml_is_valid_for_maplibre(
    real_data: Path, style_validator: Callable[..., str], tmp_path: Path
) -> None:
    paths = []
    for number, path in enumerate(sorted((real_data / "styles").rglob("*.qml"))):
        layers = to_mapbox(path.read_bytes(), TILES).layers
        paths.append(tmp_path / f"{number}.json")
        document = style_document(path.stem, "tiles", "http://localhost/tiles.json", layers, "http://localhost/sprite",
                                  "http://localhost/{fontstack}/{range}.pbf")  # fmt: skip
        paths[-1].write_bytes(document)
        assert json.loads(document)["version"] == 8
    assert len(paths) > 150
    assert style_validator(*paths) == ""
