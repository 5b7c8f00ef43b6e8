"""What checks find out is kept beside an upload until it is integrated, and goes with it."""

from __future__ import annotations

import time
from pathlib import Path

from geopub_plugin.backend.catalogue.preparations import sweep

from .conversation import Backend, Client


def test_it_is_kept_used_and_removed(backend: Backend, client: Client, world_map: Path) -> None:
    upload = client.deliver(world_map)
    kept = backend.store.folder.prepared(upload["_id"])
    assert {path.suffix for path in kept.iterdir()} == {".json", ".npz"}
    data = client.integrate(upload["_id"], name="world")
    given_up = time.monotonic() + 20
    while kept.exists() and time.monotonic() < given_up:  # taken away once the success is on record
        time.sleep(0.02)
    assert not kept.exists()
    execution = client.get(f"processings/executions?output_stored_data={data['_id']}")[0]
    assert execution["status"] == "SUCCESS"
    again = client.integrate(upload["_id"], id=data["_id"])  # without it, all is found out again
    assert again["type_infos"] == data["type_infos"]


def test_it_goes_with_its_upload_and_when_nobody_owns_it(backend: Backend, client: Client, world_map: Path) -> None:
    first, second = client.deliver(world_map), client.deliver(world_map)
    room = backend.store.folder.prepared(first["_id"]).parent
    client.ask("DELETE", f"uploads/{first['_id']}")
    (room / "00000000-0000-0000-0000-000000000000").mkdir()
    sweep(backend.store)
    assert [path.name for path in room.iterdir()] == [second["_id"]]


def test_other_files_need_another_look(backend: Backend, client: Client, world_map: Path, tmp_path: Path) -> None:
    upload = client.deliver(world_map)
    client.post(f"uploads/{upload['_id']}/open")
    client.ask("DELETE", f"uploads/{upload['_id']}/data", query_string={"path": world_map.name})
    (tmp_path / "a.csv").write_text("lon,lat,name\n2,48,Paris\n")
    client.send_file(f"uploads/{upload['_id']}/data", (tmp_path / "a.csv").read_bytes(), "a.csv")
    client.post(f"uploads/{upload['_id']}/close")
    client.wait(f"uploads/{upload['_id']}", ended=("CLOSED", "UNSTABLE"))
    data = client.integrate(upload["_id"], name="towns")
    assert [(one["name"], one["count"]) for one in data["type_infos"]["relations"]] == [("a", 1)]
