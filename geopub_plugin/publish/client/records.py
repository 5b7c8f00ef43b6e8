"""Metadata records: ISO 19139 documents of a datastore, and where they are published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Mapping, Optional, Sequence, Tuple

from ...backend.errors import NotFound
from .connection import Connection, segment, tag_filter
from .entity import Wire, objects, tags_of, text
from .refusal import refusal

DATASHEET = "datasheet_name"  # the tag that links a record to its datasheet


@dataclass(frozen=True)
class Record:
    """One record."""

    id: str
    identifier: str  # fileIdentifier
    tags: Dict[str, str]
    endpoints: Tuple[str, ...]  # ids of those on which it is published

    @property
    def datasheet(self) -> str:
        """The datasheet that it describes, "" when it says none."""
        return self.tags.get(DATASHEET, "")


class Records:
    """The records of one datastore."""

    def __init__(self, connection: Connection, datastore: str) -> None:
        self._connection = connection
        self._root = f"datastores/{segment(datastore)}/metadata"

    def list(self, tags: Optional[Mapping[str, str]] = None, **filters: str) -> Tuple[Record, ...]:
        """Return the records with all these tags and values."""
        query = {**filters, **tag_filter(tags or {}), "fields": "file_identifier,tags,endpoints"}
        return tuple(_record(wire) for wire in self._connection.pages(self._root, query))

    def of_datasheet(self, datasheet: str) -> Optional[Record]:
        """Return the record of a datasheet, None where it has none."""
        return next(iter(self.list({DATASHEET: datasheet})), None)

    def document(self, identifier: str) -> bytes:
        """Return the document of a record as it was stored."""
        answer = self._connection.send("GET", f"{self._root}/{segment(identifier)}/file")
        if not answer.ok:
            raise refusal(answer)
        return answer.body

    def create(self, document: bytes, datasheet: str) -> Record:
        """Keep a new record of a datasheet."""
        query = {"type": "ISOAP", "open_data": "true"}
        made = _record(self._connection.post_file(self._root, "metadata.xml", document, query))
        self.tag(made.id, {DATASHEET: datasheet})
        return made

    def replace(self, identifier: str, document: bytes) -> Record:
        """Put another document in the place of one."""
        return _record(self._connection.put_file(f"{self._root}/{segment(identifier)}", "metadata.xml", document))

    def tag(self, identifier: str, tags: Mapping[str, str]) -> None:
        """Add or replace tags."""
        self._connection.ask("POST", f"{self._root}/{segment(identifier)}/tags", json=dict(tags))

    def publish(self, identifiers: Sequence[str], endpoint: str) -> None:
        """Publish records, named by their fileIdentifier, on an endpoint."""
        self._place("publication", identifiers, endpoint)

    def unpublish(self, identifiers: Sequence[str], endpoint: str) -> None:
        """Take records off an endpoint."""
        self._place("unpublication", identifiers, endpoint)

    def delete(self, identifier: str) -> None:
        """Delete a record; one that is gone already is no error."""
        try:
            self._connection.ask("DELETE", f"{self._root}/{segment(identifier)}")
        except NotFound:
            return

    def _place(self, what: str, identifiers: Sequence[str], endpoint: str) -> None:
        body = {"file_identifiers": list(identifiers), "endpoint": endpoint}
        self._connection.ask("POST", f"{self._root}/{what}", json=body)


def _record(wire: Wire) -> Record:
    published = tuple(text(one, "_id") for one in objects(wire, "endpoints"))
    return Record(text(wire, "_id"), text(wire, "file_identifier"), tags_of(wire), published)
