"""A large delivery costs the backend no more memory than a small one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import requests

from geopub_plugin.publish.client.store import open_store

from .conftest import Serving

MB = 1_000_000
ALLOWED = 40 * MB  # more than this, a body was held in memory


def most_memory(serving: Serving) -> int:
    """Return the greatest resident set that the backend has had."""
    lines = Path(f"/proc/{serving.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def sparse(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


def uploads_cost(serve, tmp_path: Path, size: int) -> None:
    serving = serve()
    serving.ready()
    store = open_store(serving.announcement.url, serving.announcement.token)
    root = f"{serving.announcement.url}/api/datastores/{store.id}/uploads"
    headers = {"Authorization": f"Bearer {serving.announcement.token}"}

    def send(name: str, length: int) -> None:
        file = sparse(tmp_path / name, length)
        upload = store.uploads.create(name, "")
        store.uploads.deliver(upload.id, file, "chunks.gpkg")
        with file.open("rb") as body:  # the whole as one chunk
            whole = requests.put(f"{root}/{upload.id}/data", params={"path": "whole.gpkg"}, headers=headers, data=body)
        assert whole.ok or whole.status_code == 413, whole.text
        with file.open("rb") as body:  # the platform's way
            form = {"file": ("form.gpkg", body)}
            sent = requests.post(f"{root}/{upload.id}/data", params={"path": "form.gpkg"}, headers=headers, files=form)
        assert sent.ok, sent.text
        received = {one.path: one.size for one in store.uploads.tree(upload.id)}
        assert received["chunks.gpkg"] == received["form.gpkg"] == length

    send("small", MB)
    before = most_memory(serving)
    send("large", size)
    assert most_memory(serving) - before < ALLOWED


def test_sixty_megabytes(serve, tmp_path):
    uploads_cost(serve, tmp_path, 60 * MB)


@pytest.mark.slow
def test_two_gigabytes(serve, tmp_path):
    if shutil.disk_usage(tmp_path).free < 12_000 * MB:
        pytest.skip("the disk has no room for two gigabytes, thrice")
    uploads_cost(serve, tmp_path, 2000 * MB)
