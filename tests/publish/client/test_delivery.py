"""Delivery: verified chunks, resumed after a break, or the platform's form where chunks are not known."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from email import message_from_bytes

import pytest

from geopub_plugin.backend.errors import Conflict, StorageFull, Unavailable
from geopub_plugin.publish.client import delivery
from geopub_plugin.publish.client.delivery import deliver, md5_of

CONTENT = bytes(range(256)) * 9 + b"end"  # 2307 bytes: three chunks of 1000
ROUTE = "uploads/u/data"


class ChunkServer:
    """A store that knows chunks: verifies place and digest as RFC 9110 and RFC 9530 say."""

    def __init__(self, server, received: bytes = b"") -> None:
        self.data, self.breaks = received, {}
        server.on("PUT", ROUTE, self.put)
        server.on("GET", ROUTE, self.get)

    def get(self, asked):
        return {"received": len(self.data), "total": len(CONTENT), "complete": self.data == CONTENT}

    def put(self, asked):
        first, last, total = map(int, re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", asked.headers["content-range"]).groups())
        digest = re.fullmatch(r"sha-256=:(.+):", asked.headers["content-digest"]).group(1)
        assert b64decode(digest) == hashlib.sha256(asked.body).digest()
        assert last - first + 1 == len(asked.body)
        assert total == len(CONTENT)
        if first in self.breaks:
            return self.breaks.pop(first)
        if first != len(self.data):
            return 409, {"error": "not contiguous", "received": len(self.data)}
        self.data += asked.body
        return self.get(asked)


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(delivery, "CHUNK", 1000)
    path = tmp_path / "été.gpkg"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture(autouse=True)
def no_pause(connection, monkeypatch):
    monkeypatch.setattr(connection, "pause", lambda seconds: None)


def test_chunks(server, connection, file):
    store, told = ChunkServer(server), []
    deliver(connection, ROUTE, file, file.name, lambda done, total: told.append((done, total)))
    assert store.data == CONTENT
    assert [asked.query["path"] for asked in server.asked] == ["été.gpkg"] * 4
    assert told == sorted(told)
    assert told[-1] == (2307, 2307)


@pytest.mark.parametrize("had", [1, 999, 1000, 2306, 2307])
def test_it_goes_on_where_it_ended(server, connection, file, had):
    store = ChunkServer(server, CONTENT[:had])
    deliver(connection, ROUTE, file, file.name)
    assert store.data == CONTENT
    assert sum(len(asked.body) for asked in server.asked) == len(CONTENT) - had


def test_a_broken_line_is_taken_up_again(server, connection, file):
    store = ChunkServer(server)
    store.breaks = {1000: (503, {}), 2000: (409, {})}
    deliver(connection, ROUTE, file, file.name)
    assert store.data == CONTENT


def test_it_gives_up_after_three_failures_without_progress(server, connection, file):
    ChunkServer(server)
    server.on("PUT", ROUTE, (503, {}))
    with pytest.raises(Unavailable):
        deliver(connection, ROUTE, file, file.name)
    assert len([asked for asked in server.asked if asked.method == "PUT"]) == 3


@pytest.mark.parametrize(("status", "kind"), [(507, StorageFull), (409, Conflict)])
def test_refusals_reach_the_person(server, connection, file, status, kind):
    ChunkServer(server)
    server.on("PUT", ROUTE, (status, {"error_description": ["No."]}))
    with pytest.raises(kind):
        deliver(connection, ROUTE, file, file.name)


@pytest.mark.parametrize("unknown", [404, 405])
def test_a_platform_without_chunks_gets_the_form(server, connection, file, unknown):
    server.on("PUT", ROUTE, (unknown, {}))
    server.on("GET", ROUTE, (unknown, {}))
    server.on("POST", ROUTE, {})
    deliver(connection, ROUTE, file, "data/été.gpkg")
    form = server.asked[-1]
    raw = f"Content-Type: {form.headers['content-type']}\r\n\r\n".encode() + form.body
    (part,) = message_from_bytes(raw).get_payload()
    assert part.get_payload(decode=True) == CONTENT
    assert form.query["path"] == "data/été.gpkg"


def test_an_empty_file_is_sent_too(server, connection, tmp_path):
    (tmp_path / "none.gpkg").touch()
    server.on("POST", ROUTE, {})
    deliver(connection, ROUTE, tmp_path / "none.gpkg", "none.gpkg")
    assert [asked.method for asked in server.asked] == ["POST"]


def test_md5(file):
    assert md5_of(file) == hashlib.md5(CONTENT).hexdigest()
