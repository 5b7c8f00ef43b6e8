"""A small real HTTP server: each test says what it answers, and reads what it was asked."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, Iterator, List, Tuple
from urllib.parse import parse_qsl, urlsplit

import pytest

from geopub_plugin.publish.client import Connection
from geopub_plugin.publish.requests_transport import RequestsTransport


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: Dict[str, str]
    headers: Dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = Tuple[int, Any, Dict[str, str]]


class StubServer:
    """Answers each route by a function of what was asked."""

    def __init__(self) -> None:
        self.asked: List[Asked] = []
        self.routes: Dict[Tuple[str, str], Callable[[Asked], Any]] = {}
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def answer(self) -> None:
                stub.answer(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/api"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def on(self, method: str, path: str, answer: Any) -> None:
        self.routes[method, path] = answer if callable(answer) else lambda _: answer

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(handler.command, parts.path[len("/api/") :], dict(parse_qsl(parts.query)), headers, body)
        self.asked.append(asked)
        found = self.routes.get((asked.method, asked.path), lambda _: (404, {"error": "no route"}))(asked)
        status, wire, more = (*found, {})[:3] if isinstance(found, tuple) else (200, found, {})
        data = wire if isinstance(wire, bytes) else json.dumps(wire).encode()
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **more}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.close_connection = "Content-Length" in more
        handler.wfile.write(data)


@pytest.fixture
def server() -> Iterator[StubServer]:
    stub = StubServer()
    yield stub
    stub.http.shutdown()
    stub.http.server_close()


@pytest.fixture
def connection(server: StubServer) -> Connection:
    return Connection(RequestsTransport(), server.url, "secret-token")
