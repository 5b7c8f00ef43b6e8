"""A mail server and a web server of the tests, which keep what they get."""

from __future__ import annotations

import http.server
import queue
import socket
import threading
from pathlib import Path
from typing import Any, List

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from geopub_plugin.backend.notifications.mail import MailServer

SECRET = "s3cret-of-the-tests"
PATIENCE = 60  # seconds: the machine may be busy


class Mailbox:
    """A mail server that keeps what it gets."""

    def __init__(self, refuse: int = 0) -> None:
        self.received: queue.Queue = queue.Queue()
        self.logins: List[Any] = []
        self._refuse = refuse

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self._refuse:
            self._refuse -= 1
            return "451 later"
        self.received.put(envelope)
        return "250 OK"

    def __call__(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password.decode() == SECRET)


def server_of(controller: Controller, tmp_path: Path, user: str = "geopub") -> MailServer:
    password = tmp_path / "password"
    password.write_text(f"{SECRET}\n")
    return MailServer("127.0.0.1", controller.port, "none", "geopub@example.org", user, password)


class Listener:
    """A web server that keeps what is posted to it."""

    def __init__(self, *statuses: int, port: int = 0) -> None:
        self.received: queue.Queue = queue.Queue()
        outer, answers = self, list(statuses)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = answers.pop(0) if answers else 204
                outer.received.put((self.path, dict(self.headers), body, status))
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", f"http://127.0.0.1:{outer.server.server_port}/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?key={SECRET}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
