"""Metadata records: ISO 19139 documents kept as they came, known by the identifier that they state."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Sequence

from sqlalchemy import Connection

from ..errors import Conflict, InvalidInput, Malformed, NotFound
from ..metadata.iso import read_resource
from ..safe_xml import parse, serialise
from ..translation import tr
from . import tables
from .content_revisions import forget_contents, newest, remember
from .rows import DatastoreEntity, Rows
from .spaces import Datastore, endpoint_allowances
from .store import Store

TYPES = ("ISOAP", "INSPIRE")
LEVELS = ("DATASET", "SERIES")
SUFFIX = ".xml"  # of a file with a document

_UTF8 = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([^"']+)""")


@dataclass(frozen=True)
class Record(DatastoreEntity):
    """One metadata record; the platform calls it "metadata"."""

    file_identifier: str
    type: str
    level: str
    open_data: bool
    document: str
    endpoints: List[str]
    tags: Dict[str, str]
    extra: Dict[str, Any]


records: Rows[Record] = Rows(tables.record, Record)


def create_record(store: Store, datastore: Datastore, document: bytes, kind: str, open_data: bool) -> Record:
    """Keep a new document.

    Raises:
        Malformed: it is no ISO record, or states no identifier.
        InvalidInput: its identifier lacks the prefix of the datastore.
        Conflict: its identifier is taken.
    """
    values = _described(document, datastore.file_identifier_prefix)
    with store.writing() as connection:
        _refuse_taken(connection, values["file_identifier"])
        made = records.add(connection, datastore=datastore.id, type=kind or TYPES[0], open_data=open_data, **values)
        remember(connection, made.id, SUFFIX, made.document.encode(), store.kept_revisions)
        return made


def replace_document(store: Store, datastore: Datastore, record: Record, document: bytes) -> Record:
    """Put another document in the place of one."""
    values = _described(document, datastore.file_identifier_prefix)
    with store.writing() as connection:
        _refuse_taken(connection, values["file_identifier"], record.id)
        if not newest(connection, record.id):  # written by an older GeoPub
            remember(connection, record.id, SUFFIX, record.document.encode(), store.kept_revisions)
        remember(connection, record.id, SUFFIX, values["document"].encode(), store.kept_revisions)
        return records.change(connection, record.id, **values)


def place_on(store: Store, datastore: str, identifiers: Sequence[str], endpoint: str, published: bool) -> List[Record]:
    """Publish records, named by their file identifiers, on an endpoint, or take them off it: all of them or none.

    Raises:
        InvalidInput: the endpoint is none for metadata of this datastore.
        NotFound: there is no record of an identifier.
        Conflict: the quota of the endpoint does not allow so many.
    """
    changed = []
    with store.writing() as connection:
        room = _room_on(connection, datastore, endpoint)
        columns = tables.record.c
        for identifier in identifiers:
            found = records.find(connection, columns.datastore == datastore, columns.file_identifier == identifier)
            if not found:
                raise NotFound(tr("There is no metadata with the identifier {name}.", name=identifier))
            others = [one for one in found[0].endpoints if one != endpoint]
            on = [*others, endpoint] if published else others
            room -= len(on) - len(found[0].endpoints)
            if room < 0:
                raise Conflict(
                    tr("No more metadata can be published here."),
                    tr("All records of the endpoint's quota are used."),
                    tr("Unpublish something first."),
                )
            changed.append(records.change(connection, found[0].id, endpoints=on))
    return changed


def delete_record(store: Store, record: Record) -> None:
    """Delete a record."""
    with store.writing() as connection:
        records.remove(connection, record.id)
        forget_contents(connection, record.id)


def _room_on(connection: Connection, datastore: str, identifier: str) -> int:
    """Return how many more records an endpoint takes."""
    known = [one for one in endpoint_allowances(connection, datastore) if one.of.id == identifier]
    if not known or known[0].of.type != "METADATA":
        raise InvalidInput(
            tr("There is no endpoint {identifier} for metadata in this datastore.", identifier=identifier),
            cure=tr("Give an endpoint of type METADATA that the datastore lists."),
        )
    return known[0].quota - known[0].use


def _described(document: bytes, prefix: str) -> Dict[str, str]:
    text = _as_text(document)
    resource = read_resource(text.encode())
    if prefix and not resource.identifier.lower().startswith(prefix.lower()):
        raise InvalidInput(
            tr("The metadata identifier {name} cannot be used.", name=resource.identifier),
            tr("The identifiers of this datastore start with “{prefix}”.", prefix=prefix),
            tr("Give another fileIdentifier."),
        )
    return {"file_identifier": resource.identifier, "level": resource.level, "document": text}


def _as_text(document: bytes) -> str:
    """Return a document as it came; one in another encoding than UTF-8 is written anew."""
    try:
        found = _UTF8.match(document.lstrip(b"\xef\xbb\xbf"))
        if found is None or found[1].lower() in (b"utf-8", b"utf8", b"us-ascii"):
            return document.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass  # UTF-16, or damaged: the parser knows
    try:
        return serialise(parse(document)).decode()
    except InvalidInput as error:
        raise Malformed(error.what, error.why, error.cure) from error


def _refuse_taken(connection: Connection, identifier: str, own: str = "") -> None:
    columns = tables.record.c
    if records.find(connection, columns.file_identifier == identifier, columns.id != own):
        raise Conflict(
            tr("The metadata identifier {name} is taken.", name=identifier),
            cure=tr("Give another fileIdentifier, or replace that record's document."),
        )
