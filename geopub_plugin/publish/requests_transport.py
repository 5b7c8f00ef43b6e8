"""The transport of the command line, on `requests`; QGIS has its own network, see `qgis_transport`."""

from __future__ import annotations

from threading import Event
from typing import Dict, List, Optional

import requests

from ..backend.about import __title__, __version__
from ..backend.translation import tr
from .transport import Request, Response, Sent, interrupted, is_loopback, unreachable


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
