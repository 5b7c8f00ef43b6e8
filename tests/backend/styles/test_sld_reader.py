"""SLD as a Mapbox style: what each symbolizer and each filter becomes."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from geopub_plugin.backend.styles.fidelity import Fate
from geopub_plugin.backend.styles.mapbox import MapboxLayers, TileLayer, to_mapbox

TILES = TileLayer("tiles", "towns", {"name": "name", "pop": "pop"}, frozenset({"pop"}))
SVG = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4="


def sld(*rules: str) -> bytes:
    inside = "".join(f"<Rule>{rule}</Rule>" for rule in rules)
    return f"""<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld"
      xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:ogc="http://www.opengis.net/ogc"><NamedLayer><Name>a</Name><UserStyle>
      <FeatureTypeStyle>{inside}</FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>""".encode()


def css(**values: Any) -> str:
    return "".join(f'<CssParameter name="{key.replace("_", "-")}">{one}</CssParameter>' for key, one in values.items())


def made(*rules: str) -> MapboxLayers:
    return to_mapbox(sld(*rules), TILES)


def layers(*rules: str) -> List[Dict[str, Any]]:
    return list(made(*rules).layers)


WILD = 'wildCard="*" singleChar="?" escape="!"'
FILL = f"<PolygonSymbolizer><Fill>{css(fill='#ff0000', fill_opacity=0.5)}</Fill></PolygonSymbolizer>"
LINE = (
    f"<LineSymbolizer><Stroke>{css(stroke='#0000ff', stroke_width=4, stroke_dasharray='8 4', stroke_linecap='round')}"
    "</Stroke></LineSymbolizer>"
)


def mark(name: str, more: str = "") -> str:
    return (
        f"<PointSymbolizer><Graphic><Mark><WellKnownName>{name}</WellKnownName><Fill>{css(fill='#00ff00')}</Fill>"
        f"<Stroke>{css(stroke='#000000', stroke_width=2)}</Stroke></Mark><Size>10</Size>{more}</Graphic>"
        "</PointSymbolizer>"
    )


def text(label: str, more: str = "") -> str:
    font = css(font_family="Arial", font_size=12, font_weight="bold")
    fill = f"<Fill>{css(fill='#333333')}</Fill>"
    return f"<TextSymbolizer><Label>{label}</Label><Font>{font}</Font>{more}{fill}</TextSymbolizer>"


def condition(name: str, value: str, inside: str = "PropertyIsEqualTo") -> str:
    return (
        f"<ogc:Filter><ogc:{inside}><ogc:PropertyName>{name}</ogc:PropertyName><ogc:Literal>{value}</ogc:Literal>"
        f"</ogc:{inside}></ogc:Filter>"
    )


def test_a_fill_and_its_outline():
    fill, line = layers(FILL.replace("</Fill>", f"</Fill><Stroke>{css(stroke='#112233', stroke_width=2)}</Stroke>"))
    assert fill["type"] == "fill" and fill["source-layer"] == "towns"
    assert (fill["paint"]["fill-color"], fill["paint"]["fill-opacity"]) == ("#ff0000", 0.5)
    assert (line["paint"]["line-color"], line["paint"]["line-width"]) == ("#112233", 2)


def test_a_line_with_dashes():
    (line,) = layers(LINE)
    assert line["paint"] == {"line-color": "#0000ff", "line-width": 4, "line-dasharray": [2, 1]}
    assert line["layout"] == {"line-cap": "round", "line-join": "miter"}


def test_a_circle():
    (circle,) = layers(mark("circle"))
    assert circle["paint"] == {
        "circle-radius": 4, "circle-color": "#00ff00", "circle-stroke-width": 2, "circle-stroke-color": "#000000"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "shape"), [("square", "square"), ("triangle", "triangle"), ("x", "cross2"), ("shape://oarrow", "square")]
)
def test_other_marks_are_pictures(name: str, shape: str):
    style = made(mark(name))
    (layer,), (sprite,) = style.layers, style.sprites
    assert layer["layout"]["icon-image"] == sprite.name and f'v="{shape}"' in sprite.symbol
    assert ('k="size" v="10.0"' in sprite.symbol) and ('v="Pixel"' in sprite.symbol)
    assert bool(style.report.of(Fate.APPROXIMATED)) is name.startswith("shape")


def test_a_packed_graphic_is_a_picture_and_one_from_elsewhere_is_lost():
    graphic = (
        '<PointSymbolizer><Graphic><ExternalGraphic><OnlineResource xlink:href="{}"/><Format>image/svg+xml</Format>'
        "</ExternalGraphic></Graphic></PointSymbolizer>"
    )
    (sprite,) = made(graphic.format(SVG)).sprites
    assert "base64:PHN2" in sprite.symbol
    style = made(graphic.format("https://example.org/a.svg"))
    assert not style.layers and "https://example.org/a.svg" in style.report.of(Fate.LOST)[0].what


def test_a_filling_of_marks_and_marks_along_a_line():
    fill = "<PolygonSymbolizer><Fill><GraphicFill>{}</GraphicFill></Fill></PolygonSymbolizer>"
    graphic = mark("cross").partition("<PointSymbolizer>")[2].partition("</PointSymbolizer>")[0]
    style = made(fill.format(graphic))
    assert style.layers[0]["paint"]["fill-pattern"] == style.sprites[0].name
    assert style.sprites[0].repeats and (style.sprites[0].width, style.sprites[0].height) == (10, 10)
    (line,) = layers(f"<LineSymbolizer><Stroke><GraphicStroke>{graphic}</GraphicStroke></Stroke></LineSymbolizer>")
    assert line["layout"]["symbol-placement"] == "line"


def test_a_label_of_words_and_attributes():
    halo = f"<Halo><Radius>2</Radius><Fill>{css(fill='#ffffff')}</Fill></Halo>"
    style = made(FILL + text("Town <ogc:PropertyName>name</ogc:PropertyName>", halo))
    label = style.layers[1]
    assert style.has_labels and label["layout"]["text-font"] == ["Arial Bold"]
    assert label["layout"]["text-size"] == 12 and label["paint"]["text-halo-width"] == 2
    assert ["get", "name"] in [
        part for part in label["layout"]["text-field"] if isinstance(part, list)
    ] or "name" in str(label["layout"]["text-field"])


def test_labels_stand_above_every_symbol():
    assert [one["type"] for one in layers(FILL + text("<ogc:PropertyName>name</ogc:PropertyName>"), LINE)] == [
        "fill", "line", "symbol"
    ]  # fmt: skip


def test_filters_scales_and_the_rest():
    scales = "<MinScaleDenominator>1000</MinScaleDenominator><MaxScaleDenominator>500000</MaxScaleDenominator>"
    one, rest = layers(condition("name", "A") + scales + FILL, f"<ElseFilter/>{LINE}")
    assert one["filter"] == ["==", ["get", "name"], "A"]
    assert 0 < one["minzoom"] < one["maxzoom"] < 24
    assert "filter" in rest and rest["filter"] != one["filter"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (condition("pop", "5", "PropertyIsLessThan"), [["<", ["get", "pop"], 5]]),
        (condition("name", "5"), [["==", ["get", "name"], "5"]]),
        (condition("name", "A*", "PropertyIsLike").replace("IsLike>", f"IsLike {WILD}>", 1), ["A"]),
        ("<ogc:Filter><ogc:PropertyIsBetween><ogc:PropertyName>pop</ogc:PropertyName><ogc:LowerBoundary><ogc:Literal>1"
         "</ogc:Literal></ogc:LowerBoundary><ogc:UpperBoundary><ogc:Literal>9</ogc:Literal></ogc:UpperBoundary>"
         "</ogc:PropertyIsBetween></ogc:Filter>", [[">=", ["get", "pop"], 1], ["<=", ["get", "pop"], 9]]),
        ("<ogc:Filter><ogc:PropertyIsNull><ogc:PropertyName>name</ogc:PropertyName></ogc:PropertyIsNull></ogc:Filter>",
         ["name"]),
    ],
)  # fmt: skip
def test_conditions(rule: str, words: List[Any]):
    (layer,) = layers(rule + FILL)
    for word in words:
        assert str(word) in str(layer["filter"])


def test_a_function_is_refused_by_its_name():
    rule = (
        '<ogc:Filter><ogc:PropertyIsEqualTo><ogc:Function name="area"><ogc:PropertyName>geom</ogc:PropertyName>'
        "</ogc:Function><ogc:Literal>1</ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter>"
    )
    style = made(rule + FILL, LINE)
    assert [one["type"] for one in style.layers] == ["line"]
    assert "area" in " ".join(finding.what for finding in style.report.of(Fate.LOST))


def test_values_that_follow_attributes_are_told_of():
    size = "<Size><ogc:PropertyName>pop</ogc:PropertyName></Size>"
    circle = "<Mark><WellKnownName>circle</WellKnownName></Mark>"
    style = made(f"<PointSymbolizer><Graphic>{circle}{size}</Graphic></PointSymbolizer>")
    assert "Size" in style.report.of(Fate.APPROXIMATED)[0].what
