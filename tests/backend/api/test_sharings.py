"""Uploads and stored data shared with another datastore: seen and read there, and their owner's to delete."""

from __future__ import annotations

import shutil
from typing import Iterator, Tuple

import pytest

from geopub_plugin.backend.catalogue.programs import PYRAMID

from .conftest import World
from .conversation import Backend, Client, Json, running
from .team import as_user, group, person

Two = Tuple[Backend, Client, Client, Json, str]


@pytest.fixture
def two(integrated: World, tmp_path) -> Iterator[Two]:
    """Return a backend, a client with data, a client in another datastore, the data, the id of the other datastore."""
    data, stored, _ = integrated
    shutil.copytree(data, tmp_path / "data")
    with running(tmp_path / "data", login="local") as backend:
        ada = person(backend, "ada")
        other = group(backend, "town", ada)
        yield backend, backend.client(), as_user(backend, ada, "town"), stored, other.id


def pyramid_of(data: Json) -> Json:
    """Return the body of an execution that reads a stored data."""
    inputs, output = {"stored_data": [data["_id"]]}, {"stored_data": {"name": "x"}}
    return {"processing": PYRAMID.id, "inputs": inputs, "output": output, "parameters": {}}


def sharings(client: Client, data: Json) -> list:
    return [one["_id"] for one in client.get(f"stored_data/{data['_id']}/sharings")]


def test_what_is_not_shared_is_not_there(two: Two) -> None:
    _, _, ada, stored, _ = two
    ada.get(f"stored_data/{stored['_id']}", status=404)
    body = {
        "processing": PYRAMID.id,
        "inputs": {"stored_data": [stored["_id"]]},
        "output": {"stored_data": {"name": "x"}},
    }
    ada.post("processings/executions", {**body, "parameters": {}}, status=404)


def test_shared_data_are_seen_and_read_and_not_changed(two: Two) -> None:
    _, owner, ada, stored, town = two
    owner.post(f"stored_data/{stored['_id']}/sharings", [town, town])
    assert sharings(owner, stored) == [town]
    seen = ada.get(f"stored_data/{stored['_id']}")
    assert (seen["name"], seen["contact"]) == (stored["name"], stored["contact"])
    assert stored["_id"] not in [one["_id"] for one in ada.get("stored_data")]
    made = ada.make_pyramid(stored["_id"], name="of the other's")
    assert (made["status"], made["type"]) == ("GENERATED", "ROK4-PYRAMID-VECTOR")
    for method, path in (
        ("PATCH", ""), ("DELETE", ""), ("POST", "/tags"), ("GET", "/sharings"), ("POST", "/sharings"),
        ("GET", "/deletion"), ("GET", "/revisions"), ("GET", "/events"),
    ):  # fmt: skip
        ada.ask(method, f"stored_data/{stored['_id']}{path}", status=404, json=[] if "sharings" in path else {})


def test_a_service_shows_data_of_its_own_datastore_only(two: Two) -> None:
    _, owner, ada, stored, town = two
    owner.post(f"stored_data/{stored['_id']}/sharings", [town])
    relations = [{"native_name": "countries", "title": "x", "abstract": "x"}]
    infos = {"used_data": [{"stored_data": stored["_id"], "relations": relations}]}
    body = {"type": "WFS", "name": "x", "layer_name": "x", "type_infos": infos}
    assert ada.post("configurations", body, status=400)


def test_a_sharing_ends(two: Two) -> None:
    _, owner, ada, stored, town = two
    owner.post(f"stored_data/{stored['_id']}/sharings", [town])
    owner.ask("DELETE", f"stored_data/{stored['_id']}/sharings", query_string={"datastores": [town]})
    assert sharings(owner, stored) == []
    ada.get(f"stored_data/{stored['_id']}", status=404)


def test_what_is_open_is_seen_by_all_and_read_by_none(two: Two) -> None:
    _, owner, ada, stored, _ = two
    owner.ask("PATCH", f"stored_data/{stored['_id']}", json={"open": True})
    assert ada.get(f"stored_data/{stored['_id']}")["open"] is True
    body = {
        "processing": PYRAMID.id,
        "inputs": {"stored_data": [stored["_id"]]},
        "output": {"stored_data": {"name": "x"}},
    }
    ada.post("processings/executions", {**body, "parameters": {}}, status=404)


def test_what_is_shared_is_its_owners_to_delete_and_nothing_is_left(two: Two, tmp_path) -> None:
    backend, owner, ada, stored, town = two
    upload = owner.post("uploads", {"name": "u", "description": "u", "type": "VECTOR", "srs": "EPSG:4326"})["_id"]
    owner.post(f"uploads/{upload}/sharings", [town])
    assert ada.get(f"uploads/{upload}")["name"] == "u"
    owner.ask("DELETE", f"uploads/{upload}")
    ada.get(f"uploads/{upload}", status=404)
    owner.post(f"stored_data/{stored['_id']}/sharings", [town])
    owner.ask("DELETE", f"stored_data/{stored['_id']}")
    with backend.store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sharing").scalar() == 0


@pytest.mark.parametrize("wanted", [["00000000-0000-0000-0000-000000000000"], [7], [None], {"a": 1}, ["x" * 500]])
def test_sharings_with_nobody_are_refused(two: Two, wanted: object) -> None:
    _, owner, _, stored, _ = two
    owner.post(f"stored_data/{stored['_id']}/sharings", wanted, status=400)
    assert sharings(owner, stored) == []
