"""Requests as programs that want to harm send them: over raw sockets."""

from __future__ import annotations

import resource
import socket
import threading
from contextlib import closing, suppress

import pytest

from geopub_plugin.backend import http_server
from geopub_plugin.backend.http_server import HttpServer
from geopub_plugin.backend.listening import bound_socket
from geopub_plugin.backend.settings import Settings
from geopub_plugin.backend.stopping import StopRequest

CHUNKED = b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"


def application(environment, start_response):
    """Tell method, path, host and the length of the body."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    told = (environment["REQUEST_METHOD"], environment["PATH_INFO"], environment.get("HTTP_HOST", ""))
    text = f"{' '.join(told)} {len(environment['wsgi.input'].read())} {environment['SERVER_NAME']}"
    return iter([text.encode()] * 2) if environment["PATH_INFO"] == "/pieces" else [text.encode()]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    bound, stop = bound_socket("127.0.0.1", 0), StopRequest()
    server = HttpServer(application, bound, Settings(tmp_path_factory.mktemp("data"), threads=2), stalled_seconds=1.0)
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    yield bound.getsockname()
    stop.utter()
    thread.join(10)


def answered(address, sent: bytes) -> bytes:
    """Return everything that the server says until it hangs up."""
    heard = b""
    with socket.create_connection(address, timeout=30) as connection, suppress(ConnectionError):
        connection.sendall(sent)
        while piece := connection.recv(65536):
            heard += piece
    return heard


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (CHUNKED + b"Content-Length: 4\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"exclude each other"),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"needs HTTP/1.1"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nhello", b"is invalid"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", b"cannot be read"),
        (b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n", b"cannot be read"),
        (b"GET / HTTP/1.1\r\n\r\n", b"One Host is needed"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", b"One Host is needed"),
    ],
)  # fmt: skip
def test_what_may_mean_two_things_or_cannot_be_read_is_refused(address, sent, said):
    heard = answered(address, sent)
    assert heard.count(b"Server: ") == 1  # nothing in a body is taken for a request
    assert heard.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400")) and said in heard


@pytest.mark.parametrize("before", [b"\r\n", b"\r\n0\r\n"])
def test_a_line_between_chunks_that_never_ends_is_cut_off(address, before):
    with socket.create_connection(address, timeout=30) as connection, pytest.raises(ConnectionError):
        connection.sendall(CHUNKED + before + b"1" * 16_000_000)  # more than lies in the buffers on the way


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [("/wfs/ows", "Authorization: x\r\n", b"413"), ("/api/x", "", b"413"), ("/api/x", "Authorization: x\r\n", b"100")],
)
def test_a_large_body_is_for_who_has_a_token_and_is_refused_before_it_is_sent(address, path, token, status):
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\n{token}Content-Length: 20000000\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(head.encode())
        assert connection.recv(12)[9:] == status


def test_who_expects_to_continue_without_a_body_is_answered(address):
    sent = b"GET /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    assert answered(address, sent).startswith(b"HTTP/1.1 200")


def test_who_names_no_host_as_http_1_0_allows_is_answered_by_this_computer(address):
    assert answered(address, b"GET /x HTTP/1.0\r\n\r\n").endswith(b"GET /x  0 127.0.0.1")


def test_an_answer_to_head_ends_with_its_headers(address):
    heard = answered(address, b"HEAD /pieces HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in heard
    assert not heard.endswith(b"0\r\n\r\n")


def test_requests_one_behind_the_other_are_answered_in_their_order_also_to_who_sends_no_more(address):
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(20)))
        connection.shutdown(socket.SHUT_WR)
        with closing(connection.makefile("rb")) as heard:
            said = [line.split(b" ")[1] for line in heard.read().splitlines() if line.startswith(b"GET /")]
    assert [path.partition(b"HTTP")[0] for path in said] == [b"/%d" % number for number in range(20)]


def test_who_does_not_say_what_he_asks_for_is_hung_up_on(address):
    with socket.create_connection(address, timeout=0.2) as connection:
        for _ in range(100):  # a byte now and then, so that the connection is never idle
            try:
                connection.sendall(b"A")
                assert connection.recv(1) == b""
                return
            except socket.timeout:
                continue
            except ConnectionError:
                return
    pytest.fail("the connection was kept")


@pytest.mark.parametrize(("allowed", "most", "limit"), [(256, 100_000, 1000), (256, 600, 300), (1024, 1024, 512)])
def test_connections_leave_files_for_who_answers(monkeypatch, allowed, most, limit):
    kept = [(allowed, most)]
    monkeypatch.setattr(resource, "getrlimit", lambda _what: kept[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _what, limits: kept.append(limits))
    assert http_server.connection_limit() == limit
    assert kept[-1][1] == most


def test_no_more_connections_than_select_can_look_at(monkeypatch):
    monkeypatch.delattr(http_server.select, "poll")
    assert http_server.connection_limit() < 512
