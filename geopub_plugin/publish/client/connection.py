"""One connection to a store: requests in, JSON out, refusals as errors of the one tree."""

from __future__ import annotations

import json as json_text
import re
import secrets
from threading import Event
from typing import Any, Callable, Dict, Iterator, Mapping, Optional, Tuple, Union
from urllib.parse import quote, urlencode

from ...backend.about import __title__, __version__
from ...backend.errors import Unavailable
from ...backend.translation import tr
from ..transport import Piece, Request, Response, Sent, Transport, interrupted, multipart
from .refusal import refusal

PAGE = 100  # entities asked for at a time
RETRIED = (429, 502, 503, 504)  # a busy or restarting server, worth another try when asking twice does no harm
PATIENCE = (0.3, 1.0, 2.0)  # seconds between the tries
Query = Mapping[str, Any]
_TOTAL = re.compile(r"\d+-\d+/(\d+)")


class Connection:
    """Asks one store, with one token, until `cancel` is set."""

    def __init__(
        self,
        transport: Transport,
        base_url: str,
        token: Union[str, Callable[[], str], None] = None,
        cancel: Optional[Event] = None,
    ) -> None:
        """Speak to the API at `base_url` ("http://127.0.0.1:8123/api"); a callable `token` is asked each time."""
        self.base_url = base_url.rstrip("/")
        self.cancel = cancel or Event()
        self._transport, self._token = transport, token or ""

    def send(
        self,
        method: str,
        path: str,
        query: Optional[Query] = None,
        body: Tuple[Piece, ...] = (),
        headers: Optional[Mapping[str, str]] = None,
        sent: Optional[Sent] = None,
        timeout: float = 60.0,
    ) -> Response:
        """Send one request and return the answer, whatever its status."""
        request = Request(method, self._url(path, query), {**self._headers(), **(headers or {})}, body, timeout)
        waits = iter(PATIENCE if method == "GET" else ())
        while True:
            answer = self._transport.send(request, sent, self.cancel)
            wait = next(waits, None) if answer.status in RETRIED else None
            if wait is None:
                return answer
            self.pause(wait)

    def ask(self, method: str, path: str, query: Optional[Query] = None, json: Any = None, **options: Any) -> Any:
        """Send one request and return the JSON of the answer; raise the refusal as the error that it is."""
        headers = dict(options.pop("headers", {}))
        if json is not None:
            options["body"] = (json_text.dumps(json).encode("utf-8"),)
            headers["Content-Type"] = "application/json"
        answer = self.send(method, path, query, headers=headers, **options)
        if not answer.ok:
            raise refusal(answer)
        found = answer.json()
        if found is None and answer.body.strip():
            raise Unavailable(
                tr("The answer of {address} cannot be read.", address=self.base_url),
                tr("It is not JSON, so this is not the address of a store API."),
                tr("Check the address of the server; it usually ends with /api."),
            )
        return found

    def post_file(
        self, path: str, filename: str, content: Piece, query: Optional[Query] = None, sent: Optional[Sent] = None
    ) -> Any:
        """Send one file as a multipart form, as the platform's own clients do, and return the JSON of the answer."""
        return self._file("POST", path, filename, content, query, sent)

    def put_file(self, path: str, filename: str, content: Piece) -> Any:
        """Replace one file by a multipart form and return the JSON of the answer."""
        return self._file("PUT", path, filename, content, None, None)

    def pages(self, path: str, query: Optional[Query] = None) -> Iterator[Dict[str, Any]]:
        """Yield every entity of a list, page after page, as counted by the `Content-Range` header."""
        page, seen, total = 1, 0, 1
        while seen < total:
            answer = self.send("GET", path, {**(query or {}), "page": page, "limit": PAGE})
            if not answer.ok:
                raise refusal(answer)
            entities = answer.json()
            if not isinstance(entities, list) or not entities:
                return
            yield from entities
            counted = _TOTAL.search(answer.headers.get("content-range", ""))
            seen, page = seen + len(entities), page + 1
            total = int(counted.group(1)) if counted else seen

    def read(self, url: str) -> Any:
        """Return the JSON at a public address of the server, asked for without a token."""
        answer = self._transport.send(Request("GET", url, {"Accept": "application/json"}), None, self.cancel)
        if not answer.ok:
            raise refusal(answer)
        return answer.json() or {}

    @property
    def transport(self) -> Transport:
        """What carries the requests."""
        return self._transport

    def pause(self, seconds: float) -> None:
        """Wait, or raise Cancelled as soon as the work is cancelled."""
        if self.cancel.wait(seconds):
            raise interrupted()

    def sparing_cancel(self) -> Connection:
        """Return the same connection deaf to the cancelling, to clean up after it."""
        return Connection(self._transport, self.base_url, self._token)

    def _file(
        self, method: str, path: str, filename: str, content: Piece, query: Optional[Query], sent: Optional[Sent]
    ) -> Any:
        body, headers = multipart("file", filename, content, secrets.token_hex(16))
        return self.ask(method, path, query, body=body, headers=headers, sent=sent, timeout=1200.0)

    def _headers(self) -> Dict[str, str]:
        token = self._token() if callable(self._token) else self._token
        headers = {"Accept": "application/json", "User-Agent": f"{__title__}/{__version__}"}
        return {**headers, "Authorization": f"Bearer {token}"} if token else headers

    def _url(self, path: str, query: Optional[Query]) -> str:
        url = f"{self.base_url}/{path.lstrip('/')}"
        return f"{url}?{urlencode(query, doseq=True)}" if query else url


def segment(identifier: str) -> str:
    """Return an identifier as one segment of a path: nothing in it can lead elsewhere."""
    return quote(identifier, safe="")


def tag_filter(tags: Mapping[str, str]) -> Dict[str, str]:
    """Return the query that asks for entities with all these tags."""
    return {f"tags[{key}]": value for key, value in tags.items()}
