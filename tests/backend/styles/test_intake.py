"""Styles made ready for a published table: mended, packed, named, checked."""

from __future__ import annotations

from typing import Dict

import pytest

from geopub_plugin.backend.faults import Severity
from geopub_plugin.backend.features.schema import ColumnKind, Field, TableSchema
from geopub_plugin.backend.styles.intake import Intake, mend, take_in
from geopub_plugin.backend.styles.recognition import StyleKind, read

SCHEMA = TableSchema(
    "towns", "ogc_fid", "geom", "POINT", False, False, None, (Field("population", ColumnKind.INTEGER, ""),)
)
NAMES = {"Einwohner": "population"}
MARK = "<PointSymbolizer><Graphic><Mark><WellKnownName>circle</WellKnownName></Mark></Graphic></PointSymbolizer>"


def sld(rule: str, name: str = "Städte", more: str = "") -> bytes:
    return f"""<sld:StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld"{more}
      xmlns:ogc="http://www.opengis.net/ogc" xmlns:sld="http://www.opengis.net/sld"><NamedLayer><Name>{name}</Name>
      <UserStyle><Name>old</Name><FeatureTypeStyle><Rule><Name>rule</Name>{rule}</Rule></FeatureTypeStyle></UserStyle>
      </NamedLayer></sld:StyledLayerDescriptor>""".encode()


def filtered(attribute: str) -> str:
    return (
        f"<ogc:Filter><ogc:PropertyIsLessThan><ogc:PropertyName>{attribute}</ogc:PropertyName>"
        f"<ogc:Literal>5</ogc:Literal></ogc:PropertyIsLessThan></ogc:Filter>{MARK}"
    )


def taken(style: bytes, layer: str = "") -> Intake:
    return take_in(style, SCHEMA, NAMES, lambda _: None, layer)


def faults(intake: Intake) -> Dict[str, Severity]:
    return {fault.id: fault.severity for fault in intake.faults}


@pytest.mark.parametrize(("layer", "expected"), [("", "towns"), ("map:towns", "map:towns")])
def test_layer_and_style_get_the_name_of_the_table(layer: str, expected: str):
    intake = taken(sld(MARK), layer)
    names = [element.text for element in read(intake.content).root.iter() if str(element.tag).endswith("}Name")]
    assert names == [expected, expected, "rule"] and intake.accepted and intake.kind is StyleKind.SLD


def test_attributes_get_their_published_names():
    intake = taken(sld(filtered("einwohner")))
    assert b"population" in intake.content and intake.faults == ()


def test_a_misspelt_attribute_is_refused_with_the_nearest_one():
    intake = taken(sld(filtered("populaton")))
    (fault,) = intake.faults
    assert not intake.accepted and fault.id == "style.unknown-attribute" and "population" in fault.cure


def test_every_fault_at_once():
    two = sld(filtered("nothing") + "</Rule><Rule>", more="").replace(b'version="1.0.0"', b'version="1.2.0"')
    assert set(faults(taken(two))) == {"style.version", "style.unknown-attribute", "style.empty-rule"}


def test_undeclared_prefixes_are_declared():
    style = sld(MARK).replace(b' xmlns:sld="http://www.opengis.net/sld"', b"")
    mended, (fault,) = mend(style)
    assert fault.severity is Severity.REPAIRED and "sld" in fault.what
    assert read(mended).kind is StyleKind.SLD
    assert mend(mended) == (mended, ())


@pytest.mark.parametrize(
    "style", [b"", b"{}", b"<html/>", b"<sld:StyledLayerDescriptor", b"<!DOCTYPE a [<!ENTITY b 'c'>]><qgis/>"]
)
def test_what_is_no_style(style: bytes):
    intake = taken(style)
    assert intake.kind is None and not intake.accepted and faults(intake) == {"style.unreadable": Severity.ERROR}


def test_a_qml_stays_byte_for_byte():
    doctype = b"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    qml = doctype + b'<qgis version="3.22"><renderer-v2 type="nullSymbol"/></qgis>'
    assert taken(qml).content == qml


def test_graphics_of_one_computer_are_told_of():
    layer = '<layer class="SvgMarker"><prop k="name" v="{}"/></layer>'
    told = {}
    for reference in ("/home/me/a.svg", "C:\\a.svg", "arrows/Arrow_01.svg", "https://example.org/a.svg"):
        qml = f"<qgis><renderer-v2><symbols><symbol>{layer.format(reference)}</symbol></symbols></renderer-v2></qgis>"
        told[reference] = set(faults(taken(qml.encode())))
    assert list(told.values()) == [{"style.local-graphic"}, {"style.local-graphic"}, set(), {"style.external-graphic"}]
