"""Handing over to the engine of this computer, and sending where that is not possible."""

from __future__ import annotations

import hashlib
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


def test_a_copy_is_put_there_and_named(server, connection, file: Path, folder: Path) -> None:
    seen: list = []
    server.on(
        "POST", f"{AT}/handovers", lambda asked: seen.append((folder / asked.json["name"]).read_bytes()) or (201, {})
    )
    assert Uploads(connection, "d", folder).deliver("u", file, file.name)
    said = server.asked[-1].json
    assert seen == [CONTENT] and len(said.pop("name")) == 32
    assert said == {"path": "été.gpkg", "size": 2304, "sha256": hashlib.sha256(CONTENT).hexdigest()}
    assert list(folder.iterdir()) == [] and file.read_bytes() == CONTENT


def test_what_was_taken_does_not_change_with_the_file(server, connection, file: Path, folder: Path) -> None:
    """As when a user publishes a file of his own, and goes on to edit it."""
    taken = folder.parent / "taken"
    server.on("POST", f"{AT}/handovers", lambda asked: (201, (folder / asked.json["name"]).rename(taken) and {}))
    assert Uploads(connection, "d", folder).deliver("u", file, file.name)
    with file.open("r+b") as edited:
        edited.write(b"changed in place")
    assert taken.read_bytes() == CONTENT and taken.stat().st_ino != file.stat().st_ino


def test_what_is_announced_is_what_was_copied(server, connection, file: Path, folder: Path, monkeypatch) -> None:
    """Of a file that grows meanwhile, size and SHA-256 are those of the copy."""
    monkeypatch.setattr(connection, "pause", lambda _: file.write_bytes(CONTENT * 2))
    seen: list = []
    server.on(
        "POST", f"{AT}/handovers", lambda asked: seen.append((folder / asked.json["name"]).read_bytes()) or (201, {})
    )
    Uploads(connection, "d", folder).deliver("u", file, file.name)
    said = server.asked[-1].json
    assert (said["size"], said["sha256"]) == (len(seen[0]), hashlib.sha256(seen[0]).hexdigest())


@pytest.mark.parametrize("answer", [404, 409, 400])
def test_what_is_not_taken_is_sent(server, connection, file: Path, folder: Path, answer: int, monkeypatch) -> None:
    monkeypatch.setattr(delivery, "CHUNK", 10_000)
    server.on("POST", f"{AT}/handovers", (answer, {}))
    server.on("GET", f"{AT}/data", (404, {}))
    server.on("PUT", f"{AT}/data", {})
    assert Uploads(connection, "d", folder).deliver("u", file, file.name) is False
    assert server.asked[-1].body == CONTENT and list(folder.iterdir()) == []


@pytest.mark.parametrize("received", [0, 2304], ids=["not taken", "taken"])
def test_where_no_answer_comes_the_file_is_sent(
    server, connection, file: Path, folder: Path, received: int, monkeypatch
) -> None:
    """Whatever became of it: the backend tells what it has got."""
    monkeypatch.setattr(delivery, "CHUNK", 10_000)
    server.on("POST", f"{AT}/handovers", (503, {}))
    server.on("GET", f"{AT}/data", {"received": received})
    server.on("PUT", f"{AT}/data", {})
    assert Uploads(connection, "d", folder).deliver("u", file, file.name) is False
    sent = [asked.body for asked in server.asked if asked.method == "PUT"]
    assert sent == ([] if received else [CONTENT]) and list(folder.iterdir()) == []


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
