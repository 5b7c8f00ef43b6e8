"""The access log, log/access.log: who asked what, when, with which answer; what opens something is never in it."""

from __future__ import annotations

import logging
import re
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

from flask import Flask, Response, g, request

from .masking import masked

FILE = "access.log"

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def keep_journal(app: Flask, folder: Path) -> logging.Handler:
    """Note each request in the common form of web servers (combined log format), turned over at 10 MB.

    Returns:
        The open file, for its owner to close.
    """
    handler = RotatingFileHandler(folder / FILE, maxBytes=10_000_000, backupCount=9, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(message)s"))
    journal = logging.Logger("geopub.access", logging.INFO)  # of this application, below no other
    journal.addHandler(handler)

    @app.after_request
    def note(response: Response) -> Response:
        journal.info("%s", _line(response))
        return response

    return handler


def _line(response: Response) -> str:
    caller = g.get("caller")
    user = caller.user.email if caller else "-"
    moment = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
    target = _plain(masked(request.full_path.rstrip("?")))
    size = response.content_length if response.content_length is not None else "-"
    asked = f"{_plain(request.method)} {target} {request.environ.get('SERVER_PROTOCOL', 'HTTP/1.1')}"
    told = [_plain(masked(request.headers.get(name, "-"))) for name in ("Referer", "User-Agent")]
    return (
        f'{request.remote_addr or "-"} - {_plain(user)} [{moment}] "{asked}" {response.status_code} {size} '
        + " ".join(f'"{one}"' for one in told)
    )


def _plain(text: str) -> str:
    """Return a text that stays on its line and inside its quotation marks."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')[:2000]
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", escaped)
