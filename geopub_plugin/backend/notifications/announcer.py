"""When an execution ends: who is to be told, and which ways there are."""

from __future__ import annotations

import logging
import smtplib
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Dict, Optional, Protocol, Sequence

from sqlalchemy import Connection

from ..catalogue import outbox
from ..catalogue.executions import Execution, executions, log
from ..catalogue.outbox import Letter
from ..catalogue.programs import processing
from ..catalogue.store import Store
from ..catalogue.stored_data import stored_data
from ..errors import InvalidInput, NotFound
from ..faults import Fault
from ..settings import Settings
from ..translation import tr
from .callbacks import Callback, read_callback
from .mail import MailServer
from .notice import Notice
from .postman import Postman
from .webhook import Webhook

PAUSES = (2.0, 30.0, 300.0)  # seconds before the second, third and fourth try; after that it is given up
MAIL, WEBHOOK = "mail", "webhook"

_FAULTS = 20  # in one message

_log = logging.getLogger(__name__)


class Way(Protocol):
    """A way for a message to go."""

    def send(self, notice: Notice) -> None:
        """Deliver it, or raise OSError or SMTPException."""


class Announcer:
    """Tells of the end of executions: by e-mail whom their callback names, by webhook of all that ran long.

    What is to be told is in the outbox of the catalogue from the moment at which an execution ends: a message may
    arrive twice, when the backend is killed as it delivers it, and is never lost.
    """

    def __init__(self, store: Store, settings: Settings, pauses: Sequence[float] = PAUSES) -> None:
        """Begin to deliver, first of all what an earlier backend has left."""
        self._store, self._settings, self._pauses = store, settings, tuple(pauses)
        self._ways: Dict[str, Optional[Way]] = {MAIL: mail_server(settings), WEBHOOK: webhook(settings)}
        self._postman = Postman(self._work)
        self._postman.start()

    def ended(self, _execution: str) -> None:
        """Look into the outbox: an execution has ended."""
        self._postman.wake()

    def stop(self) -> None:
        """End within a moment."""
        self._postman.stop()

    def _work(self) -> Optional[float]:
        """Do what is due first; return the seconds until the next is, None when nothing waits."""
        with self._store.reading() as connection:
            letter = outbox.first(connection)
        if letter is None:
            return None
        wait = letter.waits()
        if wait > 0:
            return wait
        if letter.way:
            self._deliver(letter)
        else:
            self._address(letter)
        return 0.0

    def _address(self, letter: Letter) -> None:
        """Find out who is to be told, and what."""
        with self._store.writing() as connection:
            try:
                notice = self._notice(connection, executions.get(connection, letter.execution))
            except NotFound:  # deleted meanwhile, with what it made
                outbox.letters.remove(connection, letter.id)
                return
            ways = [MAIL] if notice.to else []
            if self._ways[WEBHOOK] is not None and notice.seconds >= self._settings.notify_seconds:
                ways.append(WEBHOOK)
            outbox.address(connection, letter, ways, asdict(notice))

    def _deliver(self, letter: Letter) -> None:
        notice, way = Notice.from_json(letter.notice), self._ways[letter.way]
        failure = None if way is None else _tried(way, notice)
        if self._postman.abandoned:
            return
        with self._store.writing() as connection:
            if failure is not None and letter.tries < len(self._pauses):
                _log.warning("%s of execution %s: %s", letter.way, letter.execution, type(failure).__name__)
                outbox.postpone(connection, letter, self._pauses[letter.tries])
                return
            outbox.letters.remove(connection, letter.id)
            self._note(connection, letter.execution, _outcome(letter.way, way is not None, failure))

    def _notice(self, connection: Connection, execution: Execution) -> Notice:
        callback = _callback(execution)
        output = stored_data.get(connection, execution.output or "")
        link = callback.link(execution.datastore, output.id) if callback else ""
        return Notice(
            execution.id,
            processing(execution.program).name,
            execution.status,
            execution.datastore,
            output.id,
            output.name,
            output.tags.get("datasheet_name", ""),
            _seconds(execution),
            tuple(Fault.from_json(wire).sentence for wire in execution.faults[:_FAULTS]),
            link,
            callback.to if callback else (),
        )

    def _note(self, connection: Connection, execution: str, line: str) -> None:
        try:
            executions.get(connection, execution)
        except NotFound:  # deleted meanwhile
            return
        log(connection, execution, [line])


def _outcome(way: str, known: bool, failure: Optional[Exception]) -> str:
    """Return what the log of the execution says of a message that has gone, or that never will."""
    name = tr("e-mail") if way == MAIL else tr("webhook")
    if not known and way == WEBHOOK:
        return "INFO " + tr("Message not sent: the settings of this backend name no webhook any more.")
    if not known:
        return "INFO " + tr("No e-mail is sent: the settings of this backend name no mail server.")
    if failure is None:
        return "INFO " + tr("Message sent: {way}.", way=name)
    return "WARNING " + tr("Message not sent: {way} ({reason}).", way=name, reason=type(failure).__name__)


def _tried(way: Way, notice: Notice) -> Optional[Exception]:
    try:
        way.send(notice)
    except (OSError, smtplib.SMTPException) as error:  # what they say may hold an address or a password
        return error
    return None


def mail_server(settings: Settings) -> Optional[MailServer]:
    """Return the server that the settings name, None for none."""
    if not settings.smtp_host:
        return None
    password = Path(settings.smtp_password_file) if settings.smtp_password_file else None
    sender = settings.mail_from or f"geopub@{settings.smtp_host}"
    return MailServer(
        settings.smtp_host, settings.smtp_port, settings.smtp_security, sender, settings.smtp_user, password
    )  # fmt: skip


def webhook(settings: Settings) -> Optional[Webhook]:
    """Return where the settings say that a program listens, None for nowhere."""
    if not settings.webhook_url:
        return None
    return Webhook(settings.webhook_url, Path(settings.webhook_secret_file) if settings.webhook_secret_file else None)


def _callback(execution: Execution) -> Optional[Callback]:
    try:
        return read_callback(execution.callback)
    except InvalidInput:  # kept by an older GeoPub
        return None


def _seconds(execution: Execution) -> int:
    if not execution.started or not execution.finished:
        return 0
    begin, end = (
        datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (execution.started, execution.finished)
    )
    return max(0, int((end - begin).total_seconds()))
