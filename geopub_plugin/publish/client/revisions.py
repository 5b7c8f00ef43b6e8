"""Revisions of stored data, styles and metadata: a service of GeoPub's own stores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Tuple

from ...backend.errors import InvalidInput, NotFound
from ...backend.translation import tr
from .connection import Connection, segment
from .entity import Wire, text

KINDS: Dict[str, Tuple[str, str]] = {  # what has revisions: resource, and the field that names one
    "data": ("stored_data", "name"),
    "style": ("statics", "name"),
    "metadata": ("metadata", "file_identifier"),
}


@dataclass(frozen=True)
class Revision:
    """One immutable state."""

    number: int
    created: str
    size: int
    current: bool
    published: bool  # a service shows it, as far as the server says


class Revisions:
    """The revisions of one datastore."""

    def __init__(self, connection: Connection, datastore: str) -> None:
        self._connection = connection
        self._root = f"datastores/{segment(datastore)}"

    def find(self, kind: str, name: str) -> str:
        """Return the identifier of the data, style or record of a name, or of an identifier itself."""
        resource, field = KINDS[kind]
        found = [
            text(wire, "_id")
            for wire in self._connection.pages(f"{self._root}/{resource}", {"fields": field})
            if name in (text(wire, "_id"), text(wire, field))
        ]
        if not found:
            raise NotFound(tr("There is no “{name}” with revisions.", name=name))
        if len(found) > 1:
            raise InvalidInput(
                tr("“{name}” is the name of several.", name=name), cure=tr("Give the identifier of one of them.")
            )
        return found[0]

    def list(self, kind: str, identifier: str) -> Tuple[Revision, ...]:
        """Return the revisions that are kept, newest first."""
        wires = self._connection.ask("GET", self._at(kind, identifier))
        return tuple(_revision(wire) for wire in wires)

    def compare(self, kind: str, identifier: str, before: int, after: int) -> Dict[str, Any]:
        """Return what differs between two revisions, as the server says it."""
        return dict(self._connection.ask("GET", f"{self._at(kind, identifier)}/{before}/compare/{after}"))

    def roll_back(self, kind: str, identifier: str, number: int) -> None:
        """Bring a former revision back; services follow."""
        self._connection.ask("POST", f"{self._at(kind, identifier)}/{number}/rollback")

    def _at(self, kind: str, identifier: str) -> str:
        return f"{self._root}/{KINDS[kind][0]}/{segment(identifier)}/revisions"


def _revision(wire: Wire) -> Revision:
    return Revision(
        int(wire.get("number") or 0),
        text(wire, "creation"),
        int(wire.get("size") or 0),
        bool(wire.get("current")),
        bool(wire.get("published")),
    )
