"""SLD 1.1.0 as QGIS writes it, turned into SLD 1.0.0."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.styles.fidelity import Fate
from geopub_plugin.backend.styles.sld10 import to_sld10

from ...ogc_schemas import OgcSchemas

SCHEMA = "sld/1.0.0/StyledLayerDescriptor.xsd"
NAMES = {"sld": "http://www.opengis.net/sld", "ogc": "http://www.opengis.net/ogc"}
SE = """<StyledLayerDescriptor version="1.1.0" xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc"
 xmlns:se="http://www.opengis.net/se" xmlns:xlink="http://www.w3.org/1999/xlink"><NamedLayer><se:Name>My Läyer</se:Name>
<UserStyle><se:Name>My Läyer</se:Name><se:FeatureTypeStyle>{}</se:FeatureTypeStyle></UserStyle></NamedLayer>
</StyledLayerDescriptor>"""
FILL = """<se:PolygonSymbolizer><se:Fill><se:SvgParameter name="fill">#ff0000</se:SvgParameter></se:Fill>
</se:PolygonSymbolizer>"""
EQUAL = """<ogc:Filter><ogc:PropertyIsEqualTo matchCase="true"><ogc:PropertyName>type</ogc:PropertyName>
<ogc:Literal>a</ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter>"""


def rule(body: str, head: str = "<se:Name>one</se:Name>") -> str:
    return f"<se:Rule>{head}{body}</se:Rule>"


def line(parameters: str, attributes: str = "", rest: str = "") -> str:
    return rule(f"<se:LineSymbolizer {attributes}><se:Stroke>{parameters}</se:Stroke>{rest}</se:LineSymbolizer>")


def converted(*rules: str) -> tuple[ElementTree.Element, list[str], list[str]]:
    made, report = to_sld10(SE.format("".join(rules)).encode(), "towns")
    told = [[finding.what for finding in report.of(fate)] for fate in (Fate.APPROXIMATED, Fate.LOST)]
    return ElementTree.fromstring(made), told[0], told[1]


def texts(root: ElementTree.Element, path: str) -> list[str | None]:
    return [element.text for element in root.findall(path, NAMES)]


def test_layer_and_style_are_named_like_the_table() -> None:
    root, approximated, lost = converted(rule(FILL))
    assert root.get("version") == "1.0.0"
    assert texts(root, "sld:NamedLayer/sld:Name") == ["towns"]
    assert texts(root, "sld:NamedLayer/sld:UserStyle/sld:Name") == ["towns"]
    assert (approximated, lost) == ([], [])


def test_a_filter_loses_what_filter_encoding_1_0_lacks() -> None:
    root, _, lost = converted(rule(EQUAL + FILL))
    equal = root.find(".//ogc:PropertyIsEqualTo", NAMES)
    assert equal is not None and not equal.attrib
    assert texts(root, ".//ogc:PropertyName") == ["type"] and lost == []


def test_an_and_of_one_condition_is_that_condition() -> None:
    root, _, _ = converted(
        rule(
            EQUAL.replace("<ogc:Filter>", "<ogc:Filter><ogc:And>").replace("</ogc:Filter>", "</ogc:And></ogc:Filter>")
            + FILL
        )
    )
    assert root.find(".//ogc:And", NAMES) is None and root.find(".//ogc:PropertyIsEqualTo", NAMES) is not None


def test_a_rule_whose_filter_cannot_be_said_is_left_out_and_not_drawn_everywhere() -> None:
    strange = "<ogc:Filter><ogc:Function name='regexp_match'><ogc:Literal>a</ogc:Literal></ogc:Function></ogc:Filter>"
    root, _, lost = converted(rule(strange + FILL, "<se:Name>odd</se:Name>"), rule(FILL, "<se:Name>plain</se:Name>"))
    assert texts(root, ".//sld:Rule/sld:Name") == ["plain"]
    assert len(lost) == 1 and "Function" in lost[0]


def test_titles_come_out_of_descriptions() -> None:
    head = (
        "<se:Name>r1</se:Name><se:Description><se:Title>Red</se:Title><se:Abstract>All</se:Abstract></se:Description>"
    )
    root, _, _ = converted(rule(FILL, head))
    assert texts(root, ".//sld:Rule/sld:Title") == ["Red"] and texts(root, ".//sld:Rule/sld:Abstract") == ["All"]


@pytest.mark.parametrize(
    "scale, kept",
    [("-0.000000000465661", []), ("0", []), ("", []), ("inf", []), ("5000", ["5000"]), ("1e+06", ["1000000"])],
)
def test_scales_that_limit_nothing_go(scale: str, kept: list[str]) -> None:
    root, _, _ = converted(rule(f"<se:MinScaleDenominator>{scale}</se:MinScaleDenominator>{FILL}"))
    assert texts(root, ".//sld:MinScaleDenominator") == kept


def test_else_stays() -> None:
    root, _, _ = converted(rule(EQUAL + FILL), rule("<se:ElseFilter/>" + FILL))
    assert len(root.findall(".//sld:ElseFilter", NAMES)) == 1


def test_sizes_on_the_ground_become_pixels_of_a_scale_of_the_rule() -> None:
    parameters = '<se:SvgParameter name="stroke-width">7</se:SvgParameter>'
    metres = 'uom="http://www.opengeospatial.org/se/units/metre"'
    scale = "<se:Name>one</se:Name><se:MaxScaleDenominator>50000</se:MaxScaleDenominator>"
    root, approximated, _ = converted(line(parameters, metres).replace("<se:Name>one</se:Name>", scale))
    assert texts(root, ".//sld:CssParameter[@name='stroke-width']") == ["1"]  # 7 m at 1:25000, 0.28 mm a pixel
    assert len(approximated) == 1 and "25000" in approximated[0]


def test_a_computed_size_on_the_ground_is_multiplied() -> None:
    computed = '<se:SvgParameter name="stroke-width"><ogc:PropertyName>w</ogc:PropertyName></se:SvgParameter>'
    root, _, _ = converted(line(computed, 'uom="http://www.opengeospatial.org/se/units/metre"'))
    assert [child.tag.rsplit("}")[-1] for child in root.find(".//ogc:Mul", NAMES)] == ["PropertyName", "Literal"]


def test_an_offset_of_nothing_is_no_loss() -> None:
    offset = "<se:PerpendicularOffset>{}</se:PerpendicularOffset>"
    parameter = '<se:SvgParameter name="stroke">#000000</se:SvgParameter>'
    assert converted(line(parameter, rest=offset.format("0.0")))[2] == []
    assert len(converted(line(parameter, rest=offset.format("-3")))[2]) == 1


def test_a_character_of_a_font_is_named_as_geoserver_does() -> None:
    mark = """<se:PointSymbolizer><se:Graphic><se:Mark><se:OnlineResource xlink:href="ttf://Dingbats"/>
      <se:Format>ttf</se:Format><se:MarkIndex>52</se:MarkIndex></se:Mark><se:Size>9</se:Size></se:Graphic></se:PointSymbolizer>"""
    root, _, lost = converted(rule(mark))
    assert texts(root, ".//sld:WellKnownName") == ["ttf://Dingbats#0x34"] and lost == []


def test_what_qgis_left_out_is_told() -> None:
    _, _, lost = converted("<!--SymbolLayerV2 ShapeburstFill not implemented yet-->", rule(FILL))
    assert any("ShapeburstFill" in what for what in lost)


@pytest.mark.parametrize("rules", ["", rule(""), "<!--FeatureRenderer nullSymbol not implemented yet-->"])
def test_a_style_that_draws_nothing_is_refused(rules: str) -> None:
    with pytest.raises(InvalidInput, match="towns"):
        to_sld10(SE.format(rules).encode(), "towns")


def test_children_come_in_the_order_of_the_schema(ogc_schemas: OgcSchemas) -> None:
    upside_down = rule(
        """<se:TextSymbolizer><se:VendorOption name="group">yes</se:VendorOption><se:Fill/><se:Halo><se:Fill/>
        <se:Radius>2</se:Radius></se:Halo><se:Font><se:SvgParameter name="font-size">8</se:SvgParameter></se:Font>
        <se:Label>No. <ogc:PropertyName>name</ogc:PropertyName></se:Label></se:TextSymbolizer>""" + FILL + EQUAL
    )  # fmt: skip
    made, report = to_sld10(SE.format(upside_down).encode(), "towns")
    assert ogc_schemas.faults(made, SCHEMA) == []
    assert len(report.of(Fate.APPROXIMATED)) == 1


def test_every_sld_of_the_real_styles_becomes_valid_or_is_refused(real_data: Path, ogc_schemas: OgcSchemas) -> None:
    outcomes = {"valid": 0, "refused": 0}
    for path in sorted((real_data / "styles").rglob("*.sld")):
        try:
            made, _ = to_sld10(path.read_bytes(), "a_table")
        except InvalidInput:
            outcomes["refused"] += 1
            continue
        assert ogc_schemas.faults(made, SCHEMA) == [], path
        outcomes["valid"] += 1
    assert outcomes["valid"] > 450 and outcomes["refused"] < 25
