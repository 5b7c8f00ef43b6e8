"""Datasheets: what a user sees of the whole; an extension of GeoPub."""

from __future__ import annotations

from flask import Response

from ..catalogue.configurations import Configuration
from ..catalogue.datasheets import Datasheet, datasheets
from .answers import Json, answer_all
from .context import datastore_blueprint, space, store
from .offerings import urls

blueprint = datastore_blueprint("datasheets")


@blueprint.get("/datasheets")
def list_datasheets() -> Response:
    """Return the datasheets with their services and their state."""
    with store().reading() as connection:
        return answer_all([datasheet_form(sheet) for sheet in datasheets(connection, space().id)])


def datasheet_form(sheet: Datasheet) -> Json:
    """Return a datasheet as JSON."""
    return {
        "name": sheet.name,
        "title": sheet.title,
        "state": sheet.state,
        "update": sheet.updated,
        "uploads": [{"_id": one.id, "name": one.name, "status": one.status} for one in sheet.uploads],
        "stored_data": [
            {"_id": one.id, "name": one.name, "type": one.type, "status": one.status} for one in sheet.stored_data
        ],
        "services": [_service_form(sheet, configuration) for configuration in sheet.configurations],
    }


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
        "urls": urls(configuration, offering) if offering else [],
    }
