"""Statics: files that a service uses on the server, here the styles of a WMS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from .connection import Connection, segment
from .entity import Wire, text

STYLE = "GEOSERVER-STYLE"


@dataclass(frozen=True)
class Static:
    """A file that a service uses."""

    id: str
    name: str
    type: str


class Statics:
    """The statics of one datastore."""

    def __init__(self, connection: Connection, datastore: str) -> None:
        self._connection = connection
        self._root = f"datastores/{segment(datastore)}/statics"

    def list(self, **filters: str) -> Tuple[Static, ...]:
        """Return the statics with these values (`name=…`, `type=…`)."""
        return tuple(_static(wire) for wire in self._connection.pages(self._root, filters))

    def get(self, identifier: str) -> Static:
        """Return one static."""
        return _static(self._connection.ask("GET", f"{self._root}/{segment(identifier)}"))

    def create_style(self, name: str, filename: str, content: bytes) -> Static:
        """Store a style; the suffix of `filename` says what it is, .sld or .qml."""
        query = {"name": name, "type": STYLE, "description": name}
        return _static(self._connection.post_file(self._root, filename, content, query))

    def replace(self, identifier: str, filename: str, content: bytes) -> None:
        """Replace the file of a static."""
        self._connection.put_file(f"{self._root}/{segment(identifier)}", filename, content)

    def delete(self, identifier: str) -> None:
        """Delete a static that no configuration uses."""
        self._connection.ask("DELETE", f"{self._root}/{segment(identifier)}")


def _static(wire: Wire) -> Static:
    return Static(text(wire, "_id"), text(wire, "name"), text(wire, "type"))
