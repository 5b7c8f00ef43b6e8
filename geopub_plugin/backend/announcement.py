"""How a running backend tells the other processes of its user where it is: the file server.json of a data folder."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Optional

FILE = "server.json"


@dataclass(frozen=True)
class Announcement:
    """Where a backend answers, and the token that opens it."""

    url: str  # "http://127.0.0.1:8123"
    pid: int
    token: str = field(repr=False)
    version: str
    handover: str = ""  # folder into which a client on this computer may put what it delivers; "" for none


def announce(data: Path, announcement: Announcement) -> None:
    """Write the announcement so that only its user can read it, in one piece."""
    made = data / f"{FILE}.new"
    made.unlink(missing_ok=True)
    file = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as text:
        json.dump(asdict(announcement), text, indent=1)
        text.flush()
        os.fsync(text.fileno())
    os.replace(made, data / FILE)


def withdraw(data: Path) -> None:
    """Remove the announcement."""
    (data / FILE).unlink(missing_ok=True)


def announced(data: Path) -> Optional[Announcement]:
    """Return what the backend on this data folder announced, or None; a backend that was killed leaves its own."""
    try:
        wire = json.loads((data / FILE).read_text("utf-8"))
        told = str(wire["url"]), int(wire["pid"]), str(wire["token"]), str(wire["version"])
        return Announcement(*told, str(wire.get("handover") or ""))
    except (OSError, ValueError, KeyError, TypeError):
        return None
