"""Requests as XML documents."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from .test_protocol import ids, refused

HEAD = (
    'service="WFS" version="2.0.0" xmlns="http://www.opengis.net/wfs/2.0" xmlns:fes="http://www.opengis.net/fes/2.0" '
    'xmlns:p="http://localhost/ns/catalogue"'
)


@pytest.fixture
def post(client):
    def posted(body: str | bytes, content_type: str = "text/xml"):
        return client.post("/wfs/ows", data=body, content_type=content_type)

    return posted


def test_features(post):
    body = f"""<GetFeature {HEAD} outputFormat="application/json" count="2" startIndex="1">
      <!-- a comment --><Query typeNames="p:grid" srsName="EPSG:3857"><PropertyName>p:number</PropertyName>
      <fes:SortBy><fes:SortProperty><fes:ValueReference>number</fes:ValueReference>
      <fes:SortOrder>DESC</fes:SortOrder></fes:SortProperty></fes:SortBy></Query></GetFeature>"""
    response = post(body)
    assert [feature["properties"] for feature in response.json["features"]] == [{"number": 998}, {"number": 997}]
    assert response.json["crs"]["properties"]["name"] == "EPSG:3857"


def test_features_by_identifier(post):
    body = f"""<GetFeature {HEAD} outputFormat="application/json"><Query typeNames="catalogue:grid"><fes:Filter>
      <fes:ResourceId rid="catalogue.grid.3"/><fes:ResourceId rid="catalogue.grid.5"/>
      </fes:Filter></Query></GetFeature>"""
    assert ids(post(body)) == ["catalogue.grid.3", "catalogue.grid.5"]


def test_stored_query(post):
    body = f"""<GetFeature {HEAD}><StoredQuery id="urn:ogc:def:query:OGC-WFS::GetFeatureById">
      <Parameter name="ID">catalogue.grid.3</Parameter></StoredQuery></GetFeature>"""
    assert ElementTree.fromstring(post(body).data).tag == "{http://localhost/ns/catalogue}grid"


def test_descriptions(post):
    body = f"<DescribeFeatureType {HEAD}><TypeName>p:grid</TypeName><TypeName>p:point</TypeName></DescribeFeatureType>"
    assert post(body).text.count("<xsd:complexType") == 2
    body = (
        '<GetCapabilities service="WFS" xmlns:ows="http://www.opengis.net/ows/1.1"><ows:AcceptVersions>'
        "<ows:Version>1.1.0</ows:Version></ows:AcceptVersions></GetCapabilities>"
    )
    assert ElementTree.fromstring(post(body).data).get("version") == "1.1.0"


def test_pairs_of_a_form(client):
    values = {"service": "WFS", "request": "GetFeature", "typeNames": "catalogue:grid", "resultType": "hits"}
    assert b'numberMatched="1000"' in client.post("/wfs/ows", data=values).data


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", 400),
        ("<GetFeature", 400),
        (b"\xff\xfe\x00", 400),
        ('<!DOCTYPE a [<!ENTITY b "c">]><GetFeature service="WFS"/>', 400),
        ("<a>" * 300 + "</a>" * 300, 400),
        (f"<GetFeature {HEAD}/>", 400),
        (f'<GetFeature {HEAD}><Query typeNames="p:grid p:point"/></GetFeature>', 400),
        (f'<GetFeature {HEAD}><Query typeNames="p:grid"/><StoredQuery id="x"/></GetFeature>', 400),
        (f'<GetFeature {HEAD}><Query typeNames="p:grid"><fes:Filter><fes:Or/></fes:Filter></Query></GetFeature>', 400),
        (f"<Transaction {HEAD}/>", 400),
        ("<x>" + "y" * (1024 * 1024) + "</x>", 413),
    ],
)
def test_refusals(post, body, expected):
    assert refused(post(body))[0] == expected
