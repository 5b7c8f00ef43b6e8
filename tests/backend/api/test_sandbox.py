"""The Découverte sandbox: common to all, small, and with no service that is not for everybody."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Iterator, Tuple

import pytest

from geopub_plugin.backend.catalogue.quotas import set_limit
from geopub_plugin.backend.catalogue.seeds import DISCOVERY_ID, PRIVATE_ENDPOINTS
from geopub_plugin.backend.catalogue.spaces import User

from .conversation import Backend, running, wfs_infos
from .team import as_user, person

PLATFORMS = {  # ids that the platform's QGIS plugin has in its settings, see §2.10 of the facts
    "integration": {"0de8c60b-9938-4be9-aa36-9026b77c3c96", "5a348542-61a7-4289-a950-8544bb0ce2b8"},
    "pyramid": {"aa5f9391-0bdb-4b97-9209-fcde351b82f6", "a07a2d00-2bb3-45cb-a4c3-ac298501148c"},
}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Tuple[Backend, User, User]]:
    with running(tmp_path / "data", login="local") as backend:
        yield backend, person(backend, "ada"), person(backend, "eve")


def test_its_processings_have_the_names_and_ids_that_clients_look_for(sandbox: Tuple[Backend, User, User]) -> None:
    backend, ada, _ = sandbox
    for client in (as_user(backend, ada, "decouverte"), backend.client()):
        listed = client.get("processings")
        ids = {one["_id"] for one in listed}
        assert ids & PLATFORMS["integration"]
        assert ids & PLATFORMS["pyramid"]
        assert len({one["name"] for one in listed}) == len(listed)
        assert set(client.get("")["processings"]) == ids
        for name in ("Intégration de données vecteur livrées en base", "Calcul ou mise à jour de pyramide vecteur"):
            (found,) = client.get("processings", query_string={"name": name})
            assert client.get(f"processings/{found['_id']}")["name"] == name


def test_everybody_publishes_there_and_sees_what_others_do(
    sandbox: Tuple[Backend, User, User], world_map: Path
) -> None:
    backend, ada, eve = sandbox
    first, second = as_user(backend, ada, "decouverte"), as_user(backend, eve, DISCOVERY_ID)
    upload = first.deliver(world_map)
    body = {
        "processing": "5a348542-61a7-4289-a950-8544bb0ce2b8",
        "inputs": {"upload": [upload["_id"]]},
        "output": {"stored_data": {"name": "world"}},
        "parameters": {},
    }
    execution = first.post("processings/executions", body)
    first.post(f"processings/executions/{execution['_id']}/launch")
    assert first.wait(f"processings/executions/{execution['_id']}")["status"] == "SUCCESS"
    stored = second.get(f"stored_data/{execution['output']['stored_data']['_id']}")

    private = PRIVATE_ENDPOINTS[0]["id"]
    definition = {"type": "WFS", "name": "a", "layer_name": "a", "type_infos": wfs_infos(stored)}
    configuration = second.post("configurations", definition)
    offers = f"configurations/{configuration['_id']}/offerings"
    assert all(one["endpoint"]["open"] for one in second.get("endpoints"))
    second.post(offers, {"endpoint": private, "open": False}, status=400)
    second.post(offers, {"endpoint": second.endpoint("WFS"), "open": False}, status=400)
    offering = second.post(offers, {"endpoint": second.endpoint("WFS"), "open": True})
    first.ask("PATCH", f"offerings/{offering['_id']}", json={"open": False}, status=400)
    assert first.get(f"offerings/{offering['_id']}")["open"] is True

    with backend.store.writing() as connection:
        set_limit(connection, DISCOVERY_ID, offerings=1, bytes=world_map.stat().st_size + 1)
    again = second.post("configurations", {**definition, "name": "b", "layer_name": "b"})
    refused = second.post(
        f"configurations/{again['_id']}/offerings", {"endpoint": second.endpoint("WFS"), "open": True}, status=409
    )
    assert "1" in " ".join(refused["error_description"])
    more = first.post("uploads", {"name": "more", "description": "", "type": "VECTOR", "srs": ""})
    first.put_chunk(more["_id"], "x.gpkg", 0, b"x" * 1000, 5000, status=507)
    sent = {"file": (BytesIO(b"x" * 2000), "a.txt"), "paths": "/a.txt", "published": "true"}
    first.ask("POST", "annexes", 507, data=sent)


def test_its_rules_are_told(sandbox: Tuple[Backend, User, User]) -> None:
    backend, ada, _ = sandbox
    told = as_user(backend, ada, "decouverte").get("")
    assert told["_id"] == DISCOVERY_ID
    assert {one["quota"] for one in told["endpoints"]} == {20}
    assert told["storages"]["uploads"]["quota"] == 100_000_000_000
    assert "trimestre" in told["description"]
