"""The backend's log: DATA/log/backend.log, turned over at a megabyte. Tokens and request headers are never logged."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Iterator

from .access.masking import MaskingFormatter

FILE = "backend.log"


@contextmanager
def logging_to(folder: Path) -> Iterator[None]:
    """Log to a folder within this context, also what ended a thread. Nothing goes to stderr: nobody may read it."""
    handler = RotatingFileHandler(folder / FILE, maxBytes=1_000_000, backupCount=3, encoding="utf-8")
    handler.setFormatter(MaskingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    hook, threading.excepthook = threading.excepthook, _log_uncaught
    try:
        yield
    except BaseException:
        root.exception("the backend ends with an error")
        raise
    finally:
        threading.excepthook = hook
        root.removeHandler(handler)
        handler.close()


def _log_uncaught(caught: threading.ExceptHookArgs) -> None:
    if caught.exc_value is not None:
        name = caught.thread.name if caught.thread else "?"
        logging.getLogger(__name__).critical("the thread “%s” ended with an error", name, exc_info=caught.exc_value)
