"""HTTP Basic authentication (RFC 7617), read without stumbling over what is none."""

from __future__ import annotations

import base64
from typing import Optional, Tuple


def basic_credentials(header: str) -> Optional[Tuple[str, str]]:
    """Return name and password of an Authorization header, None when it holds none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:  # no base 64, no UTF-8
        return None
    return (name, password) if colon else None
