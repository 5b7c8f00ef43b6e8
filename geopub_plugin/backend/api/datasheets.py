"""Datasheets: what a user sees of the whole; an extension of GeoPub."""

from __future__ import annotations

import json
from typing import List

from flask import Response

from ..catalogue.annexes import Annexe
from ..catalogue.configurations import Configuration
from ..catalogue.datasheets import SORTABLE, STATES, Datasheet, chosen, datasheet, datasheets
from ..catalogue.deletions import consequences_of_datasheet, delete_all
from ..catalogue.listed_styles import addresses_of, listed_styles
from ..catalogue.rows import Page
from ..errors import InvalidInput
from ..translation import tr
from .annexes import annexe_url
from .answers import Json, answer, answer_page, nothing, present
from .context import datastore_blueprint, space, store
from .deletions import DELETION, deletion_form
from .fields import Parameter
from .offerings import URLS, urls
from .operation import PAGING, gives, gives_list, gives_nothing, operation
from .questions import page
from .schema import FLAG, ID, MOMENT, TEXT, list_of, nullable, one_of, reference, shape

blueprint = datastore_blueprint("datasheets")

SERVICE = shape(
    {
        "type": TEXT,
        "layer_name": TEXT,
        "title": TEXT,
        "status": TEXT,
        "configuration": ID,
        "offering": nullable(ID),
        "open": FLAG,
        "urls": URLS,
        "styles": list_of(shape({"name": TEXT, "url": TEXT})),
    },
)
_FIELDS = {
    "name": TEXT,
    "title": TEXT,
    "state": one_of(*STATES),
    "creation": MOMENT,
    "update": MOMENT,
    "uploads": list_of(reference("name", "status")),
    "stored_data": list_of(reference("name", "type", "status")),
    "services": list_of(SERVICE),
    "thumbnail?": TEXT,
}
DATASHEET = shape(_FIELDS, "Datasheet")
DOCUMENT = shape({"name": TEXT, "description?": TEXT, "type?": TEXT, "url": TEXT})
METADATA = reference("file_identifier", published=FLAG)
DETAILS = shape({**_FIELDS, "documents": list_of(DOCUMENT), "metadata": list_of(METADATA)}, "DatasheetDetails")

SEARCH = Parameter("search", TEXT, "A text in name or title.")
PUBLISHED = Parameter("published", FLAG, "Only those with a published service, or only those without.")
SORT = Parameter(
    "sort", {"type": "string", "pattern": rf"^({'|'.join(SORTABLE)})([,:](asc|desc))?$"}, "As in `services,desc`."
)


@blueprint.get("/datasheets")
@operation(gives_list(DATASHEET), query=(*PAGING, SEARCH, PUBLISHED, SORT))
def list_datasheets() -> Response:
    """List the datasheets with their services and their state."""
    order, _, direction = SORT.value.replace(":", ",").partition(",")
    if order and order not in SORTABLE:
        raise InvalidInput(
            tr("The list “{list}” cannot be sorted by “{name}”.", list="datasheets", name=order),
            cure=tr("Give one of: {names}.", names=", ".join(SORTABLE)),
        )
    offset, limit = page()
    with store().reading() as connection:
        every = datasheets(connection, space().id)
    found = chosen(every, SEARCH.value, PUBLISHED.truth, order or "name", direction.lower() == "desc")
    return answer_page(Page(tuple(found[offset : offset + limit]), offset, len(found)), datasheet_form)


@blueprint.get("/datasheets/<path:sheet>/deletion")
@operation(gives(DELETION))
def deletion(sheet: str) -> Response:
    """Say what would go, in this order, if a datasheet were deleted; nothing is."""
    with store().reading() as connection:
        found = datasheet(connection, space().id, sheet)
        return answer(deletion_form(consequences_of_datasheet(connection, found)))


@blueprint.get("/datasheets/<path:sheet>")
@operation(gives(DETAILS))
def one(sheet: str) -> Response:
    """Return a datasheet with its data, services, documents and metadata."""
    with store().reading() as connection:
        found = datasheet(connection, space().id, sheet)
    metadata = [
        {"_id": record.id, "file_identifier": record.file_identifier, "published": bool(record.endpoints)}
        for record in found.records
    ]
    return answer({**datasheet_form(found), "documents": _documents(found), "metadata": metadata})


@blueprint.delete("/datasheets/<path:sheet>")
@operation(gives_nothing(), refuses=(409,))
def delete(sheet: str) -> Response:
    """Delete a datasheet: its services, data, uploads, styles, documents and metadata; what runs for it is ended."""
    with store().reading() as connection:
        found = datasheet(connection, space().id, sheet)
        doomed = consequences_of_datasheet(connection, found)
    delete_all(store(), doomed)
    return nothing()


def datasheet_form(sheet: Datasheet) -> Json:
    """Return a datasheet as JSON."""
    form = {
        "name": sheet.name,
        "title": sheet.title,
        "state": sheet.state,
        "creation": sheet.created,
        "update": sheet.updated,
        "uploads": [{"_id": one.id, "name": one.name, "status": one.status} for one in sheet.uploads],
        "stored_data": [
            {"_id": one.id, "name": one.name, "type": one.type, "status": one.status} for one in sheet.stored_data
        ],
        "services": [_service_form(sheet, configuration) for configuration in sheet.configurations],
        "thumbnail": annexe_url(space(), sheet.thumbnail) if sheet.thumbnail else None,
    }
    return present(form)


def _service_form(sheet: Datasheet, configuration: Configuration) -> Json:
    offering = sheet.offerings.get(configuration.id)
    infos = configuration.type_infos
    relations = [one for item in infos["used_data"] for one in item.get("relations", ())]
    return {
        "type": configuration.type,
        "layer_name": configuration.layer_name,
        "title": infos.get("title") or (relations[0].get("title") if relations else "") or configuration.name,
        "status": offering.status if offering else "UNPUBLISHED",
        "configuration": configuration.id,
        "offering": offering.id if offering else None,
        "open": offering is None or offering.open,
        "urls": urls(configuration, offering) if offering else [],
        "styles": _public_styles(configuration),
    }


def _public_styles(configuration: Configuration) -> List[Json]:
    """Return where the files of the current style are that clients draw with by themselves, by the names they carry."""
    current = next((one for one in listed_styles(configuration.extra) if one.get("current")), {})
    return [{"name": name, "url": url} for name, url in addresses_of(current)]


def _documents(sheet: Datasheet) -> List[Json]:
    """Return the documents: those that the lists of clients name, and public files that no list names."""
    listed = [document for annexe in sheet.annexes_of("document-list") for document in _read_list(annexe)]
    known = {document["url"] for document in listed}
    files = [(annexe_url(space(), annexe), annexe) for annexe in sheet.annexes_of("document") if annexe.published]
    own = [{"name": annexe.paths[0].rpartition("/")[2], "type": "file", "url": url} for url, annexe in files]
    return [*listed, *(document for document in own if document["url"] not in known)]


def _read_list(annexe: Annexe) -> List[Json]:
    """Return the documents in a list that a client has made; what is no document is passed over."""
    try:
        items = json.loads(store().folder.annexe_file(annexe.id).read_bytes())
    except ValueError:
        return []
    found = [item for item in items if isinstance(item, dict) and item.get("url")] if isinstance(items, list) else []
    texts = ("name", "description", "type", "url")
    return [{"name": "", **{name: str(item[name]) for name in texts if item.get(name)}} for item in found]
