"""Listening, answering, and an end that lets running answers finish."""

from __future__ import annotations

import http.client
import queue
import socket
import threading
import time

import pytest

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.http_channel import Channel
from geopub_plugin.backend.http_server import HttpServer
from geopub_plugin.backend.listening import PortTaken, bound_socket, url_of
from geopub_plugin.backend.settings import Settings
from geopub_plugin.backend.stopping import StopRequest

PIECES = [bytes([48 + place]) * size for place, size in enumerate((10, 3_000_000, 1, 40_000, 5_000_000, 32_768, 7))]


class Application:
    """Answers "/" at once, "/slow" when `go` is set, "/pieces" in small and large ones, and "/endless" for ever."""

    def __init__(self) -> None:
        self.entered, self.go, self.left = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, environment, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        path = environment["PATH_INFO"]
        if path == "/slow":
            self.entered.set()
            self.go.wait(10)
        if path == "/pieces":
            return iter(PIECES)
        return self.endless() if path == "/endless" else [path.encode()]

    def endless(self):
        try:
            while True:
                yield b"x" * 65536
                self.entered.set()
        finally:
            self.left.set()


@pytest.fixture
def application():
    return Application()


@pytest.fixture
def served(application, tmp_path):
    """Run a server in a thread; give its address and a function that ends it and returns the seconds that took."""
    bound = bound_socket("127.0.0.1", 0)
    stop = StopRequest()
    server = HttpServer(application, bound, Settings(tmp_path, threads=2))
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()

    def end() -> float:
        begin = time.monotonic()
        stop.utter()
        thread.join(10)
        assert not thread.is_alive()
        return time.monotonic() - begin

    address = bound.getsockname()
    yield address, end
    application.go.set()
    end()


def get(address, path="/"):
    connection = http.client.HTTPConnection(*address, timeout=10)
    connection.request("GET", path)
    return connection.getresponse()


def test_an_idle_server_ends_at_once_also_with_connections_kept_alive(served):
    address, end = served
    kept = http.client.HTTPConnection(*address, timeout=10)
    kept.request("GET", "/hello")
    assert kept.getresponse().read() == b"/hello"
    assert end() < 1
    with pytest.raises(ConnectionRefusedError):
        get(address)


def test_a_running_answer_is_finished_and_no_new_one_begun(served, application):
    address, end = served
    answers = []
    asking = threading.Thread(target=lambda: answers.append(get(address, "/slow").read()))
    asking.start()
    assert application.entered.wait(5)
    threading.Timer(0.2, application.go.set).start()
    assert end() < 1
    asking.join(5)
    assert answers == [b"/slow"]


def test_an_answer_that_nobody_reads_is_cut_off(served, application):
    address, end = served
    connection = http.client.HTTPConnection(*address, timeout=10)
    connection.request("GET", "/endless")
    assert application.entered.wait(5)
    assert end() < 2
    assert application.left.is_set()


def test_the_port_of_the_last_time_is_taken_again_when_it_is_free():
    with bound_socket("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with bound_socket("127.0.0.1", 0, last_port=port) as second:
            assert second.getsockname()[1] != port
    with bound_socket("127.0.0.1", 0, last_port=port) as third:
        assert third.getsockname()[1] == port


def test_a_port_that_is_taken_is_refused_with_a_cure():
    with bound_socket("127.0.0.1", 0) as first, pytest.raises(PortTaken) as caught:
        bound_socket("127.0.0.1", first.getsockname()[1])
    assert "127.0.0.1" in caught.value.what and "--port" in caught.value.cure and caught.value.why


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1"])
def test_a_host_that_is_not_this_computer_is_refused(host):
    with pytest.raises(InvalidInput) as caught:
        bound_socket(host, 0)
    assert host in caught.value.what


@pytest.mark.parametrize(
    ("host", "reached"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]")]
)
def test_the_url_is_one_that_this_computer_reaches(host, reached):
    if ":" in host and not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        bound = bound_socket(host, 0)
    except InvalidInput:
        pytest.skip("no IPv6 here")
    with bound:
        assert url_of(bound) == f"http://{reached}:{bound.getsockname()[1]}"


def test_a_reader_that_stalls_is_hung_up_on_and_frees_its_thread(application, tmp_path):
    bound, stop = bound_socket("127.0.0.1", 0), StopRequest()
    server = HttpServer(application, bound, Settings(tmp_path, threads=1), stalled_seconds=1.0)
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    try:
        with socket.create_connection(bound.getsockname()) as stalled:
            stalled.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
            assert application.left.wait(30)  # the answer was closed, though nobody has read it
            connection = http.client.HTTPConnection(*bound.getsockname(), timeout=30)
            connection.request("GET", "/next")
            assert connection.getresponse().read() == b"/next"  # by the only thread
            connection.close()
    finally:
        stop.utter()
        thread.join(10)


class Hurried(HttpServer):
    """Has somebody connect when it has hung up on somebody else, before the loop looks at its connections again."""

    def _look_after(self, now):
        coming = socket.socket()  # before: it would get the number of the connection that has gone
        served = dict(self._server.active_channels)
        super()._look_after(now)
        gone = [served[number] for number in set(served) - set(self._server.active_channels)]
        if not gone:
            coming.close()
            return
        assert self.answered.wait(30)  # until the thread that answered knows, too
        coming.connect(self._server.socket.getsockname())
        coming.sendall(b"GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.came.put(coming)


def test_who_comes_as_another_is_hung_up_on_is_not_hung_up_on_too(application, tmp_path):
    bound, stop = bound_socket("127.0.0.1", 0), StopRequest()
    server = Hurried(application, bound, Settings(tmp_path, threads=1), stalled_seconds=1.0)
    server.came, server.answered = queue.Queue(), threading.Event()

    class Told(Channel):
        def service(self):
            super().service()
            server.answered.set()

    server._server.channel_class = Told
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    try:
        with socket.create_connection(bound.getsockname()) as stalled:
            stalled.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
            with server.came.get(timeout=30) as coming, coming.makefile("rb") as answer:
                assert answer.read().endswith(b"/next")
    finally:
        stop.utter()
        thread.join(10)


class Downloads:
    """Sends features in pieces, as slowly as they are read, and anything else at once."""

    def __call__(self, environment, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        fetched = environment["PATH_INFO"].endswith(("/wfs/ows", "/items"))
        return (b"x" * 100_000 for _ in range(60)) if fetched else [b"tile"]


@pytest.mark.parametrize(
    "path", ["/wfs/ows?service=WFS&request=GetFeature", "/private/ogc/features/collections/a/items"]
)
def test_who_fetches_features_keeps_no_tile_waiting(tmp_path, path):
    bound, stop = bound_socket("127.0.0.1", 0), StopRequest()
    server = HttpServer(Downloads(), bound, Settings(tmp_path, threads=2))
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()

    def asked(where: str) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(*bound.getsockname(), timeout=60)
        connection.request("GET", where)
        return connection

    try:
        fetching = [asked(path) for _ in range(50)]  # nobody reads yet: two threads wait, 48 requests too
        for _ in range(20):
            connection = asked("/tms/1.0.0/a/0/0/0.pbf")
            assert connection.getresponse().read() == b"tile"
            connection.close()
        assert asked("/wfs/ows?service=WFS&request=GetCapabilities").getresponse().status == 200
        for connection in fetching:
            assert len(connection.getresponse().read()) == 6_000_000
            connection.close()
    finally:
        stop.utter()
        thread.join(10)


class Drawing:
    """Draws maps when `go` is set, and answers anything else at once."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def __call__(self, environment, start_response):
        if environment["PATH_INFO"].endswith(("/wms-v/ows", "/wmts", ".png", "255.pbf")):
            self.go.wait(30)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"answer"]


@pytest.mark.parametrize(
    "path",
    ["/wms-v/ows?SERVICE=WMS&REQUEST=GetMap", "/private/wms-v/ows?request=GetLegend%47raphic", "/wmts?request=GetTile",
     "/wmts/1.0.0/roads/default/PM/0/0/0.png", "/tms/1.0.0/fonts/Sans/0-255.pbf"],
)  # fmt: skip
def test_who_has_maps_drawn_keeps_nobody_else_waiting(tmp_path, path):
    application, bound, stop = Drawing(), bound_socket("127.0.0.1", 0), StopRequest()
    thread = threading.Thread(target=HttpServer(application, bound, Settings(tmp_path, threads=2)).run, args=(stop,))
    thread.start()
    try:
        drawing = [http.client.HTTPConnection(*bound.getsockname(), timeout=30) for _ in range(10)]
        for connection in drawing:
            connection.request("GET", path)
        assert get(bound.getsockname(), "/tms/1.0.0/roads/0/0/0.pbf").read() == b"answer"
        application.go.set()
        for connection in drawing:
            assert connection.getresponse().read() == b"answer"
            connection.close()
    finally:
        application.go.set()
        stop.utter()
        thread.join(10)


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_pieces_of_any_size_arrive_in_order(served, version):
    address, _ = served
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(f"GET /pieces HTTP/{version}\r\nHost: localhost\r\n\r\n".encode())
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.getheader("Transfer-Encoding") == ("chunked" if version == "1.1" else None)
        assert response.read() == b"".join(PIECES)


def test_the_end_bears_that_an_answering_thread_wakes_the_loop_before_who_ends_it_does(application, tmp_path):
    bound, stop = bound_socket("127.0.0.1", 0), StopRequest()
    server = HttpServer(application, bound, Settings(tmp_path, threads=2))
    trigger, outcomes = server._server.trigger, queue.Queue()
    pull = trigger.pull_trigger

    def late(call=None):
        if call is None:
            pull()
            return
        called = threading.Event()
        pull(lambda: (call(), called.set()))  # as if somebody else had woken the loop
        assert called.wait(10)
        try:
            trigger._physical_pull()
        except OSError as failure:
            outcomes.put(failure)
        else:
            outcomes.put(None)

    trigger.pull_trigger = late
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    assert get(bound.getsockname()).read() == b"/"
    stop.utter()
    assert [outcomes.get(timeout=10) for _ in ("listens no more", "hangs up")] == [None, None]
    thread.join(10)
    assert not thread.is_alive()
