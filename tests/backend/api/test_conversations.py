"""What the platform's clients insist on: a test for each trap of their conversations."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any, Dict, Iterator

import pytest

from .conversation import INTEGRATION, Client, running, tms_infos, wfs_infos, wms_infos

COMMUNITY_KEYS = {"_id", "public", "name", "technical_name", "supervisor", "datastore"}


def upload(client: Client, name: str = "roads", **more: str) -> Dict[str, Any]:
    return client.post("uploads", {"name": name, "description": name, "type": "VECTOR", "srs": "EPSG:2154", **more})


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Return a client of one backend, for tests that look at what they made themselves only."""
    with running(tmp_path_factory.mktemp("busy") / "data") as started:
        yield started.client()


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Return a client of a backend with five uploads, "a0" to "a4", one of them tagged."""
    with running(tmp_path_factory.mktemp("five") / "data") as started:
        client = started.client()
        made = [upload(client, f"a{number}") for number in range(5)]
        client.post(f"uploads/{made[1]['_id']}/tags", {"datasheet_name": "Clôtures"})
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "uploads", "stored_data", "configurations", "offerings", "statics", "annexes", "metadata", "datasheets",
        "checks", "processings", "processings/executions", "checks/executions", "endpoints",
    ],
)  # fmt: skip
def test_every_list_has_its_place_and_the_bare_content_type(shared: Client, path: str) -> None:
    answer = shared.raw("GET", f"/api/datastores/local/{path}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    count = len(answer.get_json())
    assert answer.headers["Content-Range"] == (f"0-{count - 1}/{count}" if count else "0-0/0")


@pytest.mark.parametrize(
    ("query", "place", "names"),
    [
        ("limit=2", "0-1/5", ["a0", "a1"]),
        ("page=2&limit=2", "2-3/5", ["a2", "a3"]),
        ("page=3&limit=2", "4-4/5", ["a4"]),
        ("page=9&limit=2", "0-0/5", []),
        ("limit=1", "0-0/5", ["a0"]),
        ("sort=name,desc&limit=2", "0-1/5", ["a4", "a3"]),
        ("name=A3", "0-0/1", ["a3"]),
        ("name=%25", "0-4/5", ["a0", "a1", "a2", "a3", "a4"]),
        ("name=_3", "0-0/0", []),
        ("name=%25_%25", "0-0/0", []),
        ("tags%5Bdatasheet_name%5D=Cl%C3%B4tures", "0-0/1", ["a1"]),
        ("tags[datasheet_name]=Clôtures", "0-0/1", ["a1"]),
        ("tags[datasheet_name]=other", "0-0/0", []),
    ],
)
def test_pages_filters_and_sorting(five: Client, query: str, place: str, names: list) -> None:
    answer = five.raw("GET", f"/api/datastores/local/uploads?{query}")
    assert [item["name"] for item in answer.get_json()] == names
    assert answer.headers["Content-Range"] == place


@pytest.mark.parametrize("query", ["fields=name,tags", "fields=name&fields=tags", "fields[]=name&fields[]=tags"])
def test_fields_limit_items_and_tags_are_always_an_object(client: Client, query: str) -> None:
    upload(client)
    (item,) = client.raw("GET", f"/api/datastores/local/uploads?{query}").get_json()
    assert set(item) == {"_id", "name", "tags"}
    assert item["tags"] == {}


def test_users_me_has_the_keys_that_clients_know_and_no_other(shared: Client) -> None:
    answer = shared.raw("GET", "/api/users/me")
    assert answer.headers["Content-Type"] == "application/json"
    me = answer.get_json()
    assert {"_id", "email", "creation", "communities_member"} <= set(me)
    (member,) = me["communities_member"]
    assert set(member["community"]) == COMMUNITY_KEYS
    assert me["last_name"].isascii()


def test_the_datastore_is_found_by_id_and_by_name(shared: Client) -> None:
    datastore = shared.get("")
    assert shared.raw("GET", f"/api/datastores/{datastore['_id']}").get_json() == datastore
    offered = {one["endpoint"]["technical_name"]: one for one in datastore["endpoints"]}
    assert {"gpf-geoserver-wfs", "gpf-geoserver-wms-v", "gpf-rok4-server-wmts-tms"} <= set(offered)
    for name, one in offered.items():
        assert one["use"] < one["quota"]
        assert one["endpoint"]["open"] is not name.endswith("-private")
        assert one["endpoint"]["urls"]
    (tms,) = offered["gpf-rok4-server-wmts-tms"]["endpoint"]["urls"]
    assert tms["url"].endswith("/tms")  # clients append /1.0.0
    assert {label for one in datastore["storages"]["data"] for label in one["storage"]["labels"]} == {
        "VECTEUR",
        "PYRAMIDE",
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "uploads/nowhere", None, 404),
        ("GET", "nothing", None, 404),
        ("PUT", "uploads", None, 405),
        ("POST", "uploads", b"no json", 400),
        ("POST", "uploads", b"[]", 400),
        ("POST", "uploads", b'{"name": "x", "type": "RASTER"}', 400),
        ("GET", "uploads?page=zero", None, 400),
        ("GET", "uploads?sort=colour,asc", None, 400),
        ("GET", "offerings?is_open=perhaps", None, 400),
        ("POST", "processings/executions", b"{}", 400),
        ("POST", "configurations", b'{"type": "WFS", "layer_name": "1 a"}', 400),
        ("POST", "configurations", b'{"type": "WFS", "layer_name": "a"}', 400),
        ("POST", "configurations", b'{"type": "DOWNLOAD", "layer_name": "a"}', 400),
        ("POST", "configurations", b'{"type": "WFS", "layer_name": "a", "type_infos": {"used_data": 3}}', 400),
        ("POST", "statics", b"", 400),
        ("POST", "uploads", b'{"name": "\\ud800"}', 400),
        ("POST", "uploads", b"[" * 200_000, 400),
        ("POST", "metadata/publication", b'{"file_identifiers": 5}', 400),
    ],
)
def test_errors_are_an_array_of_sentences(shared: Client, method: str, path: str, body: Any, status: int) -> None:
    answer = shared.raw(method, f"/api/datastores/local/{path}", data=body)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"
    wire = answer.get_json()
    assert isinstance(wire["error"], str)
    assert wire["error_description"]
    assert all(isinstance(sentence, str) and sentence for sentence in wire["error_description"])


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("tags=a,b", {"c": "3"}),
        ("tags[]=a&tags[]=b", {"c": "3"}),
        ("&tags=a&tags=b", {"c": "3"}),
        ("tags[0]=a", {"b": "2", "c": "3"}),
        ("tags=z", {"a": "1", "b": "2", "c": "3"}),
    ],
)
def test_tags_are_set_as_text_and_removed_in_every_form(busy: Client, query: str, left: Dict[str, str]) -> None:
    made = upload(busy)
    busy.post(f"uploads/{made['_id']}/tags", {"a": 1, "b": "2"})
    busy.post(f"uploads/{made['_id']}/tags", {"c": 3})
    busy.ask("DELETE", f"uploads/{made['_id']}/tags?{query}")
    assert busy.get(f"uploads/{made['_id']}")["tags"] == left


def test_processings_are_found_by_their_production_ids_and_names(shared: Client) -> None:
    ids = {item["_id"]: item["name"] for item in shared.get("processings")}
    assert ids["0de8c60b-9938-4be9-aa36-9026b77c3c96"] == "Intégration de données vecteur livrées en base"
    assert ids["aa5f9391-0bdb-4b97-9209-fcde351b82f6"] == "Calcul de pyramide vecteur"
    (former,) = shared.get("processings", query_string={"name": "Calcul ou mise à jour de pyramide vecteur"})
    assert shared.get(f"processings/{former['_id']}") == former
    assert {item["name"] for item in shared.get("checks")} == {"Vérification standard", "Vérification vecteur"}


def test_the_output_of_an_execution_is_there_at_its_creation(world: tuple) -> None:
    backend, data, _ = world
    client = backend.client()
    delivered = client.get("uploads")[0]
    body = {
        "processing": INTEGRATION.id,
        "inputs": {"upload": [delivered["_id"]]},
        "output": {"stored_data": {"name": "again", "storage_tags": ["VECTEUR"]}},
        "parameters": {"multigeom_layers": ["", "false"]},
    }
    execution = client.post("processings/executions", body)
    output = execution["output"]["stored_data"]
    assert client.get(f"stored_data/{output['_id']}")["status"] == "CREATED"
    for key in ("status", "creation", "parameters", "inputs", "output"):
        assert key in execution
    assert execution["processing"]["name"] == INTEGRATION.name
    assert execution["inputs"]["upload"][0]["_id"] == delivered["_id"]
    listed = client.get("processings/executions", query_string={"output_stored_data": output["_id"]})
    assert [one["_id"] for one in listed] == [execution["_id"]]
    read = client.get("processings/executions", query_string={"input_upload": delivered["_id"]})
    assert len(read) == 2
    client.post(f"processings/executions/{execution['_id']}/abort", status=409)
    client.ask("DELETE", f"processings/executions/{execution['_id']}")
    client.get(f"stored_data/{output['_id']}", status=404)
    client.get(f"stored_data/{data['_id']}")


def test_logs_are_paged(world: tuple) -> None:
    backend, _, _ = world
    client = backend.client()
    (delivered,) = client.get("uploads")
    check = client.get(f"uploads/{delivered['_id']}/checks")["passed"][0]
    execution = client.get(f"checks/executions/{check['_id']}")
    assert (execution["status"], execution["check"]["name"]) == ("SUCCESS", check["check"]["name"])
    answer = client.raw("GET", f"/api/datastores/local/checks/executions/{check['_id']}/logs?page=1&limit=1")
    assert len(answer.get_json()) == 1
    assert answer.headers["Content-Range"].startswith("0-0/")
    assert all(isinstance(line, str) for line in answer.get_json())


def test_a_wfs_configuration_is_completed(world: tuple) -> None:
    backend, data, _ = world
    client = backend.client()
    offering = client.publish("WFS", "world", wfs_infos(data))
    configuration = client.get(f"configurations/{offering['configuration']['_id']}")
    relation = configuration["type_infos"]["used_data"][0]["relations"][0]
    assert relation["public_name"] == relation["native_name"]
    assert set(configuration["type_infos"]["bbox"]) == {"west", "south", "east", "north"}
    assert configuration["metadata"] == []
    assert configuration["status"] == "PUBLISHED"
    assert client.get("configurations", query_string={"stored_data": data["_id"]}) == [configuration]
    for query in (
        {"configuration": configuration["_id"]},
        {"configuration": configuration["_id"], "is_open": "True"},
        {"stored_data": data["_id"]},
        {"type": "WFS", "layer_name": "WORLD"},
        {"endpoint": offering["endpoint"]["_id"]},
    ):
        assert [one["_id"] for one in client.get("offerings", query_string=query)] == [offering["_id"]], query
    assert client.get("offerings", query_string={"is_open": "False"}) == []
    assert client.get(f"configurations/{configuration['_id']}/offerings") == [offering]


def test_a_layer_name_is_unique_for_each_type(world: tuple) -> None:
    backend, data, _ = world
    client = backend.client()
    client.publish("WFS", "world", wfs_infos(data))
    client.publish("WMS-VECTOR", "world", wms_infos(data))  # without any style
    again = {"type": "WFS", "name": "x", "layer_name": "World", "type_infos": wfs_infos(data)}
    refused = client.post("configurations", again, status=409)
    assert "World" in refused["error_description"][0]


@pytest.mark.parametrize(
    ("top", "bottom", "status"), [("0", "2", 201), (1, 2, 201), ("0", "3", 400), (2, 1, 400), ("", "2", 400)]
)
def test_levels_are_texts_or_numbers(world: tuple, top: Any, bottom: Any, status: int) -> None:
    backend, _, pyramid = world
    body = {"type": "WMTS-TMS", "name": "t", "layer_name": "t", "type_infos": tms_infos(pyramid, top, bottom)}
    backend.client().post("configurations", body, status=status)


def test_what_is_in_use_cannot_be_deleted(world: tuple) -> None:
    backend, data, _ = world
    client = backend.client()
    offering = client.publish("WFS", "world", wfs_infos(data))
    refused = client.ask("DELETE", f"stored_data/{data['_id']}", status=409)
    assert "world" in " ".join(refused["error_description"])
    client.ask("DELETE", f"configurations/{offering['configuration']['_id']}", status=409)
    client.post(
        f"configurations/{offering['configuration']['_id']}/offerings",
        {"endpoint": offering["endpoint"]["_id"]},
        status=409,
    )


def test_an_offering_for_some_only_is_refused_where_all_are_served(world: tuple) -> None:
    backend, data, _ = world
    client = backend.client()
    body = {"type": "WFS", "name": "w", "layer_name": "w", "type_infos": wfs_infos(data)}
    configuration = client.post("configurations", body)
    path = f"configurations/{configuration['_id']}/offerings"
    client.post(path, {"endpoint": client.endpoint("WFS"), "open": "False"}, status=400)
    client.post(path, {"endpoint": client.endpoint("WMS-VECTOR"), "open": True}, status=400)
    client.post(path, {"endpoint": "nowhere", "open": True}, status=400)
    assert client.post(path, {"endpoint": client.endpoint("WFS"), "open": "True"})["open"] is True


def test_a_configuration_is_replaced_and_shown_once_synchronised(world: tuple) -> None:
    backend, data, _ = world
    client, shown = backend.client(), backend.store.publications
    offering = client.publish("WFS", "world", wfs_infos(data))
    infos = wfs_infos(data)
    infos["used_data"][0]["relations"] = infos["used_data"][0]["relations"][:1]
    infos["used_data"][0]["relations"][0]["title"] = "Renamed"
    body = {"type": "WFS", "name": "world", "type_infos": infos, "attribution": {"title": "", "url": ""}}
    changed = client.ask("PUT", f"configurations/{offering['configuration']['_id']}", json=body)
    assert changed["layer_name"] == "world"
    assert "attribution" not in changed
    assert len(shown.feature_types()) == 3
    client.ask("PUT", f"offerings/{offering['_id']}")  # no body, no content type
    (only,) = shown.feature_types()
    assert only.title == "Renamed"


def test_datasheets_hold_what_shares_a_tag(world: tuple) -> None:
    backend, data, pyramid = world
    client = backend.client()
    (delivered,) = client.get("uploads")
    tag = {"datasheet_name": "The world"}
    for path in (f"uploads/{delivered['_id']}", f"stored_data/{data['_id']}", f"stored_data/{pyramid['_id']}"):
        client.post(f"{path}/tags", tag)
    (sheet,) = client.get("datasheets")
    assert (sheet["name"], sheet["state"], sheet["services"]) == ("The world", "UNPUBLISHED", [])
    offering = client.publish("WMS-VECTOR", "world", wms_infos(data))
    client.post(f"configurations/{offering['configuration']['_id']}/tags", tag)
    (sheet,) = client.get("datasheets")
    assert (sheet["title"], sheet["state"]) == ("World", "PUBLISHED")
    assert {one["_id"] for one in sheet["stored_data"]} == {data["_id"], pyramid["_id"]}
    (service,) = sheet["services"]
    assert (service["type"], service["status"], service["offering"]) == ("WMS-VECTOR", "PUBLISHED", offering["_id"])
    assert service["urls"] == offering["urls"]


def test_the_landing_page_lists_what_is_live_and_escapes_it(world: tuple) -> None:
    backend, data, _ = world
    client = backend.client()
    infos = wms_infos(data)
    infos["title"] = "<script>alert(1)</script>"
    client.publish("WMS-VECTOR", "world", infos)
    page = client.raw("GET", "/").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'href="http://localhost/api/docs"' in page
    assert "<script>" not in page


def test_an_annexe_is_public_when_it_is_published(busy: Client) -> None:
    made = busy.send_file(
        "annexes", b"<svg/>", "thumb.svg", paths="thumbnail/a.svg,/b.svg", published="True", labels=["type=thumbnail"]
    )
    assert made["paths"] == ["/thumbnail/a.svg", "/b.svg"]
    shown = busy.raw("GET", "/annexes/local/thumbnail/a.svg")
    assert (shown.data, shown.headers["Content-Security-Policy"]) == (b"<svg/>", "default-src 'none'; sandbox")
    assert busy.get("annexes", query_string={"labels": "type=thumbnail"})[0]["_id"] == made["_id"]
    assert busy.get("annexes", query_string={"labels": "type=style"}) == []
    busy.ask("PATCH", f"annexes/{made['_id']}", data=json.dumps({"published": "False"}))
    assert busy.raw("GET", "/annexes/local/thumbnail/a.svg").status_code == 404
    busy.ask("DELETE", f"annexes/{made['_id']}")
    assert busy.get("annexes") == []


RECORD = b"""<gmd:MD_Metadata xmlns:gmd="http://www.isotc211.org/2005/gmd" xmlns:gco="http://www.isotc211.org/2005/gco">
<gmd:fileIdentifier><gco:CharacterString>fr.world</gco:CharacterString></gmd:fileIdentifier></gmd:MD_Metadata>"""


def test_metadata_is_kept_as_it_came(busy: Client) -> None:
    path = "metadata?type=ISOAP&open_data=True"
    made = busy.send_file(path, RECORD, "m.xml")
    assert (made["file_identifier"], made["open_data"], made["level"]) == ("fr.world", True, "DATASET")
    assert busy.raw("GET", f"/api/datastores/local/metadata/{made['_id']}/file").data == RECORD
    busy.ask("POST", path, data={"file": (BytesIO(RECORD), "m.xml")}, status=409)
    publication = {"file_identifiers": ["fr.world"], "endpoint": busy.endpoint("METADATA")}
    busy.post("metadata/publication", publication)
    assert busy.get(f"metadata/{made['_id']}")["endpoints"][0]["_id"] == publication["endpoint"]
    busy.post("metadata/unpublication", publication)
    assert busy.get(f"metadata/{made['_id']}")["endpoints"] == []


@pytest.mark.parametrize("body", [{"name": None}, {"name": 5}, {"extra": None}, {"extent": None}, {"unknown": 1}, {}])
def test_a_change_of_any_kind_is_taken_or_refused_with_words(busy: Client, body: dict) -> None:
    made = upload(busy)
    assert busy.ask("PATCH", f"uploads/{made['_id']}", json=body)["extra"] == {}
    for refused in ({"extra": 5}, {"description": ["x"]}, {"open": "perhaps"}, {"extra": {"a": ["\0"]}}):
        busy.ask("PATCH", f"uploads/{made['_id']}", json=refused, status=400)


def test_an_execution_is_ended_by_its_user(world: tuple) -> None:
    backend, data, _ = world
    client = backend.client()
    body = {
        "processing": "aa5f9391-0bdb-4b97-9209-fcde351b82f6",
        "inputs": {"stored_data": [data["_id"]]},
        "output": {"stored_data": {"name": "long"}},
        "parameters": {"top_level": "0", "bottom_level": "16"},
    }
    execution = client.post("processings/executions", body)
    path = f"processings/executions/{execution['_id']}"
    client.post(f"{path}/launch")
    client.wait(path, ended=("PROGRESS",))
    client.post(f"{path}/abort")
    assert client.wait(path)["status"] == "ABORTED"
    assert client.get(f"stored_data/{execution['output']['stored_data']['_id']}")["status"] == "UNSTABLE"
    client.post(f"{path}/launch", status=409)
    client.ask("DELETE", f"stored_data/{execution['output']['stored_data']['_id']}")


def test_a_style_must_fit_its_table_and_follows_the_new_names_of_columns(world: tuple) -> None:
    backend, data, _ = world
    client, shown = backend.client(), backend.store.publications
    sld = """<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld"
      xmlns:ogc="http://www.opengis.net/ogc"><NamedLayer><Name>any</Name><UserStyle><FeatureTypeStyle><Rule>
      <ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>COLUMN</ogc:PropertyName><ogc:Literal>FR</ogc:Literal>
      </ogc:PropertyIsEqualTo></ogc:Filter><PolygonSymbolizer><Fill/></PolygonSymbolizer></Rule></FeatureTypeStyle>
      </UserStyle></NamedLayer></StyledLayerDescriptor>"""
    query = "statics?name=s&type=GEOSERVER-STYLE"
    unfit = client.send_file(query, sld.replace("COLUMN", "colour").encode(), "s.sld")
    assert unfit["type_infos"] == {"used_attributes": ["colour"]}
    body = {"type": "WMS-VECTOR", "name": "w", "layer_name": "w", "type_infos": wms_infos(data, unfit["_id"])}
    refused = client.post("configurations", body, status=400)
    assert "colour" in " ".join(refused["error_description"])
    assert refused["faults"]
    names = data["extra"]["geopub"]["names"]["countries"]["fields"]
    old = next(name for name, new in names.items() if name.lower() != new.lower() or name != new)
    fitting = sld.replace("COLUMN", old)
    client.ask("PUT", f"statics/{unfit['_id']}", data={"file": (BytesIO(fitting.encode()), "s.sld")})
    client.publish("WMS-VECTOR", "w", wms_infos(data, unfit["_id"]))
    (layer,) = shown.map_layers()
    assert "FR" in layer.tables[0].style.read_text("utf-8")
    client.ask(
        "PUT", f"statics/{unfit['_id']}", data={"file": (BytesIO(fitting.replace("FR", "DE").encode()), "s.sld")}
    )
    (follower,) = shown.map_layers()
    assert "DE" in follower.tables[0].style.read_text("utf-8")
    assert follower.revision != layer.revision
    client.ask("DELETE", f"statics/{unfit['_id']}", status=409)
