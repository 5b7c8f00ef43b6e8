"""What the platform's own clients do and parse, as it was measured: one test for each of their traps.

"SDK" is sdk-entrepot-gpf, "plugin" the platform's QGIS plugin, "web" its site. What other tests show already (pages,
tags, errors, users/me) is in `test_conversations`.
"""

from __future__ import annotations

import re
import shutil
from io import BytesIO
from typing import Any, Callable, Dict, Iterator, List

import pytest

from .conversation import Backend, Client, running, tms_infos, wfs_infos, wms_infos
from .test_whole_life import STYLE

PLUGIN_RANGE = re.compile(r"\s*(\d+)\s*-\s*(\d*)\s*/\s*(\d+)")  # matched from the start
SDK_RANGE = re.compile(r"\d+-\d+/(\d+)")

# The values that the plugin knows; any other is a ValueError there.
PLUGIN_ENUMS = {
    "uploads": {"CREATED", "OPEN", "CLOSED", "CHECKING", "GENERATING", "UNSTABLE", "DELETED", "MODIFYING"},
    "stored_data": {"CREATED", "GENERATING", "MODIFYING", "GENERATED", "DELETED", "UNSTABLE"},
    "configurations": {"UNPUBLISHED", "PUBLISHED", "SYNCHRONIZING"},
    "offerings": {"PUBLISHING", "MODIFYING", "PUBLISHED", "UNPUBLISHING", "UNSTABLE"},
}


@pytest.fixture(scope="module")
def published(integrated: tuple, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple]:
    """Return a backend with a service of each kind, its data, its pyramid and its offerings by type."""
    folder, data, pyramid = integrated
    copied = tmp_path_factory.mktemp("published") / "data"
    shutil.copytree(folder, copied)
    with running(copied) as backend:
        client = backend.client()
        definitions = {"WFS": wfs_infos(data), "WMS-VECTOR": wms_infos(data), "WMTS-TMS": tms_infos(pyramid)}
        offerings = {kind: client.publish(kind, "world", infos) for kind, infos in definitions.items()}
        yield client, data, pyramid, offerings


def test_every_list_has_a_range_that_each_client_can_read(published: tuple) -> None:
    client, data, _, offerings = published
    configuration = offerings["WFS"]["configuration"]["_id"]
    upload = client.get("uploads")[0]["_id"]
    execution = client.get("processings/executions")[0]["_id"]
    check = client.get("checks/executions")[0]["_id"]
    lists = [
        f"stored_data/{data['_id']}/comments", f"stored_data/{data['_id']}/events", f"uploads/{upload}/comments",
        f"configurations/{configuration}/offerings", f"configurations/{configuration}/comments",
        f"processings/executions/{execution}/logs", f"checks/executions/{check}/logs", "permissions", "uploads",
    ]  # fmt: skip
    paths = [f"/api/datastores/local/{path}" for path in lists]
    for path in [*paths, "/api/users/me/keys", "/api/users/me/permissions", "/api/catalogs/communities"]:
        answer = client.raw("GET", f"{path}?page=1&limit=1")
        place = answer.headers["Content-Range"]
        plugin, sdk = PLUGIN_RANGE.match(place), SDK_RANGE.search(place)
        assert plugin and sdk, path
        assert int(plugin[3]) == int(sdk[1]) >= len(answer.get_json())


def test_a_list_is_read_to_its_end_as_the_sdk_reads_it(published: tuple) -> None:
    client, _, _, _ = published
    found: List[str] = []
    total, page = 1, 1
    while len(found) < total:
        answer = client.raw("GET", f"/api/datastores/local/offerings?page={page}&limit=2")
        found += [one["_id"] for one in answer.get_json()]
        total, page = int(SDK_RANGE.search(answer.headers["Content-Range"])[1]), page + 1
    assert len(set(found)) == total == 3


@pytest.mark.parametrize("kind", PLUGIN_ENUMS)
def test_the_plugin_knows_every_status(published: tuple, kind: str) -> None:
    client = published[0]
    for one in client.get(kind):
        assert one["status"] in PLUGIN_ENUMS[kind]
        assert "visibility" not in one


def test_some_answers_are_read_only_as_bare_json(published: tuple) -> None:
    client, data, _, _ = published
    check = client.get("checks/executions")[0]["_id"]
    for path in (
        "/api/users/me",
        f"/api/datastores/local/checks/executions/{check}",
        f"/api/datastores/local/offerings?stored_data={data['_id']}",
    ):
        assert client.raw("GET", path).headers["Content-Type"] == "application/json"


def test_stored_data_has_what_the_plugin_indexes(published: tuple) -> None:
    _, data, pyramid, _ = published
    for relation in data["type_infos"]["relations"]:
        assert {"name", "type", "attributes", "primary_key"} <= set(relation)
        assert any(kind.startswith("geometry(") for kind in relation["attributes"].values())
    assert [int(level) for level in pyramid["type_infos"]["levels"]] == [0, 1, 2]
    assert pyramid["type_infos"]["tms"] == "PM"
    assert data["storage"]["type"] in ("FILESYSTEM", "POSTGRESQL", "S3")
    assert data["extent"]["geometry"]["type"] == "Polygon"
    assert data["last_event"]["date"].endswith("Z")


def test_offerings_have_what_each_client_takes_apart(published: tuple) -> None:
    client, _, _, offerings = published
    for offering in offerings.values():
        assert offering["configuration"]["_id"] and offering["endpoint"]["_id"]
    names = [re.search("typeNames=(.*)", one["url"])[1] for one in offerings["WFS"]["urls"]]
    assert "world:countries" in names
    wms, wmts = offerings["WMS-VECTOR"]["urls"]
    assert wmts["type"] == "WMTS" and "layer=world" in wmts["url"]
    assert b"<ows:Identifier>world</ows:Identifier>" in client.raw("GET", wmts["url"]).data
    assert (wms["type"], wms["url"].partition("?")[0]) == ("WMS", "http://localhost/wms-v/ows")
    assert "layers=world" in wms["url"]
    (tms,) = [one for one in offerings["WMTS-TMS"]["urls"] if one["type"] == "TMS"]
    assert tms["url"].endswith("/tms/1.0.0/world")
    tile_map = client.raw("GET", tms["url"])
    assert b"<TileSet " in tile_map.data and b'extension="pbf"' in tile_map.data
    levels = re.findall(r'href="[^"]*/(\d+)"', tile_map.text)
    assert levels == ["0", "1", "2"]  # the plugin reads the least and the greatest level from there
    described = client.raw("GET", tms["url"] + "/metadata.json").get_json()
    assert {"name", "minzoom", "maxzoom", "bounds", "center", "format", "tiles", "vector_layers"} <= set(described)
    listed = client.get("offerings", query_string="fields=layer_name&fields=endpoint")
    assert all(set(one) == {"_id", "layer_name", "endpoint"} for one in listed)


def test_configurations_have_what_each_client_takes_apart(published: tuple) -> None:
    client = published[0]
    for one in client.get("configurations"):
        assert one["metadata"] == []  # not absent: the plugin walks through it
        assert set(one["type_infos"]["bbox"]) == {"west", "south", "east", "north"}  # the web's viewer insists
        assert one["type_infos"]["used_data"]


@pytest.mark.parametrize(
    "sent",
    [
        {"query_string": {"paths": "a/b.svg,c.svg", "published": "true", "labels": "x=1,type=style"}},  # SDK
        {"data": {"paths": "a/b.svg,c.svg", "published": "true", "labels": "x=1,type=style"}},  # web
        {"data": {"paths": ["a/b.svg", "c.svg"], "published": "True", "labels": ["x=1", "type=style"]}},  # plugin
        {"data": {"paths[]": ["a/b.svg", "c.svg"], "published": "1", "labels[0]": "x=1", "labels[1]": "type=style"}},
    ],
)
def test_the_fields_of_a_file_stand_in_the_query_or_in_the_form(client: Client, sent: Dict[str, Any]) -> None:
    form = {"file": (BytesIO(b"<svg/>"), "b.svg"), **sent.pop("data", {})}
    made = client.ask("POST", "annexes", data=form, **sent)
    assert made["paths"] == ["/a/b.svg", "/c.svg"]
    assert (made["published"], made["labels"], made["size"]) == (True, ["x=1", "type=style"], 6)
    for query in ("labels=x=1&labels=type=style", "labels[0]=x=1&labels[1]=type=style", "labels=x=1,type=style"):
        assert len(client.get(f"annexes?{query}")) == 1, query
    assert client.get("annexes?labels=x=1&labels=type=thumbnail") == []
    assert client.get("annexes?path=/a/%25")[0]["mime_type"] == "image/svg+xml"


@pytest.mark.parametrize("place", ["query_string", "data"])
def test_a_style_is_sent_with_its_fields_anywhere(client: Client, place: str) -> None:
    sent = {"query_string": {}, "data": {"file": (BytesIO(STYLE), "CANTON_style.sld")}}
    sent[place].update({"name": "style_canton", "type": "GEOSERVER-STYLE", "description": "Cantons"})
    made = client.ask("POST", "statics", **sent)
    assert (made["name"], made["description"]) == ("style_canton", "Cantons")
    assert client.get("statics", query_string={"name": "style_canton"}) == [made]
    assert client.raw("GET", f"/api/datastores/local/statics/{made['_id']}/file").data == STYLE


def test_a_style_may_have_any_name(world: tuple) -> None:
    backend, data, _ = world
    client = backend.client()
    named = STYLE.replace(b"<Name>countries</Name>", b"<Name>COUNTRIES</Name>")
    style = client.send_file("statics?name=s&type=GEOSERVER-STYLE", named, "s.sld")
    assert client.publish("WMS-VECTOR", "w", wms_infos(data, style["_id"]))["status"] == "PUBLISHED"


def test_annexes_are_published_by_their_labels(client: Client) -> None:
    for number in range(3):
        client.send_file("annexes", b"x", "f.txt", paths=f"/{number}.txt", labels=f"type=document,n={number}")
    answer = client.raw("POST", "/api/datastores/local/annexes/publication?labels=type=document")
    assert answer.text == "3"  # the SDK reads a bare number
    assert client.raw("GET", "/annexes/local/1.txt").data == b"x"
    assert client.raw("POST", "/api/datastores/local/annexes/unpublication?labels=n=1").text == "1"
    assert client.raw("GET", "/annexes/local/1.txt").status_code == 404
    client.ask("POST", "annexes/publication", status=400)


def test_a_digest_that_is_wrong_is_an_error_line_with_the_path_in_parentheses(client: Client) -> None:
    upload = client.post("uploads", {"name": "u", "description": "", "type": "VECTOR", "srs": "EPSG:2154"})["_id"]
    client.send_file(f"uploads/{upload}/data?path=CANTON/CANTON.gpkg", b"broken", "CANTON.gpkg")
    client.send_file(f"uploads/{upload}/md5", b"0123456789abcdef0123456789abcdef  CANTON/CANTON.gpkg\n", "CANTON.md5")
    client.post(f"uploads/{upload}/close")
    assert client.wait(f"uploads/{upload}", ended=("CLOSED", "UNSTABLE"))["status"] == "UNSTABLE"
    failed = {one["check"]["name"]: one["_id"] for one in client.get(f"uploads/{upload}/checks")["failed"]}
    lines = client.get(f"checks/executions/{failed['Vérification standard']}/logs?page=1&limit=2000")
    wrong = [line for line in lines if "ERROR" in line and "(CANTON/CANTON.gpkg)" in line]
    assert wrong, lines
    # the SDK then deletes the file, with the routes of data and md5 taken for each other
    client.post(f"uploads/{upload}/open")
    client.ask("DELETE", f"uploads/{upload}/md5?path=CANTON/CANTON.gpkg")
    client.ask("DELETE", f"uploads/{upload}/data?path=CANTON.md5")
    assert client.get(f"uploads/{upload}/tree") == []


def test_a_delivered_tree_has_the_sizes_by_which_the_sdk_goes_on(client: Client) -> None:
    upload = client.post("uploads", {"name": "u", "description": "", "type": "VECTOR", "srs": ""})["_id"]
    client.send_file(f"uploads/{upload}/data?path=CANTON/CANTON.shp", b"12345", "CANTON.shp")
    client.ask("POST", f"uploads/{upload}/data?path=CANTON/CANTON.shp", data={"file": (BytesIO(b"1"), "x")}, status=409)
    (folder,) = client.get(f"uploads/{upload}/tree")
    assert (folder["type"], folder["name"]) == ("DIRECTORY", "CANTON")
    assert folder["children"] == [{"type": "FILE", "name": "CANTON.shp", "size": 5}]


@pytest.mark.parametrize("name", ["tuto_flux_vecteur__Base_intermédiaire", "100 % sûr", "a_b"])
def test_names_are_found_exactly(client: Client, name: str) -> None:
    for one in (name, f"{name} ", name.replace("_", "x")):
        client.post("uploads", {"name": one, "type": "VECTOR"})
    found = client.get("uploads", query_string={"name": name, "fields": ["name"]})
    assert name in [one["name"] for one in found]
    if "%" not in name:  # % stands for any text
        assert [one["name"] for one in found] == [name]


def test_comments_are_kept_and_go_with_their_entity(world: tuple) -> None:
    backend, data, _ = world
    client = backend.client()
    path = f"stored_data/{data['_id']}/comments"
    made = client.post(path, {"text": "Vérifié"})
    assert made["author"]["last_name"]
    client.post(path, {"text": ""}, status=400)
    assert [one["text"] for one in client.get(path)] == ["Vérifié"]
    assert client.ask("PATCH", f"{path}/{made['_id']}", json={"text": "Revu"})["text"] == "Revu"
    client.get(f"uploads/{client.get('uploads')[0]['_id']}/comments/{made['_id']}", status=404)
    client.ask("DELETE", f"{path}/{made['_id']}")
    client.get(f"{path}/{made['_id']}", status=404)


def test_events_tell_what_happened(world: tuple) -> None:
    backend, data, _ = world
    client = backend.client()
    titles = [event["title"] for event in client.get(f"stored_data/{data['_id']}/events")]
    assert titles == ["CREATED", "GENERATING", "GENERATED"]
    events = client.get(f"uploads/{client.get('uploads')[0]['_id']}/events")
    assert [event["title"] for event in events] == ["OPEN", "CHECKING", "CLOSED"]
    assert events[0]["initiator"]["last_name"]
    assert "initiator" not in events[2]  # the check ended by itself


# --- unpublishing: mutually exclusive among clients, so a setting ----------------------------------------------------


@pytest.fixture
def keeping(integrated: tuple, tmp_path: Any) -> Iterator[tuple]:
    """Return a client of a backend that keeps what is unpublished, and its data."""
    shutil.copytree(integrated[0], tmp_path / "data")
    with running(tmp_path / "data", unpublish="keep") as backend:
        yield backend, backend.client(), integrated[1]


def sdk_now_deletes(client: Client, offering: str) -> None:
    """Do as SDK 0.1.45 and later: a published one is UNPUBLISHED after the first DELETE, gone after the second."""
    assert client.get(f"offerings/{offering}")["status"] == "PUBLISHED"
    client.ask("DELETE", f"offerings/{offering}")
    assert client.get(f"offerings/{offering}")["status"] == "UNPUBLISHED"
    client.ask("DELETE", f"offerings/{offering}")
    client.get(f"offerings/{offering}", status=404)


def plugin_deletes(client: Client, offering: str) -> None:
    """Do as the plugin and SDK 0.1.44: after a DELETE there is none."""
    configuration = client.get(f"offerings/{offering}")["configuration"]["_id"]
    client.ask("DELETE", f"offerings/{offering}")
    client.get(f"offerings/{offering}", status=404)
    empty = client.raw("GET", f"/api/datastores/local/offerings?limit=1&configuration={configuration}")
    assert (empty.get_json(), empty.headers["Content-Range"]) == ([], "0-0/0")


def test_an_offering_is_gone_where_the_plugin_works(world: tuple) -> None:
    backend, data, _ = world
    client = backend.client()
    offering = client.publish("WFS", "world", wfs_infos(data))
    plugin_deletes(client, offering["_id"])
    client.ask("DELETE", f"configurations/{offering['configuration']['_id']}")


def test_an_offering_is_kept_where_the_sdk_of_today_works(keeping: tuple) -> None:
    backend, client, data = keeping
    offering = client.publish("WFS", "world", wfs_infos(data))
    sdk_now_deletes(client, offering["_id"])
    client.ask("DELETE", f"configurations/{offering['configuration']['_id']}")
    assert backend.store.publications.feature_types() == ()


def test_what_is_kept_is_in_nobody_s_way(keeping: tuple) -> None:
    backend, client, data = keeping
    shown: Callable = backend.store.publications.feature_types
    offering = client.publish("WFS", "world", wfs_infos(data))
    configuration = offering["configuration"]["_id"]
    client.ask("DELETE", f"offerings/{offering['_id']}")
    left = client.get(f"offerings/{offering['_id']}")
    assert (left["status"], left["urls"], left["configuration"]["status"]) == ("UNPUBLISHED", [], "UNPUBLISHED")
    assert shown() == ()
    client.ask("PUT", f"offerings/{offering['_id']}", status=409)  # it must be published to be synchronised
    again = client.post(f"configurations/{configuration}/offerings", {"endpoint": client.endpoint("WFS"), "open": True})
    assert again["status"] == "PUBLISHED"
    assert len(shown()) == 3
    client.ask("DELETE", f"offerings/{again['_id']}")
    client.ask("DELETE", f"configurations/{configuration}")  # takes the leftover with it: the web deletes only this
    client.get(f"offerings/{again['_id']}", status=404)
    client.ask("DELETE", f"stored_data/{data['_id']}")


def test_a_quota_that_is_used_up_refuses_with_words_and_numbers(backend: Backend) -> None:
    from geopub_plugin.backend.catalogue.quotas import set_limit

    client = backend.client()
    with backend.store.writing() as connection:
        set_limit(connection, client.get("")["_id"], bytes=1000)
    upload = client.post("uploads", {"name": "u", "type": "VECTOR"})["_id"]
    client.send_file(f"uploads/{upload}/data?path=a.gpkg", b"x" * 600, "a.gpkg")
    storages = client.get("storages")
    assert (storages["uploads"]["use"], storages["uploads"]["quota"]) == (600, 1000)
    refused = client.ask(
        "POST", f"uploads/{upload}/data?path=b.gpkg", data={"file": (BytesIO(b"x" * 500), "b.gpkg")}, status=507
    )
    assert "600 bytes of 1.0 kB are used" in " ".join(refused["error_description"])
    client.put_chunk(upload, "c.gpkg", 0, b"x" * 10, 401, status=507)
    client.put_chunk(upload, "c.gpkg", 0, b"x" * 10, 300)
    client.put_chunk(upload, "d.gpkg", 0, b"x" * 10, 200, status=507)  # what is on its way counts
    client.ask("POST", "annexes?paths=/a.txt", data={"file": (BytesIO(b"x" * 500), "a.txt")}, status=507)
    client.send_file("annexes?paths=/a.txt", b"x" * 50, "a.txt")
    assert client.get(f"uploads/{upload}/tree") != []
