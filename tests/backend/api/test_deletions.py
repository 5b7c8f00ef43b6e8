"""Datasheets as a whole: found, shown with everything, and deleted without leaving anything behind."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from geopub_plugin.backend.catalogue.spaces import datastore_named

from .conversation import PYRAMID, Backend, Client, running, tms_infos, wfs_infos, wms_infos
from .team import as_user, join, person
from .test_metadata import record
from .test_whole_life import STYLE

SHEET = {"datasheet_name": "Monde 1/2"}
SHEET_PATH = "datasheets/Monde%201%2F2"


def left_on_disk(backend: Backend) -> List[str]:
    """Return the files of uploads, data, styles and annexes."""
    folder = backend.store.folder.path
    rooms = ("uploads", "stored", "statics", "annexes", "work")
    return [str(p.relative_to(folder)) for room in rooms for p in (folder / room).rglob("*") if p.is_file()]


@pytest.fixture
def furnished(world: tuple) -> Tuple[Backend, Client, Dict[str, Any], Dict[str, Any]]:
    """Return a backend with one datasheet that has something of every kind, a client, data and pyramid."""
    backend, data, pyramid = world
    client = backend.client()
    style = client.send_file("statics?name=s&type=GEOSERVER-STYLE", STYLE, "s.sld")
    infos = {"WFS": wfs_infos(data), "WMS-VECTOR": wms_infos(data, style["_id"]), "WMTS-TMS": tms_infos(pyramid)}
    for kind, one in infos.items():
        configuration = client.publish(kind, "world", one)["configuration"]["_id"]
        client.post(f"configurations/{configuration}/tags", SHEET)
    for path in (f"stored_data/{data['_id']}", f"stored_data/{pyramid['_id']}", *_paths(client, "uploads")):
        client.post(f"{path}/tags", SHEET)
    label = f"datasheet_name={SHEET['datasheet_name']}"
    client.send_file("annexes", b"<svg/>", "t.svg", paths="/t.svg", labels=[label, "type=thumbnail"], published="true")
    documents = json.dumps([{"name": "Guide", "description": "How", "type": "link", "url": "https://a.org/"}, 5, {}])
    client.send_file("annexes", documents.encode(), "d.json", paths="/d.json", labels=[label, "type=document-list"])
    client.send_file("annexes", b"%PDF", "g.pdf", paths="/g.pdf", labels=[label, "type=document"], published="true")
    made = client.send_file("metadata", record("fr.world"), "m.xml")
    client.post(f"metadata/{made['_id']}/tags", SHEET)
    return backend, client, data, pyramid


def _paths(client: Client, kind: str) -> List[str]:
    return [f"{kind}/{one['_id']}" for one in client.get(kind)]


def test_a_datasheet_is_shown_with_all_that_it_has(furnished: tuple) -> None:
    _, client, data, pyramid = furnished
    sheet = client.get(SHEET_PATH)
    assert (sheet["name"], sheet["state"], len(sheet["services"])) == ("Monde 1/2", "PUBLISHED", 3)
    assert {one["_id"] for one in sheet["stored_data"]} == {data["_id"], pyramid["_id"]}
    assert sheet["thumbnail"] == "http://localhost/annexes/local/t.svg"
    assert client.raw("GET", sheet["thumbnail"]).data == b"<svg/>"
    assert sheet["documents"] == [
        {"name": "Guide", "description": "How", "type": "link", "url": "https://a.org/"},
        {"name": "g.pdf", "type": "file", "url": "http://localhost/annexes/local/g.pdf"},
    ]
    assert [one["file_identifier"] for one in sheet["metadata"]] == ["fr.world"]
    client.get("datasheets/unknown", status=404)
    # clients list styles as they like; only addresses on the web are shown
    tms = f"configurations/{next(one['configuration'] for one in sheet['services'] if one['type'] == 'WMTS-TMS')}"
    own = {"name": "a", "url": "https://a.org/s.json", "beside": 5}
    shown_of_own = [{"name": "a", "url": "https://a.org/s.json"}]
    for layers, shown in [(5, []), ([own, 5, {"url": "javascript:x()"}], shown_of_own)]:
        client.ask("PATCH", tms, json={"extra": {"styles": [5, {"current": True, "layers": layers}]}})
        services = client.get(SHEET_PATH)["services"]
        assert next(one["styles"] for one in services if one["type"] == "WMTS-TMS") == shown
        client.get(f"{SHEET_PATH}/deletion")


def test_a_deletion_says_first_what_would_go_and_takes_just_that(furnished: tuple) -> None:
    backend, client, _, _ = furnished
    said = client.get(f"{SHEET_PATH}/deletion")
    kinds = [one["kind"] for one in said["goes"]]
    services = ["offering"] * 3 + ["configuration"] * 3
    assert kinds == [*services, "static", *["annexe"] * 3, "metadata", *["stored_data"] * 2, "upload"]
    assert said["size"] > 1_000_000
    assert client.get(SHEET_PATH)["state"] == "PUBLISHED"  # nothing has gone yet
    client.ask("DELETE", SHEET_PATH)
    client.get(SHEET_PATH, status=404)
    for kind in ("uploads", "stored_data", "configurations", "offerings", "statics", "annexes", "metadata"):
        assert client.get(kind) == [], kind
    assert client.get("processings/executions") == client.get("checks/executions") == []
    assert left_on_disk(backend) == []
    from geopub_plugin.backend.catalogue import tables

    with backend.store.reading() as connection:
        for table in (tables.comment, tables.event, tables.log_line, tables.data_revision, tables.execution_input):
            assert connection.execute(table.select()).all() == [], table.name


def test_data_in_use_goes_with_what_uses_it_only_if_that_is_asked_for(furnished: tuple) -> None:
    _, client, data, pyramid = furnished
    path = f"stored_data/{data['_id']}"
    said = client.get(f"{path}/deletion")
    assert not said["alone"]
    assert [one["kind"] for one in said["goes"]] == [
        "offering", "offering", "configuration", "configuration", "static", "stored_data",
    ]  # fmt: skip
    assert [one.get("type") for one in said["goes"][:4]] == ["WFS", "WMS-VECTOR", "WFS", "WMS-VECTOR"]
    assert said["goes"][-1]["_id"] == data["_id"]
    client.ask("DELETE", path, status=409)
    client.ask("DELETE", f"{path}?cascade=true")
    client.get(path, status=404)
    assert [one["type"] for one in client.get("offerings")] == ["WMTS-TMS"]  # the pyramid stands by itself
    assert client.get("statics") == []
    assert [one["_id"] for one in client.get("stored_data")] == [pyramid["_id"]]


def test_a_style_of_two_services_stays_for_the_other(furnished: tuple) -> None:
    _, client, data, _ = furnished
    (style,) = client.get("statics")
    other = client.publish("WMS-VECTOR", "other", wms_infos(data, style["_id"]))["configuration"]["_id"]
    assert [one["kind"] for one in client.get(f"configurations/{other}/deletion")["goes"]] == [
        "offering", "configuration",
    ]  # fmt: skip
    client.ask("DELETE", f"configurations/{other}?cascade=true")
    assert client.get("statics") == [style]
    goes = client.get(f"statics/{style['_id']}/deletion")["goes"]
    assert [one["kind"] for one in goes] == ["offering", "configuration", "static"]
    client.ask("DELETE", f"statics/{style['_id']}", status=409)
    client.ask("DELETE", f"statics/{style['_id']}?cascade=true")
    assert client.get("statics") == []


def test_what_runs_is_ended_before_its_data_go(world: tuple) -> None:
    backend, data, _ = world
    client = backend.client()
    body = {
        "processing": PYRAMID.id,
        "inputs": {"stored_data": [data["_id"]]},
        "output": {"stored_data": {"name": "long"}},
        "parameters": {"top_level": "0", "bottom_level": "16"},
    }
    execution = client.post("processings/executions", body)
    made = execution["output"]["stored_data"]["_id"]
    client.post(f"stored_data/{made}/tags", SHEET)
    client.post(f"processings/executions/{execution['_id']}/launch")
    client.wait(f"processings/executions/{execution['_id']}", ended=("PROGRESS",))
    client.ask("DELETE", f"stored_data/{made}", status=409)
    assert [one["kind"] for one in client.get(f"{SHEET_PATH}/deletion")["goes"]] == ["execution", "stored_data"]
    client.ask("DELETE", SHEET_PATH)
    client.get(f"stored_data/{made}", status=404)
    client.get(f"processings/executions/{execution['_id']}", status=404)
    assert client.get(f"stored_data/{data['_id']}")["status"] == "GENERATED"


def test_who_may_not_unpublish_deletes_no_data_with_its_services(integrated: tuple, tmp_path: Path) -> None:
    folder, data, _ = integrated
    shutil.copytree(folder, tmp_path / "data")
    with running(tmp_path / "data", login="local") as backend:
        owner, path = backend.client(), f"stored_data/{data['_id']}?cascade=true"
        owner.publish("WFS", "world", wfs_infos(data))
        with backend.store.reading() as connection:
            space = datastore_named(connection, "local")
        one, two = person(backend, "one"), person(backend, "two")
        join(backend, one, space, "PROCESSING")
        join(backend, two, space, "PROCESSING", "BROADCAST")
        as_user(backend, one).ask("DELETE", path, status=403)
        assert owner.get("offerings")[0]["status"] == "PUBLISHED"
        as_user(backend, two).ask("DELETE", path)
        assert owner.get("stored_data") != []  # the pyramid
        assert owner.get("offerings") == []


@pytest.mark.parametrize(
    ("query", "names", "place"),
    [
        ("", ["Avenues", "Bois", "éclairage", "Zones"], "0-3/4"),
        ("limit=2&page=2", ["éclairage", "Zones"], "2-3/4"),
        ("search=o", ["Bois", "Zones"], "0-1/2"),
        ("search=%25O%25", ["Bois", "Zones"], "0-1/2"),
        ("published=true", [], "0-0/0"),
        ("published=false&sort=name,desc", ["Zones", "éclairage", "Bois", "Avenues"], "0-3/4"),
        ("sort=creation,desc", ["éclairage", "Avenues", "Bois", "Zones"], "0-3/4"),
        ("sort=services&limit=1", ["Avenues"], "0-0/4"),
    ],
)
def test_datasheets_are_searched_filtered_and_sorted(sheets: Client, query: str, names: List[str], place: str) -> None:
    answer = sheets.raw("GET", f"/api/datastores/local/datasheets?{query}")
    assert [one["name"] for one in answer.get_json()] == names
    assert answer.headers["Content-Range"] == place
    sheets.get("datasheets?sort=colour", status=400)


@pytest.fixture
def sheets(client: Client) -> Client:
    """Return a client of a backend with four datasheets, made in this order: Zones, Bois, Avenues, éclairage."""
    for name in ("Zones", "Bois", "Avenues", "éclairage"):
        upload = client.post("uploads", {"name": name, "type": "VECTOR"})
        client.post(f"uploads/{upload['_id']}/tags", {"datasheet_name": name})
    return client
