"""What the lives of entities refuse, by the table of docs/api.md: each step at the wrong time, with words."""

from __future__ import annotations

import shutil
from io import BytesIO
from typing import Any, Dict, Iterator, Tuple

import pytest

from .conversation import INTEGRATION, Client, running, tms_infos, wfs_infos, wms_infos

SHELF = "11111111-2222-4333-8444-555555555555"  # the id of nothing


@pytest.fixture(scope="module")
def lives(integrated: tuple, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tuple[Client, Dict[str, str]]]:
    """Return a client, and ids by name of entities in many states."""
    folder, data, pyramid = integrated
    copied = tmp_path_factory.mktemp("lives") / "data"
    shutil.copytree(folder, copied)
    with running(copied) as backend:
        client = backend.client()
        published = client.publish("WFS", "world", wfs_infos(data))
        empty = client.post("uploads", {"name": "empty", "type": "VECTOR"})
        partial = client.post("uploads", {"name": "partial", "type": "VECTOR"})
        client.put_chunk(partial["_id"], "a.gpkg", 0, b"12", 5)
        client.send_file(f"uploads/{partial['_id']}/data?path=b.gpkg", b"1", "b.gpkg")
        closed = next(one["_id"] for one in client.get("uploads") if one["status"] == "CLOSED")
        body = {"inputs": {"upload": [closed]}, "output": {"stored_data": {"name": "new"}}, "parameters": {}}
        created = client.post("processings/executions", {"processing": INTEGRATION.id, **body})
        ended = next(one["_id"] for one in client.get("processings/executions") if one["status"] == "SUCCESS")
        yield (
            client,
            {
                "empty": empty["_id"],
                "partial": partial["_id"],
                "closed": closed,
                "created": created["_id"],
                "unmade": created["output"]["stored_data"]["_id"],
                "ended": ended,
                "data": data["_id"],
                "pyramid": pyramid["_id"],
                "offering": published["_id"],
                "published": published["configuration"]["_id"],
                "wfs": client.endpoint("WFS"),
                "wms": client.endpoint("WMS-VECTOR"),
                "integration": INTEGRATION.id,
            },
        )


def run(inputs: Any, output: Any, parameters: Any = None) -> Dict[str, Any]:
    body = {"processing": "{integration}", "inputs": inputs, "output": output}
    return {**body, "parameters": parameters} if parameters is not None else body


REFUSED = [
    ("POST", "uploads", {"type": "VECTOR"}, 400),
    ("POST", "uploads", {"name": "x", "type": "VECTOR", "type_infos": 5}, 400),
    ("POST", "uploads/{empty}/close", None, 409),
    ("POST", "uploads/{partial}/close", None, 409),
    ("POST", "uploads/{empty}/open", None, 409),
    ("POST", "uploads/{empty}/checks", ["{integration}"], 404),
    ("DELETE", "uploads/{empty}/data?path=nothing", None, 404),
    ("DELETE", "uploads/{closed}/data?path=world_map.gpkg", None, 409),
    ("POST", "uploads/{closed}/data?path=more.gpkg", b"x", 409),
    ("POST", "uploads/{partial}/data?path=b.gpkg", b"x", 409),
    ("POST", "uploads/{empty}/data", None, 400),
    ("POST", "processings/executions", run({"upload": ["{empty}"]}, {"stored_data": {"name": "x"}}), 409),
    ("POST", "processings/executions", run({"upload": [SHELF]}, {"stored_data": {"name": "x"}}), 404),
    ("POST", "processings/executions", run({"stored_data": ["{data}"]}, {"stored_data": {"name": "x"}}), 400),
    ("POST", "processings/executions", run({}, {"stored_data": {"name": "x"}}), 400),
    ("POST", "processings/executions", run({"upload": ["{closed}"]}, {"stored_data": {}}), 400),
    ("POST", "processings/executions", run({"upload": ["{closed}"]}, {"upload": {"name": "x"}}), 400),
    ("POST", "processings/executions", run({"upload": ["{closed}"]}, {"stored_data": {"id": "{pyramid}"}}), 400),
    ("POST", "processings/executions", run({"upload": "{closed}"}, {"stored_data": {"name": "x"}}), 400),
    ("POST", "processings/executions/{ended}/launch", None, 409),
    ("POST", "processings/executions/{created}/abort", None, 409),
    ("POST", "processings/executions/{ended}/abort", None, 409),
    ("DELETE", "processings/executions/{ended}", None, 409),
    ("DELETE", "stored_data/{data}", None, 409),
    ("DELETE", "configurations/{published}", None, 409),
    ("PUT", "configurations/{published}", {"type": "WMS-VECTOR", "type_infos": {"used_data": []}}, 400),
    ("PUT", "configurations/{published}", {"name": "x"}, 400),
    ("POST", "configurations/{published}/offerings", {"endpoint": "{wfs}", "open": True}, 409),
    ("POST", "configurations/{published}/offerings", {"endpoint": "{wms}", "open": True}, 400),
    ("POST", "configurations/{published}/offerings", {"open": True}, 400),
    ("PUT", f"offerings/{SHELF}", None, 404),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), REFUSED)
def test_a_step_at_the_wrong_time_is_refused_with_words(
    lives: tuple, method: str, path: str, body: Any, status: int
) -> None:
    client, ids = lives
    options: Dict[str, Any] = {"data": {"file": (BytesIO(body), "x")}} if isinstance(body, bytes) else {"json": body}
    if body is None:
        options = {}
    elif "json" in options:
        options["json"] = _with_ids(body, ids)
    refused = client.ask(method, path.format(**ids), status=status, **options)
    assert refused["error_description"]
    assert all(isinstance(sentence, str) and sentence for sentence in refused["error_description"])


def _with_ids(body: Any, ids: Dict[str, str]) -> Any:
    if isinstance(body, dict):
        return {name: _with_ids(one, ids) for name, one in body.items()}
    if isinstance(body, list):
        return [_with_ids(one, ids) for one in body]
    return body.format(**ids) if isinstance(body, str) else body


@pytest.mark.parametrize(
    ("kind", "change", "status"),
    [
        ("WFS", lambda infos: infos["used_data"][0]["relations"][0].update(native_name="nowhere"), 400),
        ("WFS", lambda infos: infos["used_data"][0].update(stored_data=SHELF), 400),
        ("WFS", lambda infos: infos["used_data"][0]["relations"][0].update(public_name="1 é"), 400),
        ("WFS", lambda infos: infos["used_data"][0]["relations"][0].update(public_name="disputed_borders"), 400),
        ("WFS", lambda infos: infos.update(bbox={"west": 5, "south": 0, "east": 1, "north": 1}), 400),
        ("WMS-VECTOR", lambda infos: infos["used_data"][0]["relations"][0].update(style=SHELF), 400),
        ("WMTS-TMS", lambda infos: infos["used_data"][0].update(bottom_level="9"), 400),
        ("WMTS-TMS", lambda infos: infos.update(used_data=[]), 400),
    ],
)
def test_a_definition_that_names_what_is_not_there_is_refused(
    lives: tuple, kind: str, change: Any, status: int
) -> None:
    client, ids = lives
    data, pyramid = (client.get(f"stored_data/{ids[name]}") for name in ("data", "pyramid"))
    infos = {"WFS": wfs_infos(data), "WMS-VECTOR": wms_infos(data), "WMTS-TMS": tms_infos(pyramid)}[kind]
    change(infos)
    body = {"type": kind, "name": "w", "layer_name": "wrong", "type_infos": infos}
    assert client.post("configurations", body, status=status)["error_description"]
