"""What a request is answered with: the store, the datastore of its path, the URL of this backend."""

from __future__ import annotations

from typing import Callable, cast

from flask import Blueprint, Flask, current_app, g, request
from sqlalchemy import Connection

from ..catalogue.journal import acting
from ..catalogue.spaces import Datastore, communities, datastore_named, datastores
from ..catalogue.store import Store
from ..settings import Settings

_KEY = "geopub"


def give(app: Flask, store: Store, settings: Settings, base_url: Callable[[], str]) -> None:
    """Let the views of an application use a store."""
    app.extensions[_KEY] = (store, settings, base_url)
    app.teardown_request(lambda _error: acting.set(None))  # threads answer one request after the other


def store() -> Store:
    """Return the store."""
    return cast(Store, current_app.extensions[_KEY][0])


def settings() -> Settings:
    """Return what the backend was told."""
    return cast(Settings, current_app.extensions[_KEY][1])


def base_url() -> str:
    """Return the URL of this backend, without a slash at its end."""
    return cast(str, current_app.extensions[_KEY][2]())


def space() -> Datastore:
    """Return the datastore that the path names."""
    return cast(Datastore, g.datastore)


def contact(connection: Connection, datastore: str) -> str:
    """Return whom to ask about what a datastore holds: mostly that of the path."""
    known = g.setdefault("contacts", {})
    if datastore not in known:
        owner = space() if datastore == space().id else datastores.get(connection, datastore)
        known[datastore] = communities.get(connection, owner.community).contact
    return cast(str, known[datastore])


def datastore_blueprint(name: str) -> Blueprint:
    """Return a blueprint for resources of a datastore; its views ask `space()` which one."""
    blueprint = Blueprint(name, __package__, url_prefix="/api/datastores/<datastore>")

    @blueprint.before_request
    def find_datastore() -> None:
        if "caller" in g:
            acting.set(g.caller.user.id)
        with store().reading() as connection:
            g.datastore = datastore_named(connection, (request.view_args or {}).pop("datastore"))

    return blueprint
