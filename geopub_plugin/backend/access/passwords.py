"""Passwords: kept as scrypt (RFC 7914, by werkzeug), checked in the same time whether or not there is such a user."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from functools import lru_cache

from werkzeug.security import check_password_hash, generate_password_hash

from ..errors import InvalidInput
from ..translation import tr

SHORTEST, LONGEST = 10, 1000  # characters
METHOD = "scrypt:32768:8:1"  # 32 MB and about 80 ms a guess
_REMEMBERED = 1000  # checks that succeeded


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    return generate_password_hash(password, METHOD)


def check_length(password: str) -> None:
    """Refuse a password that is too short, or so long that only an attacker would send it.

    Raises:
        InvalidInput: saying how long it must be.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput(
            tr("The password cannot be used."),
            tr("It has {count} characters; {shortest} are needed.", count=len(password), shortest=SHORTEST),
            tr("Choose a longer one, such as four words at random."),
        )


def is_password(kept: str, password: str) -> bool:
    """Tell whether a password is the one of which `kept` is kept; "" stands for a user that has none."""
    if len(password) > LONGEST:
        return False
    right = check_password_hash(kept or _of_nobody(), password)
    return right and bool(kept)


class RememberedPasswords:
    """Remembers for which hash a password was right, since scrypt at every tile would be all that a server does.

    What is remembered is a digest under a key of this process, never a password; another hash is another entry.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def knows(self, kept: str, password: str) -> bool:
        """Tell whether the password was found right before; False says nothing."""
        with self._lock:
            return self._mark(kept, password) in self._known

    def remember(self, kept: str, password: str) -> None:
        """Keep in mind that the password is right."""
        with self._lock:
            self._known[self._mark(kept, password)] = None
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)

    def _mark(self, kept: str, password: str) -> bytes:
        text = f"{kept}\0{password}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, text, hashlib.sha256).digest()


@lru_cache(maxsize=1)
def _of_nobody() -> str:
    return generate_password_hash(secrets.token_urlsafe(16), METHOD)
