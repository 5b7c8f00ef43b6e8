"""QGIS's network carries the client's requests: verbs, bodies, progress, cancelling, and what goes wrong."""

from __future__ import annotations

import hashlib
import socket
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Iterator

import pytest

from geopub_plugin.backend.errors import Cancelled, GeoPubError, JobFailed, Unavailable
from geopub_plugin.publish.background import BackgroundCall
from geopub_plugin.publish.qgis_transport import QgisTransport
from geopub_plugin.publish.transport import FileSlice, Request


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent."""

    protocol_version = "HTTP/1.1"
    release = threading.Event()

    def answer(self) -> None:
        if self.path == "/slow":
            self.release.wait(10)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = f"{self.command} {self.headers.get('Authorization')} {len(body)} {hashlib.md5(body).hexdigest()}"
        self.send_response(302 if self.path == "/moved" else 418)
        self.send_header("Content-Length", str(len(said)))
        self.send_header("Location", "/elsewhere")
        self.send_header("X-Odd", "Yes")
        self.end_headers()
        self.wfile.write(said.encode())

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - as the base class calls them

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    Echo.release.clear()
    http = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}"
    Echo.release.set()
    http.shutdown()
    http.server_close()


def in_background(qtbot, work):
    """Return what `work` returns in one of QGIS's threads, as the plugin calls it."""
    call = BackgroundCall("test", lambda _call: work())
    outcomes: list = []
    call.answered.connect(outcomes.append)
    call.refused.connect(outcomes.append)
    call.start()
    qtbot.waitUntil(lambda: bool(outcomes), timeout=15_000)
    return outcomes[0]


def sent(request: Request, **options):
    with closing(QgisTransport()) as transport:
        return transport.send(request, **options)


def test_the_gui_thread_itself_may_ask(qtbot, qgis_app, server):
    assert sent(Request("PUT", f"{server}/x", {}, (b"abc",))).body.decode().startswith("PUT None 3 ")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_every_verb_with_body_and_headers(qtbot, qgis_app, server, method):
    body = (b"",) if method == "GET" else (b"abc", b"def")
    answer = in_background(qtbot, lambda: sent(Request(method, f"{server}/x", {"Authorization": "Bearer t"}, body)))
    size, digest = (0, hashlib.md5(b"").hexdigest()) if method == "GET" else (6, hashlib.md5(b"abcdef").hexdigest())
    assert answer.status == 418 and not answer.ok and answer.headers["x-odd"] == "Yes"
    assert answer.body.decode() == f"{method} Bearer t {size} {digest}"


def test_a_file_is_streamed_and_its_progress_told(qtbot, qgis_app, server, tmp_path):
    content = bytes(range(256)) * 20_000
    (tmp_path / "file").write_bytes(b"skip" + content)
    told: list = []
    pieces = (b"head", FileSlice(tmp_path / "file", 4, len(content)), b"tail")
    answer = in_background(qtbot, lambda: sent(Request("PUT", server, {}, pieces), sent=lambda *s: told.append(s)))
    assert answer.body.decode().split()[2:] == [
        str(len(content) + 8),
        hashlib.md5(b"head" + content + b"tail").hexdigest(),
    ]
    assert told[-1] == (len(content) + 8, len(content) + 8) and told == sorted(told)


def test_a_token_is_not_carried_elsewhere(qtbot, qgis_app, server):
    answer = in_background(qtbot, lambda: sent(Request("GET", f"{server}/moved", {"Authorization": "Bearer t"})))
    assert answer.status == 302 and answer.headers["location"] == "/elsewhere"


def test_nobody_answers(qtbot, qgis_app):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    error = in_background(qtbot, lambda: sent(Request("GET", f"http://127.0.0.1:{port}/")))
    assert isinstance(error, Unavailable) and str(port) in error.what and error.cure


def test_cancel_ends_a_transfer_at_once(qtbot, qgis_app, server):
    call = BackgroundCall("test", lambda call: sent(Request("GET", f"{server}/slow"), cancel=call.cancelled))
    errors: list = []
    call.refused.connect(errors.append)
    call.start()
    qtbot.wait(200)
    call.cancel()
    qtbot.waitUntil(lambda: bool(errors), timeout=1000)
    assert isinstance(errors[0], Cancelled)


def test_a_server_that_is_silent_is_given_up(qtbot, qgis_app, server):
    error = in_background(qtbot, lambda: sent(Request("GET", f"{server}/slow", timeout=0.3)))
    assert isinstance(error, Unavailable)


def test_an_error_arrives_without_the_frames_of_its_thread(qtbot, qgis_app):
    def fail() -> None:
        raise GeoPubError("It broke.") from ValueError("inside")

    error = in_background(qtbot, fail)
    assert error.what == "It broke." and error.__traceback__ is None and error.__cause__ is None


def test_a_full_disk_is_said_in_words(qtbot, qgis_app):
    def fail() -> None:
        raise OSError(28, "No space left on device")

    assert "No space left" in in_background(qtbot, fail).why


def test_a_file_that_became_shorter_ends_the_transfer(qtbot, qgis_app, server, tmp_path):
    file = tmp_path / "cut.bin"
    file.write_bytes(bytes(1_000_000))
    request = Request("PUT", f"{server}/x", {}, (FileSlice(file, 0, 20_000_000),), timeout=60.0)
    error = in_background(qtbot, lambda: sent(request))
    assert isinstance(error, JobFailed) and "cut.bin" in error.why


def test_a_request_that_cannot_be_made_is_answered_at_once(qtbot, qgis_app, server):
    error = in_background(qtbot, lambda: sent(Request("GET", f"{server}/x", {"Näme": "x"})))
    assert isinstance(error, JobFailed) and "UnicodeEncodeError" in error.why
