"""Preview links: signed, expiring, they show one offering before it is public, to whoever has the link."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path
from typing import Callable, Optional

from itsdangerous import BadData, URLSafeSerializer

from ..disk import storing

FILE = "secret"
LONGEST_HOURS = 24 * 31


class Previews:
    """Makes tickets and reads them. What is signed: the offering, and the second at which the ticket ends."""

    def __init__(self, secret: bytes, clock: Callable[[], float] = time.time) -> None:
        self._signer, self._clock = URLSafeSerializer(secret, salt="geopub preview"), clock

    def ticket(self, offering: str, ends: int) -> str:
        """Return a ticket for an offering, good until a moment in seconds since 1970."""
        return str(self._signer.dumps([offering, ends]))

    def offering(self, ticket: str) -> Optional[str]:
        """Return the offering of a ticket, None when it is not ours or has ended."""
        try:
            offering, ends = self._signer.loads(ticket[:1000])
        except (BadData, ValueError, TypeError):
            return None
        return str(offering) if ends > self._clock() else None


def lasting_secret(folder: Path) -> bytes:
    """Return the secret with which a data folder signs, made at the first time; only its user can read it."""
    place = folder / FILE
    with storing(folder):
        if not place.exists():
            made = folder / f"{FILE}.new"
            made.unlink(missing_ok=True)
            file = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "wb") as out:
                out.write(secrets.token_bytes(32))
                out.flush()
                os.fsync(out.fileno())
            os.replace(made, place)
        return place.read_bytes()
