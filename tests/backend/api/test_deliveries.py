"""Files on their way in: chunks, digests, resuming, names that are never paths, refusals that leave nothing."""

from __future__ import annotations

import os
import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

from .conversation import Backend, Client, running


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """Return one backend for all: every test has an upload of its own."""
    with running(tmp_path_factory.mktemp("deliveries") / "data") as started:
        yield started


@pytest.fixture
def upload(client: Client) -> Dict[str, Any]:
    return client.post("uploads", {"name": "roads", "description": "roads", "type": "VECTOR", "srs": ""})


def data_path(upload: Dict[str, Any]) -> str:
    return f"uploads/{upload['_id']}/data"


def test_chunks_are_appended_and_the_rest_is_asked_for(client: Client, backend: Backend, upload: dict) -> None:
    content = bytes(range(256)) * 40
    query = {"path": "data/roads.gpkg"}
    client.get(data_path(upload), query_string=query, status=404)
    state = client.put_chunk(upload["_id"], "data/roads.gpkg", 0, content[:4000], len(content))
    assert state == {"path": "data/roads.gpkg", "received": 4000, "total": 10240, "complete": False}
    assert client.get(data_path(upload), query_string=query) == state
    client.post(f"uploads/{upload['_id']}/close", status=409)
    state = client.put_chunk(upload["_id"], "data/roads.gpkg", 4000, content[4000:], len(content))
    assert state["complete"] is True
    (file,) = [place for place in backend.store.folder.upload(upload["_id"]).rglob("*") if place.is_file()]
    assert file.read_bytes() == content
    assert client.get(f"uploads/{upload['_id']}/tree") == [
        {
            "type": "DIRECTORY",
            "name": "data",
            "size": 10240,
            "children": [{"type": "FILE", "name": "roads.gpkg", "size": 10240}],
        }
    ]


def test_a_chunk_that_does_not_continue_the_file_is_refused(client: Client, upload: dict) -> None:
    client.put_chunk(upload["_id"], "a.gpkg", 0, b"0123", 12)
    for first, total in ((0, 12), (8, 12), (4, 13)):
        refused = client.put_chunk(upload["_id"], "a.gpkg", first, b"4567", total, status=409)
        assert "4" in " ".join(refused["error_description"])
    client.put_chunk(upload["_id"], "b.gpkg", 4, b"4567", 12, status=409)
    assert client.get(data_path(upload), query_string={"path": "a.gpkg"})["received"] == 4


def test_nothing_of_a_damaged_chunk_is_kept(client: Client, backend: Backend, upload: dict) -> None:
    client.put_chunk(upload["_id"], "a.gpkg", 0, b"0123", 8)
    headers = {"Content-Range": "bytes 4-7/8", "Content-Digest": "sha-256=:" + "A" * 43 + "=:"}
    refused = client.ask(
        "PUT", data_path(upload), query_string={"path": "a.gpkg"}, data=b"4567", headers=headers, status=400
    )
    assert "digest" in refused["error"].lower()
    assert client.get(data_path(upload), query_string={"path": "a.gpkg"})["received"] == 4
    client.put_chunk(upload["_id"], "a.gpkg", 4, b"4567", 8)
    (file,) = [place for place in backend.store.folder.upload(upload["_id"]).rglob("*") if place.is_file()]
    assert file.read_bytes() == b"01234567"


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Range": "bytes 0-7/4"},
        {"Content-Range": "bytes 0-9/100"},
        {"Content-Range": "4-7/8"},
        {"Content-Digest": "sha-256=:short:"},
    ],
)
def test_headers_that_do_not_describe_the_body_are_refused(client: Client, upload: dict, headers: dict) -> None:
    query = {"path": "a.gpkg"}
    client.ask("PUT", data_path(upload), query_string=query, data=b"0123", headers=headers, status=400)
    client.get(data_path(upload), query_string=query, status=404)


@pytest.mark.parametrize("path", ["../../evil.gpkg", "/etc/passwd", "a/../../b", "C:\\x.gpkg", "é è.gpkg", "CON.gpkg"])
def test_a_path_is_a_name_and_leads_nowhere(client: Client, backend: Backend, upload: dict, path: str) -> None:
    client.put_chunk(upload["_id"], path, 0, b"0123 at its place", 17)
    folder = backend.store.folder.upload_files(upload["_id"])
    (file,) = [
        place for place in backend.store.folder.path.rglob("*") if place.is_file() and place.stat().st_size == 17
    ]
    assert file.parent == folder
    assert client.get(data_path(upload), query_string={"path": path})["complete"] is True
    client.ask("DELETE", data_path(upload), query_string={"path": path})
    assert not file.exists()


def test_a_whole_file_replaces_one_that_was_cut_off(client: Client, upload: dict) -> None:
    client.put_chunk(upload["_id"], "a.gpkg", 0, b"0123", 12)
    client.send_file(f"{data_path(upload)}?path=a.gpkg", b"the whole file", "a.gpkg")
    state = client.get(data_path(upload), query_string={"path": "a.gpkg"})
    assert (state["received"], state["total"], state["complete"]) == (14, 14, True)


@pytest.mark.parametrize("path", ["", " ", "a\nb", "x" * 1001])
def test_a_file_without_a_usable_name_is_refused(client: Client, upload: dict, path: str) -> None:
    client.put_chunk(upload["_id"], path, 0, b"0123", 4, status=400)


def test_multipart_files_and_digests(client: Client, upload: dict) -> None:
    path = f"{data_path(upload)}?path=CANTON/CANTON.gpkg"
    client.send_file(path, b"not a geopackage", "CANTON.gpkg")
    client.ask("POST", path, data={"file": (BytesIO(b"again"), "CANTON.gpkg")}, status=409)
    client.send_file(f"uploads/{upload['_id']}/md5", b"00  CANTON/CANTON.gpkg\n", "md5sum.md5")
    names = [node["name"] for node in client.get(f"uploads/{upload['_id']}/tree")]
    assert names == ["CANTON", "md5sum.md5"]
    # the two routes for deleting are taken one for the other by a client
    client.ask("DELETE", f"uploads/{upload['_id']}/data?path=md5sum.md5")
    client.ask("DELETE", f"uploads/{upload['_id']}/md5?path=CANTON/CANTON.gpkg")
    assert client.get(f"uploads/{upload['_id']}/tree") == []


def test_a_file_that_is_no_geopackage_makes_the_upload_unstable(client: Client, upload: dict) -> None:
    client.send_file(f"{data_path(upload)}?path=data/roads.gpkg", b"<html>not data</html>", "roads.gpkg")
    client.send_file(f"uploads/{upload['_id']}/md5", b"0123456789abcdef  data/roads.gpkg\n", "sum.md5")
    client.post(f"uploads/{upload['_id']}/close")
    assert client.wait(f"uploads/{upload['_id']}", ended=("CLOSED", "UNSTABLE"))["status"] == "UNSTABLE"
    failed = client.get(f"uploads/{upload['_id']}/checks")["failed"]
    assert [one["check"]["name"] for one in failed] == ["Vérification standard", "Vérification vecteur"]
    execution = client.get(f"checks/executions/{failed[0]['_id']}")
    assert {"file.digest", "file.unknown-format"} <= {fault["id"] for fault in execution["faults"]}
    log = client.get(f"checks/executions/{failed[0]['_id']}/logs")
    assert any("ERROR" in line and "roads.gpkg" in line for line in log)
    # it cannot be integrated, and can be mended
    body = {
        "processing": "0de8c60b-9938-4be9-aa36-9026b77c3c96",
        "inputs": {"upload": [upload["_id"]]},
        "output": {"stored_data": {"name": "x"}},
        "parameters": {},
    }
    client.post("processings/executions", body, status=409)
    assert client.get("stored_data") == []
    assert client.post(f"uploads/{upload['_id']}/open")["status"] == "OPEN"
    client.ask("DELETE", f"{data_path(upload)}?path=data/roads.gpkg")


def test_an_upload_without_a_file_is_not_closed(client: Client, upload: dict) -> None:
    client.post(f"uploads/{upload['_id']}/close", status=409)
    assert client.get(f"uploads/{upload['_id']}")["status"] == "OPEN"


def test_a_body_beyond_its_limit_is_refused(client: Client, upload: dict) -> None:
    many = b'{"name": "' + b"x" * (17 << 20) + b'"}'
    client.ask("POST", "uploads", data=many, status=413)


def test_a_large_file_costs_no_memory(client: Client, upload: dict, tmp_path: Path) -> None:
    size = 64 << 20
    before = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    form, plain = tmp_path / "form", tmp_path / "plain"
    with open(form, "wb") as out:  # a sparse file: zeros between the boundaries
        out.write(before)
        out.seek(size, os.SEEK_CUR)
        out.write(b"\r\n--b--\r\n")
    with open(plain, "wb") as out:
        out.truncate(size)
    multipart = {"Content-Type": "multipart/form-data; boundary=b"}
    part = {"Content-Range": f"bytes 0-{size - 1}/{size}"}
    tracemalloc.start()
    try:
        with open(form, "rb") as body:
            client.ask("POST", f"{data_path(upload)}?path=whole", input_stream=body, headers=multipart)
        with open(plain, "rb") as body:
            client.ask("PUT", f"{data_path(upload)}?path=chunk", input_stream=body, headers=part)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20
    assert [node["size"] for node in client.get(f"uploads/{upload['_id']}/tree")] == [size, size]
