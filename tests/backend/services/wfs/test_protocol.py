"""The protocol: what is answered, what is refused, with which code and status."""

from __future__ import annotations

import gzip
import re
import time
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlsplit
from xml.etree import ElementTree

import numpy as np
import pytest
from flask import Flask
from osgeo import ogr

from geopub_plugin.backend.services.ogcapi.blueprint import features_blueprint
from geopub_plugin.backend.services.wfs.blueprint import wfs_blueprint
from geopub_plugin.backend.services.wfs.tables import Tables

from .conftest import Published, application, feature_type

WFS = {"wfs": "http://www.opengis.net/wfs/2.0", "ows": "http://www.opengis.net/ows/1.1"}

BOX = (
    "<Filter><BBOX><ValueReference>catalogue:%s</ValueReference><g:Envelope xmlns:g='http://www.opengis.net/gml/3.2'>"
    "<g:lowerCorner>0 0</g:lowerCorner><g:upperCorner>2.5 1.5</g:upperCorner></g:Envelope></BBOX></Filter>"
)


def refused(response):
    """Return status, code and locator of an exception report, which must say something and hold no trace."""
    root = ElementTree.fromstring(response.data)
    assert root.tag.rpartition("}")[2] in ("ExceptionReport", "ServiceExceptionReport")
    assert "Traceback" not in response.text
    exception = root[0]
    assert len("".join(exception.itertext())) > 10
    return response.status_code, exception.get("exceptionCode") or exception.get("code"), exception.get("locator")


def grid(ask, **asked):
    return ask("GetFeature", typeNames="catalogue:grid", outputFormat="geojson", **asked)


def ids(response):
    return [feature["id"] for feature in response.json["features"]]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"request": None}, (400, "MissingParameterValue", "request")),
        ({"service": None}, (400, "MissingParameterValue", "service")),
        ({"service": "WMS"}, (400, "InvalidParameterValue", "service")),
        ({"request": "Transaction"}, (400, "OperationNotSupported", "Transaction")),
        ({"request": "<b>"}, (400, "OperationNotSupported", "<b>")),
        ({"version": "0.0.14"}, (400, "InvalidParameterValue", "version")),
        ({"version": "x"}, (400, "InvalidParameterValue", "version")),
        ({"typeNames": None}, (400, "MissingParameterValue", "typeNames")),
        ({"typeNames": "nothing:here"}, (400, "InvalidParameterValue", "typeNames")),
        ({"typeNames": "grid"}, (400, "InvalidParameterValue", "typeNames")),  # in two layers
        ({"typeNames": "catalogue:grid,catalogue:point"}, (400, "OptionNotSupported", "typeNames")),
        ({"typeNames": "(catalogue:grid,catalogue:point)"}, (400, "OptionNotSupported", "typeNames")),
        ({"outputFormat": "text/strange"}, (400, "InvalidParameterValue", "outputFormat")),
        ({"outputFormat": "text/xml; subtype=gml/3.1.1"}, (400, "InvalidParameterValue", "outputFormat")),
        ({"count": "-1"}, (400, "InvalidParameterValue", "count")),
        ({"count": "many"}, (400, "InvalidParameterValue", "count")),
        ({"count": "9" * 30}, (400, "InvalidParameterValue", "count")),
        ({"startIndex": "1.5"}, (400, "InvalidParameterValue", "startIndex")),
        ({"resultType": "all"}, (400, "InvalidParameterValue", "resultType")),
        ({"bbox": "1,2,3"}, (400, "InvalidParameterValue", "bbox")),
        ({"bbox": "1,2,3,4,EPSG:1"}, (400, "InvalidParameterValue", "bbox")),
        ({"bbox": "1,2,nan,4"}, (400, "InvalidParameterValue", "bbox")),
        ({"bbox": "1,2,3,4", "resourceId": "catalogue.grid.1"}, (400, "InvalidParameterValue", "bbox")),
        ({"srsName": "EPSG:0"}, (400, "InvalidParameterValue", "srsName")),
        ({"propertyName": "nothing"}, (400, "InvalidParameterValue", "propertyName")),
        ({"sortBy": "nothing"}, (400, "InvalidParameterValue", "sortBy")),
        ({"sortBy": "number UP"}, (400, "InvalidParameterValue", "sortBy")),
        ({"sortBy": 'number" DESC; DROP TABLE grid; --'}, (400, "InvalidParameterValue", "sortBy")),
        ({"filter": "<Filter/>"}, (400, "InvalidParameterValue", "filter")),
        ({"FILTER": "<Filter><PropertyIsNull/></Filter>"}, (400, "InvalidParameterValue", "filter")),
        ({"filter": "<Filter><BBOX/><BBOX/></Filter>"}, (400, "InvalidParameterValue", "filter")),
        ({"filter": "<Filter><BBOX/></Filter>"}, (400, "InvalidParameterValue", "filter")),
        ({"filter": "<Filter><Strange/></Filter>"}, (400, "OptionNotSupported", "filter")),
        ({"filter": "<Filter"}, (400, "InvalidParameterValue", "filter")),
        ({"filter": BOX % "number"}, (400, "InvalidParameterValue", "filter")),
        ({"filter": BOX % "geom", "bbox": "1,2,3,4"}, (400, "InvalidParameterValue", "bbox")),
        ({"cql_filter": "number > 3"}, (400, "OptionNotSupported", "cql_filter")),
        ({"typeNames": None, "resourceId": "no.such.1"}, (400, "InvalidParameterValue", "resourceId")),
        ({"storedQuery_Id": "urn:x"}, (400, "InvalidParameterValue", "storedQuery_Id")),
        (
            {"storedQuery_Id": "urn:ogc:def:query:OGC-WFS::GetFeatureById", "typeNames": None},
            (400, "MissingParameterValue", "ID"),
        ),
        (
            {"storedQuery_Id": "urn:ogc:def:query:OGC-WFS::GetFeatureById", "ID": "catalogue.grid.100000"},
            (404, "NotFound", "ID"),
        ),
        ({"storedQuery_Id": "urn:ogc:def:query:OGC-WFS::GetFeatureById", "ID": "x"}, (404, "NotFound", "ID")),
        (
            {"storedQuery_Id": "urn:ogc:def:query:OGC-WFS::GetFeatureById", "ID": "catalogue.grid.1 OR 1=1"},
            (404, "NotFound", "ID"),
        ),
    ],
)
def test_refusals(ask, parameters, expected):
    values = {"request": "GetFeature", "typeNames": "catalogue:grid", **parameters}
    assert refused(ask(**values)) == expected


def test_a_parameter_said_twice_with_two_values(client):
    response = client.get("/wfs/ows?service=WFS&request=GetCapabilities&REQUEST=GetFeature")
    assert refused(response) == (400, "InvalidParameterValue", "REQUEST")


def test_names_of_parameters_have_no_case(client):
    response = client.get(
        "/wfs/ows?SERVICE=wfs&Request=getfeature&TYPENAME=catalogue:grid&COUNT=2&OutputFormat=GeoJSON"
    )
    assert ids(response) == ["catalogue.grid.1", "catalogue.grid.2"]


def test_a_file_that_cannot_be_read_is_no_fault_of_the_client_and_hides_no_other_type(catalogue_file, tmp_path):
    gone = replace(feature_type(catalogue_file, "grid", "gone"), data=tmp_path / "secret" / "gone.gpkg")
    client = application(Published(gone, feature_type(catalogue_file, "point"))).test_client()
    text = client.get("/wfs/ows?service=WFS&request=GetCapabilities").text
    assert "catalogue:point" in text
    assert "gone:grid" not in text
    response = client.get("/wfs/ows?service=WFS&request=GetFeature&typeNames=gone:grid")
    assert refused(response) == (500, "NoApplicableCode", None)


def test_an_error_inside_is_said_without_its_trace():
    class Broken(Published):
        def feature_types(self):
            raise RuntimeError("password=1234")

    response = application(Broken()).test_client().get("/wfs/ows?service=WFS&request=GetCapabilities")
    assert refused(response)[:2] == (500, "NoApplicableCode")
    assert "1234" not in response.text


@pytest.mark.parametrize(
    ("asked", "version"),
    [
        ({"version": None}, "2.0.0"),
        ({"version": "2.0.0"}, "2.0.0"),
        ({"version": "2.0.2"}, "2.0.0"),
        ({"version": "1.1.0"}, "1.1.0"),
        ({"version": "1.0.0"}, "1.0.0"),
        ({"version": "0.0.14"}, "1.0.0"),  # older than all: the oldest there is
        ({"version": "3.0.0"}, "2.0.0"),
        ({"version": None, "acceptVersions": "3.0.0,1.1.0,2.0.0"}, "1.1.0"),
        ({"version": None, "AcceptVersions": "2.0.0,1.1.0"}, "2.0.0"),
    ],
)
def test_version_of_the_capabilities(ask, asked, version):
    root = ElementTree.fromstring(ask("GetCapabilities", **asked).data)
    assert root.get("version") == version


def test_no_version_in_common(ask):
    response = ask("GetCapabilities", version=None, acceptVersions="0.9.0,3.0.0")
    assert refused(response) == (400, "VersionNegotiationFailed", None)


def test_capabilities_say_what_is_published(ask, published):
    response = ask("GetCapabilities")
    assert response.content_type.startswith("text/xml")
    root = ElementTree.fromstring(response.data)
    assert root.get("updateSequence") == published.revision()
    types = {one.findtext("wfs:Name", "", WFS): one for one in root.iter(f"{{{WFS['wfs']}}}FeatureType")}
    assert set(types) == {one.name for one in published.types}
    grid = types["other-layer:grid"]
    assert grid.findtext("wfs:Title", "", WFS) == "The grid & more"
    assert grid.findtext("wfs:Abstract", "", WFS) == "<test>"
    assert [word.text for word in grid.iter(f"{{{WFS['ows']}}}Keyword")] == ["tests", "café"]
    assert grid.findtext("wfs:DefaultCRS", "", WFS) == "urn:ogc:def:crs:EPSG::4326"
    link = grid.find("wfs:MetadataURL", WFS).get("{http://www.w3.org/1999/xlink}href")
    assert link == "http://example.org/metadata?a=1&b=2"
    assert 'xmlns:other-layer="http://localhost/ns/other-layer"' in response.text


def test_sections_and_update_sequence(ask, published):
    def parts(**asked):
        root = ElementTree.fromstring(ask("GetCapabilities", **asked).data)
        return [part.tag.rpartition("}")[2] for part in root]

    assert parts(sections="FeatureTypeList") == ["FeatureTypeList"]
    assert parts(sections="ServiceProvider,Filter_Capabilities") == ["ServiceProvider", "Filter_Capabilities"]
    assert len(parts(sections="All")) == 5
    assert parts(updateSequence=published.revision()) == []


def test_schemas_of_several_namespaces_are_imported(ask, client):
    root = ElementTree.fromstring(ask("DescribeFeatureType").data)
    locations = [part.get("schemaLocation") for part in root]
    assert len(locations) == 2
    names = set()
    for location in locations:
        assert location.startswith("http://localhost/wfs/ows?")
        schema = ElementTree.fromstring(client.get(location).data)
        names |= {element.get("name") for element in schema.findall("{http://www.w3.org/2001/XMLSchema}element")}
    assert {"grid", "建築物", "nothing", "everything"} <= names


def test_types_by_prefix_and_namespace(ask):
    both = {
        "typeNames": "p:grid,q:grid",
        "namespaces": "xmlns(p,http://localhost/ns/catalogue),xmlns(q,http://localhost/ns/other-layer)",
    }
    assert len(ElementTree.fromstring(ask("DescribeFeatureType", **both).data)) == 2
    declared = {"typeNames": "grid", "namespaces": "xmlns(http://localhost/ns/other-layer)"}
    assert ids(ask("GetFeature", count=1, outputFormat="geojson", **declared)) == ["other-layer.grid.1"]
    assert len(ids(ask("GetFeature", typeNames="point", outputFormat="geojson"))) == 1  # the only one of this name


def test_hits(ask):
    root = ElementTree.fromstring(ask("GetFeature", typeNames="catalogue:grid", resultType="hits").data)
    assert (root.get("numberMatched"), root.get("numberReturned"), len(root)) == ("1000", "0", 0)
    box = ask("GetFeature", typeNames="catalogue:grid", resultType="HITS", bbox="0,0,1.5,1.5", outputFormat="json").json
    assert (box["numberMatched"], box["numberReturned"], box["features"]) == (4, 0, [])


def test_a_table_without_rows(ask):
    root = ElementTree.fromstring(ask("GetFeature", typeNames="catalogue:nothing").data)
    assert (root.get("numberMatched"), root.get("numberReturned"), len(root)) == ("0", "0", 0)
    assert ask("GetFeature", typeNames="catalogue:nothing", outputFormat="json").json["features"] == []


@pytest.mark.parametrize("size", [1, 7, 499, 500, 501, 999, 1000, 1001])
def test_pages_hold_every_feature_once(client, ask, size):
    seen, pages = [], 0
    response = grid(ask, count=size, startIndex=0 if size > 1 else 950)
    while True:
        body = response.json
        assert body["numberMatched"] == 1000
        assert body["numberReturned"] == len(body["features"]) <= size
        seen += ids(response)
        pages += 1
        following = [link["href"] for link in body.get("links", []) if link["rel"] == "next"]
        if not following:
            break
        response = client.get(following[0])
    first = 951 if size == 1 else 1
    assert seen == [f"catalogue.grid.{fid}" for fid in range(first, 1001)]
    assert pages == -(-(1001 - first) // size)


def test_links_to_the_pages_around(ask):
    root = ElementTree.fromstring(ask("GetFeature", typeNames="catalogue:grid", count=10, startIndex=5).data)
    following, before = (parse_qs(urlsplit(root.get(name)).query) for name in ("next", "previous"))
    assert (following["startIndex"], following["count"]) == (["15"], ["10"])
    assert (before["startIndex"], before["count"]) == (["0"], ["5"])
    assert following["typenames"] == ["catalogue:grid"]
    last = ElementTree.fromstring(ask("GetFeature", typeNames="catalogue:grid", count=10, startIndex=995).data)
    assert (last.get("next"), last.get("numberReturned")) == (None, "5")
    beyond = ElementTree.fromstring(ask("GetFeature", typeNames="catalogue:grid", count=10, startIndex=5000).data)
    assert (beyond.get("next"), beyond.get("numberReturned"), beyond.get("numberMatched")) == (None, "0", "1000")


def boxes(path):
    opened = ogr.Open(str(path))
    return {feature.GetFID(): feature.GetGeometryRef().GetEnvelope() for feature in opened.GetLayerByName("grid")}


@pytest.mark.parametrize("form", ["EPSG:4326", "urn:ogc:def:crs:EPSG::4326", None, "EPSG:3857"])
def test_bbox_against_every_feature(ask, catalogue_file, form):
    random = np.random.default_rng(5)
    everything = boxes(catalogue_file)
    for _ in range(15):
        west, south = random.uniform(-5, 45), random.uniform(-5, 30)
        east, north = west + random.uniform(0, 10), south + random.uniform(0, 10)
        numbers = [west, south, east, north] if form == "EPSG:4326" else [south, west, north, east]
        if form == "EPSG:3857":
            import pyproj

            project = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform
            numbers = [*project(west, south), *project(east, north)]
        bbox = ",".join(map(repr, numbers)) + (f",{form}" if form else "")
        found = ids(grid(ask, bbox=bbox))
        expected = [
            f"catalogue.grid.{fid}" for fid, (x0, x1, y0, y1) in everything.items()
            if x0 <= east and x1 >= west and y0 <= north and y1 >= south
        ]  # fmt: skip
        assert found == expected


def test_a_filter_that_is_a_box(ask):
    found = ids(grid(ask, filter=BOX % "geom"))
    assert found == ids(grid(ask, bbox="0,0,2.5,1.5"))
    assert len(found) == 6
    turned = (BOX % "geom").replace("<g:Envelope", "<g:Envelope srsName='EPSG:4326'")
    assert found != ids(grid(ask, filter=turned))


def test_bbox_in_degrees_of_a_layer_in_metres(ask):
    def found(bbox):
        return len(ids(ask("GetFeature", typeNames="catalogue:polygon", outputFormat="geojson", bbox=bbox)))

    everything = found("-180,-90,180,90,EPSG:4326")
    assert everything == len(ids(ask("GetFeature", typeNames="catalogue:polygon", outputFormat="geojson"))) > 2
    assert found("-90,-180,90,180,urn:ogc:def:crs:EPSG::4326") == everything
    assert found("10,10,11,11,EPSG:4326") == 0
    assert 0 < found("3.0,46.5,3.001,46.501,EPSG:4326") < everything


def test_bbox_pages_partition(ask):
    whole = ids(grid(ask, bbox="0,0,20.5,20.5"))
    parts = [
        ids(grid(ask, bbox="0,0,20.5,20.5", count=50, startIndex=start))
        for start in range(0, 500, 50)
    ]  # fmt: skip
    assert [one for part in parts for one in part] == whole
    assert len(whole) == 441


def test_properties_asked_for(ask):
    def asked(names):
        values = {"typeNames": "catalogue:建築物", "outputFormat": "geojson", "count": 1, "propertyName": names}
        return ask("GetFeature", **values).json["features"][0]

    feature = asked("small,catalogue:name")
    assert list(feature["properties"]) == ["name", "small"]
    assert feature["geometry"] is None
    text = ask("GetFeature", typeNames="catalogue:建築物", count=1, propertyName="(geom,Größe_2)").text
    assert re.findall(r"<catalogue:(\S+?)>", text.partition("<wfs:member>")[2]) == ["geom", "Größe_2"]
    assert list(asked("*")["properties"])[:2] == ["name", "count"]


@pytest.mark.parametrize("way", ["", " ASC", "+A", " D", " DESC"])
def test_sorting(ask, way):
    numbers = [
        feature["properties"]["number"]
        for start in range(0, 1000, 300)
        for feature in grid(ask, sortBy=f"number{way}", count=300,
            startIndex=start,
        ).json["features"]
    ]  # fmt: skip
    assert numbers == sorted(range(1000), reverse="D" in way)


def test_sorting_within_a_box_keeps_geometry_and_attributes_together(ask):
    body = grid(ask, sortBy="number D", bbox="0,0,9.5,9.5").json
    assert body["numberMatched"] == 100
    for feature in body["features"]:
        x, y = feature["geometry"]["coordinates"][0][0]
        assert feature["properties"]["number"] == (y * 40 + x) * 7 % 1000
        assert feature["id"] == f"catalogue.grid.{y * 40 + x + 1}"


def test_features_by_identifier(ask):
    some = ask(
        "GetFeature",
        typeNames=None,
        outputFormat="geojson",
        resourceId="catalogue.grid.7,catalogue.grid.3,catalogue.grid.99999,no.such.1",
    )
    assert ids(some) == ["catalogue.grid.3", "catalogue.grid.7"]
    assert some.json["numberMatched"] == 2


def test_stored_query_by_identifier(ask):
    identifier = "urn:ogc:def:query:OGC-WFS::GetFeatureById"
    assert identifier in ask("ListStoredQueries").text
    described = ElementTree.fromstring(ask("DescribeStoredQueries", storedQuery_Id=identifier).data)
    assert described[0].get("id") == identifier
    root = ElementTree.fromstring(ask("GetFeature", storedQuery_Id=identifier, ID="catalogue.grid.12").data)
    assert root.tag == "{http://localhost/ns/catalogue}grid"
    assert root.get("{http://www.opengis.net/gml/3.2}id") == "catalogue.grid.12"
    feature = ask("GetFeature", storedQuery_Id=identifier, ID="catalogue.grid.12", outputFormat="geojson").json
    assert (feature["type"], feature["id"]) == ("Feature", "catalogue.grid.12")


def test_version_1_1(ask):
    response = ask("GetFeature", version="1.1.0", typeName="catalogue:grid", maxFeatures=3, typeNames=None)
    root = ElementTree.fromstring(response.data)
    assert root.get("numberOfFeatures") == "3"
    assert [member.tag for member in root] == ["{http://www.opengis.net/gml}featureMember"] * 3
    hits = ElementTree.fromstring(ask("GetFeature", version="1.1.0", typeName="catalogue:grid", resultType="hits").data)
    assert hits.get("numberOfFeatures") == "1000"
    assert "gml/3.1.1" in ask("DescribeFeatureType", version="1.1.0", typeName="catalogue:grid").text


def test_gzip_only_for_other_machines(client):
    url = "/wfs/ows?service=WFS&request=GetFeature&typeNames=catalogue:grid&outputFormat=geojson"
    accept = {"Accept-Encoding": "gzip, deflate"}
    near = client.get(url, headers=accept)
    far = client.get(url, headers=accept, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert "Content-Encoding" not in near.headers
    assert far.headers["Content-Encoding"] == "gzip"
    unpacked = gzip.decompress(far.data)
    assert unpacked.split(b'"features"')[1] == near.data.split(b'"features"')[1]
    assert "Content-Encoding" not in client.get(url, environ_base={"REMOTE_ADDR": "192.0.2.7"}).headers


def test_answers_are_streamed(client):
    url = "/wfs/ows?service=WFS&request=GetFeature&typeNames=catalogue:grid"
    pieces = list(client.get(url, buffered=False).response)
    assert len(pieces) > 2
    assert b"".join(pieces).count(b"<wfs:member>") == 1000
    assert pieces[0].count(b"<wfs:member>") == 500


def test_a_new_revision_is_followed(catalogue_file):
    first = feature_type(catalogue_file, "grid")
    published = Published(first)
    client = application(published).test_client()
    url = "/wfs/ows?service=WFS&request=GetFeature&resultType=hits&typeNames=catalogue:grid&outputFormat=geojson"
    assert client.get(url).json["numberMatched"] == 1000
    published.types = (replace(first, table="point", revision="2"),)
    assert client.get(url).json["numberMatched"] == 1


@pytest.mark.parametrize("request_name", ["GetCapabilities", "GetFeature"])
def test_head_says_what_get_would(client, ask, request_name):
    asked = {"service": "WFS", "request": request_name, "typeNames": "catalogue:point", "outputFormat": "geojson"}
    got, head = client.get("/wfs/ows", query_string=asked), client.head("/wfs/ows", query_string=asked)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Type"] == got.headers["Content-Type"]
    assert head.content_length == got.content_length


@pytest.mark.parametrize("box", [",,,", "0,,0,9,9", "0,0,9,,EPSG:4326", "0,0,9,9,EPSG:4326,"])
def test_boxes_with_gaps_are_refused(ask, box):
    assert refused(grid(ask, bbox=box)) == (400, "InvalidParameterValue", "bbox")


@pytest.mark.parametrize("names", ["()", "(catalogue:grid", ","])
def test_lists_of_types_without_any_are_told_so(ask, names):
    assert refused(ask("GetFeature", typeNames=names)) == (400, "InvalidParameterValue", "typeNames")


def test_a_box_may_leave_its_system_out(ask):
    assert grid(ask, bbox="0,0,9,9,").json["numberMatched"] == grid(ask, bbox="0,0,9,9").json["numberMatched"] > 0


def test_schemas_have_one_format(ask):
    for form in ("XMLSCHEMA", "text/xml; subtype=gml/3.2", "application/gml+xml; version=3.2", None):
        assert ask("DescribeFeatureType", outputFormat=form).status_code == 200
    found = refused(ask("DescribeFeatureType", outputFormat="application/json"))
    assert found == (400, "InvalidParameterValue", "outputFormat")


def test_links_repeat_what_was_asked(ask):
    body = grid(ask, count=1, bbox="0,0,9,9", sortBy="number").json
    asked = dict(parse_qsl(urlsplit(body["links"][0]["href"]).query))
    assert asked["bbox"] == "0,0,9,9"
    assert asked["sortby"] == "number"


def test_capabilities_of_a_thousand_types_open_no_table(catalogue_file):
    types = [feature_type(catalogue_file, "grid", f"layer{place}", srs="EPSG:4326") for place in range(1000)]
    tables = Tables()
    app = Flask("many")
    for blueprint in (wfs_blueprint, features_blueprint):
        app.register_blueprint(blueprint(Published(*types), lambda: "http://localhost", tables))
    client = app.test_client()
    for path in ("/wfs/ows?service=WFS&request=GetCapabilities", "/ogc/features/collections", "/ogc/features/api"):
        begun = time.process_time()
        body = client.get(path).data
        assert body.count(b"layer999") >= 1 and time.process_time() - begun < 3  # 0.05 s each where nothing else runs
    assert not tables.opened()
    client.get("/wfs/ows?service=WFS&request=DescribeFeatureType&typeNames=layer7:grid")
    assert tables.opened() == 1


@pytest.mark.parametrize("form", ["geojson", "text/xml; subtype=gml/3.2", "csv"])
def test_only_short_answers_tell_their_length(ask, form):
    for fids, whole in ((500, True), (501, False)):
        response = ask("GetFeature", typeNames="catalogue:grid", outputFormat=form, count=str(fids))
        assert (response.headers.get("Content-Length") is not None) == whole
