"""The seam: bodies are streamed, cancelled, and never sent where they should not go."""

from __future__ import annotations

import socket
from email import message_from_bytes
from threading import Event

import pytest

from geopub_plugin.backend.errors import Cancelled, Unavailable
from geopub_plugin.publish.requests_transport import RequestsTransport
from geopub_plugin.publish.transport import BLOCK, FileSlice, Request, is_loopback, multipart


def test_a_body_of_pieces_arrives_as_one(server, tmp_path):
    file = tmp_path / "data"
    file.write_bytes(bytes(range(256)) * 4096)
    server.on("POST", "x", {"ok": True})
    sent = []
    request = Request("POST", f"{server.url}/x", body=(b"head", FileSlice(file, 100, 700_000), b"tail"))
    answer = RequestsTransport().send(request, lambda done, total: sent.append((done, total)))
    assert answer.ok
    assert answer.json() == {"ok": True}
    assert server.asked[0].body == b"head" + file.read_bytes()[100:700_100] + b"tail"
    assert server.asked[0].headers["content-length"] == str(request.size) == "700008"
    assert sent[-1] == (700_008, 700_008)
    assert len(sent) > 700_008 // BLOCK


def test_cancelling_ends_a_body_on_its_way(server, tmp_path):
    file = tmp_path / "data"
    file.write_bytes(b"x" * 40_000_000)
    cancel = Event()
    request = Request("POST", f"{server.url}/x", body=(FileSlice(file, 0, 40_000_000),))
    sent = []

    def after_a_while(done: int, total: int) -> None:
        sent.append(done)
        if done > 1_000_000:
            cancel.set()

    with pytest.raises(Cancelled):
        RequestsTransport().send(request, after_a_while, cancel)
    assert sent[-1] < 4_000_000


def test_nothing_listens():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unavailable) as caught:
        RequestsTransport().send(Request("GET", f"http://127.0.0.1:{port}/api/health"))
    assert f"127.0.0.1:{port}" in caught.value.what
    assert "refused" in caught.value.why
    assert "0x" not in caught.value.why  # no address of a Python object


def test_an_answer_that_is_cut_off_is_no_answer(server):
    server.on("POST", "x", (201, b"", {"Content-Length": "40"}))
    with pytest.raises(Unavailable, match="cut off"):
        RequestsTransport().send(Request("POST", f"{server.url}/x"))


def test_the_token_wins_over_netrc_and_proxies_stay_out(server, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.on("GET", "x", {})
    RequestsTransport().send(Request("GET", f"{server.url}/x", {"Authorization": "Bearer mine"}))
    assert server.asked[0].headers["authorization"] == "Bearer mine"


def test_redirections_are_not_followed(server):
    server.on("GET", "x", (302, {}, {"Location": "http://elsewhere.example/"}))
    assert RequestsTransport().send(Request("GET", f"{server.url}/x")).status == 302


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8/api", True),
        ("http://localhost/api", True),
        ("http://[::1]:80/", True),
        ("https://data.geopf.fr/api", False),
        ("http://127.0.0.1.example.org/", False),
    ],
)
def test_loopback(url, local):
    assert is_loopback(url) is local


def test_a_form_is_read_back_by_the_standard_library(tmp_path):
    pieces, headers = multipart("file", 'é "q".gpkg', b"\x00\r\n--not the end", "edge")
    raw = f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + b"".join(pieces)
    (part,) = message_from_bytes(raw).get_payload()
    assert part.get_payload(decode=True) == b"\x00\r\n--not the end"
    assert part.get_param("name", header="content-disposition") == "file"
