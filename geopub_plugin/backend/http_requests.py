"""What a request must be before anybody looks at what it asks for: framed in one way, and bounded (RFC 9112).

waitress takes more. Its lines between the chunks of a body may have any length, and each byte costs as much as all
before it; a length of 5,000 digits, or an address that is none, is an error of the server's; who expects to be told to
continue is told so even if the body is too large, or there is none.
"""

from __future__ import annotations

import time
from typing import Any, Optional

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import BadRequest, RequestEntityTooLarge

_LONGEST_LINES = 16 << 10  # bytes of a line before a chunk, and of what may follow the last chunk
_STRANGERS_BYTES = 16 << 20  # largest body for the services, or without a token


class RequestParser(HTTPRequestParser):
    """One request, as far as it has been received."""

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.begun = time.time()

    def received(self, data: bytes) -> int:
        """Take bytes, and return how many of them are this request's."""
        consumed = int(super().received(data))
        if self.error is None and self.body_rcv is not None:
            self.error = self._excess()
            self.completed = self.completed or self.error is not None
        if self.completed:
            self.expect_continue = False  # nothing is to come
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read the first line and the headers."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError("The address or a length cannot be read") from error
        self._require_one_frame()
        self._require_one_host()

    def _require_one_frame(self) -> None:
        """Refuse a body that two programs may find of two lengths, so that one takes its end for a request (§6.3)."""
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length and Transfer-Encoding exclude each other")
        if self.version != "1.1" and "TRANSFER_ENCODING" in self.headers:
            raise ParsingError("Transfer-Encoding needs HTTP/1.1")

    def _require_one_host(self) -> None:
        """Refuse a request to no host or to several (§3.2); several have been joined by a comma and a blank."""
        host = self.headers.get("HOST")
        if (host is None and self.version == "1.1") or " " in (host or ""):
            raise ParsingError("One Host is needed")

    def _excess(self) -> Optional[Exception]:
        """Return what is too large of what has come, None for nothing."""
        lines = (getattr(self.body_rcv, name, b"") for name in ("control_line", "trailer"))
        if any(len(line) > _LONGEST_LINES for line in lines):
            return BadRequest("A line of the chunked body is too long")
        trusted = self.path.startswith("/api/") and "AUTHORIZATION" in self.headers
        if not trusted and max(self.content_length, self.body_bytes_received) > _STRANGERS_BYTES:
            return RequestEntityTooLarge(f"exceeds {_STRANGERS_BYTES} bytes")
        return None
