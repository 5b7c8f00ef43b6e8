"""Messages by e-mail, through the server that the settings name (RFC 5321, RFC 8314)."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Optional

from .notice import Notice

_SECONDS = 20.0  # for each step of the conversation


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over."""

    host: str
    port: int
    security: str  # "starttls", "tls" or "none"
    sender: str
    user: str = ""
    password_file: Optional[Path] = None

    def send(self, notice: Notice) -> None:
        """Hand a message over; raise OSError or SMTPException when that cannot be done."""
        with self._connected() as server:
            if self.user:
                server.login(self.user, self._password())
            refused = server.send_message(self._message(notice), self.sender, list(notice.to))
        if refused:
            raise smtplib.SMTPRecipientsRefused(refused)

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=_SECONDS, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=_SECONDS)
        if self.security == "starttls":
            server.starttls(context=context)
        return server

    def _password(self) -> str:
        return "" if self.password_file is None else self.password_file.read_text("utf-8").strip()

    def _message(self, notice: Notice) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = " ".join(notice.subject.split())
        message["From"] = self.sender
        message["To"] = ", ".join(notice.to)
        message["Date"] = formatdate()
        domain = self.sender.rpartition("@")[2] or "geopub.invalid"
        message["Message-ID"] = f"<{notice.execution}@{domain}>"  # the same, should it be sent a second time
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answers from machines
        message.set_content(notice.text)
        return message
