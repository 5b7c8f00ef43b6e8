"""Before and after a pyramid: plans that are looked at, areas for samples, samples that become whole."""

from __future__ import annotations

import json

import pytest

from geopub_plugin.backend.catalogue.programs import PYRAMID
from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.backend.tiles.area import area_of

from .conversation import Client, Json, tms_infos

SETTINGS = {"top_level": "0", "bottom_level": "4", "tippecanoe_options": "-S10 -an"}
COMPOSITION = [{"table": "countries", "top_level": "0", "bottom_level": "4", "attributes": ["name"]}]
PLACES = [(0, 0, 0), (2, 2, 1), (4, 4, 5), (4, 1, 1)]


def tiles(client: Client, base: str) -> list:
    found = [client.raw("GET", f"{base}/{z}/{x}/{y}.pbf") for z, x, y in PLACES]
    return [(one.status_code, one.data) for one in found]


def test_a_plan_shows_what_its_pyramid_would_hold(world) -> None:
    backend, data, _ = world
    client = backend.client()
    parameters = {"composition": COMPOSITION, "tippecanoe_options": "-ab -S20"}
    layer = client.post(f"stored_data/{data['_id']}/plan_layers", parameters)
    base = layer["url"].partition("localhost")[2]
    before = tiles(client, base)
    told = client.raw("GET", f"{base}/metadata.json").get_json()
    assert (told["minzoom"], told["maxzoom"]) == (0, 4) and told["tiles"] == [layer["tiles"]]
    assert [one["id"] for one in told["vector_layers"]] == ["countries"]

    made = client.execute(PYRAMID.id, {"stored_data": [data["_id"]]}, {"name": "tiles"}, parameters)
    client.publish("WMTS-TMS", "planned", tms_infos(made["output"]["stored_data"], "0", "4"))
    assert tiles(client, "/tms/1.0.0/planned") == before
    assert client.raw("GET", "/tms/1.0.0/planned/metadata.json").get_json()["bounds"] == told["bounds"]


def test_plans_are_seen_by_who_has_their_address_alone(world) -> None:
    backend, data, pyramid = world
    client = backend.client()
    first = client.post(f"stored_data/{data['_id']}/plan_layers", SETTINGS)["url"]
    name = first.rpartition("/")[2]
    assert len(name) >= 32
    assert client.raw("GET", "/plans/tms/1.0.0/").status_code == 404
    assert name.encode() not in client.raw("GET", "/tms/1.0.0/").data
    assert client.raw("GET", f"/tms/1.0.0/{name}").status_code == 404
    stranger = backend.app.test_client()
    assert (
        stranger.post(f"/api/datastores/local/stored_data/{data['_id']}/plan_layers", json=SETTINGS).status_code == 401
    )
    shown = stranger.get(f"/plans/tms/1.0.0/{name}/0/0/0.pbf")
    assert shown.status_code == 200 and shown.cache_control.private
    client.ask("POST", f"stored_data/{pyramid['_id']}/plan_layers", 409, json=SETTINGS)
    refused = client.ask("POST", f"stored_data/{data['_id']}/plan_layers", 400, json={"tippecanoe_options": "-zz"})
    assert "-zz" in json.dumps(refused)
    for _ in range(32):
        client.post(f"stored_data/{data['_id']}/plan_layers", SETTINGS)
    assert stranger.get(f"/plans/tms/1.0.0/{name}/0/0/0.pbf").status_code == 404


def test_an_area_for_a_sample_is_proposed(world) -> None:
    backend, data, _ = world
    client = backend.client()
    where = f"stored_data/{data['_id']}/sample_area"
    area = area_of(client.get(f"{where}?bottom_level=12&longitude=2.35&latitude=48.85")["area"])
    assert area.tile_count(12) == 100
    west, south, east, north = area.bounds
    assert west < 2.35 < east and south < 48.85 < north
    assert area_of(client.get(where)["area"]).tile_count(14) == 100  # around the middle of the data
    for wrong in ("bottom_level=19", "bottom_level=1.5", "longitude=x", "latitude=91", "latitude=nan"):
        client.ask("GET", f"{where}?{wrong}", 400)


@pytest.fixture
def sample(world) -> tuple:
    """Return a backend's client, a sample pyramid with the tags of the platform's clients, and its offering."""
    backend, data, _ = world
    client = backend.client()
    area = client.get(f"stored_data/{data['_id']}/sample_area?bottom_level=4&longitude=100&latitude=20")["area"]
    execution = client.execute(
        PYRAMID.id, {"stored_data": [data["_id"]]}, {"name": "tiles"}, {**SETTINGS, "area": area}
    )
    pyramid = client.get(f"stored_data/{execution['output']['stored_data']['_id']}")
    assert pyramid["tags"] == {"is_sample": "true"}
    tags = {"is_sample": "true", "proc_pyr_creat_id": execution["_id"], "vectordb_id": data["_id"]}
    client.post(f"stored_data/{pyramid['_id']}/tags", tags)
    return backend, client, pyramid, client.publish("WMTS-TMS", "sample", tms_infos(pyramid, "0", "4"))


def test_one_call_turns_a_sample_into_the_full_pyramid_behind_the_same_address(sample, tmp_path) -> None:
    backend, client, pyramid, offering = sample
    before = tiles(client, "/tms/1.0.0/sample")
    execution = client.post(f"stored_data/{pyramid['_id']}/completion")
    assert execution["status"] in ("WAITING", "PROGRESS", "SUCCESS")
    assert execution["parameters"] == SETTINGS and execution["output"]["stored_data"]["_id"] == pyramid["_id"]
    assert client.wait(f"processings/executions/{execution['_id']}")["status"] == "SUCCESS"

    whole: Json = client.get(f"stored_data/{pyramid['_id']}")
    assert whole["status"] == "GENERATED" and whole["size"] > pyramid["size"]
    assert whole["tags"]["is_sample"] == "false" and whole["tags"]["proc_pyr_creat_id"] == execution["_id"]
    assert whole["tags"]["vectordb_id"] == pyramid["tags"].get("vectordb_id", whole["tags"]["vectordb_id"])
    shown = client.get(f"offerings/{offering['_id']}")
    assert (shown["status"], shown["urls"]) == ("PUBLISHED", offering["urls"])
    after = tiles(client, "/tms/1.0.0/sample")
    assert [status for status, _ in before] == [200, 200, 204, 204]
    assert [status for status, _ in after] == [200, 200, 200, 204]
    (layer,) = backend.store.publications.tile_layers()
    assert len(list(Archive(layer.archive).tiles())) > 150

    refused = client.ask("POST", f"stored_data/{pyramid['_id']}/completion", 409)
    assert "not a sample" in refused["error_description"][0]


def test_a_sample_stays_when_its_full_pyramid_is_given_up(sample) -> None:
    backend, client, pyramid, offering = sample
    before = tiles(client, "/tms/1.0.0/sample")
    backend.queue._workers = 0
    execution = client.post(f"stored_data/{pyramid['_id']}/completion")
    client.ask("POST", f"stored_data/{pyramid['_id']}/completion", 409)
    assert len(client.get(f"processings/executions?output_stored_data={pyramid['_id']}")) == 2  # no third one
    client.post(f"processings/executions/{execution['_id']}/abort")
    client.wait(f"processings/executions/{execution['_id']}")
    kept = client.get(f"stored_data/{pyramid['_id']}")
    assert kept["status"] == "GENERATED" and kept["tags"]["is_sample"] == "true"
    assert client.get(f"offerings/{offering['_id']}")["status"] == "PUBLISHED"
    assert tiles(client, "/tms/1.0.0/sample") == before


def test_what_is_no_sample_is_not_completed(world) -> None:
    backend, data, pyramid = world
    client = backend.client()
    for entity in (data, pyramid):
        client.ask("POST", f"stored_data/{entity['_id']}/completion", 409)
    client.ask("POST", "stored_data/nobody/completion", 404)
