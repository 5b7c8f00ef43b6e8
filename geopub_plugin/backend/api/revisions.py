"""Revisions of stored data, statics and metadata: beyond the platform's API."""

from __future__ import annotations

from flask import Response

from ..catalogue.content_revisions import newest
from ..catalogue.records import Record, records
from ..catalogue.revisions import (
    bring_back_data,
    bring_back_record,
    bring_back_style,
    compare_contents,
    compare_data,
    content_revisions,
    data_revisions,
)
from ..catalogue.statics import Static, statics
from ..catalogue.stored_data import StoredData, stored_data
from ..errors import NotFound
from ..translation import tr
from .answers import answer, answer_all
from .context import datastore_blueprint, space, store
from .operation import gives, gives_list, operation
from .records import METADATA, record_form
from .schema import COUNT, FLAG, OBJECT, TEXT, list_of, shape
from .statics import STATIC, static_form
from .stored_data import STORED_DATA, stored_data_form

blueprint = datastore_blueprint("revisions")

_DIGITS = 9  # of a number of a revision

_ROWS = shape({"count": COUNT, "examples": list_of(TEXT)})
_COLUMNS = shape({"added": list_of(TEXT), "changed": list_of(TEXT), "removed": list_of(TEXT)})
_TABLE = shape({"name": TEXT, "state": TEXT, "matched_by": TEXT,
                "rows": shape({"added": _ROWS, "changed": _ROWS, "removed": _ROWS}), "columns": _COLUMNS})  # fmt: skip
DATA_REVISION = shape({"number": COUNT, "creation": TEXT, "size": COUNT, "srs": TEXT, "current": FLAG,
                       "published": FLAG, "tables": list_of(OBJECT)}, "DataRevision")  # fmt: skip
DATA_DIFFERENCE = shape({"before": COUNT, "after": COUNT, "srs": OBJECT, "tables": list_of(_TABLE)}, "DataDifference")
CONTENT_REVISION = shape({"number": COUNT, "creation": TEXT, "size": COUNT, "format": TEXT, "current": FLAG},
                         "ContentRevision")  # fmt: skip
CONTENT_DIFFERENCE = shape({"before": COUNT, "after": COUNT, "same": FLAG, "difference": list_of(TEXT)},
                           "ContentDifference")  # fmt: skip


@blueprint.get("/stored_data/<entity>/revisions")
@operation(gives_list(DATA_REVISION))
def list_data_revisions(entity: str) -> Response:
    """List the revisions of a stored data that are kept, newest first."""
    with store().reading() as connection:
        return answer_all(data_revisions(store(), connection, _data(entity)))


@blueprint.get("/stored_data/<entity>/revisions/<before>/compare/<after>")
@operation(gives(DATA_DIFFERENCE))
def compare_data_revisions(entity: str, before: str, after: str) -> Response:
    """Say which tables, columns and rows differ between two revisions."""
    return answer(compare_data(store(), _data(entity), _number(before), _number(after)))


@blueprint.post("/stored_data/<entity>/revisions/<number>/rollback")
@operation(gives(STORED_DATA), refuses=(409,))
def roll_data_back(entity: str, number: str) -> Response:
    """Make a former revision the current one; services follow."""
    changed = bring_back_data(store(), _data(entity), _number(number))
    with store().reading() as connection:
        return answer(stored_data_form(connection, changed))


@blueprint.get("/statics/<entity>/revisions")
@operation(gives_list(CONTENT_REVISION))
def list_style_revisions(entity: str) -> Response:
    """List the revisions of a static that are kept, newest first."""
    static = _static(entity)
    with store().reading() as connection:
        return answer_all(content_revisions(connection, static.id, static.revision))


@blueprint.get("/statics/<entity>/revisions/<before>/compare/<after>")
@operation(gives(CONTENT_DIFFERENCE))
def compare_style_revisions(entity: str, before: str, after: str) -> Response:
    """Say which lines differ between two revisions of a static."""
    static = _static(entity)
    with store().reading() as connection:
        return answer(compare_contents(connection, static.id, _number(before), _number(after)))


@blueprint.post("/statics/<entity>/revisions/<number>/rollback")
@operation(gives(STATIC), refuses=(409,))
def roll_style_back(entity: str, number: str) -> Response:
    """Draw again with a former revision, which becomes the newest one."""
    return answer(static_form(bring_back_style(store(), _static(entity), _number(number))))


@blueprint.get("/metadata/<entity>/revisions")
@operation(gives_list(CONTENT_REVISION))
def list_record_revisions(entity: str) -> Response:
    """List the revisions of a record that are kept, newest first."""
    record = _record(entity)
    with store().reading() as connection:
        return answer_all(content_revisions(connection, record.id, newest(connection, record.id)))


@blueprint.get("/metadata/<entity>/revisions/<before>/compare/<after>")
@operation(gives(CONTENT_DIFFERENCE))
def compare_record_revisions(entity: str, before: str, after: str) -> Response:
    """Say which lines differ between two revisions of a record."""
    record = _record(entity)
    with store().reading() as connection:
        return answer(compare_contents(connection, record.id, _number(before), _number(after)))


@blueprint.post("/metadata/<entity>/revisions/<number>/rollback")
@operation(gives(METADATA), refuses=(409, 422))
def roll_record_back(entity: str, number: str) -> Response:
    """Put a former document back, which becomes the newest one."""
    changed = bring_back_record(store(), space(), _record(entity), _number(number))
    with store().reading() as connection:
        return answer(record_form(connection, changed))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS:
        raise NotFound(tr("There is no revision {number}.", number=text[:20]))
    return int(text)


def _data(entity: str) -> StoredData:
    with store().reading() as connection:
        return stored_data.get(connection, entity, stored_data.table.c.datastore == space().id)


def _static(entity: str) -> Static:
    with store().reading() as connection:
        return statics.get(connection, entity, statics.table.c.datastore == space().id)


def _record(entity: str) -> Record:
    with store().reading() as connection:
        return records.get(connection, entity, records.table.c.datastore == space().id)
