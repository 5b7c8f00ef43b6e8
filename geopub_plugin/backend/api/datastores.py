"""Datastores with their endpoints and storages."""

from __future__ import annotations

from typing import List

from flask import Response

from ..catalogue.programs import CHECKS, processings_of
from ..catalogue.rows import Page
from ..catalogue.spaces import Allowance, Endpoint, communities, endpoint_allowances, storage_allowances
from .answers import Json, answer, answer_page, present
from .context import base_url, datastore_blueprint, space, store
from .fields import Parameter
from .operation import PAGING, gives, gives_list, operation
from .questions import page, text
from .schema import ADDRESS, COUNT, FLAG, ID, TEXT, list_of, reference, shape
from .schema import entity as entity_schema

blueprint = datastore_blueprint("datastores")

URLS = list_of(shape({"type": TEXT, "url": ADDRESS}))
ENDPOINT = shape(
    {"use": COUNT, "quota": COUNT, "endpoint": reference("name", "technical_name", "type", open=FLAG, urls=URLS)},
    "EndpointAllowance",
)
STORAGE = shape(
    {"use": COUNT, "quota": COUNT, "storage": reference("name", "type", labels=list_of(TEXT))}, "StorageAllowance"
)
STORAGES = shape({"data": list_of(STORAGE), "uploads?": STORAGE, "annexes?": STORAGE}, "Storages")
DATASTORE = entity_schema(
    "Datastore",
    {
        "name": TEXT,
        "technical_name": TEXT,
        "description?": TEXT,
        "active": FLAG,
        "community": reference("contact", public=FLAG),
        "processings": list_of(ID),
        "checks": list_of(ID),
        "endpoints": list_of(ENDPOINT),
        "storages": STORAGES,
        "metadata_file_identifier_prefix?": TEXT,
        "configuration_layer_name_prefix?": TEXT,
    },
)
NAME = Parameter("name", TEXT, "A part of the name.")
TYPE = Parameter("type", TEXT)
OPEN = Parameter("open", FLAG)


@blueprint.get("")
@operation(gives(DATASTORE))
def one() -> Response:
    """Return a datastore."""
    datastore = space()
    with store().reading() as connection:
        community = communities.get(connection, datastore.community)
        endpoints = endpoint_allowances(connection, datastore.id)
        storages = storage_allowances(connection, datastore.id)
    form = {
        "_id": datastore.id,
        "name": datastore.name,
        "technical_name": datastore.technical_name,
        "description": datastore.description or None,
        "active": datastore.active,
        "creation": datastore.created,
        "update": datastore.updated,
        "community": {"_id": community.id, "contact": community.contact, "public": community.public},
        "processings": [processing.id for processing in processings_of(datastore.id)],
        "checks": [check.id for check in CHECKS],
        "endpoints": [endpoint_form(allowance) for allowance in endpoints],
        "storages": storages_form(storages),
        "metadata_file_identifier_prefix": datastore.file_identifier_prefix or None,
        "configuration_layer_name_prefix": datastore.layer_name_prefix or None,
    }
    return answer(present(form))


@blueprint.get("/endpoints")
@operation(gives_list(ENDPOINT), query=(*PAGING, NAME, TYPE, OPEN))
def list_endpoints() -> Response:
    """List the endpoints of a datastore."""
    name, kind, is_open = text("name").strip("%").lower(), TYPE.value, OPEN.truth
    offset, limit = page()
    with store().reading() as connection:
        found = [
            one
            for one in endpoint_allowances(connection, space().id)
            if name in one.of.name.lower() and kind in ("", one.of.type) and is_open in (None, one.of.open)
        ]
    return answer_page(Page(tuple(found[offset : offset + limit]), offset, len(found)), endpoint_form)


@blueprint.get("/storages")
@operation(gives(STORAGES))
def list_storages() -> Response:
    """Return the storages of a datastore."""
    with store().reading() as connection:
        return answer(storages_form(storage_allowances(connection, space().id)))


def endpoint_form(allowance: Allowance) -> Json:
    """Return how much of an endpoint is used, and the endpoint."""
    endpoint: Endpoint = allowance.of
    return {
        "use": allowance.use,
        "quota": allowance.quota,
        "endpoint": {
            "_id": endpoint.id,
            "name": endpoint.name,
            "technical_name": endpoint.technical_name,
            "type": endpoint.type,
            "open": endpoint.open,
            "urls": [{"type": url["type"], "url": base_url() + url["path"]} for url in endpoint.urls],
        },
    }


def storages_form(allowances: List[Allowance]) -> Json:
    """Return the storages by their purpose."""
    by_purpose = {
        purpose: [_storage_form(one) for one in allowances if one.purpose == purpose]
        for purpose in ("data", "uploads", "annexes")
    }
    single = {purpose: forms[0] for purpose, forms in by_purpose.items() if purpose != "data" and forms}
    return {"data": by_purpose["data"], **single}


def _storage_form(allowance: Allowance) -> Json:
    storage = allowance.of
    form = {"_id": storage.id, "name": storage.name, "type": storage.type, "labels": storage.labels}
    return {"use": allowance.use, "quota": allowance.quota, "storage": form}
