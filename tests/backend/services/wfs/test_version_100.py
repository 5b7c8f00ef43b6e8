"""WFS 1.0.0 (OGC 02-058): GML 2, short names of systems, x before y."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ....ogc_schemas import OgcSchemas
from .test_protocol import refused

GML = "{http://www.opengis.net/gml}"
OGC = "{http://www.opengis.net/ogc}"


@pytest.fixture
def old(ask):
    def asked(request: str = "GetFeature", **parameters: object):
        return ask(request, **{"version": "1.0.0", **parameters})

    return asked


def members(response):
    return ElementTree.fromstring(response.data).findall(f"{GML}featureMember")


def test_capabilities(old, published, ogc_schemas: OgcSchemas):
    body = old("GetCapabilities").data
    assert ogc_schemas.faults(body, "wfs/1.0.0/WFS-capabilities.xsd") == []
    root = ElementTree.fromstring(body)
    assert root.get("version") == "1.0.0"
    types = list(root.iter("{http://www.opengis.net/wfs}FeatureType"))
    assert len(types) == len(published.types)
    assert {one.findtext("{http://www.opengis.net/wfs}SRS") for one in types} == {"EPSG:4326", "EPSG:2154"}


def test_exceptions(old, ogc_schemas: OgcSchemas):
    response = old(typeName="no:such")
    assert ogc_schemas.faults(response.data, "wfs/1.0.0/OGC-exception.xsd") == []
    exception = ElementTree.fromstring(response.data)[0]
    assert (exception.get("code"), exception.get("locator")) == ("InvalidParameterValue", "typeNames")
    assert (exception.tag, len(exception.text) > 10) == (f"{OGC}ServiceException", True)
    assert refused(old("GetPropertyValue"))[1] == "OperationNotSupported"


def test_x_comes_first(old):
    (member,) = members(old(typeName="catalogue:grid", maxFeatures=1, startIndex=1))
    assert member[0].get("fid") == "catalogue.grid.2"
    polygon = member[0][0][0]
    assert (polygon.tag, polygon.get("srsName")) == (f"{GML}Polygon", "EPSG:4326")
    assert polygon.findtext(f".//{GML}coordinates") == "1,0 1.9,0 1.9,0.9 1,0.9 1,0"
    assert len(members(old(typeName="catalogue:grid", bbox="0,0,2.5,1.5"))) == 6
    (turned,) = members(
        old(typeName="catalogue:grid", maxFeatures=1, startIndex=1, srsName="urn:ogc:def:crs:EPSG::4326")
    )
    assert turned.findtext(f".//{GML}coordinates").startswith("0,1 ")


def test_filters(client, old):
    box = (
        '<Filter xmlns="http://www.opengis.net/ogc" xmlns:gml="http://www.opengis.net/gml"><And><BBOX><PropertyName>geom'
        '</PropertyName><gml:Box srsName="EPSG:4326"><gml:coordinates>0,0 2.5,1.5</gml:coordinates></gml:Box></BBOX>'
        "<PropertyIsLessThan><PropertyName>number</PropertyName><Literal>15</Literal></PropertyIsLessThan></And></Filter>"
    )
    assert len(members(old(typeName="catalogue:grid", filter=box))) == 3
    body = f"""<GetFeature service="WFS" version="1.0.0" xmlns="http://www.opengis.net/wfs" maxFeatures="2"
      xmlns:p="http://localhost/ns/catalogue"><Query typeName="p:grid">{box}</Query></GetFeature>"""
    assert len(members(client.post("/wfs/ows", data=body, content_type="text/xml"))) == 2
    by_key = '<Filter><FeatureId fid="catalogue.grid.5"/><FeatureId fid="catalogue.grid.7"/></Filter>'
    assert [one[0].get("fid") for one in members(old(typeName="catalogue:grid", filter=by_key))] == [
        "catalogue.grid.5",
        "catalogue.grid.7",
    ]
    found = members(old(featureId="catalogue.grid.5,other-layer.grid.7"))
    assert [one[0].get("fid") for one in found] == ["catalogue.grid.5", "other-layer.grid.7"]


def test_several_types(old):
    assert len(members(old(typeName="catalogue:grid,other-layer:grid", maxFeatures=1002))) == 1002


def test_owslib(server, published):
    from owslib.wfs import WebFeatureService

    service = WebFeatureService(f"{server}/wfs/ows", version="1.0.0", timeout=10)
    assert set(service.contents) == {one.name for one in published.types}
    body = service.getfeature(typename=["catalogue:grid"], maxfeatures=2).read()
    assert body.count(b"<gml:featureMember>") == 2
