"""Metadata records: ISO 19139 documents kept as they came, known by the identifier that they state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Sequence

from sqlalchemy import Connection

from ..errors import Conflict, InvalidInput, NotFound
from ..safe_xml import parse
from ..translation import tr
from . import tables
from .rows import Rows
from .store import Store

_GCO = "http://www.isotc211.org/2005/gco"


@dataclass(frozen=True)
class Record:
    """One metadata record; the platform calls it "metadata"."""

    id: str
    created: str
    updated: str
    datastore: str
    file_identifier: str
    type: str
    level: str
    open_data: bool
    document: str
    endpoints: List[str]
    tags: Dict[str, str]
    extra: Dict[str, Any]


records: Rows[Record] = Rows(tables.record, Record)


def create_record(store: Store, datastore: str, document: bytes, kind: str, open_data: bool) -> Record:
    """Keep a new document.

    Raises:
        InvalidInput: it is not XML, or states no identifier.
        Conflict: its identifier is taken.
    """
    values = _described(document)
    with store.writing() as connection:
        _refuse_taken(connection, values["file_identifier"])
        return records.add(connection, datastore=datastore, type=kind or "ISOAP", open_data=open_data, **values)


def replace_document(store: Store, record: Record, document: bytes) -> Record:
    """Put another document in the place of one."""
    values = _described(document)
    with store.writing() as connection:
        _refuse_taken(connection, values["file_identifier"], record.id)
        return records.change(connection, record.id, **values)


def place_on(store: Store, datastore: str, identifiers: Sequence[str], endpoint: str, published: bool) -> List[Record]:
    """Publish records, named by their file identifiers, on an endpoint, or take them off it."""
    changed = []
    with store.writing() as connection:
        columns = tables.record.c
        for identifier in identifiers:
            found = records.find(connection, columns.datastore == datastore, columns.file_identifier == identifier)
            if not found:
                raise NotFound(tr("There is no metadata with the identifier {name}.", name=identifier))
            others = [one for one in found[0].endpoints if one != endpoint]
            on = [*others, endpoint] if published else others
            changed.append(records.change(connection, found[0].id, endpoints=on))
    return changed


def delete_record(store: Store, record: Record) -> None:
    """Delete a record."""
    with store.writing() as connection:
        records.remove(connection, record.id)


def _described(document: bytes) -> Dict[str, str]:
    root = parse(document)
    identifier = level = ""
    for element in root:
        name = element.tag.rpartition("}")[2]
        if name == "fileIdentifier":
            identifier = (element.findtext(f"{{{_GCO}}}CharacterString") or "").strip()
        elif name == "hierarchyLevel" and len(element):
            level = element[0].get("codeListValue", "")
    if not identifier:
        raise InvalidInput(
            tr("The metadata cannot be used."),
            tr("It states no fileIdentifier."),
            tr("Give an ISO 19139 document with gmd:fileIdentifier."),
        )
    wire_level = "SERIES" if level == "series" else "DATASET"
    return {"file_identifier": identifier, "level": wire_level, "document": document.decode("utf-8-sig")}


def _refuse_taken(connection: Connection, identifier: str, own: str = "") -> None:
    columns = tables.record.c
    if records.find(connection, columns.file_identifier == identifier, columns.id != own):
        raise Conflict(
            tr("The metadata identifier {name} is taken.", name=identifier),
            cure=tr("Give another fileIdentifier, or replace that record's document."),
        )
