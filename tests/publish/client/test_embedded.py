"""The embedded backend: found when it runs, started when it does not, its refusals in its own words."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from geopub_plugin.backend import errors
from geopub_plugin.publish.embedded import answers, find_backend, open_backend, start_backend
from geopub_plugin.publish.launch import failure


def announce(folder, url: str) -> None:
    folder.mkdir(exist_ok=True)
    wire = {"url": url, "pid": 1, "token": "t", "version": "0"}
    (folder / "server.json").write_text(json.dumps(wire))


def test_a_file_alone_proves_nothing(tmp_path):
    assert find_backend(tmp_path) is None
    announce(tmp_path, "http://127.0.0.1:9")
    assert find_backend(tmp_path) is None
    (tmp_path / "server.json").write_text("{")
    assert find_backend(tmp_path) is None


def test_another_program_on_the_port_is_not_taken_for_ours(server, tmp_path):
    url = server.url.rsplit("/", 1)[0]
    server.on("GET", "health", {"name": "Other", "status": "ready"})
    assert not answers(url)
    server.on("GET", "health", b"<html>")
    announce(tmp_path, url)
    assert find_backend(tmp_path) is None
    server.on("GET", "health", {"name": "GeoPub", "status": "ready"})
    assert find_backend(tmp_path).token == "t"


@pytest.mark.parametrize(
    ("said", "kind", "what"),
    [
        ('{"kind": "DataFolderNewer", "what": "W", "why": "Y", "cure": "C"}', errors.DataFolderNewer, "W"),
        ('{"kind": "PortTaken", "what": "W", "why": "Y", "cure": "C"}', errors.Unavailable, "W"),
        ('{"kind": "dict", "what": "W"}', errors.Unavailable, "W"),
        ("plain words", errors.Unavailable, "The publishing backend did not start."),
        ("[1]", errors.Unavailable, "The publishing backend did not start."),
    ],
)
def test_what_a_failed_start_says(said, kind, what):
    error = failure(said)
    assert type(error) is kind
    assert error.what == what


def test_nothing_is_imported_from_the_folder_one_works_in(downloads):
    with start_backend(Path("data")) as backend:
        assert answers(backend.url)
    assert (downloads / "data").is_dir() and not (downloads / "imported").exists()


def test_one_backend_a_folder(tmp_path):
    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(lambda _: open_backend(tmp_path / "data"), range(2)))
    try:
        assert both[0].url == both[1].url
        assert both[0].token == both[1].token
        assert [backend.process is None for backend in both].count(True) == 1
        with pytest.raises(errors.DataFolderLocked, match=str(both[0].pid)):
            start_backend(tmp_path / "data")
    finally:
        for backend in both:
            backend.stop()
    assert find_backend(tmp_path / "data") is None


def test_a_folder_of_a_newer_version(tmp_path):
    data = tmp_path / "data"
    start_backend(data).stop()
    version = json.loads((data / "version").read_text())
    (data / "version").write_text(json.dumps({**version, "format": version["format"] + 1, "written_by": "99.0"}))
    with pytest.raises(errors.DataFolderNewer, match="99"):
        start_backend(data)
