"""Leave and come back: an integration goes on after a closed window, a killed backend and a restart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, List

import pytest

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.cli import main
from geopub_plugin.publish.client import delivery
from geopub_plugin.publish.client.connection import segment
from geopub_plugin.publish.client.store import Store, open_store
from geopub_plugin.publish.integration_progress import CHECKING, DONE, SENDING, progress_of, progress_tags
from geopub_plugin.publish.publication import Publication, PublicationRequest, Step
from geopub_plugin.publish.publication_values import Refused
from geopub_plugin.publish.resumption import INTEGRATIONS, interrupted, resume_integration

from .conftest import Serving
from .small_tables import make_table

DONE_STATES = ("successful", "successful", "successful")


def store_of(serving: Serving) -> Store:
    return open_store(serving.announcement.url, serving.announcement.token)


def begun(store: Store, name: str) -> str:
    upload = store.uploads.create(name, "")
    store.uploads.tag(upload.id, {**progress_tags(SENDING), "datasheet_name": name})
    return upload.id


def test_what_was_left_goes_on(serve, tmp_path: Path, capsys, monkeypatch) -> None:
    file, other = tmp_path / "large.gpkg", tmp_path / "other.gpkg"
    counts = make_table(file, 0, 20_000)
    make_table(other, 2)
    monkeypatch.setattr(delivery, "CHUNK", 1_000_000)
    assert file.stat().st_size > 2 * delivery.CHUNK
    serving = serve()
    serving.ready()
    store = store_of(serving)

    half = begun(store, "half")  # one chunk has arrived
    route = f"datastores/{segment(store.id)}/uploads/{half}/data"
    assert delivery._send_chunk(store.connection, route, file, file.name, 0, lambda *_: None)
    closed = begun(store, "closed")  # the window was closed while its checks ran
    store.uploads.deliver(closed, other, other.name)
    store.uploads.close(closed)
    running = begun(store, "running")  # its integration runs
    store.uploads.deliver(running, file, file.name)
    store.uploads.close(running)
    assert store.uploads.checked(running).status == "CLOSED"
    processing = store.executions.processing("VECTOR-DB", "VECTOR", INTEGRATIONS)
    execution = store.executions.create(processing, {"upload": [running]}, {"stored_data": {"name": "running"}}, {})
    store.uploads.tag(running, {"proc_int_id": execution.id})
    store.executions.launch(execution.id)
    serving.kill()

    again = serve()
    again.ready()
    store = store_of(again)
    assert {one.upload.id for one in interrupted(store)} >= {half, closed}
    assert resume_integration(store, running).relations[0].count == sum(counts.values())
    assert [one.id for one in store.executions.list(input_upload=running)] == [execution.id]  # no second one

    with pytest.raises(InvalidInput, match="not complete"):
        resume_integration(store, half)
    sent: List[str] = []
    original = store.connection.send

    def counting(method: str, *given: Any, **options: Any) -> Any:
        sent.extend([method] if method == "PUT" else [])
        return original(method, *given, **options)

    store.connection.send = counting  # type: ignore[method-assign]
    data = resume_integration(store, half, file)
    assert len(sent) == (file.stat().st_size - 1) // delivery.CHUNK  # the first chunk was there
    assert (data.status, data.relations[0].count) == ("GENERATED", sum(counts.values()))
    assert data.tags["datasheet_name"] == "half"
    for upload in (half, running):
        assert progress_of(store.uploads.get(upload).tags) == DONE_STATES
    look_at_the_command_line(again, closed, tmp_path, capsys)


def look_at_the_command_line(serving: Serving, closed: str, tmp_path: Path, capsys) -> None:
    """Go on with the last one, and list revisions, as a person would."""
    token = tmp_path / "token"
    token.write_text(serving.announcement.token)
    where = ["--server", serving.announcement.url, "--token-file", str(token), "--json"]

    def said(*command: str) -> Any:
        capsys.readouterr()
        assert main([*command, *where]) == 0
        return json.loads(capsys.readouterr().out)

    (left,) = said("resume", "--list")
    assert (left["upload"], left["step"], left["stored_data"]) == (closed, "integration_processing", "")
    (resumed,) = said("resume", "--upload", "closed")
    assert resumed["stored_data"]
    assert said("resume") == []
    assert [(one["number"], one["current"]) for one in said("revisions", "list", "closed")] == [(1, True)]
    assert {table["state"] for table in said("revisions", "compare", "closed", "1", "1")["tables"]} == {"kept"}
    assert said("revisions", "rollback", resumed["stored_data"], "1")["current"] == 1
    assert main(["revisions", "list", "nothing", *where]) != 0


def test_a_publication_tells_its_progress_in_tags(serve, tmp_path: Path) -> None:
    file = tmp_path / "small.gpkg"
    make_table(file, 1)
    serving = serve()
    serving.ready()
    store = store_of(serving)
    seen = {}

    class Watcher:
        def begun(self, step: Step) -> None:
            for upload in store_of(serving).uploads.list():
                seen[step] = progress_of(upload.tags)

        def moved(self, step: Step, done: int, total: int, unit: str) -> None:
            pass

        def ended(self, step: Step, seconds: float) -> None:
            pass

    Publication(store, PublicationRequest.proposed(file), Watcher()).run()
    assert seen[Step.CHECKS] == ("successful", "in_progress", "waiting")
    assert seen[Step.WFS] == DONE_STATES

    refused = begun(store, "refused")
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    with pytest.raises(Refused) as told:
        resume_integration(store, refused, tmp_path / "bad.csv")
    assert [fault.id for fault in told.value.faults] == ["csv.no-geometry"]
    tags = store.uploads.get(refused).tags
    assert progress_of(tags) == ("successful", "failed", "waiting")
    assert tags["integration_current_step"] == "1"


def test_the_words_of_the_platform() -> None:
    states = '{"send_files_api":"successful","wait_checks":"in_progress","integration_processing":"waiting"}'
    assert progress_tags(CHECKING) == {"integration_progress": states, "integration_current_step": "1"}
    assert progress_of(progress_tags(DONE)) == DONE_STATES
    assert progress_tags(DONE)["integration_current_step"] == "2"
    assert progress_of({}) is progress_of({"integration_progress": "[]"}) is None
