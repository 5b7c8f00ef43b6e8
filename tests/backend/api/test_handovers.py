"""Files handed over on this computer: taken by their name alone, verified, and never anything else."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

from geopub_plugin.backend.catalogue.handovers import sweep, swept

from .conversation import Backend, Client, running

NAME = "0123456789abcdef" * 2
CONTENT = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """Return one backend for all: every test has an upload of its own."""
    with running(tmp_path_factory.mktemp("handovers") / "data") as started:
        yield started


@pytest.fixture
def upload(client: Client) -> str:
    return client.post("uploads", {"name": "roads", "description": "roads", "type": "VECTOR", "srs": ""})["_id"]


@pytest.fixture
def given(backend: Backend) -> Iterator[Path]:
    place = backend.store.folder.handover / NAME
    place.write_bytes(CONTENT)
    yield place
    if place.is_symlink() or place.is_file():
        place.unlink()


def told(**changes: Any) -> Dict[str, Any]:
    """Return what a client says of the file."""
    digest = hashlib.sha256(CONTENT).hexdigest()
    return {"name": NAME, "path": "roads.gpkg", "size": len(CONTENT), "sha256": digest, **changes}


def files(backend: Backend, upload: str) -> Dict[str, bytes]:
    folder = backend.store.folder.upload(upload)
    return {place.name: place.read_bytes() for place in folder.rglob("*") if place.is_file()}


def test_the_file_itself_is_taken(client: Client, backend: Backend, upload: str, given: Path) -> None:
    node = given.stat().st_ino
    state = client.post(f"uploads/{upload}/handovers", told())
    assert state == {"path": "roads.gpkg", "received": 10240, "total": 10240, "complete": True}
    assert not given.exists() and list(files(backend, upload).values()) == [CONTENT]
    (place,) = [one for one in backend.store.folder.upload(upload).rglob("*") if one.is_file()]
    assert place.stat().st_ino == node  # moved, not copied
    given.write_bytes(CONTENT)
    client.post(f"uploads/{upload}/handovers", told(), status=409)  # it is there already


@pytest.mark.parametrize(
    "name",
    ["", "roads.gpkg", "../catalogue.sqlite", "/etc/passwd", NAME + "/..", NAME.upper() + "A", NAME[:-1], "x" * 999],
)
def test_a_name_is_no_path(client: Client, backend: Backend, upload: str, name: str) -> None:
    before = sorted(backend.store.folder.path.iterdir())
    client.post(f"uploads/{upload}/handovers", told(name=name), status=400)
    assert sorted(backend.store.folder.path.iterdir()) == before and files(backend, upload) == {}


@pytest.mark.parametrize("kind", ["nothing", "link", "folder"])
def test_only_a_plain_file_is_taken(client: Client, backend: Backend, upload: str, given: Path, kind: str) -> None:
    content = given.read_bytes()
    given.unlink()
    if kind == "link":
        elsewhere = backend.store.folder.path / "temporary" / "elsewhere"
        elsewhere.write_bytes(content)
        os.symlink(elsewhere, given)
    elif kind == "folder":
        given.mkdir()
    client.post(f"uploads/{upload}/handovers", told(), status=404)
    assert files(backend, upload) == {} and client.get(f"uploads/{upload}/tree") == []
    if kind == "folder":
        given.rmdir()


@pytest.mark.parametrize("changes", [{"size": 10239}, {"size": 1 << 20}, {"sha256": "0" * 64}, {"sha256": "é"}])
def test_nothing_is_kept_of_a_file_that_is_not_what_was_announced(
    client: Client, backend: Backend, upload: str, given: Path, changes: Dict[str, Any]
) -> None:
    client.post(f"uploads/{upload}/handovers", told(**changes), status=400)
    assert files(backend, upload) == {} and client.get(f"uploads/{upload}/tree") == []


@pytest.mark.parametrize("changes", [{"size": "10240"}, {"size": -1}, {"size": 0}, {"path": ""}, {"sha256": None}])
def test_what_is_not_said_well_is_refused(client: Client, upload: str, given: Path, changes: Dict[str, Any]) -> None:
    client.post(f"uploads/{upload}/handovers", told(**changes), status=400)
    assert given.exists()


def test_a_file_beyond_the_limit_and_a_closed_upload_are_refused(client: Client, upload: str, given: Path) -> None:
    client.post(f"uploads/{upload}/handovers", told(size=1 << 50), status=413)
    client.post(f"uploads/{upload}/handovers", told())
    client.post(f"uploads/{upload}/close")
    given.write_bytes(CONTENT)
    client.post(f"uploads/{upload}/handovers", told(path="more.gpkg"), status=409)


def test_a_team_server_has_no_such_door(tmp_path: Path) -> None:
    with running(tmp_path / "data", login="local") as team:
        assert not [rule for rule in team.app.url_map.iter_rules() if "handovers" in rule.rule]


def test_what_was_left_there_goes_at_the_next_start(tmp_path: Path) -> None:
    with running(tmp_path / "data") as backend:
        (backend.store.folder.handover / NAME).write_bytes(CONTENT)
    with running(tmp_path / "data") as backend:
        assert list(backend.store.folder.handover.iterdir()) == []


def test_what_a_killed_client_has_left_is_swept_away_while_it_runs(tmp_path: Path) -> None:
    left, being_copied = tmp_path / NAME, tmp_path / NAME[::-1]
    for place in (left, being_copied):
        place.write_bytes(CONTENT)
    os.utime(left, (0, 0))
    with swept(tmp_path, 0.05):
        deadline = time.monotonic() + 20
        while left.exists() and time.monotonic() < deadline:
            being_copied.touch()
    sweep(tmp_path)
    assert not left.exists() and being_copied.exists()
    sweep(tmp_path / "not there")
