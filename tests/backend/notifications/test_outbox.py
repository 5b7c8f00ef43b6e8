"""The outbox: a message is there from the end of its execution on, until it is delivered, whatever happens between."""

from __future__ import annotations

import logging
import time
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, Iterator, List

import pytest

from geopub_plugin.backend.catalogue import outbox
from geopub_plugin.backend.catalogue.executions import PROCESSING, Execution, executions, log_lines, move
from geopub_plugin.backend.catalogue.programs import INTEGRATION
from geopub_plugin.backend.catalogue.spaces import datastores
from geopub_plugin.backend.catalogue.store import Store
from geopub_plugin.backend.catalogue.stored_data import create_output, stored_data
from geopub_plugin.backend.data_folder import DataFolder
from geopub_plugin.backend.faults import Fault, Severity
from geopub_plugin.backend.notifications.announcer import Announcer
from geopub_plugin.backend.settings import Settings

from .receivers import PATIENCE, SECRET, Listener, Mailbox, free_port

CALLBACK = {"type": "email", "to_address": ["a@example.org"], "entity_url": "https://x.org/{{ datastore }}/{{output}}"}
NEVER = {"smtp_host": "127.0.0.1", "smtp_port": 1, "smtp_security": "none"}  # nobody listens there


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with DataFolder(tmp_path / "data") as folder:
        opened = Store(folder)
        yield opened
        opened.close()


def running_execution(store: Store, callback: Any, seconds: int = 100) -> Execution:
    """Return an execution that began so many seconds ago."""
    with store.writing() as connection:
        space = datastores.find(connection)[0]
        output = create_output(connection, space.id, "Les communes", "VECTOR-DB")
        begin = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() - seconds))
        return executions.add(
            connection, datastore=space.id, family=PROCESSING, program=INTEGRATION.id, status="PROGRESS",
            output=output.id, callback=callback, started=begin,
            faults=[Fault("geometry.invalid", Severity.REPAIRED, "Invalid geometries: 3.").as_json()],
        )  # fmt: skip


def ended_execution(store: Store, callback: Any, seconds: int = 100, status: str = "SUCCESS") -> str:
    execution = running_execution(store, callback, seconds)
    with store.writing() as connection:
        return move(connection, execution, status).id


def waiting(store: Store) -> List[str]:
    """Return the ways of the messages that wait."""
    with store.reading() as connection:
        return [letter.way for letter in outbox.letters.find(connection)]


def emptied(store: Store, announcer: Announcer) -> None:
    """Wait until nothing is left to be told."""
    with store.database.committed:
        assert store.database.committed.wait_for(lambda: waiting(store) == [], PATIENCE)
    announcer.stop()


def said(store: Store, execution: str) -> List[str]:
    with store.reading() as connection:
        return log_lines(connection, execution, 0, 100)[0]


def announced(store: Store, execution: str, pauses: Any = (0.0, 0.0), **told: Any) -> List[str]:
    """Tell of the end of an execution, and return what its log says of it once all is delivered."""
    announcer = Announcer(store, Settings(store.folder.path, **told), pauses)
    announcer.ended(execution)
    emptied(store, announcer)
    return said(store, execution)


def settings_of(controller: Any) -> Any:
    return {"smtp_host": "127.0.0.1", "smtp_port": controller.port, "smtp_security": "none"}


# Who is told, and what ----------------------------------------------------------------------------------------------


def test_who_asked_gets_a_mail(store: Store, mail: Any) -> None:
    box = Mailbox()
    execution = ended_execution(store, CALLBACK, status="FAILURE")
    assert announced(store, execution, **settings_of(mail(box))) == ["INFO Message sent: e-mail."]
    message = message_from_bytes(box.received.get(timeout=PATIENCE).content, policy=policy.default)
    assert message["Subject"] == "GeoPub: “Les communes” has failed"
    assert message["Message-ID"].startswith(f"<{execution}@")
    assert "Invalid geometries: 3." in message.get_content()
    assert "https://x.org/" in message.get_content()


def test_nobody_asked(store: Store) -> None:
    assert announced(store, ended_execution(store, None), **NEVER) == []


def test_without_a_mail_server_the_log_says_so(store: Store) -> None:
    (line,) = announced(store, ended_execution(store, CALLBACK))
    assert "no mail server" in line


@pytest.mark.parametrize(("seconds", "calls"), [(20, 0), (60, 1)])
def test_the_webhook_hears_of_long_executions(seconds: int, calls: int, store: Store, listen: Any) -> None:
    listener = listen()
    lines = announced(store, ended_execution(store, None, seconds), webhook_url=listener.url)
    assert (listener.received.qsize(), len(lines)) == (calls, calls)


# Again and again ----------------------------------------------------------------------------------------------------


def test_what_fails_is_tried_again(store: Store, mail: Any, listen: Any) -> None:
    told = {**settings_of(mail(Mailbox(refuse=2))), "webhook_url": listen(500, 503).url}
    lines = announced(store, ended_execution(store, CALLBACK), **told)
    assert sorted(lines) == ["INFO Message sent: e-mail.", "INFO Message sent: webhook."]


def test_what_fails_again_and_again_is_given_up_and_no_secret_is_told(store: Store, listen: Any, caplog: Any) -> None:
    listener = listen(*[500] * 10)
    with caplog.at_level(logging.DEBUG, "geopub_plugin"):
        lines = announced(store, ended_execution(store, None), webhook_url=listener.url)
    assert lines == ["WARNING Message not sent: webhook (HTTPError)."]
    assert listener.received.qsize() == 3
    assert "HTTPError" in caplog.text
    assert SECRET not in caplog.text


def test_one_that_nobody_takes_does_not_keep_another_waiting(store: Store, listen: Any) -> None:
    first, second = ended_execution(store, CALLBACK, 10), ended_execution(store, None, 100)
    listener = listen()
    announcer = Announcer(store, Settings(store.folder.path, **NEVER, webhook_url=listener.url), [3600])
    assert second in listener.received.get(timeout=PATIENCE)[2].decode()
    announcer.stop()
    assert waiting(store) == ["mail"]
    assert said(store, first) == []


def test_a_postman_ends_although_he_waits(store: Store) -> None:
    ended_execution(store, CALLBACK)
    announcer = Announcer(store, Settings(store.folder.path, **NEVER), [3600])
    with store.database.committed:
        assert store.database.committed.wait_for(lambda: waiting(store) == ["mail"], PATIENCE)
    announcer.stop()
    assert not announcer._postman._thread.is_alive()


# A backend that ends between ----------------------------------------------------------------------------------------


def test_the_end_of_an_execution_and_its_message_are_one_commit(store: Store) -> None:
    execution = running_execution(store, CALLBACK)
    with pytest.raises(ZeroDivisionError), store.writing() as connection:
        move(connection, execution, "FAILURE")
        raise ZeroDivisionError
    assert waiting(store) == []
    with store.writing() as connection:
        move(connection, execution, "FAILURE")
    assert waiting(store) == [""]


def test_the_next_backend_delivers_what_the_former_one_did_not_begin(store: Store, mail: Any) -> None:
    execution = ended_execution(store, CALLBACK)  # and nobody is there to be told of it
    box = Mailbox()
    emptied(store, Announcer(store, Settings(store.folder.path, **settings_of(mail(box)))))
    assert box.received.get(timeout=PATIENCE).rcpt_tos == ["a@example.org"]
    assert said(store, execution) == ["INFO Message sent: e-mail."]


def test_the_next_backend_goes_on_with_what_the_former_one_could_not_deliver(store: Store, listen: Any) -> None:
    execution, port = ended_execution(store, None), free_port()
    settings = Settings(store.folder.path, webhook_url=f"http://127.0.0.1:{port}/hook")
    former = Announcer(store, settings, [0.2] * 1000)
    with store.database.committed:
        assert store.database.committed.wait_for(lambda: waiting(store) == ["webhook"], PATIENCE)
    former.stop()
    assert waiting(store) == ["webhook"]
    listener = Listener(port=port)
    try:
        emptied(store, Announcer(store, settings))
        assert execution in listener.received.get(timeout=PATIENCE)[2].decode()
    finally:
        listener.close()


def test_what_was_deleted_meanwhile_is_told_of_only_if_it_was_written_before(store: Store, listen: Any) -> None:
    execution = ended_execution(store, CALLBACK)
    with store.writing() as connection:
        stored_data.remove(connection, executions.get(connection, execution).output or "")
    assert waiting(store) == [""]
    emptied(store, Announcer(store, Settings(store.folder.path, **NEVER)))
