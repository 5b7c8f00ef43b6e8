"""Messages to a program: one POST of JSON to the URL that the settings name, and to no other."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Optional

from ..about import __version__
from .notice import Notice

_SECONDS = 20.0


@dataclass(frozen=True)
class Webhook:
    """Where a program listens."""

    url: str
    secret_file: Optional[Path] = None

    def send(self, notice: Notice) -> None:
        """Tell it; raise OSError (RequestException is one) when it is not there or does not want to hear it."""
        import requests  # the engine of one computer, which people wait for, starts without it

        body = json.dumps(notice.as_json(), ensure_ascii=False).encode("utf-8")
        answer = requests.post(
            self.url, data=body, headers=self._headers(body), timeout=_SECONDS, allow_redirects=False
        )  # a redirection would lead to an address that nobody has set
        if not 200 <= answer.status_code < 300:
            raise requests.HTTPError(f"HTTP {answer.status_code}", response=answer)

    def _headers(self, body: bytes) -> Dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": f"GeoPub/{__version__}"}
        if self.secret_file is not None:
            secret = self.secret_file.read_bytes().strip()
            headers["X-GeoPub-Signature"] = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
        return headers
