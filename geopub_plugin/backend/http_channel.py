"""How large answers leave: their pieces stay where they are until they are sent.

waitress copies each piece four times on its way (for the frame of HTTP's chunks, into a buffer, out of it, once more
where the socket takes less than was offered): an answer of 217 MB then takes 0.16 s of processor, and here 0.06.
"""

from __future__ import annotations

import time

from waitress.buffers import ReadOnlyFileBasedBuffer
from waitress.channel import HTTPChannel
from waitress.task import WSGITask

from .http_requests import RequestParser

_LARGE = 1 << 15  # bytes: below that a copy is quicker than a buffer


class _Piece(ReadOnlyFileBasedBuffer):
    """Bytes as one of a channel's buffers, which waitress takes as they are if they are of this class."""

    def __init__(self, data: bytes) -> None:
        self._left = memoryview(data)
        self.remain = len(data)

    def get(self, numbytes: int = -1, skip: bool = False) -> memoryview:
        """Return the next bytes, and pass over them if told so."""
        found = self._left if numbytes < 0 else self._left[:numbytes]
        if skip:
            self.skip(len(found))
        return found

    def skip(self, numbytes: int, allow_prune: int = 0) -> None:
        """Pass over bytes that are sent."""
        self._left = self._left[numbytes:]
        self.remain = len(self._left)

    def close(self) -> None:
        """Let go of the bytes."""
        self._left = memoryview(b"")
        self.remain = 0


class _Task(WSGITask):
    """Frames the chunks of an answer without putting frame and chunk together (RFC 9112 §7.1)."""

    def write(self, data: bytes) -> None:
        """Hand on a piece of the answer."""
        if not (self.wrote_header and self.chunked_response and self.has_body and len(data) >= _LARGE):
            super().write(data)
            return
        for part in (b"%X\r\n" % len(data), data, b"\r\n"):
            self.channel.write_soon(part)

    def finish(self) -> None:
        """End the answer; one to HEAD has no chunks, thus no last one either."""
        if self.request.command == "HEAD":
            self.write(b"")
            self.chunked_response = False
        super().finish()


class Channel(HTTPChannel):
    """A connection that keeps large pieces of answers as they are."""

    task_class = _Task
    parser_class = RequestParser

    def readable(self) -> bool:
        """Say whether the loop is to look for more to read; a connection that has been closed is none to look at.

        The system gives its number to the next one, who would be told in its stead that there is nobody.
        """
        return self.socket is not None and bool(super().readable())

    def writable(self) -> bool:
        """Say whether the loop is to look whether more can be sent; see `readable`."""
        return self.socket is not None and bool(super().writable())

    def write_soon(self, data: bytes) -> int:
        """Have a piece sent, now or when the reader is ready for it, who has time for it from now on."""
        self.last_activity = time.time()
        large = isinstance(data, bytes) and len(data) >= _LARGE
        return int(super().write_soon(_Piece(data) if large else data))
