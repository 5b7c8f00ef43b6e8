"""Several queries in one request."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ....ogc_schemas import OgcSchemas
from .test_posted import HEAD
from .test_protocol import ids, refused

GML_ID, OLD_GML_ID = "{http://www.opengis.net/gml/3.2}id", "{http://www.opengis.net/gml}id"
WFS = "{http://www.opengis.net/wfs/2.0}"
LESS = (
    "<Filter><PropertyIsLessThan><ValueReference>number</ValueReference><Literal>%s</Literal>"
    "</PropertyIsLessThan></Filter>"
)


@pytest.fixture
def two(ask):
    def asked(**more: object):
        return ask("GetFeature", **{"typeNames": "(catalogue:grid)(other-layer:grid)", **more})

    return asked


def counts(root: ElementTree.Element):
    """Return matched and returned of the collection, and of each in it."""
    inner = [member[0] for member in root.findall(f"{WFS}member")]
    assert all(one.tag == f"{WFS}FeatureCollection" for one in inner)
    for one in inner:
        assert len(one) == int(one.get("numberReturned"))
    return [(int(one.get("numberMatched")), int(one.get("numberReturned"))) for one in (root, *inner)]


def test_a_collection_for_each_query(two, ogc_schemas: OgcSchemas):
    body = two(filter=f"({LESS % 3})({LESS % 2})").data
    root = ElementTree.fromstring(body)
    assert counts(root) == [(5, 5), (3, 3), (2, 2)]
    assert [one[0].tag for one in root.iter(f"{WFS}member")][1] == "{http://localhost/ns/catalogue}grid"
    assert ogc_schemas.faults(body, "wfs/2.0/wfs.xsd", "gml/3.2.1/gml.xsd") == []


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (0, 3, [(5, 3), (3, 3), (2, 0)]),
        (2, 2, [(5, 2), (3, 1), (2, 1)]),
        (4, 9, [(5, 1), (3, 0), (2, 1)]),
        (0, 0, [(5, 0), (3, 0), (2, 0)]),
    ],
)
def test_pages_go_through_all_queries(two, start, count, expected):
    root = ElementTree.fromstring(two(filter=f"({LESS % 3})({LESS % 2})", startIndex=start, count=count).data)
    assert counts(root) == expected


def test_links_lead_through_all_features(client, two):
    seen, response = [], two(filter=f"({LESS % 3})({LESS % 2})", count=2, outputFormat="geojson")
    while response is not None:
        seen += ids(response)
        links = {link["rel"]: link["href"] for link in response.json.get("links", [])}
        response = client.get(links["next"]) if "next" in links else None
    assert len(seen) == len(set(seen)) == 5


def test_hits_of_all(two):
    root = ElementTree.fromstring(two(resultType="hits").data)
    assert counts(root) == [(2000, 0), (1000, 0), (1000, 0)]


def test_lists_of_properties_and_filters_with_brackets_in_them(ask):
    condition = "<Filter><PropertyIsLike wildCard='*' singleChar='?' escapeChar='\\'><ValueReference>name"
    condition += "</ValueReference><Literal>)(*</Literal></PropertyIsLike></Filter>"
    found = ask(
        "GetFeature", typeNames="(catalogue:grid)(catalogue:建築物)", propertyName="(geom)(small,name)",
        filter=f"({LESS % 1})({condition})", outputFormat="geojson",
    ).json  # fmt: skip
    assert [one["properties"] for one in found["features"]] == [{}]
    all_rows = ask(
        "GetFeature", typeNames="(catalogue:grid)(catalogue:建築物)", propertyName="(geom)(small)",
        filter=f"({LESS % 1})()", outputFormat="geojson",
    ).json  # fmt: skip
    assert [one["properties"] for one in all_rows["features"]] == [{}, {"small": -7}, {"small": None}, {"small": 0}]


def test_posted(client):
    body = f"""<GetFeature {HEAD} outputFormat="application/json"><Query typeNames="p:grid">{LESS % 2}</Query>
      <Query typeNames="p:point"><PropertyName>p:label</PropertyName></Query></GetFeature>"""
    found = client.post("/wfs/ows", data=body, content_type="text/xml").json
    assert [one["id"].rpartition(".")[0] for one in found["features"]] == ["catalogue.grid"] * 2 + ["catalogue.point"]


def test_identifiers_of_several_types(ask):
    mixed = "catalogue.grid.7,other-layer.grid.1,no.such.1,catalogue.grid.3"
    found = ask("GetFeature", typeNames=None, outputFormat="geojson", resourceId=mixed)
    assert ids(found) == ["catalogue.grid.3", "catalogue.grid.7", "other-layer.grid.1"]


def test_older_versions_list_types_and_answer_flat(ask, ogc_schemas: OgcSchemas):
    body = ask(
        "GetFeature", version="1.1.0", typeName="catalogue:grid,other-layer:grid", typeNames=None, maxFeatures=1001
    )
    root = ElementTree.fromstring(body.data)
    assert root.get("numberOfFeatures") == "1001"
    assert len(root) == 1001


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"filter": LESS % 2}, (400, "InvalidParameterValue", "filter")),
        ({"filter": f"({LESS % 2})"}, (400, "InvalidParameterValue", "filter")),
        ({"sortBy": "(number)(number)(number)"}, (400, "InvalidParameterValue", "sortby")),
        ({"typeNames": "(catalogue:grid)" * 101}, (400, "InvalidParameterValue", "typeNames")),
    ],
)
def test_refusals(two, parameters, expected):
    assert refused(two(**parameters)) == expected


@pytest.mark.parametrize("version, attribute", [("2.0.0", GML_ID), ("1.1.0", OLD_GML_ID), ("1.0.0", "fid")])
def test_identifiers_are_unique_where_a_type_is_asked_for_twice(client, version, attribute):
    asked = {"service": "WFS", "version": version, "request": "GetFeature"}
    asked["typeNames"] = "(catalogue:grid)(catalogue:multipolygon)(catalogue:grid)(catalogue:multipolygon)"
    root = ElementTree.fromstring(client.get("/wfs/ows", query_string=asked).data)
    found = [element.get(attribute) for element in root.iter() if element.get(attribute)]
    assert len(found) == len(set(found)) > 2000
    assert "catalogue.grid.1" in found and "q2.catalogue.grid.1" in found
