"""Messages at the end of executions, to a real mail server and to a real listener on the web."""

from __future__ import annotations

import hashlib
import hmac
import http.server
import json
import logging
import queue
import smtplib
import threading
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, Iterator, List

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from geopub_plugin.backend.catalogue.executions import PROCESSING, executions
from geopub_plugin.backend.catalogue.programs import INTEGRATION
from geopub_plugin.backend.catalogue.spaces import datastores
from geopub_plugin.backend.catalogue.store import Store
from geopub_plugin.backend.catalogue.stored_data import create_output
from geopub_plugin.backend.data_folder import DataFolder
from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.faults import Fault, Severity
from geopub_plugin.backend.notifications.announcer import Announcer
from geopub_plugin.backend.notifications.callbacks import checked_callback, read_callback
from geopub_plugin.backend.notifications.mail import MailServer
from geopub_plugin.backend.notifications.notice import Notice
from geopub_plugin.backend.notifications.postman import Postman
from geopub_plugin.backend.notifications.webhook import Webhook
from geopub_plugin.backend.settings import Settings
from geopub_plugin.backend.translation import language, use_language

SECRET = "s3cret-of-the-tests"
NOTICE = Notice("e-1", "Intégration", "SUCCESS", "d-1", "o-1", "Les communes", "Communes", 125, to=("a@example.org",))
PATIENCE = 10


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = language()
    use_language("en")
    yield
    use_language(before)


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


@pytest.fixture
def mail():
    """Start mail servers."""
    started = []

    def start(mailbox: Mailbox, **options: Any) -> Controller:
        controller = Controller(mailbox, hostname="127.0.0.1", port=0, authenticator=mailbox,
                                auth_require_tls=False, **options)  # fmt: skip
        controller.port = _free_port()
        controller.start()
        started.append(controller)
        return controller

    yield start
    for controller in started:
        controller.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Listener:
    """A web server that keeps what is posted to it."""

    def __init__(self, *statuses: int) -> None:
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

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?key={SECRET}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def listen() -> Iterator[Any]:
    started: List[Listener] = []

    def start(*statuses: int) -> Listener:
        started.append(Listener(*statuses))
        return started[-1]

    yield start
    for listener in started:
        listener.close()


def server_of(controller: Controller, tmp_path: Path, user: str = "geopub") -> MailServer:
    password = tmp_path / "password"
    password.write_text(f"{SECRET}\n")
    return MailServer("127.0.0.1", controller.port, "none", "geopub@example.org", user, password)


# Mail


def test_a_mail_says_what_has_ended(mail, tmp_path: Path) -> None:
    box = Mailbox()
    server_of(mail(box), tmp_path).send(NOTICE)
    envelope = box.received.get(timeout=PATIENCE)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("geopub@example.org", ["a@example.org"])
    assert box.logins == [("geopub", SECRET)]
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert message["Subject"] == "GeoPub: “Les communes” is ready"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "after 2 min 5 s" in message.get_content()


def test_a_name_cannot_add_headers(mail, tmp_path: Path) -> None:
    box = Mailbox()
    bad = Notice(**{**vars(NOTICE), "name": "x\r\nBcc: other@example.org"})
    server_of(mail(box), tmp_path, "").send(bad)
    envelope = box.received.get(timeout=PATIENCE)
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert message["Bcc"] is None
    assert envelope.rcpt_tos == ["a@example.org"]


def test_without_encryption_where_it_is_demanded_nothing_is_sent(mail, tmp_path: Path) -> None:
    box = Mailbox()
    plain = server_of(mail(box), tmp_path)
    with pytest.raises(smtplib.SMTPNotSupportedError):
        MailServer(**{**vars(plain), "security": "starttls"}).send(NOTICE)
    with pytest.raises(OSError):
        MailServer(**{**vars(plain), "security": "tls"}).send(NOTICE)
    assert (box.logins, box.received.empty()) == ([], True)


# Webhook


def test_a_webhook_gets_signed_json(listen, tmp_path: Path) -> None:
    listener = listen()
    (tmp_path / "secret").write_text(SECRET)
    Webhook(listener.url, tmp_path / "secret").send(NOTICE)
    path, headers, body, _ = listener.received.get(timeout=PATIENCE)
    assert path.startswith("/hook")
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-GeoPub-Signature"] == f"sha256={signature}"
    told = json.loads(body)
    assert (told["event"], told["status"], told["name"]) == ("execution.ended", "SUCCESS", "Les communes")
    assert "a@example.org" not in body.decode()


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_webhook_follows_no_redirection_and_tells_refusals(status: int, listen) -> None:
    listener = listen(status)
    with pytest.raises(OSError):
        Webhook(listener.url).send(NOTICE)
    listener.received.get(timeout=PATIENCE)
    assert listener.received.empty()


# Retries


def delivered_by(way: Any, pauses: List[float]) -> Any:
    told: queue.Queue = queue.Queue()
    postman = Postman(lambda notice, name, failure: told.put((name, failure)), pauses)
    try:
        postman.take(NOTICE, "way", way)
        return told.get(timeout=PATIENCE)
    finally:
        postman.stop()


def test_what_fails_is_tried_again(mail, listen, tmp_path: Path) -> None:
    assert delivered_by(server_of(mail(Mailbox(refuse=2)), tmp_path), [0, 0, 0]) == ("way", None)
    assert delivered_by(Webhook(listen(500, 503).url), [0, 0, 0]) == ("way", None)


def test_what_fails_again_and_again_is_given_up_and_no_secret_is_told(listen, caplog) -> None:
    listener = listen(*[500] * 10)
    with caplog.at_level(logging.DEBUG, "geopub_plugin"):
        name, failure = delivered_by(Webhook(listener.url), [0, 0])
    assert (name, type(failure).__name__) == ("way", "HTTPError")
    assert listener.received.qsize() == 3
    assert "HTTPError" in caplog.text
    assert SECRET not in caplog.text


def test_a_postman_ends_although_he_waits() -> None:
    class Never:
        def send(self, notice: Notice) -> None:
            raise OSError("nobody")

    postman = Postman(lambda *_: None, [3600])
    postman.take(NOTICE, "way", Never())
    postman.stop()
    assert not postman._thread.is_alive()


# What a client may ask for

CALLBACK = {"type": "email", "to_address": ["a@example.org"], "entity_url": "https://x.org/{{ datastore }}/{{output}}"}


def test_the_link_is_filled_in() -> None:
    assert read_callback(CALLBACK).link("d 1", "o") == "https://x.org/d%201/o"
    assert checked_callback(None) is None
    assert checked_callback(CALLBACK) == CALLBACK


@pytest.mark.parametrize(
    "asked",
    [
        "a@example.org",
        {"type": "api", "url": "http://169.254.169.254/"},
        {"type": "email"},
        {"type": "email", "to_address": []},
        {"type": "email", "to_address": ["a@example.org"] * 21},
        {"type": "email", "to_address": ["a@example.org\r\nBcc: b@example.org"]},
        {"type": "email", "to_address": ["nobody"]},
        {"type": "email", "to_address": [7]},
        {"type": "email", "to_address": ["a@example.org"], "entity_url": "javascript:alert(1)"},
        {"type": "email", "to_address": ["a@example.org"], "entity_url": ["x"]},
    ],
)
def test_callbacks_that_are_refused(asked: Any) -> None:
    with pytest.raises(InvalidInput):
        checked_callback(asked)


# The end of an execution


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with DataFolder(tmp_path / "data") as folder:
        opened = Store(folder)
        yield opened
        opened.close()


def ended_execution(store: Store, callback: Any, seconds: int = 100, status: str = "SUCCESS") -> str:
    with store.writing() as connection:
        space = datastores.find(connection)[0]
        output = create_output(connection, space.id, "Les communes", "VECTOR-DB")
        faults = [Fault("geometry.invalid", Severity.REPAIRED, "Invalid geometries: 3.").as_json()]
        return executions.add(
            connection, datastore=space.id, family=PROCESSING, program=INTEGRATION.id, status=status, output=output.id,
            callback=callback, faults=faults, started="2026-01-01T00:00:00.000000Z",
            finished=f"2026-01-01T00:{seconds // 60:02}:{seconds % 60:02}.000000Z",
        ).id  # fmt: skip


def announced(store: Store, execution: str, messages: int = 1, **told: Any) -> List[str]:
    """Tell of the end of an execution, and return what its log says of it once all is delivered."""
    from geopub_plugin.backend.catalogue.executions import log_lines

    announcer = Announcer(store, Settings(store.folder.path, **told))
    done = threading.Event()
    announcer._postman._delivered = lambda *given: (announcer._told(*given), done.set())
    announcer.ended(execution)
    assert done.wait(PATIENCE if messages else 0.1) == bool(messages)
    announcer.stop()
    with store.reading() as connection:
        return log_lines(connection, execution, 0, 100)[0]


def test_who_asked_gets_a_mail(store: Store, mail) -> None:
    box = Mailbox()
    controller = mail(box)
    told = {"smtp_host": "127.0.0.1", "smtp_port": controller.port, "smtp_security": "none"}
    execution = ended_execution(store, CALLBACK, status="FAILURE")
    assert announced(store, execution, **told) == ["INFO Message sent: e-mail."]
    message = message_from_bytes(box.received.get(timeout=PATIENCE).content, policy=policy.default)
    assert message["Subject"] == "GeoPub: “Les communes” has failed"
    assert "Invalid geometries: 3." in message.get_content()
    assert "https://x.org/" in message.get_content()


def test_nobody_asked(store: Store) -> None:
    assert announced(store, ended_execution(store, None), 0, smtp_host="127.0.0.1", smtp_port=1) == []


def test_without_a_mail_server_the_log_says_so(store: Store) -> None:
    (line,) = announced(store, ended_execution(store, CALLBACK), 0)
    assert "no mail server" in line


@pytest.mark.parametrize(("seconds", "calls"), [(59, 0), (60, 1)])
def test_the_webhook_hears_of_long_executions(seconds: int, calls: int, store: Store, listen) -> None:
    listener = listen()
    lines = announced(store, ended_execution(store, None, seconds), calls, webhook_url=listener.url)
    assert (listener.received.qsize(), len(lines)) == (calls, calls)


@pytest.mark.parametrize(
    "told",
    [
        {"smtp_security": "ssl"},
        {"mail_from": "nobody"},
        {"webhook_url": "file:///etc/passwd"},
        {"webhook_url": "http://user:secret@host/"},
        {"smtp_host": "a b"},
    ],
)
def test_settings_that_make_no_sense(told: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        Settings.read({}, data=tmp_path, **told)
    assert "secret@" not in str(refused.value.sentences)
