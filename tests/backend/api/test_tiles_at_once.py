"""A tile service that is live while its pyramid is being made: the same tiles before, during and after."""

from __future__ import annotations

import shutil
from typing import Any, Dict, List, Tuple

import pytest

from geopub_plugin.backend.catalogue.programs import PYRAMID

from .conversation import Backend, Client, Json, running, tms_infos

PLACES = [(0, 0, 0), (1, 1, 0), (2, 2, 1), (2, 0, 3), (2, 2, 3)]
PARAMETERS = {
    "composition": [
        {"table": "countries", "top_level": "0", "bottom_level": "2", "attributes": ["name"]},
        {"table": "states_provinces", "top_level": "1", "bottom_level": "2", "attributes": "*"},
    ],
    "tippecanoe_options": "-ab -S20",
}
Tiles = List[Tuple[int, str, bytes]]


def hold(backend: Backend) -> None:
    """Let executions wait, as if all workers had something else to do."""
    backend.queue._workers = 0


def go_on(backend: Backend) -> None:
    with backend.queue._lock:
        backend.queue._workers = 2
        backend.queue._start_next()


def begin(client: Client, data: Json, **output: Any) -> Json:
    """Launch a pyramid and return the execution."""
    body: Dict[str, Any] = {
        "processing": PYRAMID.id,
        "inputs": {"stored_data": [data["_id"]]},
        "parameters": PARAMETERS,
    }
    execution = client.post("processings/executions", {**body, "output": {"stored_data": output}})
    client.post(f"processings/executions/{execution['_id']}/launch")
    return execution


def shown(client: Client) -> Tiles:
    """Return status, mark and bytes of some tiles, and of the documents."""
    paths = [f"/{z}/{x}/{y}.pbf" for z, x, y in PLACES]
    asked = [client.raw("GET", f"/tms/1.0.0/live{path}") for path in (*paths, "/metadata.json", "")]
    return [(one.status_code, one.headers.get("ETag", ""), one.data) for one in asked]


@pytest.fixture
def live(world) -> Tuple[Backend, Client, Json, Json]:
    """Return a backend whose workers are busy, a client, an execution that waits, and the offering on its output."""
    backend, data, _ = world
    client = backend.client()
    hold(backend)
    execution = begin(client, data, name="live tiles")
    offering = client.publish("WMTS-TMS", "live", tms_infos(execution["output"]["stored_data"], "0", "2"))
    return backend, client, execution, offering


def statuses(client: Client, execution: Json, offering: Json) -> Tuple[str, str]:
    pyramid = execution["output"]["stored_data"]["_id"]
    return client.get(f"stored_data/{pyramid}")["status"], client.get(f"offerings/{offering['_id']}")["status"]


def test_a_layer_is_live_before_its_pyramid_is_there(live) -> None:
    backend, client, execution, offering = live
    assert offering["urls"][0]["url"].endswith("/tms/1.0.0/live")
    assert statuses(client, execution, offering) == ("GENERATING", "PUBLISHING")
    before = shown(client)
    assert {status for status, _, _ in before} == {200}
    assert b"/tms/1.0.0/live" in client.raw("GET", "/tms/1.0.0/").data

    go_on(backend)
    assert client.wait(f"processings/executions/{execution['_id']}")["status"] == "SUCCESS"
    assert statuses(client, execution, offering) == ("GENERATED", "PUBLISHED")
    assert backend.store.publications.tile_layers()[-1].making == ""
    assert shown(client) == before


def test_an_aborted_pyramid_leaves_its_service_unstable_and_a_new_one_brings_it_back(live) -> None:
    backend, client, execution, offering = live
    before = shown(client)
    client.post(f"processings/executions/{execution['_id']}/abort")
    assert client.wait(f"processings/executions/{execution['_id']}")["status"] == "ABORTED"
    assert statuses(client, execution, offering) == ("UNSTABLE", "UNSTABLE")
    assert {status for status, _, _ in shown(client)} == {404}
    assert list(backend.store.folder.path.glob("work/*")) == []

    again = begin(client, {"_id": _source(client, execution)}, id=execution["output"]["stored_data"]["_id"])
    assert statuses(client, execution, offering) == ("GENERATING", "MODIFYING")
    assert shown(client) == before
    go_on(backend)
    assert client.wait(f"processings/executions/{again['_id']}")["status"] == "SUCCESS"
    assert statuses(client, execution, offering) == ("GENERATED", "PUBLISHED")
    assert shown(client) == before


def test_a_pyramid_that_fails_leaves_its_service_unstable(live) -> None:
    backend, client, execution, offering = live
    source = _source(client, execution)
    (place,) = (backend.store.folder.path / "stored" / source).glob("*.gpkg")
    place.write_bytes(place.read_bytes()[:4096] + b"\xff" * 40_000)
    go_on(backend)
    assert client.wait(f"processings/executions/{execution['_id']}")["status"] == "FAILURE"
    assert statuses(client, execution, offering) == ("UNSTABLE", "UNSTABLE")
    assert client.raw("GET", "/tms/1.0.0/live/0/0/0.pbf").status_code == 404


def test_what_waits_can_be_unpublished_and_deleted(live) -> None:
    _, client, execution, offering = live
    pyramid = execution["output"]["stored_data"]["_id"]
    assert len(client.get(f"configurations?stored_data={pyramid}")) == 1
    client.ask("DELETE", f"stored_data/{pyramid}", 409)
    client.ask("DELETE", f"offerings/{offering['_id']}")
    assert client.raw("GET", "/tms/1.0.0/live").status_code == 404
    client.ask("DELETE", f"configurations/{offering['configuration']['_id']}")
    client.post(f"processings/executions/{execution['_id']}/abort")
    client.wait(f"processings/executions/{execution['_id']}")
    client.ask("DELETE", f"stored_data/{pyramid}")


def test_a_restart_goes_on_with_the_pyramid_and_with_its_service(integrated, tmp_path) -> None:
    data, stored, _ = integrated
    shutil.copytree(data, tmp_path / "data")
    with running(tmp_path / "data") as backend:
        client = backend.client()
        hold(backend)
        execution = begin(client, stored, name="live tiles")
        offering = client.publish("WMTS-TMS", "live", tms_infos(execution["output"]["stored_data"], "0", "2"))
        before = shown(client)
    with running(tmp_path / "data") as backend:
        client = backend.client()
        assert shown(client) == before  # while it is made, or from the archive
        assert client.wait(f"processings/executions/{execution['_id']}")["status"] == "SUCCESS"
        assert client.get(f"offerings/{offering['_id']}")["status"] == "PUBLISHED"
        assert shown(client) == before


@pytest.mark.parametrize("top, bottom", [("0", "3"), ("2", "1")])
def test_levels_that_the_pyramid_will_not_have_are_refused(live, top: str, bottom: str) -> None:
    _, client, execution, _ = live
    infos = tms_infos(execution["output"]["stored_data"], top, bottom)
    body = {"type": "WMTS-TMS", "name": "other", "layer_name": "other", "type_infos": infos}
    refused = client.ask("POST", "configurations", 400, json=body)
    assert "0 to 2" in refused["error_description"][1]


def test_a_pyramid_that_nobody_makes_is_not_published(world) -> None:
    backend, data, _ = world
    client = backend.client()
    body = {"processing": PYRAMID.id, "inputs": {"stored_data": [data["_id"]]}, "parameters": PARAMETERS}
    execution = client.post("processings/executions", {**body, "output": {"stored_data": {"name": "later"}}})
    infos = tms_infos(execution["output"]["stored_data"], "0", "2")
    client.ask(
        "POST", "configurations", 409, json={"type": "WMTS-TMS", "name": "a", "layer_name": "a", "type_infos": infos}
    )


def _source(client: Client, execution: Json) -> str:
    return client.get(f"processings/executions/{execution['_id']}")["inputs"]["stored_data"][0]["_id"]
