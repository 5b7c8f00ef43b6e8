"""When an execution ends: who is to be told, and which ways there are."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Optional

from ..catalogue.executions import PROCESSING, Execution, executions, log
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

_FAULTS = 20  # in one message


class Announcer:
    """Tells of the end of executions: by e-mail whom their callback names, by webhook of all that ran long."""

    def __init__(self, store: Store, settings: Settings, postman: Optional[Postman] = None) -> None:
        self._store, self._settings = store, settings
        self._mail, self._webhook = mail_server(settings), webhook(settings)
        self._postman = postman or Postman(self._told)

    def ended(self, identifier: str) -> None:
        """Tell of an execution that has ended."""
        with self._store.reading() as connection:
            execution = executions.get(connection, identifier)
        if execution.family != PROCESSING:
            return
        notice = self._notice(execution)
        if notice.to and self._mail is not None:
            self._postman.take(notice, tr("e-mail"), self._mail)
        elif notice.to:
            self._note(identifier, "INFO " + tr("No e-mail is sent: the settings of this backend name no mail server."))
        if self._webhook is not None and notice.seconds >= self._settings.notify_seconds:
            self._postman.take(notice, tr("webhook"), self._webhook)

    def stop(self) -> None:
        """End within a moment."""
        self._postman.stop()

    def _notice(self, execution: Execution) -> Notice:
        callback = _callback(execution)
        with self._store.reading() as connection:
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

    def _told(self, notice: Notice, name: str, failure: Optional[Exception]) -> None:
        if failure is None:
            self._note(notice.execution, "INFO " + tr("Message sent: {way}.", way=name))
        else:
            reason = type(failure).__name__
            self._note(
                notice.execution, "WARNING " + tr("Message not sent: {way} ({reason}).", way=name, reason=reason)
            )

    def _note(self, execution: str, line: str) -> None:
        with self._store.writing() as connection:
            try:
                executions.get(connection, execution)
            except NotFound:  # deleted meanwhile
                return
            log(connection, execution, [line])


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
