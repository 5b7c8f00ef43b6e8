"""What opens something is masked in every log: keys, tokens, passwords, codes, tickets of previews."""

from __future__ import annotations

import logging
import re

MASK = "…"

# Parameters that open something, in any case of letters; tickets of previews and of plans are in the path.
_PARAMETER = re.compile(
    r"((?:^|[?&;\s])(?:apikey|token|access_token|refresh_token|id_token|code|password|client_secret|secret|hash"
    r"|code_verifier|nonce)=)[^&;#\s\"']+",
    re.IGNORECASE,
)
_TICKET = re.compile(r"(/preview/|/plans/tms/1\.0\.0/)[^/\s?\"']+")
_HEADER = re.compile(r"((?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)


def masked(text: str) -> str:
    """Return a text without what opens something."""
    for pattern in (_PARAMETER, _TICKET, _HEADER):
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text


class MaskingFormatter(logging.Formatter):
    """Masks whatever any part of the backend notes, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text, masked."""
        return masked(super().format(record))
