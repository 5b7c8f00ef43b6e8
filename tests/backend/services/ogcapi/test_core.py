"""OGC API - Features, Part 1 (OGC 17-069r4), requirement by requirement."""

from __future__ import annotations

import json
from typing import Any, Dict, List
from urllib.parse import parse_qsl, urlsplit

import pytest

from geopub_plugin.backend.services.ogcapi.conformance import CLASSES

from .conftest import ROOT

GEOJSON = "application/geo+json"


def hrefs(document: Dict[str, Any], rel: str) -> List[str]:
    return [one["href"] for one in document["links"] if one["rel"] == rel]


def ids(response: Any) -> List[int]:
    assert response.status_code == 200, response.text
    return [one["id"] for one in response.json["features"]]


def followed(client: Any, href: str) -> Any:
    parts = urlsplit(href)
    return client.get(parts.path, query_string=parts.query)


def test_the_landing_page_leads_to_everything(client, read):
    page = read("").json
    assert read("/").json == page and page["title"] == "GeoPub & co"
    for rel in ("self", "alternate", "service-desc", "service-doc", "conformance", "data"):
        for href in hrefs(page, rel):
            if "/wfs/" not in href:
                response = followed(client, href)
                assert response.status_code == 200, href
                said = next(one["type"] for one in page["links"] if one["href"] == href)
                assert response.content_type.partition("; charset")[0] == said


def test_conformance(read):
    told = read("/conformance").json["conformsTo"]
    assert told == list(CLASSES)
    assert {name.rpartition("/")[2] for name in told} >= {
        "core",
        "oas30",
        "html",
        "geojson",
        "crs",
        "filter",
        "cql2-text",
    }


def test_collections(client, read, collections):
    told = read("/collections").json
    assert [one["id"] for one in told["collections"]] == [one.name for one in collections.types]
    for one in told["collections"]:
        own = followed(client, hrefs(one, "self")[0]).json
        assert own == {**one, "links": own["links"]} and one["itemType"] == "feature"
        assert one["extent"]["spatial"]["bbox"][0][0] <= one["extent"]["spatial"]["bbox"][0][2]
        kinds = {link["type"] for link in one["links"] if link["rel"] == "items"}
        assert kinds == {GEOJSON, "text/html"}
        for rel in ("queryables", "sortables", "schema"):
            (href,) = hrefs(one, f"http://www.opengis.net/def/rel/ogc/1.0/{rel}")
            document = followed(client, href)
            assert document.content_type == "application/schema+json" and document.json["$id"] == href
    other = told["collections"][-1]
    assert hrefs(other, "describedby") == ["http://example.org/metadata?a=1&b=2"]


def test_limit_and_offset(grid):
    whole = grid().json
    assert (whole["numberMatched"], whole["numberReturned"]) == (1000, 1000) == (1000, len(whole["features"]))
    assert whole["timeStamp"].endswith("Z")
    assert ids(grid(limit=3, offset=10)) == [11, 12, 13]
    assert len(ids(grid(limit=10**6))) == 1000  # more than the maximum means the maximum
    empty = grid(limit=5, offset=2000).json
    assert (empty["numberMatched"], empty["numberReturned"], empty["features"]) == (1000, 0, [])
    assert hrefs(empty, "next") == [] and "offset=995" in hrefs(empty, "prev")[0]


def test_links_lead_through_all_pages_there_and_back(client, grid):
    asked = {"limit": 130, "bbox": "0,0,20.5,20.5", "sortby": "-number", "filter": "number > 100"}
    whole, response = ids(grid(**{**asked, "limit": 10000})), grid(**asked)
    assert len(whole) > 260
    found, last = ids(response), None
    while hrefs(response.json, "next"):
        (href,) = hrefs(response.json, "next")
        kept = dict(parse_qsl(urlsplit(href).query))
        assert {key: kept[key] for key in asked} == {key: str(value) for key, value in asked.items()}
        response = followed(client, href)
        found, last = found + ids(response), response
    assert found == whole
    back = ids(last)
    while hrefs(last.json, "prev"):
        last = followed(client, hrefs(last.json, "prev")[0])
        back = ids(last) + back
    assert back == whole


def test_a_page_links_to_itself_and_its_other_form(client, grid):
    response = grid(limit=2, offset=4)
    (own,), (other,), (above,) = (hrefs(response.json, rel) for rel in ("self", "alternate", "collection"))
    same = followed(client, own)
    assert ids(same) == ids(response) and same.content_type == response.content_type == GEOJSON
    assert followed(client, other).mimetype == "text/html"
    assert followed(client, above).json["id"] == "catalogue:grid"


def test_one_feature(client, read):
    response = read("/collections/catalogue:建築物/items/3")
    feature = response.json
    assert response.content_type == GEOJSON and feature["type"] == "Feature" and feature["id"] == 3
    assert feature["properties"]["name"] == "Café & thé <b> \"x\" 'y' ]]>" and feature["geometry"]["type"] == "Point"
    assert followed(client, hrefs(feature, "self")[0]).json == feature
    assert followed(client, hrefs(feature, "collection")[0]).json["id"] == "catalogue:建築物"
    (same,) = read("/collections/catalogue:建築物/items", limit=1).json["features"]
    assert same == {name: value for name, value in feature.items() if name != "links"}


def test_an_empty_collection(read):
    body = read("/collections/catalogue:nothing/items").json
    assert (body["numberMatched"], body["features"]) == (0, [])
    assert read("/collections/catalogue:nothing/items", f="html").status_code == 200


@pytest.mark.parametrize(
    "path, parameters, status, name",
    [
        ("/collections/nothing", {}, 404, "NotFound"),
        ("/collections/nothing/items", {}, 404, "NotFound"),
        ("/collections/catalogue:grid/items/0", {}, 404, "NotFound"),
        ("/collections/catalogue:grid/items/abc", {}, 404, "NotFound"),
        ("/collections/catalogue:grid/items/" + "9" * 30, {}, 404, "NotFound"),
        ("/nothing", {}, 404, "NotFound"),
        ("", {"x": 1}, 400, "x"),
        ("/collections", {"limit": 1}, 400, "limit"),
        ("/collections/catalogue:grid/items/1", {"limit": 1}, 400, "limit"),
        ("/collections/catalogue:grid/items", {"Limit": 1}, 400, "Limit"),
        ("/collections/catalogue:grid/items", {"limit": 0}, 400, "limit"),
        ("/collections/catalogue:grid/items", {"limit": "ten"}, 400, "limit"),
        ("/collections/catalogue:grid/items", {"limit": ["1", "2"]}, 400, "limit"),
        ("/collections/catalogue:grid/items", {"offset": -1}, 400, "offset"),
        ("/collections/catalogue:grid/items", {"bbox": "1,2,3"}, 400, "bbox"),
        ("/collections/catalogue:grid/items", {"bbox": "a,b,c,d"}, 400, "bbox"),
        ("/collections/catalogue:grid/items", {"bbox": "0,5,1,4"}, 400, "bbox"),
        ("/collections/catalogue:grid/items", {"datetime": "soon"}, 400, "datetime"),
        ("/collections/catalogue:grid/items", {"datetime": "2024-01-01/2024-02-01/.."}, 400, "datetime"),
        ("/collections/catalogue:建築物/items", {"datetime": "2024-99-01"}, 400, "datetime"),
        ("/collections/catalogue:grid/items", {"f": "xml"}, 400, "xml"),
        ("/collections/catalogue:grid/items", {"crs": "EPSG:4326"}, 400, "crs"),
        ("/collections/catalogue:grid/items", {"filter": "x = 1"}, 400, "x"),
        ("/collections/catalogue:grid/items", {"filter-lang": "sql"}, 400, "sql"),
        ("/collections/catalogue:grid/items", {"filter": "{", "filter-lang": "cql2-json"}, 400, "JSON"),
        ("/collections/catalogue:grid/items", {"filter": '"\\ud800"', "filter-lang": "cql2-json"}, 400, "JSON"),
        ("/collections/catalogue:grid/items", {"sortby": "x"}, 400, "x"),
        ("/collections/catalogue:grid/items", {"properties": "x"}, 400, "x"),
        ("/collections/catalogue:grid/items", {"number": "many"}, 400, "many"),
        ("/collections/catalogue:建築物/items", {"photo": "AA"}, 400, "photo"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_a_problem(client, path, parameters, status, name):
    response = client.get("/ogc/features" + path, query_string=parameters)
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    assert response.json["status"] == status and name in response.json["detail"] + response.json["code"]


def test_other_methods_are_refused_as_problems(client):
    response = client.post("/ogc/features/collections")
    assert (response.status_code, response.json["code"]) == (405, "MethodNotAllowed")
    assert client.head("/ogc/features/collections/catalogue:grid/items").status_code == 200
    assert client.get("/ogc/features").headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "accept, kind",
    [
        ("*/*", "application/json"), ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("application/geo+json", "application/json"), ("application/xml", "application/json"), ("", "application/json"),
    ],
)  # fmt: skip
def test_the_form_is_the_one_that_a_client_likes_best(client, accept, kind):
    assert client.get("/ogc/features/collections", headers={"Accept": accept}).mimetype == kind


@pytest.mark.parametrize(
    "path",
    [
        "", "/api", "/conformance", "/collections", "/collections/catalogue:建築物",
        "/collections/catalogue:建築物/items",
        "/collections/catalogue:建築物/items/13", "/collections/catalogue:建築物/queryables",
        "/collections/catalogue:建築物/sortables", "/collections/catalogue:建築物/schema",
    ],
)  # fmt: skip
def test_every_resource_is_a_page_for_people_too(read, path):
    from lxml import html

    response = read(path, f="html")
    assert response.status_code == 200 and response.content_type == "text/html; charset=UTF-8"
    page = html.fromstring(response.data)
    assert page.findtext(".//h1") and page.findall(".//nav") and "<b>" not in response.text
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_the_page_of_items_shows_them(read):
    text = read("/collections/catalogue:建築物/items", f="html").text
    assert "東京" in text and f"{ROOT}/collections/catalogue:%E5%BB%BA%E7%AF%89%E7%89%A9/items/3?f=html" in text


# Selecting ----------------------------------------------------------------------------------------------------------


def test_bbox_meets_geometries_and_takes_features_without_one(grid, read):
    assert len(ids(grid(bbox="0,0,1.5,2.5"))) == 6
    assert len(ids(grid(bbox="0.95,0.95,0.96,0.96"))) == 0  # between the cells
    assert len(ids(grid(bbox="0,0,-50,1.5,2.5,50"))) == 6  # heights are passed over
    everything = read("/collections/catalogue:everything/items", bbox="170,80,171,81").json["features"]
    assert {one["properties"]["label"] for one in everything} >= {"null"}
    assert all(one["geometry"] is None or not one["geometry"].get("coordinates") for one in everything)


def test_bbox_over_the_180th_meridian(tmp_path):
    from osgeo import ogr, osr

    from ..wfs.conftest import Published, feature_type
    from .conftest import application

    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(tmp_path / "pacific.gpkg"))
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    layer = source.CreateLayer("everything", srs, ogr.wkbPoint)
    for x in (-179.0, 179.0, 0.0):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkt(f"POINT ({x} 5)"))
        layer.CreateFeature(feature)
    del layer, source
    client = application(Published(feature_type(tmp_path / "pacific.gpkg", "everything"))).test_client()
    items = "/ogc/features/collections/catalogue:everything/items"
    assert ids(client.get(items, query_string={"bbox": "170,0,-170,10"})) == [1, 2]
    assert ids(client.get(items, query_string={"bbox": "-170,0,170,10"})) == [3]
    over = {"bbox": "0,170,10,-170", "bbox-crs": "http://www.opengis.net/def/crs/EPSG/0/4326"}
    assert ids(client.get(items, query_string=over)) == [1, 2]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2024-02-29", [3, 13]), ("../2000-01-01", [13, 23]), ("2000-01-01/..", [3, 13]), ("/2000-01-01", [13, 23]),
        ("1999-12-31/2024-02-29", [3, 13, 23]), ("2025-01-01T00:00:00Z/..", [13]), ("../..", [3, 13, 23]),
    ],
)  # fmt: skip
def test_datetime_asks_the_first_temporal_property(read, text, expected):
    assert ids(read("/collections/catalogue:建築物/items", datetime=text)) == expected  # row 13 has no day


def test_datetime_means_nothing_where_there_are_no_times(grid):
    assert grid(datetime="2024-02-29", limit=1).json["numberMatched"] == 1000


def test_properties_may_be_asked_for_by_their_value(grid, read):
    assert [one["properties"]["number"] for one in grid(number=7).json["features"]] == [7]
    assert grid(number=7, bbox="20,20,30,30").json["numberMatched"] == 0
    assert ids(read("/collections/catalogue:建築物/items", **{"yes": "false"})) == [23]
    assert ids(read("/collections/catalogue:建築物/items", **{"Größe/2": "x"})) == [3]


def test_sorting_and_choosing_properties(grid, read):
    first = grid(sortby="-number", limit=2, properties="number", skipGeometry="true").json["features"]
    assert [one["properties"] for one in first] == [{"number": 999}, {"number": 998}]
    assert first[0]["geometry"] is None
    up = read("/collections/catalogue:建築物/items", sortby="+count", properties="count,yes").json["features"]
    assert [one["properties"] for one in up] == [
        {"count": None, "yes": None}, {"count": -(2**62), "yes": False}, {"count": 2**62, "yes": True},
    ]  # fmt: skip


# Filters and systems ------------------------------------------------------------------------------------------------


def test_filters_in_both_languages(grid):
    text = grid(filter="number < 3 AND S_INTERSECTS(geom, BBOX(-1,-1,50,50))")
    document = {
        "op": "and",
        "args": [
            {"op": "<", "args": [{"property": "number"}, 3]},
            {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [-1, -1, 50, 50]}]},
        ],
    }
    assert sorted(ids(text)) == sorted(ids(grid(filter=json.dumps(document), filter_lang="cql2-json")))
    assert text.json["numberMatched"] == 3


def test_a_filter_goes_with_everything_else(grid):
    found = grid(filter="number >= 500", bbox="0,0,9.5,9.5", sortby="number", limit=5).json
    every = grid(bbox="0,0,9.5,9.5").json["features"]
    numbers = sorted(one["properties"]["number"] for one in every if one["properties"]["number"] >= 500)
    assert [one["properties"]["number"] for one in found["features"]] == numbers[:5]
    assert found["numberMatched"] == len(numbers)


def test_filters_over_names_of_any_kind(read):
    found = read("/collections/catalogue:建築物/items", filter="\"Größe/2\" = 'x' AND CASEI(name) LIKE casei('CAFÉ%')")
    assert ids(found) == [3]


def test_queryables_describe_what_may_be_asked(read):
    told = read("/collections/catalogue:建築物/queryables").json
    assert told["type"] == "object" and told["additionalProperties"] is False
    kinds = {name: (one.get("type"), one.get("format")) for name, one in told["properties"].items()}
    assert kinds == {
        "geom": (None, "geometry-point"), "name": ("string", None), "count": ("integer", None),
        "small": ("integer", None), "height": ("number", None), "wide": ("number", None), "yes": ("boolean", None),
        "day": ("string", "date"), "moment": ("string", "date-time"), "Größe/2": ("string", None),
    }  # fmt: skip
    for name in told["properties"]:
        assert read("/collections/catalogue:建築物/items", filter=f'"{name}" IS NULL').status_code == 200
    sortable = read("/collections/catalogue:建築物/sortables").json["properties"]
    assert "geom" not in sortable and read("/collections/catalogue:建築物/items", sortby="day").status_code == 200
    schema = read("/collections/catalogue:建築物/schema").json["properties"]
    assert schema["ogc_fid"]["x-ogc-role"] == "id" and schema["geom"]["x-ogc-role"] == "primary-geometry"


def test_systems(read):
    told = read("/collections/catalogue:polygon").json
    lambert = "http://www.opengis.net/def/crs/EPSG/0/2154"
    assert told["storageCrs"] == lambert and lambert in told["crs"] and told["crs"][0].endswith("OGC/1.3/CRS84")
    items = "/collections/catalogue:polygon/items"
    usual, own = read(items), read(items, crs=lambert)
    assert usual.headers["Content-Crs"] == f"<{told['crs'][0]}>" and own.headers["Content-Crs"] == f"<{lambert}>"
    west, north = usual.json["features"][0]["geometry"]["coordinates"][0][0][:2]
    x, y = own.json["features"][0]["geometry"]["coordinates"][0][0][:2]
    assert 2 < west < 4 and 46 < north < 47 and 600_000 < x < 800_000 and y > 6_500_000 and "crs" not in own.json
    turned = read(items, crs="http://www.opengis.net/def/crs/EPSG/0/4326").json["features"][0]["geometry"]
    assert turned["coordinates"][0][0][:2] == [north, west]  # the order of axes is the authority's
    single = read(items + "/1", crs=lambert)
    assert single.headers["Content-Crs"] == f"<{lambert}>" and single.json["geometry"]["coordinates"][0][0][:2] == [
        x,
        y,
    ]


def test_boxes_and_filters_name_their_system(read):
    lambert = "http://www.opengis.net/def/crs/EPSG/0/2154"
    items = "/collections/catalogue:polygon/items"
    first = read(items, crs=lambert).json["features"][0]
    x, y = first["geometry"]["coordinates"][0][0][:2]
    box = f"{x - 1},{y - 1},{x + 1},{y + 1}"
    assert first["id"] in ids(read(items, bbox=box, bbox_crs=lambert))
    assert first["id"] in ids(read(items, filter=f"S_INTERSECTS(geom, BBOX({box}))", filter_crs=lambert))
    assert ids(read(items, filter=f"S_INTERSECTS(geom, POINT({x} {y}))", filter_crs=lambert))
    assert read(items, bbox=box).json["numberMatched"] == 0  # degrees: nowhere
    west, south = read(items).json["features"][0]["geometry"]["coordinates"][0][0][:2]
    near = f"{south - 1e-5},{west - 1e-5},{south + 1e-5},{west + 1e-5}"
    assert first["id"] in ids(read(items, bbox=near, bbox_crs="http://www.opengis.net/def/crs/EPSG/0/4326"))
