"""The data folder: its tree, its lock, its version, and files that are there as a whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections import namedtuple
from pathlib import Path

import pytest

from geopub_plugin.backend import data_folder
from geopub_plugin.backend.announcement import Announcement, announce, announced, withdraw
from geopub_plugin.backend.data_folder import DataFolder
from geopub_plugin.backend.disk import storing
from geopub_plugin.backend.errors import DataFolderLocked, DataFolderNewer, InvalidInput, StorageFull

AN_ID = "7c1d7c08-2f4e-4d56-9b0a-5d6e7a41c3f2"
HOLDER = """
import sys
from pathlib import Path
from geopub_plugin.backend.data_folder import DataFolder
folder = DataFolder(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""

posix = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")


@pytest.fixture
def folder(tmp_path):
    with DataFolder(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def holder(tmp_path):
    """Start another process that holds the data folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "data")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline().strip() == b"held"
    yield process
    process.kill()
    process.communicate()


def new_id() -> str:
    return str(uuid.uuid4())


def made(folder: DataFolder, text: str = "made") -> Path:
    file = folder.work_folder(new_id()) / "made"
    file.write_text(text)
    return file


def tree(path: Path):
    return sorted(str(place.relative_to(path)) for place in path.rglob("*"))


def test_a_new_folder_has_its_rooms(folder):
    assert tree(folder.path) == [
        "annexes",
        "handover",
        "lock",
        "log",
        "statics",
        "stored",
        "temporary",
        "uploads",
        "version",
        "work",
    ]


@posix
def test_a_new_folder_is_private(folder):
    folders = [folder.path, *(place for place in folder.path.iterdir() if place.is_dir())]
    assert {oct(place.stat().st_mode & 0o777) for place in folders} == {"0o700"}


def test_a_second_backend_is_refused_and_told_who_holds_the_folder(tmp_path, holder):
    data = tmp_path / "data"
    announce(data, Announcement("http://127.0.0.1:8123", holder.pid, "secret", "1"))
    with pytest.raises(DataFolderLocked) as caught:
        DataFolder(data)
    assert str(data) in caught.value.what
    assert str(holder.pid) in caught.value.why and "http://127.0.0.1:8123" in caught.value.why
    assert caught.value.cure
    assert "secret" not in str(caught.value)
    assert announced(data).pid == holder.pid


def test_the_url_of_a_dead_backend_is_not_told(tmp_path, holder):
    announce(tmp_path / "data", Announcement("http://127.0.0.1:8123", holder.pid + 1, "secret", "1"))
    with pytest.raises(DataFolderLocked) as caught:
        DataFolder(tmp_path / "data")
    assert "8123" not in caught.value.why


def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    DataFolder(tmp_path / "data").close()


def test_the_lock_holds_within_one_process_too(folder):
    with pytest.raises(DataFolderLocked):
        DataFolder(folder.path)
    folder.close()
    DataFolder(folder.path).close()


def test_a_folder_of_a_newer_version_is_refused_and_left_as_it_was(tmp_path):
    data = tmp_path / "data"
    DataFolder(data).close()
    (data / "version").write_text(json.dumps({"format": data_folder.FORMAT + 1, "written_by": "9.8.7"}))
    (data / "work" / "precious").write_text("kept")
    before = tree(data)
    with pytest.raises(DataFolderNewer) as caught:
        DataFolder(data)
    assert "9.8.7" in caught.value.why
    assert tree(data) == before


@pytest.mark.parametrize("text", ["", "{}", "[]", "1", '{"format": "x", "written_by": ""}', "\x00\x01"])
def test_a_damaged_version_is_refused(tmp_path, text):
    data = tmp_path / "data"
    DataFolder(data).close()
    (data / "version").write_text(text)
    with pytest.raises(InvalidInput, match="version"):
        DataFolder(data)
    (data / "version").write_text(json.dumps({"format": data_folder.FORMAT, "written_by": "1"}))
    DataFolder(data).close()  # the refusal has not kept the lock


def test_somebody_elses_folder_is_refused_and_left_as_it_was(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.txt").write_text("precious")
    with pytest.raises(InvalidInput, match="work"):
        DataFolder(tmp_path)
    assert tree(tmp_path) == ["work", "work/thesis.txt"]


def test_a_first_start_that_was_killed_is_no_obstacle(tmp_path):
    (tmp_path / "lock").write_text("1234")
    (tmp_path / "version.new").write_text("{")
    DataFolder(tmp_path).close()


def test_a_path_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="file"):
        DataFolder(tmp_path / "file")


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "data").mkdir(mode=0o500)
    with pytest.raises(InvalidInput, match="data"):
        DataFolder(tmp_path / "data")


def test_the_work_room_is_empty_after_a_start_and_the_rest_is_kept(folder):
    kept = folder.stored_file(new_id(), "1", ".gpkg")
    folder.publish(made(folder), kept)
    left = made(folder)
    folder.close()
    with DataFolder(folder.path):
        assert not left.exists() and kept.read_text() == "made"
        assert list((folder.path / "work").iterdir()) == []


def test_every_run_of_an_execution_has_its_own_private_work_folder(folder):
    execution = new_id()
    first, second = folder.work_folder(execution), folder.work_folder(execution)
    assert first != second and first.parent == second.parent == folder.path / "work"
    assert first.name.startswith(execution)
    if os.name == "posix":
        assert first.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "identifier", ["", "..", "../../etc", "a/b", "1234", AN_ID.upper(), AN_ID + "/..", AN_ID + "\n", "/" * 36]
)
def test_a_path_is_made_from_an_identifier_only(folder, identifier):
    for place in (folder.upload, folder.stored, folder.static, folder.annexe_file, folder.work_folder):
        with pytest.raises(InvalidInput):
            place(identifier)
    with pytest.raises(InvalidInput):
        folder.stored_file(identifier, "1", ".gpkg")


@pytest.mark.parametrize(("revision", "suffix"), [("../1", ".gpkg"), ("", ".gpkg"), ("1", ".exe"), ("1", "/../x")])
def test_a_revision_is_a_plain_name_with_a_known_suffix(folder, revision, suffix):
    with pytest.raises(InvalidInput):
        folder.stored_file(new_id(), revision, suffix)


def test_publishing_moves_the_file_and_syncs_it_before_and_its_folder_after(folder, monkeypatch):
    calls = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(handle):
        calls.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        real_fsync(handle)

    def replace(origin, target):
        calls.append("rename")
        real_replace(origin, target)

    monkeypatch.setattr(data_folder.os, "fsync", fsync)
    monkeypatch.setattr(data_folder.os, "replace", replace)
    file, place = made(folder, "whole"), folder.stored_file(new_id(), "1", ".gpkg")
    folder.publish(file, place)
    assert place.read_text() == "whole" and not file.exists()
    assert calls == ["file", "rename", "folder", "folder"]


def test_nothing_outside_the_folder_is_published_or_removed(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("precious")
    for call in (
        lambda: folder.publish(outside, folder.annexe_file(new_id())),
        lambda: folder.publish(made(folder), outside),
        lambda: folder.remove(outside),
        lambda: folder.remove(folder.path / ".." / "outside"),
        lambda: folder.remove(folder.path),
    ):
        with pytest.raises(ValueError, match="not inside"):
            call()
    assert outside.read_text() == "precious"


def test_removing_takes_files_folders_and_what_is_gone(folder):
    upload = new_id()
    file = folder.upload_files(upload) / "a"
    file.parent.mkdir(parents=True)
    file.write_text("")
    folder.remove(file)
    folder.remove(folder.upload(upload))
    folder.remove(folder.upload(upload))
    assert list((folder.path / "uploads").iterdir()) == []


def test_the_sweep_keeps_what_is_named_and_removes_all_else(folder):
    stored, upload, gone = new_id(), new_id(), new_id()
    kept = folder.stored_file(stored, "2", ".gpkg")
    for place in (
        kept,
        folder.stored_file(stored, "1", ".gpkg"),
        folder.stored_file(gone, "1", ".pmtiles"),
        folder.upload_files(upload) / "sub" / "kept.gpkg",
        folder.upload_files(gone) / "sub" / "debris.gpkg",
        folder.upload_parts(gone) / "1",
        folder.static_file(gone, "1", ".qml"),
        folder.annexe_file(gone),
    ):
        folder.publish(made(folder), place)
    removed = folder.sweep([kept, folder.upload(upload)])
    assert len(removed) == 6
    rooms = ("uploads", "stored", "statics", "annexes")
    assert [place for room in rooms for place in tree(folder.path / room)] == [
        upload,
        f"{upload}/files",
        f"{upload}/files/sub",
        f"{upload}/files/sub/kept.gpkg",
        stored,
        f"{stored}/2.gpkg",
    ]


def test_a_write_that_does_not_fit_is_refused_before_it_begins(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10_000, 0, 5_000))
    with DataFolder(tmp_path / "data", reserve=1_000) as folder:
        folder.require_room(4_000)
        with pytest.raises(StorageFull) as caught:
            folder.require_room(4_001)
    assert all(size in caught.value.why for size in ("4.0 kB", "5.0 kB", "1.0 kB"))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_reported_as_such(tmp_path, code):
    with pytest.raises(StorageFull), storing(tmp_path):
        raise OSError(code, os.strerror(code))
    with pytest.raises(FileNotFoundError), storing(tmp_path):
        (tmp_path / "nothing").read_bytes()


def test_the_port_is_remembered(folder):
    assert folder.last_port() == 0
    folder.remember_port(8123)
    folder.close()
    with DataFolder(folder.path) as again:
        assert again.last_port() == 8123
        (again.path / "port").write_text("99999")
        assert again.last_port() == 0


def test_an_announcement_is_read_back_private_and_silent_about_its_token(folder):
    said = Announcement("http://127.0.0.1:8123", 42, "secret", "0.1.0")
    announce(folder.path, said)
    announce(folder.path, said)
    assert announced(folder.path) == said
    assert "secret" not in repr(said)
    if os.name == "posix":
        assert (folder.path / "server.json").stat().st_mode & 0o777 == 0o600
    withdraw(folder.path)
    withdraw(folder.path)
    assert announced(folder.path) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"url": 1}', "\xff"])
def test_a_damaged_announcement_is_none(folder, text):
    (folder.path / "server.json").write_text(text, encoding="latin-1")
    assert announced(folder.path) is None
