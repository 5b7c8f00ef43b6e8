"""A transport that remembers what a store has confirmed: whatever happens to the store, nothing of it may be lost."""

from __future__ import annotations

import re
from threading import Event
from typing import Dict, Optional, Set, Tuple
from urllib.parse import parse_qs, urlsplit

from geopub_plugin.publish.requests_transport import RequestsTransport
from geopub_plugin.publish.transport import Request, Response, Sent

_MADE = re.compile(r"/(datastores/[^/]+)/(?:configurations/[^/]+/)?((?:processings/)?[a-z_]+)$")


class Witness:
    """Carries requests, and keeps what was answered with success."""

    def __init__(self) -> None:
        self._carrier = RequestsTransport()
        self.entities: Set[str] = set()  # paths of what was made and has not been asked to go
        self.received: Dict[Tuple[str, str], int] = {}  # (path of the upload, path of the file): bytes
        self.ended: Dict[str, str] = {}  # path of an execution: state in which it was seen to have ended

    def send(self, request: Request, sent: Optional[Sent] = None, cancel: Optional[Event] = None) -> Response:
        url = urlsplit(request.url)
        path = url.path.partition("/api/")[2]
        if request.method == "DELETE":  # perhaps done without an answer
            self._forget(path)
        answer = self._carrier.send(request, sent, cancel)
        told = answer.json() if answer.ok else None
        if isinstance(told, dict):
            made = _MADE.search(url.path)
            if request.method == "POST" and made and "_id" in told:
                self.entities.add(f"{made[1]}/{made[2]}/{told['_id']}")
            elif request.method == "PUT" and path.endswith("/data"):
                name = parse_qs(url.query)["path"][0]
                self.received[path[: -len("/data")], name] = told["received"]
            elif request.method == "GET" and told.get("status") in ("SUCCESS", "FAILURE", "ABORTED"):
                self.ended[path] = told["status"]
        return answer

    def forget_all(self) -> None:
        """Expect nothing any more."""
        self.entities.clear()
        self.received.clear()
        self.ended.clear()

    def _forget(self, path: str) -> None:
        self.entities.discard(path)
        self.received = {key: value for key, value in self.received.items() if key[0] != path}
        if "/uploads/" in path or "/stored_data/" in path:  # executions go with what they made or looked at
            self.ended.clear()
