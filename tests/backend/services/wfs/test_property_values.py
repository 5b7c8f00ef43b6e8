"""GetPropertyValue: the values of one property (OGC 09-025r2 §10)."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ....ogc_schemas import OgcSchemas
from .test_posted import HEAD
from .test_protocol import refused

GML = "{http://www.opengis.net/gml/3.2}"


@pytest.fixture
def values(ask):
    def asked(reference: str, **more: object):
        given = {"typeNames": "catalogue:grid", "count": 3, "valueReference": reference, **more}
        return ElementTree.fromstring(ask("GetPropertyValue", **given).data)

    return asked


@pytest.mark.parametrize(
    "reference",
    ["number", "catalogue:number", "catalogue:grid/catalogue:number", "/p:grid/p:number", "grid/number", "number[1]"],
)
def test_paths_to_a_property(values, reference):
    root = values(reference)
    assert root.tag == "{http://www.opengis.net/wfs/2.0}ValueCollection"
    assert [member.text for member in root] == ["0", "7", "14"]
    assert (root.get("numberMatched"), root.get("numberReturned")) == ("1000", "3")


@pytest.mark.parametrize("reference", ["@gml:id", "catalogue:grid/@gml:id"])
def test_identifiers(values, reference):
    assert [member.text for member in values(reference, startIndex=9)] == [f"catalogue.grid.{n}" for n in (10, 11, 12)]


def test_geometries_stand_without_their_property(values):
    polygons = [next(iter(member)) for member in values("catalogue:geom")]
    assert [one.tag for one in polygons] == [f"{GML}Polygon"] * 3
    assert polygons[0].get(f"{GML}id") == "catalogue.grid.1.g"


def test_nulls_are_no_values(values):
    rows = {"typeNames": "catalogue:建築物", "count": None}
    assert [member.text for member in values("small", **rows)] == ["-7", "0"]
    root = values("yes", **rows)
    assert [member.text for member in root] == ["true", "false"]
    assert root.get("numberMatched") == "2"
    assert len(values("@gml:id", **rows)) == 3
    assert len(values("geom", typeNames="catalogue:everything", count=None)) == 22  # one row has none


def test_pages_filters_boxes_and_order(values):
    root = values("number", bbox="0,0,2.5,1.5", sortBy="number D", count=2, startIndex=1)
    assert root.get("numberMatched") == "6"
    assert "startIndex=3" in root.get("next")
    numbers = sorted(((y * 40 + x) * 7 % 1000 for x in range(2) for y in range(3)), reverse=True)
    assert [int(member.text) for member in root] == numbers[1:3]
    condition = "<Filter><PropertyIsLessThan><ValueReference>number</ValueReference><Literal>5</Literal>"
    condition += "</PropertyIsLessThan></Filter>"
    assert sorted(int(one.text) for one in values("number", filter=condition, count=None)) == [0, 1, 2, 3, 4]
    assert [one.text for one in values("number", resourceId="catalogue.grid.3", count=None)] == ["14"]
    assert len(values("number", resultType="hits")) == 0


def test_of_a_stored_query_and_posted(client, values):
    identifier = "urn:ogc:def:query:OGC-WFS::GetFeatureById"
    assert [one.text for one in values("number", storedQuery_Id=identifier, ID="catalogue.grid.3")] == ["14"]
    body = (
        f'<GetPropertyValue {HEAD} valueReference="p:number" count="1"><Query typeNames="p:grid"/></GetPropertyValue>'
    )
    root = ElementTree.fromstring(client.post("/wfs/ows", data=body, content_type="text/xml").data)
    assert [one.text for one in root] == ["0"]


@pytest.mark.parametrize("reference", ["name", "geom", "@gml:id", "extra"])
def test_valid_for_the_schema(ask, ogc_schemas: OgcSchemas, reference):
    found = ask("GetPropertyValue", typeNames="catalogue:建築物", valueReference=reference).data
    assert ogc_schemas.faults(found, "wfs/2.0/wfs.xsd", "gml/3.2.1/gml.xsd") == []


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"valueReference": None}, (400, "MissingParameterValue", "valueReference")),
        ({"valueReference": ""}, (400, "InvalidParameterValue", "valueReference")),
        ({"valueReference": "nothing"}, (400, "InvalidParameterValue", "valueReference")),
        ({"valueReference": "p:point/p:number"}, (400, "InvalidParameterValue", "valueReference")),
        ({"valueReference": "valueOf(number)"}, (400, "InvalidParameterValue", "valueReference")),
        ({"valueReference": 'number" FROM grid; --'}, (400, "InvalidParameterValue", "valueReference")),
        ({"typeNames": None}, (400, "MissingParameterValue", "typeNames")),
        ({"resolve": "remote"}, (400, "OptionNotSupported", "resolve")),
        ({"resolve": "never"}, (400, "InvalidParameterValue", "resolve")),
        ({"resolveDepth": "deep"}, (400, "InvalidParameterValue", "resolveDepth")),
        ({"resolveTimeout": "0"}, (400, "InvalidParameterValue", "resolveTimeout")),
        ({"outputFormat": "application/json"}, (400, "InvalidParameterValue", "outputFormat")),
        ({"version": "1.1.0"}, (400, "OperationNotSupported", "GetPropertyValue")),
    ],
)
def test_refusals(ask, parameters, expected):
    given = {"typeNames": "catalogue:grid", "valueReference": "number", **parameters}
    assert refused(ask("GetPropertyValue", **given)) == expected
