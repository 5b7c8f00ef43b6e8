"""Messages at the end of executions, to a real mail server and to a real listener on the web."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.notifications.callbacks import checked_callback, read_callback
from geopub_plugin.backend.notifications.mail import MailServer
from geopub_plugin.backend.notifications.notice import Notice
from geopub_plugin.backend.notifications.webhook import Webhook
from geopub_plugin.backend.settings import Settings

from .receivers import PATIENCE, SECRET, Mailbox, server_of

NOTICE = Notice("e-1", "Intégration", "SUCCESS", "d-1", "o-1", "Les communes", "Communes", 125, to=("a@example.org",))


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
