"""Every fault of a style is said at once, with its cure."""

from __future__ import annotations

from typing import Dict

import pytest

from geopub_plugin.backend.faults import Severity, blocking
from geopub_plugin.backend.features.schema import TableSchema
from geopub_plugin.backend.styles.checks import check

from .conftest import LABEL, RULE, qml, schema_of, sld

EMPTY_RULE = "<Rule><Name>void</Name></Rule>"
FILL = "<Rule><PolygonSymbolizer/></Rule>"
ICON = """<Rule><PointSymbolizer><Graphic><ExternalGraphic><OnlineResource xmlns:x="http://www.w3.org/1999/xlink"
x:href="http://127.0.0.1/a.png"/></ExternalGraphic></Graphic></PointSymbolizer></Rule>"""
RENDERER = '<renderer-v2 type="{type}" attr="{attr}"/>'


def severities(style: bytes, schema: TableSchema) -> Dict[str, Severity]:
    return {fault.id: fault.severity for fault in check(style, schema)}


@pytest.mark.parametrize(
    ("style", "faults"),
    [
        (sld(RULE.format(name="nom")), {}),
        (sld(RULE.format(name="NOM"), version="1.1.0"), {}),
        (sld(RULE.format(name="app:nom")), {}),
        (sld(RULE.format(name="nom"), version="2.0"), {"style.version": Severity.ERROR}),
        (sld(), {"style.no-rule": Severity.ERROR}),
        (sld(RULE.format(name="nom"), EMPTY_RULE), {"style.empty-rule": Severity.WARNING}),
        (sld(RULE.format(name="absent")), {"style.unknown-attribute": Severity.ERROR}),
        (sld(FILL, LABEL.format(name="absent")), {"style.unknown-attribute": Severity.WARNING}),
        (sld(LABEL.format(name="nom")), {"style.no-symbol": Severity.ERROR}),
        (sld(EMPTY_RULE), {"style.empty-rule": Severity.WARNING, "style.no-symbol": Severity.ERROR}),
        (sld(ICON), {"style.external-graphic": Severity.ERROR}),
        (sld(ICON.replace("http://127.0.0.1/a.png", "amenity/amenity_bench.svg")), {}),
        (sld(ICON, FILL), {"style.external-graphic": Severity.WARNING}),
        (
            sld(EMPTY_RULE, RULE.format(name="absent"), version="9"),
            {
                "style.version": Severity.ERROR,
                "style.empty-rule": Severity.WARNING,
                "style.unknown-attribute": Severity.ERROR,
            },
        ),
        (qml(RENDERER.format(type="singleSymbol", attr="")), {}),
        (qml(RENDERER.format(type="categorizedSymbol", attr="nom")), {}),
        (
            qml(RENDERER.format(type="categorizedSymbol", attr="Nature du bien")),
            {"style.unknown-attribute": Severity.ERROR},
        ),
        (qml(RENDERER.format(type="singleSymbol", attr=""), geometry=0), {"style.geometry": Severity.ERROR}),
        (qml("<rasterrenderer/>"), {"style.no-renderer": Severity.ERROR}),
        (qml('<renderer-v2 type="SingleSymbol"/>'), {"style.unknown-renderer": Severity.ERROR}),
        (b"<svg/>", {"style.unreadable": Severity.ERROR}),
        (b"<qgis", {"style.unreadable": Severity.ERROR}),
        (b"", {"style.unreadable": Severity.ERROR}),
        (b"<!DOCTYPE qgis [<!ENTITY a 'b'>]><qgis>&a;</qgis>", {"style.unreadable": Severity.ERROR}),
    ],
)
def test_faults(style: bytes, faults: Dict[str, Severity], towns: TableSchema) -> None:
    assert severities(style, towns) == faults


def test_nearest_attribute_is_proposed(towns: TableSchema) -> None:
    (fault,) = check(sld(RULE.format(name="POPULATON")), towns)
    assert "population" in fault.cure
    assert "POPULATON" in fault.what
    assert fault.examples == ("POPULATON",)


def test_attributes_are_listed_where_none_is_near(towns: TableSchema) -> None:
    (fault,) = check(sld(RULE.format(name="zzzz")), towns)
    assert "nom, population, nature_du_bien" in fault.cure


def test_original_names_are_admitted(towns: TableSchema) -> None:
    style = qml(RENDERER.format(type="categorizedSymbol", attr="Nature du bien"))
    assert check(style, towns, names={"Nature du bien": "nature_du_bien"}) == ()


def test_each_attribute_is_reported_once(towns: TableSchema) -> None:
    faults = check(sld(LABEL.format(name="absent"), RULE.format(name="absent")), towns)
    assert [fault.severity for fault in faults] == [Severity.ERROR]


@pytest.mark.parametrize(
    ("geometry_type", "qml_geometry", "fits"),
    [
        ("POINT", 0, True),
        ("MULTIPOINT", 0, True),
        ("MULTILINESTRING", 1, True),
        ("MULTISURFACE", 2, True),
        ("GEOMETRY", 1, True),
        ("GEOMETRYCOLLECTION", 1, True),
        ("LINESTRING", 2, False),
        ("POLYGON", 0, False),
    ],
)
def test_geometry_of_qml(geometry_type: str, qml_geometry: int, fits: bool) -> None:
    style = qml(RENDERER.format(type="singleSymbol", attr=""), geometry=qml_geometry)
    assert (blocking(check(style, schema_of("nom", geometry_type=geometry_type))) == ()) is fits


def test_virtual_fields_of_qml_are_known(towns: TableSchema) -> None:
    body = '<expressionfields><field name="density" expression="1"/></expressionfields>'
    assert check(qml(body + RENDERER.format(type="graduatedSymbol", attr="density")), towns) == ()
