"""The seam between the API client and the network: anything with `send(request) -> response`."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from threading import Event
from typing import Any, Callable, Dict, Iterator, Mapping, Optional, Protocol, Tuple, Union
from urllib.parse import urlsplit

from ..backend.errors import Cancelled, GeoPubError, Unavailable
from ..backend.translation import tr

BLOCK = 256 * 1024  # bytes handed to the network at a time: the grain of progress and of cancelling
Sent = Callable[[int, int], None]  # bytes sent so far, bytes in all


@dataclass(frozen=True)
class FileSlice:
    """A part of a file, read only while it is sent."""

    path: Path
    offset: int
    length: int


Piece = Union[bytes, FileSlice]


@dataclass(frozen=True)
class Request:
    """One HTTP request; its body is the pieces one after the other."""

    method: str
    url: str
    headers: Mapping[str, str] = dataclass_field(default_factory=dict)
    body: Tuple[Piece, ...] = ()
    timeout: float = 60.0  # seconds without an answer

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return sum(piece.length if isinstance(piece, FileSlice) else len(piece) for piece in self.body)

    def blocks(self) -> Iterator[bytes]:
        """Read the body, `BLOCK` bytes at most at a time."""
        for piece in self.body:
            if isinstance(piece, FileSlice):
                yield from _file_blocks(piece)
            else:
                yield from (piece[start : start + BLOCK] for start in range(0, len(piece), BLOCK))


@dataclass(frozen=True)
class Response:
    """What came back; the names of `headers` are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the server did what it was asked."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Return the body read as JSON, or None when it is not."""
        try:
            return json.loads(self.body.decode("utf-8"))
        except ValueError:
            return None


class Transport(Protocol):
    """Whatever carries a request over the network."""

    def send(self, request: Request, sent: Optional[Sent] = None, cancel: Optional[Event] = None) -> Response:
        """Send a request and return the answer, whatever its status.

        Raises Unavailable when no answer comes, Cancelled once `cancel` is set. Does not follow redirections.
        """


def unreachable(url: str, reason: object) -> GeoPubError:
    """Return the error that says that nothing answers at this address."""
    host = urlsplit(url).netloc
    return Unavailable(
        tr("The server {host} does not answer.", host=host),
        tr("The connection failed: {reason}", reason=reason),
        tr("Check the address and the network, then try again: what was already sent is kept."),
    )


def interrupted() -> GeoPubError:
    """Return the error of a person who changed their mind."""
    return Cancelled(tr("The publication was cancelled."))


def is_loopback(url: str) -> bool:
    """Return whether an address stays on this machine, where no proxy may come between."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _file_blocks(piece: FileSlice) -> Iterator[bytes]:
    with piece.path.open("rb") as file:
        file.seek(piece.offset)
        left = piece.length
        while left > 0:
            block = file.read(min(BLOCK, left))
            if not block:
                raise OSError(tr("{file} became shorter while it was read.", file=piece.path.name))
            left -= len(block)
            yield block


def multipart(name: str, filename: str, content: Piece, boundary: str) -> Tuple[Tuple[Piece, ...], Dict[str, str]]:
    """Return the body and headers of a multipart form with one file part (RFC 7578)."""
    quoted = filename.replace("\\", "_").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{name}"; filename="{quoted}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    pieces = (head.encode("utf-8"), content, f"\r\n--{boundary}--\r\n".encode())
    return pieces, {"Content-Type": f"multipart/form-data; boundary={boundary}"}
