"""Revisions of data, styles and metadata: listed, compared, and brought back.

Data revisions are files; bringing one back moves the pointer of the stored data to it, and the services follow as
they follow an update. Styles and records are small: what is brought back becomes a new revision with an old content.
"""

from __future__ import annotations

import difflib
import io
from itertools import islice
from typing import Any, Dict, List

from sqlalchemy import Connection

from ..errors import Conflict, InvalidInput, NotFound
from ..ingest.comparison import compare
from ..safe_xml import indented_lines
from ..translation import tr
from .content_revisions import ContentRevision, content, contents
from .executions import live_on_output
from .offerings import follow
from .records import Record, replace_document
from .spaces import Datastore
from .statics import Static
from .store import Store
from .stored_data import DataRevision, StoredData, become, pinned, revisions, show, stored_data
from .style_replacement import replace_static

Json = Dict[str, Any]

LINES = 2000  # of a difference between texts, at most


def data_revisions(store: Store, connection: Connection, data: StoredData) -> List[Json]:
    """Return the revisions of a stored data that are kept, newest first."""
    shown = pinned(connection, data.id)
    return [
        {
            "number": one.number,
            "creation": one.created,
            "size": one.size,
            "srs": one.srs,
            "current": one.number == data.revision,
            "published": one.number in shown,
            "tables": [
                {"name": relation["name"], "count": relation.get("count", -1)}
                for relation in one.details.get("relations", ())
            ],
        }
        for one in revisions(connection, data.id)
    ]


def compare_data(store: Store, data: StoredData, before: int, after: int) -> Json:
    """Return what differs between two revisions of a stored data.

    Raises:
        NotFound: one of them is not kept.
        InvalidInput: they are pyramids, which are compared by the data they are made of.
    """
    with store.reading() as connection:
        old, new = _kept(connection, data.id, before), _kept(connection, data.id, after)
    if data.type != "VECTOR-DB":
        raise InvalidInput(
            tr("Revisions of “{name}” cannot be compared.", name=data.name),
            tr("It holds tiles, not tables."),
            tr("Compare the revisions of the data that it is made of."),
        )
    places = (old.place(store.folder), new.place(store.folder))
    tables = compare(*places, old.details["relations"], new.details["relations"])
    return {
        "before": before,
        "after": after,
        "srs": {"before": old.srs, "after": new.srs},
        "tables": [table.as_json() for table in tables],
    }


def bring_back_data(store: Store, data: StoredData, number: int) -> StoredData:
    """Make a former revision the current one; the services that can show it do so at once.

    Raises:
        NotFound: it is not kept, or its file is gone.
        Conflict: an execution is making a new one.
    """
    with store.alone(data.id), store.writing() as connection:
        current = stored_data.get(connection, data.id)
        chosen = _kept(connection, data.id, number)
        running = live_on_output(connection, data.id)
        if running:
            raise Conflict(
                tr("The data “{name}” is in use.", name=current.name),
                tr("Execution {identifier} works on it.", identifier=running[0].id),
                tr("Wait for its end, or abort it."),
            )
        if not chosen.place(store.folder).is_file():
            raise NotFound(tr("The file of revision {number} is gone.", number=number))
        become(connection, current.id, "MODIFYING")
        changed = show(connection, stored_data.get(connection, current.id), chosen)
        follow(store, connection, changed)
        return changed


def content_revisions(connection: Connection, entity: str, current: int) -> List[Json]:
    """Return the revisions of a style or of a record that are kept, newest first."""
    return [
        {
            "number": one.number,
            "creation": one.created,
            "size": len(one.content),
            "format": one.suffix[1:],
            "current": one.number == current,
        }
        for one in contents(connection, entity)
    ]


def compare_contents(connection: Connection, entity: str, before: int, after: int) -> Json:
    """Return what differs between two revisions of a style or of a record, line by line."""
    old, new = content(connection, entity, before), content(connection, entity, after)
    old_lines, new_lines = _lines(old), _lines(new)
    names = (f"{before}{old.suffix}", f"{after}{new.suffix}")
    shown = list(islice(difflib.unified_diff(old_lines, new_lines, *names, lineterm="", n=2), LINES))
    return {"before": before, "after": after, "same": old_lines == new_lines, "difference": shown}


def bring_back_style(store: Store, static: Static, number: int) -> Static:
    """Draw again with a former revision of a style."""
    with store.reading() as connection:
        former = content(connection, static.id, number)
    return replace_static(store, static, io.BytesIO(former.content))


def bring_back_record(store: Store, datastore: Datastore, record: Record, number: int) -> Record:
    """Put a former document in the place of a record's."""
    with store.reading() as connection:
        former = content(connection, record.id, number)
    return replace_document(store, datastore, record, former.content)


def _kept(connection: Connection, identifier: str, number: int) -> DataRevision:
    found = next((one for one in revisions(connection, identifier) if one.number == number), None)
    if found is None:
        raise NotFound(
            tr("There is no revision {number}.", number=number), cure=tr("List the revisions to see which are kept.")
        )
    return found


def _lines(revision: ContentRevision) -> List[str]:
    """Return what is compared: of XML, whoever wrote it, an element a line."""
    try:
        return indented_lines(revision.content)
    except InvalidInput:  # a style may be JSON, too
        return revision.content.decode("utf-8", "replace").splitlines()
