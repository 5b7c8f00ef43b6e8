"""Graphics that are packed into styles: files of this computer, and remote ones where a person lets them be fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Dict, Optional

from ..backend.errors import GeoPubError
from ..backend.styles.graphics import LARGEST, Graphic, Where, path_of
from .transport import Request, Transport

Fetch = Callable[[str], Optional[bytes]]  # returns what is at an address, None where nothing is

_IMAGES = frozenset({".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp"})
_PATIENCE = 20.0  # seconds


class Graphics:
    """Finds the graphics that a style names, each once."""

    def __init__(self, folder: Optional[Path] = None, fetch: Optional[Fetch] = None) -> None:
        """Look beside the style in `folder`; fetch remote graphics only where `fetch` is given."""
        self._folder, self._fetch = folder, fetch
        self._known: Dict[str, Optional[bytes]] = {}

    def __call__(self, graphic: Graphic) -> Optional[bytes]:
        """Return the content of a graphic, None to leave it where it is."""
        if graphic.reference not in self._known:
            self._known[graphic.reference] = self._found(graphic)
        return self._known[graphic.reference]

    def _found(self, graphic: Graphic) -> Optional[bytes]:
        if graphic.where is Where.REMOTE:
            return self._fetch(graphic.reference) if self._fetch else None
        path = Path(path_of(graphic.reference))
        if not path.is_absolute():
            if self._folder is None:
                return None  # a symbol that QGIS brings along, or a file that nobody can find
            path = self._folder / path
        if path.suffix.lower() not in _IMAGES:  # a style shall not carry any file of this computer away
            return None
        try:
            with path.open("rb") as file:
                return file.read(LARGEST + 1)
        except OSError:
            return None


def fetching(transport: Transport) -> Fetch:
    """Return what fetches a file from http or https, without any token, and gives up on what is not there."""

    def fetch(url: str) -> Optional[bytes]:
        if not url.lower().startswith(("http://", "https://")):
            return None
        try:
            answer = transport.send(Request("GET", url, {"Accept": "*/*"}, timeout=_PATIENCE))
        except GeoPubError:
            return None
        return answer.body[: LARGEST + 1] if answer.ok else None

    return fetch
