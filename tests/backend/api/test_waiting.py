"""`Prefer: wait=1`: the answer comes with the change, or soon; nobody keeps the threads of others."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict

import pytest

from geopub_plugin.backend.api import waiting
from geopub_plugin.backend.catalogue.uploads import uploads

from .conversation import Backend, Client

SECONDS = 20
PREFER = {"Prefer": "wait=1"}


@pytest.fixture
def checking(backend: Backend) -> str:
    """Return the path of an upload that is said to be checked."""
    made = backend.client().post("uploads", {"name": "slow", "type": "VECTOR"})
    become(backend, made["_id"], "CHECKING")
    return f"uploads/{made['_id']}"


def become(backend: Backend, upload: str, status: str) -> None:
    with backend.store.writing() as connection:
        uploads.change(connection, upload, status=status)


def asked(client: Client, path: str) -> Dict[str, Any]:
    return client.get(path, headers=PREFER)


def test_the_answer_comes_with_the_change(backend, checking, monkeypatch):
    monkeypatch.setattr(waiting, "LONGEST", SECONDS)
    client = backend.client()
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(asked, client, checking)
        assert not threading.Event().wait(0.2) and not answer.done()
        assert client.get(checking)["status"] == "CHECKING"  # who does not wait is answered
        assert asked(client, checking)["status"] == "CHECKING"  # nor who would be the second to wait
        become(backend, checking.rpartition("/")[2], "CLOSED")
        assert answer.result(SECONDS)["status"] == "CLOSED"
    begun = time.monotonic()
    assert asked(client, checking)["status"] == "CLOSED"  # nothing left to wait for
    assert time.monotonic() - begun < SECONDS / 2


def test_without_a_change_it_comes_soon(backend, checking):
    assert asked(backend.client(), checking)["status"] == "CHECKING"
    assert backend.client().get(checking, headers={"Prefer": "wait=soon"})["status"] == "CHECKING"
