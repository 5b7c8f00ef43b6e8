"""Handing over to the engine of this computer, and sending where that is not possible."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from threading import Event

import pytest

from geopub_plugin.backend.errors import Cancelled
from geopub_plugin.publish.client import delivery, handover
from geopub_plugin.publish.client.uploads import Uploads

CONTENT = bytes(range(256)) * 9
AT = "datastores/d/uploads/u"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(handover, "CHUNK", 1000)
    path = tmp_path / "été.gpkg"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "handover"
    made.mkdir()
    return made


def seen_by(server, folder: Path) -> list:
    """Let the server note what it would find when it is told of a file."""
    seen: list = []

    def take(asked):
        place = folder / asked.json["name"]
        seen.append((asked.json, place.read_bytes(), place.stat().st_nlink))
        return 201, {}

    server.on("POST", f"{AT}/handovers", take)
    return seen


@pytest.mark.parametrize("links", [True, False], ids=["second name", "copy"])
def test_the_file_is_put_there_and_named(
    server, connection, file: Path, folder: Path, links: bool, monkeypatch
) -> None:
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("another disk")))
    seen = seen_by(server, folder)
    assert Uploads(connection, "d", folder).deliver("u", file, file.name)
    ((said, content, names),) = seen
    assert content == CONTENT and names == (2 if links else 1) and len(said.pop("name")) == 32
    assert said == {"path": "été.gpkg", "size": 2304, "sha256": hashlib.sha256(CONTENT).hexdigest()}
    assert list(folder.iterdir()) == [] and file.read_bytes() == CONTENT


@pytest.mark.parametrize("answer", [404, 409, 400])
def test_what_is_not_taken_is_sent(server, connection, file: Path, folder: Path, answer: int, monkeypatch) -> None:
    monkeypatch.setattr(delivery, "CHUNK", 10_000)
    server.on("POST", f"{AT}/handovers", (answer, {}))
    server.on("GET", f"{AT}/data", (404, {}))
    server.on("PUT", f"{AT}/data", {})
    assert Uploads(connection, "d", folder).deliver("u", file, file.name) is False
    assert server.asked[-1].body == CONTENT and list(folder.iterdir()) == []


def test_a_folder_that_is_gone_is_no_hindrance(server, connection, file: Path, folder: Path) -> None:
    folder.rmdir()
    server.on("GET", f"{AT}/data", (404, {}))
    server.on("PUT", f"{AT}/data", {})
    assert Uploads(connection, "d", folder).deliver("u", file, file.name) is False


def test_cancelling_leaves_nothing_there(connection, file: Path, folder: Path) -> None:
    connection.cancel = Event()
    connection.cancel.set()
    with pytest.raises(Cancelled):
        Uploads(connection, "d", folder).deliver("u", file, file.name)
    assert list(folder.iterdir()) == []
