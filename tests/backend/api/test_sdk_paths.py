"""What the platform's SDK asks for in its tutorials, request by request: tests/sdk runs the SDK itself."""

from __future__ import annotations

from typing import Any, Dict, Tuple

import pytest

from geopub_plugin.backend.catalogue.programs import PYRAMID_FORMER_NAME

from .conversation import Backend, Client

World = Tuple[Backend, Dict[str, Any], Dict[str, Any]]


@pytest.mark.parametrize("geometry", ["geom", "wkb_geometry"])
def test_the_geometry_may_be_named_among_the_attributes_of_tiles(world: World, geometry: str) -> None:
    backend, stored, _ = world
    composition = {"table": "countries", "top_level": "0", "bottom_level": "1", "attributes": ["name", geometry]}
    body = {
        "processing": PYRAMID_FORMER_NAME.id,
        "inputs": {"stored_data": [stored["_id"]]},
        "output": {"stored_data": {"name": "tiles", "storage_tags": ["PYRAMIDE"]}},
        "parameters": {"top_level": "0", "bottom_level": "1", "composition": [composition]},
    }
    assert backend.client().post("processings/executions", body)["status"] == "CREATED"


def test_another_name_that_is_no_attribute_is_refused(world: World) -> None:
    backend, stored, _ = world
    body = {
        "processing": PYRAMID_FORMER_NAME.id,
        "inputs": {"stored_data": [stored["_id"]]},
        "output": {"stored_data": {"name": "tiles"}},
        "parameters": {"composition": [{"table": "countries", "attributes": ["geometrie"]}]},
    }
    refused = backend.client().ask("POST", "processings/executions", 400, json=body)
    assert "geometrie" in refused["error_description"][0]


def test_a_processing_is_found_by_its_exact_name(shared: Client) -> None:
    for name in ("Intégration de données vecteur livrées en base", PYRAMID_FORMER_NAME.name):
        found = shared.get("processings", query_string={"name": name, "page": 1, "limit": 10})
        assert [one["name"] for one in found] == [name]


def test_every_log_has_a_line(world: World) -> None:
    """The SDK refuses to read a log of no page at all."""
    backend, _, pyramid = world
    client = backend.client()
    (execution,) = client.get("processings/executions", query_string={"output_stored_data": pyramid["_id"]})
    path = f"/api/datastores/local/processings/executions/{execution['_id']}/logs"
    answer = client.raw("GET", path, query_string={"page": 1, "limit": 2000})
    assert len(answer.get_json()) >= 1
    assert not answer.headers["Content-Range"].endswith("/0")
