"""The lines between the backend and the renderer process: each carries one question at a time, and its answer.

Who asks waits on the line itself, in both processes: no thread reads for others and has to wake them.
"""

from __future__ import annotations

import base64
import socket
import struct
import sys
from typing import Optional, Tuple

_HEAD = struct.Struct(">BI")  # kind, bytes of the content
_AT_ONCE = 1 << 16  # bytes: below that a copy is quicker than a second call of the system
_MOST = 1 << 20  # bytes taken at once of a large message

QUESTION, ANSWER, ERROR = range(3)  # kinds of messages

Message = Tuple[int, bytes]


class Line:
    """One end of a line; one thread at a time uses it."""

    def __init__(self, connected: socket.socket) -> None:
        if connected.family == socket.AF_INET:  # on Windows
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the other end waits for each message
        self._socket = connected

    def send(self, kind: int, content: bytes) -> None:
        """Send a message; raise OSError when the other end has gone."""
        head = _HEAD.pack(kind, len(content))
        if len(content) < _AT_ONCE:
            self._socket.sendall(head + content)
        else:
            self._socket.sendall(head)
            self._socket.sendall(content)

    def receive(self, seconds: Optional[float] = None) -> Message:
        """Return the next message; raise TimeoutError when none has come in so many seconds, EOFError at the end."""
        if self._socket.gettimeout() != seconds:  # to say so is a call of the system
            self._socket.settimeout(seconds)
        try:
            first = self._socket.recv(_AT_ONCE)  # nearly always all of it: nothing follows before it is answered
            while 0 < len(first) < _HEAD.size:
                first += self._some(_HEAD.size - len(first))
            if not first:
                raise EOFError
            kind, length = _HEAD.unpack_from(first)
            parts, missing = [first[_HEAD.size :]], length + _HEAD.size - len(first)
            while missing > 0:
                parts.append(self._some(min(missing, _MOST)))
                missing -= len(parts[-1])
        except socket.timeout as error:  # not yet TimeoutError itself in Python 3.9
            raise TimeoutError from error
        except ConnectionError as error:
            raise EOFError from error
        return kind, b"".join(parts)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _some(self, count: int) -> bytes:
        found = self._socket.recv(count)
        if not found:
            raise EOFError
        return found


def line_pair() -> Tuple[Line, socket.socket]:
    """Return a line, and the socket of its other end for another process."""
    own, other = socket.socketpair()
    return Line(own), other


def handed_over(end: socket.socket, pid: int) -> str:
    """Return what a process that we have started finds a socket by; elsewhere than on Windows it inherits it."""
    if sys.platform == "win32":
        return base64.b64encode(end.share(pid)).decode("ascii")
    return str(end.fileno())


def taken_over(name: str) -> Line:
    """Return the line whose end was handed over to this process."""
    if sys.platform == "win32":
        return Line(socket.fromshare(base64.b64decode(name)))
    return Line(socket.socket(fileno=int(name)))
