"""What a start finds after a stop in the middle of anything."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, Dict

import pytest

from geopub_plugin.backend.catalogue import checks, deliveries, processings, statics, style_replacement
from geopub_plugin.backend.catalogue.executions import executions, executions_of_upload, log_lines
from geopub_plugin.backend.catalogue.outcomes import Outcomes
from geopub_plugin.backend.catalogue.programs import INTEGRATION
from geopub_plugin.backend.catalogue.recovery import recover
from geopub_plugin.backend.catalogue.store import Store
from geopub_plugin.backend.catalogue.stored_data import stored_data
from geopub_plugin.backend.catalogue.uploads import Upload, create_upload, files_of, uploads
from geopub_plugin.backend.data_folder import DataFolder

from .conftest import Shelf
from .test_database import datastore

CONTENT = b"the content of a file"


def restarted(store: Store) -> Store:
    """Open the same data folder as the next start does; the database is left as a kill leaves it."""
    path = store.folder.path
    store.folder.close()
    fresh = Store(DataFolder(path))
    fresh.use_queue(Shelf())
    return fresh


def delivered(store: Store) -> Upload:
    upload = create_upload(store, datastore(store), name="roads", description="", type="VECTOR", srs="")
    deliveries.receive_file(store, upload, "roads.gpkg", "data", BytesIO(CONTENT))
    return upload


def closed(store: Store) -> Upload:
    """Return an upload whose checks have passed."""
    upload = checks.close(store, delivered(store))
    outcomes = Outcomes(store)
    for _ in range(2):
        job = store.queue.jobs[-1]
        outcomes.started(job.execution)
        outcomes.finished(job.execution, {"faults": [], "log": []})
    with store.reading() as connection:
        return uploads.get(connection, upload.id)


def launched(store: Store, upload: Upload, **output: str) -> Any:
    execution = processings.create(
        store, upload.datastore, INTEGRATION, {"upload": [upload.id]}, output or {"name": "roads"}, {}
    )
    return processings.launch(store, execution)


def result(work: Path, bounds: Any = (0, 0, 1, 1)) -> Dict[str, Any]:
    (work / "data.gpkg").write_bytes(CONTENT)
    relation = {"name": "roads", "type": "TABLE", "attributes": {}, "primary_key": ["ogc_fid"], "bounds": list(bounds)}
    return {
        "file": "data.gpkg",
        "srs": "EPSG:2154",
        "bounds": list(bounds),
        "size": len(CONTENT),
        "relations": [relation],
        "names": {},
        "faults": [],
    }


def integrated(store: Store) -> str:
    execution = launched(store, closed(store))
    outcomes, job = Outcomes(store), store.queue.jobs[-1]
    outcomes.started(execution.id)
    outcomes.finished(execution.id, result(job.work))
    return execution.output


def test_a_check_runs_again_and_the_second_waits_for_the_first(store: Store) -> None:
    upload = checks.close(store, delivered(store))
    (job,) = store.queue.jobs
    Outcomes(store).started(job.execution)
    fresh = restarted(store)
    report = recover(fresh)
    assert len(report.resumed) == 2
    (again,) = fresh.queue.jobs
    assert (again.execution, again.parameters["check"]) == (job.execution, "standard")
    assert again.work != job.work
    assert Path(again.parameters["files"][0]).read_bytes() == CONTENT
    with fresh.reading() as connection:
        assert uploads.get(connection, upload.id).status == "CHECKING"
        assert {one.status for one in executions_of_upload(connection, upload.id)} == {"WAITING"}
        assert any("again" in line or "recommence" in line for line in log_lines(connection, job.execution, 0, 9)[0])


@pytest.mark.parametrize("begun", [False, True])
def test_a_processing_runs_again(store: Store, begun: bool) -> None:
    execution = launched(store, closed(store))
    if begun:
        Outcomes(store).started(execution.id)
    fresh = restarted(store)
    assert execution.id in recover(fresh).resumed
    assert [job.execution for job in fresh.queue.jobs] == [execution.id]
    outcomes, job = Outcomes(fresh), fresh.queue.jobs[0]
    outcomes.started(execution.id)
    outcomes.finished(execution.id, result(job.work))
    with fresh.reading() as connection:
        assert stored_data.get(connection, execution.output).status == "GENERATED"
        assert executions.get(connection, execution.id).status == "SUCCESS"


def test_a_part_that_is_longer_than_what_was_verified_is_cut(store: Store) -> None:
    upload = create_upload(store, datastore(store), name="roads", description="", type="VECTOR", srs="")
    deliveries.receive_chunk(store, upload, "a.gpkg", deliveries.Chunk(0, 3, 8, None), BytesIO(b"0123"))
    (part,) = store.folder.upload_parts(upload.id).iterdir()
    part.write_bytes(b"0123garbage")
    fresh = restarted(store)
    recover(fresh)
    deliveries.receive_chunk(fresh, upload, "a.gpkg", deliveries.Chunk(4, 7, 8, None), BytesIO(b"4567"))
    with fresh.reading() as connection:
        (file,) = files_of(connection, upload.id)
    assert deliveries.place_of(fresh, file).read_bytes() == b"01234567"


def test_a_file_that_was_renamed_but_not_committed_is_taken(store: Store) -> None:
    upload = delivered(store)
    with store.writing() as connection:
        (file,) = files_of(connection, upload.id)
        from geopub_plugin.backend.catalogue.uploads import upload_files

        upload_files.change(connection, file.id, received=5)
    fresh = restarted(store)
    recover(fresh)
    with fresh.reading() as connection:
        (file,) = files_of(connection, upload.id)
    assert file.complete
    assert deliveries.place_of(fresh, file).read_bytes() == CONTENT


def test_an_upload_that_lost_its_file_is_unstable(store: Store) -> None:
    upload = closed(store)
    with store.reading() as connection:
        (file,) = files_of(connection, upload.id)
    deliveries.place_of(store, file).unlink()
    fresh = restarted(store)
    assert upload.id in recover(fresh).unstable
    with fresh.reading() as connection:
        assert uploads.get(connection, upload.id).status == "UNSTABLE"


def test_files_that_nothing_names_are_removed_and_no_other(store: Store) -> None:
    identifier = integrated(store)
    debris = store.folder.stored_file(identifier, "2", ".gpkg")
    debris.write_bytes(b"published, never committed")
    fresh = restarted(store)
    report = recover(fresh)
    assert report.removed == (debris,)
    assert fresh.folder.stored_file(identifier, "1", ".gpkg").read_bytes() == CONTENT
    assert recover(fresh).removed == ()


def test_data_that_lost_its_file_is_unstable_and_its_log_says_so(store: Store) -> None:
    identifier = integrated(store)
    place = store.folder.stored_file(identifier, "1", ".gpkg")
    place.unlink()
    fresh = restarted(store)
    assert recover(fresh).unstable == (identifier,)
    with fresh.reading() as connection:
        assert stored_data.get(connection, identifier).status == "UNSTABLE"
        (execution,) = executions.find(connection, executions.table.c.output == identifier)
        assert any(str(place) in line for line in log_lines(connection, execution.id, 0, 99)[0])


def test_a_failed_first_integration_is_unstable_and_a_failed_update_stands(store: Store) -> None:
    from geopub_plugin.backend.errors import InvalidInput

    identifier = integrated(store)
    upload_id = store.queue.jobs[0]
    assert upload_id
    with store.reading() as connection:
        (upload,) = uploads.find(connection)
    outcomes = Outcomes(store)
    for output, status in (({"id": identifier}, "GENERATED"), ({"name": "new"}, "UNSTABLE")):
        execution = launched(store, upload, **output)
        outcomes.started(execution.id)
        outcomes.failed(execution.id, InvalidInput("What", "why", "cure"))
        with store.reading() as connection:
            assert stored_data.get(connection, execution.output).status == status
            assert executions.get(connection, execution.id).status == "FAILURE"
    assert list((store.folder.path / "work").iterdir()) == []


def test_only_the_last_revisions_are_kept(store: Store) -> None:
    identifier = integrated(store)
    with store.reading() as connection:
        (upload,) = uploads.find(connection)
    outcomes = Outcomes(store)
    for _ in range(7):
        execution = launched(store, upload, id=identifier)
        outcomes.started(execution.id)
        outcomes.finished(execution.id, result(store.queue.jobs[-1].work))
    names = sorted(place.name for place in store.folder.stored(identifier).iterdir())
    assert names == ["4.gpkg", "5.gpkg", "6.gpkg", "7.gpkg", "8.gpkg"]


def test_a_result_that_is_not_what_was_announced_fails(store: Store) -> None:
    from geopub_plugin.backend.errors import JobFailed

    execution = launched(store, closed(store))
    outcomes, job = Outcomes(store), store.queue.jobs[-1]
    outcomes.started(execution.id)
    short = {**result(job.work), "size": 3}
    with pytest.raises(JobFailed):
        outcomes.finished(execution.id, short)
    with pytest.raises(JobFailed):
        outcomes.finished(execution.id, {"file": "nothing.gpkg", "size": 3})
    assert not store.folder.stored(execution.output).exists()


def test_a_style_survives_a_start(store: Store) -> None:
    content = b'<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld"/>'
    identifier = "11111111-2222-3333-4444-555555555555"
    style = statics.create_static(
        store, datastore(store), identifier, BytesIO(content), name="s", type="GEOSERVER-STYLE", description=""
    )
    replaced = style_replacement.replace_static(store, style, BytesIO(content + b"\n"))
    assert [place.name for place in store.folder.static(identifier).iterdir()] == ["2.sld"]
    fresh = restarted(store)
    assert recover(fresh).removed == ()
    assert replaced.place(fresh).read_bytes() == content + b"\n"
