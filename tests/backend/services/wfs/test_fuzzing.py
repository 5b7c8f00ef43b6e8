"""Bad input: never an error inside the service, never long, nothing of it executed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from .conftest import Published, application, feature_type

NAMES = (
    "service", "version", "request", "typeNames", "typeName", "outputFormat", "count", "maxFeatures", "startIndex",
    "resultType", "bbox", "srsName", "propertyName", "sortBy", "filter", "resourceId", "featureId", "storedQuery_Id",
    "ID",
    "valueReference", "namespaces", "sections", "acceptVersions", "updateSequence", "resolve", "resolveDepth",
    "resolveTimeout", "cql_filter",
)  # fmt: skip
OPERATIONS = (
    "GetCapabilities", "DescribeFeatureType", "GetFeature", "GetPropertyValue", "ListStoredQueries",
    "DescribeStoredQueries",
)  # fmt: skip
VALUES = (
    "", "0", "1", "-1", "1e309", "NaN", "9" * 18, "9" * 40, "catalogue:grid", "(catalogue:grid)(catalogue:point)",
    "catalogue.grid.1", "catalogue.grid.1,catalogue.point.1", "number", "geom", "@gml:id", "number[1]", "*",
    "number DESC",
    "0,0,2,2", "1,2,3,4,EPSG:4326", "-1e299,-1e299,1e299,1e299,EPSG:3857", "5,5,1,1", "EPSG:4326", "EPSG:3857",
    "EPSG:99999999", "urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:OGC::84", "EPSG:4979", "EPSG:5773", "csv", "gpkg",
    "application/json", "gml2", "gml3", "2.0.0", "1.1.0", "1.0.0", "0", "hits", "()", "(", ")(", "((((", "*" * 5000,
    "'; DROP TABLE grid; --", '" OR 1=1 --', "1 UNION SELECT 1", "../../etc/passwd", "file:///etc/passwd", "\x00",
    "\ud7ff\uffff",
    "%00", "${7*7}", "{{7*7}}", "urn:ogc:def:query:OGC-WFS::GetFeatureById", "xmlns(p,http://localhost/ns/catalogue)",
    "<Filter/>", "<Filter><PropertyIsEqualTo><ValueReference>number</ValueReference><Literal>x</Literal>"
    "</PropertyIsEqualTo></Filter>", "<Filter><Not/></Filter>", "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><Filter>&b;</Filter>",
)  # fmt: skip
ELEMENTS = (
    "GetFeature", "GetPropertyValue", "DescribeFeatureType", "GetCapabilities", "Query", "StoredQuery", "Parameter",
    "Filter", "And", "Or", "Not", "PropertyIsEqualTo", "PropertyIsLike", "PropertyIsNull", "PropertyIsBetween", "BBOX",
    "Intersects", "DWithin", "Within", "After", "During", "ResourceId", "FeatureId", "ValueReference", "PropertyName",
    "Literal", "LowerBoundary", "UpperBoundary", "Envelope", "Box", "Point", "Polygon", "LineString", "pos", "posList",
    "coordinates", "lowerCorner", "upperCorner", "exterior", "LinearRing", "Distance", "TimeInstant", "TimePeriod",
    "SortBy", "SortProperty", "SortOrder", "Function", "TypeName",
)  # fmt: skip
ATTRIBUTES = (
    "service", "version", "typeNames", "typeName", "srsName", "outputFormat", "count", "startIndex", "resultType",
    "valueReference", "id", "name", "rid", "fid", "uom", "wildCard", "singleChar", "escapeChar",
    "matchCase", "srsDimension",
)  # fmt: skip
RUN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
texts = st.sampled_from(VALUES) | st.text(max_size=40)
attributes = st.dictionaries(st.sampled_from(ATTRIBUTES), texts, max_size=4)


@pytest.fixture(scope="module")
def fuzzed(catalogue_file):
    tables = ("grid", "point", "everything", "建築物")
    return application(Published(*(feature_type(catalogue_file, table) for table in tables))).test_client()


def held(response, began: float) -> None:
    """Look that an answer is no failure of ours: read whole, in bounded time."""
    body = response.data
    response.close()
    assert response.status_code in (200, 400, 403, 404, 413), body[:2000]
    assert time.process_time() - began < 5
    assert b"Traceback" not in body
    assert b"root:x:0" not in body
    if response.status_code != 200:
        assert etree.fromstring(body)[0].tag.endswith("Exception")


@given(
    st.sampled_from(OPERATIONS),
    st.sampled_from(["2.0.0", "1.1.0", "1.0.0"]),
    st.dictionaries(st.sampled_from(NAMES), texts),
)
@RUN
def test_key_value_pairs(fuzzed, operation, version, pairs):
    began = time.process_time()
    asked = {"service": "WFS", "version": version, "request": operation, "typeNames": "catalogue:grid", **pairs}
    held(fuzzed.get("/wfs/ows", query_string=asked), began)


@st.composite
def documents(draw) -> bytes:
    """Return an XML document of the words that requests are made of, in any order."""

    def element(name: str, depth: int) -> etree._Element:
        made = etree.Element(name)
        for key, value in draw(attributes).items():
            made.set(key, allowed(value))
        if depth:
            for child in draw(st.lists(st.sampled_from(ELEMENTS), max_size=3)):
                made.append(element(child, depth - 1))
        made.text = allowed(draw(texts))
        return made

    root = element(draw(st.sampled_from(ELEMENTS[:4])), 1)
    root.set("service", "WFS")
    query = etree.SubElement(root, "Query", typeNames="catalogue:grid")
    query.append(element("Filter", 3))
    return etree.tostring(root)


def allowed(text: str) -> str:
    return "".join(
        letter
        for letter in text
        if letter >= " " and letter not in "\ufffe\uffff" and not "\ud800" <= letter < "\ue000"
    )


@given(documents())
@RUN
def test_documents(fuzzed, document):
    began = time.process_time()
    held(fuzzed.post("/wfs/ows", data=document, content_type="text/xml"), began)


@given(st.binary(max_size=200))
@RUN
def test_bytes(fuzzed, document):
    began = time.process_time()
    held(fuzzed.post("/wfs/ows", data=document, content_type="text/xml"), began)


LONG = "1 2 " * 100_000
NOTS = "<Not>" * 500 + "</Not>" * 500
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
FILTER = "<Filter>{}</Filter>"
EQUAL = "<PropertyIsEqualTo><ValueReference>number</ValueReference><Literal>{}</Literal></PropertyIsEqualTo>"


@pytest.mark.parametrize(
    "document",
    [
        f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><GetFeature service="WFS">&l9;</GetFeature>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><GetFeature service="WFS"/>',
        "<GetFeature>" + "<Query>" * 5000 + "</Query>" * 5000 + "</GetFeature>",
        '<GetFeature service="WFS">' + '<Query typeNames="catalogue:grid"/>' * 5000 + "</GetFeature>",
        '<GetFeature service="WFS" ' + " ".join(f'a{n}="1"' for n in range(90000)) + "/>",
        f'<GetFeature service="WFS"><Query typeNames="catalogue:grid">{FILTER.format(NOTS)}</Query></GetFeature>',
        '<GetFeature service="WFS"><Query typeNames="catalogue:grid">'
        + FILTER.format("<Or>" + "".join(EQUAL.format(n) for n in range(9000)) + "</Or>") + "</Query></GetFeature>",
        '<GetFeature service="WFS"><Query typeNames="catalogue:grid">'
        + FILTER.format(f"<Intersects><ValueReference>geom</ValueReference><LineString><posList>{LONG}</posList>"
                        "</LineString></Intersects>") + "</Query></GetFeature>",
    ],
)  # fmt: skip
def test_bombs(fuzzed, document):
    began = time.process_time()
    response = fuzzed.post("/wfs/ows", data=document, content_type="text/xml")
    assert len(response.data) < 10_000_000
    held(response, began)


def test_nothing_was_changed(fuzzed, catalogue_file: Path):
    """Comes last: after all of this the tables are what they were."""
    asked = {
        "service": "WFS",
        "version": "2.0.0",
        "request": "GetFeature",
        "typeNames": "catalogue:grid",
        "resultType": "hits",
    }
    assert b'numberMatched="1000"' in fuzzed.get("/wfs/ows", query_string=asked).data
    assert not list(catalogue_file.parent.glob("*-wal"))
