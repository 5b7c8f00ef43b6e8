"""The seam between the API client and the network: anything with `send(request) -> response`."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from threading import Event
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Protocol, Tuple, Union
from urllib.parse import urlsplit

import requests

from ..backend.about import __title__, __version__
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


class RequestsTransport:
    """The transport of the command line, on `requests`."""

    def __init__(self) -> None:
        self._sessions: Dict[bool, requests.Session] = {}

    def send(self, request: Request, sent: Optional[Sent] = None, cancel: Optional[Event] = None) -> Response:
        """Send a request and return the answer, see `Transport.send`."""
        if cancel is not None and cancel.is_set():
            raise interrupted()
        try:
            answer = self._session(request.url).request(
                request.method,
                request.url,
                headers=dict(request.headers),
                data=_Body(request, sent, cancel) if request.body else None,
                timeout=request.timeout,
                allow_redirects=False,  # a token must not follow to another host
                auth=_keep_authorization,
            )
        except requests.RequestException as error:
            raise unreachable(request.url, _reason(error)) from error
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if answer.raw.length_remaining:  # `requests` does not look
            raise unreachable(request.url, tr("the answer was cut off"))
        return Response(answer.status_code, headers, answer.content)

    def close(self) -> None:
        """Close the connections that are kept open."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def _session(self, url: str) -> requests.Session:
        local = is_loopback(url)
        if local not in self._sessions:
            session = requests.Session()
            session.trust_env = not local  # the proxies of the environment do not lead to this machine
            session.headers["User-Agent"] = f"{__title__}/{__version__}"
            self._sessions[local] = session
        return self._sessions[local]


class _Body:
    """A request's body as a file whose length is known, so that it is streamed and not sent in HTTP chunks."""

    def __init__(self, request: Request, sent: Optional[Sent], cancel: Optional[Event]) -> None:
        self._blocks, self._left = request.blocks(), b""
        self._size, self._done = request.size, 0
        self._sent, self._cancel = sent, cancel

    def __len__(self) -> int:
        return self._size

    def read(self, size: int = -1) -> bytes:
        """Return the next `size` bytes, or fewer; all that is left when negative."""
        if self._cancel is not None and self._cancel.is_set():
            raise interrupted()
        if size < 0:
            data, self._left = self._left + b"".join(self._blocks), b""
        else:
            self._left = self._left or next(self._blocks, b"")
            data, self._left = self._left[:size], self._left[size:]
        self._done += len(data)
        if self._sent is not None:
            self._sent(self._done, self._size)
        return data


def _keep_authorization(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep `requests` from replacing our token by an entry of ~/.netrc."""
    return prepared


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


def _reason(error: BaseException) -> str:
    """Return the innermost cause of a failed connection: the outer ones only repeat addresses."""
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return tr("the answer was cut off")
    chain: List[BaseException] = [error]
    while True:
        last = chain[-1]
        inner = getattr(last, "reason", None) or next((a for a in last.args if isinstance(a, BaseException)), None)
        if not isinstance(inner, BaseException) or inner in chain:
            break
        chain.append(inner)
    last = chain[-1]
    return getattr(last, "strerror", None) or str(last).rpartition(": ")[2]


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
