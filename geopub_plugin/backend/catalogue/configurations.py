"""Configurations: the definitions of services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional

from sqlalchemy import Connection, delete, func, insert, select

from ..errors import Conflict, InvalidInput
from ..translation import tr
from . import tables
from .definitions import Definition, checked_layer_name, define
from .journal import JournaledRows, forget
from .named_styles import examine_listed, fit_all, listed_statics, refuse_unfit_listed
from .rows import DatastoreEntity, Rows
from .spaces import Datastore
from .store import Store


@dataclass(frozen=True)
class Configuration(DatastoreEntity):
    """The definition of a service."""

    name: str
    layer_name: str
    type: str
    status: str
    attribution: Optional[Dict[str, Any]]
    metadata: List[Dict[str, str]]
    type_infos: Dict[str, Any]
    tags: Dict[str, str]
    extra: Dict[str, Any]


configurations: Rows[Configuration] = JournaledRows(tables.configuration, Configuration)


def create_configuration(store: Store, datastore: Datastore, body: Mapping[str, Any]) -> Configuration:
    """Keep a new definition.

    Raises:
        InvalidInput: it is not complete, or names what is not there.
        Conflict: its layer_name is taken by another configuration of its type.
    """
    kind = str(body.get("type") or "")
    layer_name = checked_layer_name(body.get("layer_name"), datastore.layer_name_prefix)
    with store.writing() as connection:
        definition = _define(store, connection, datastore.id, kind, body, {})
        _refuse_taken(connection, kind, layer_name)
        configuration = configurations.add(
            connection,
            datastore=datastore.id,
            name=str(body.get("name") or layer_name),
            layer_name=layer_name,
            type=kind,
            status="UNPUBLISHED",
            **_content(body, definition),
        )
        _link(connection, configuration.id, definition, {})
        return configuration


def replace_configuration(store: Store, configuration: Configuration, body: Mapping[str, Any]) -> Configuration:
    """Put another definition in the place of one; what is published follows when its offering is synchronised."""
    kind = str(body.get("type") or configuration.type)
    if kind != configuration.type:
        raise InvalidInput(
            tr("The type of a configuration cannot change."),
            tr("“{name}” is of type {type}.", name=configuration.name, type=configuration.type),
            tr("Make another configuration."),
        )
    with store.writing() as connection:
        extra = configurations.get(connection, configuration.id).extra
        definition = _define(store, connection, configuration.datastore, kind, body, extra)
        _link(connection, configuration.id, definition, extra)
        name = str(body.get("name") or configuration.name)
        return configurations.change(connection, configuration.id, name=name, **_content(body, definition))


def change_configuration(store: Store, configuration: Configuration, **values: Any) -> Configuration:
    """Change name or extra; the styles that `extra` lists must be there, and fit their tables.

    Raises:
        InvalidInput: a style cannot be offered.
    """
    with store.writing() as connection:
        current = configurations.get(connection, configuration.id)
        if "extra" in values and current.type == "WMS-VECTOR":
            extra = values["extra"]
            definition = define(connection, current.datastore, current.type, current.type_infos)
            examine_listed(connection, current.datastore, definition.type_infos, extra)
            refuse_unfit_listed(store, connection, definition.type_infos, extra, definition.revisions)
            _link(connection, current.id, definition, extra)
        return configurations.change(connection, current.id, **values)


def delete_configuration(store: Store, configuration: Configuration) -> None:
    """Delete a definition that is not published."""
    with store.writing() as connection:
        if configurations.get(connection, configuration.id).status != "UNPUBLISHED":
            raise Conflict(
                tr("The configuration “{name}” cannot be deleted.", name=configuration.name),
                tr("It is published."),
                tr("Delete its offering first."),
            )
        _forget_former_offerings(connection, configuration.id)
        configurations.remove(connection, configuration.id)


def _forget_former_offerings(connection: Connection, configuration: str) -> None:
    """Remove what is left of ended publications, where these are kept."""
    column = tables.offering.c
    former = list(connection.execute(select(column.id).where(column.configuration == configuration)).scalars())
    connection.execute(delete(tables.offering).where(column.id.in_(former)))
    forget(connection, former)


def _define(
    store: Store, connection: Connection, datastore: str, kind: str, body: Mapping[str, Any], extra: Mapping[str, Any]
) -> Definition:
    definition = define(connection, datastore, kind, body.get("type_infos") or {})
    fit_all(store, connection, definition.type_infos, extra, definition.revisions)
    return definition


def _content(body: Mapping[str, Any], definition: Definition) -> Dict[str, Any]:
    return {
        "type_infos": definition.type_infos,
        "attribution": _attribution(body.get("attribution")),
        "metadata": _metadata_links(body.get("metadata")),
    }


def _attribution(value: Any) -> Optional[Dict[str, Any]]:
    """Return an attribution; clients send one with empty texts where they mean none."""
    whole = isinstance(value, Mapping) and value.get("title") and value.get("url")
    return dict(value) if whole else None


def _metadata_links(value: Any) -> List[Dict[str, str]]:
    if value is not None and not isinstance(value, list):
        raise InvalidInput(tr("The field “{name}” must be a list.", name="metadata"))
    return [_metadata_link(link) for link in value or ()]


def _metadata_link(link: Any) -> Dict[str, str]:
    if not isinstance(link, Mapping) or not link.get("url"):
        raise InvalidInput(
            tr("A metadata link is not complete."), tr("It has no “url”."), tr("Give format, url and type.")
        )
    return {field: str(link.get(field) or "") for field in ("format", "url", "type")}


def _refuse_taken(connection: Connection, kind: str, layer_name: str) -> None:
    columns = tables.configuration.c
    taken = configurations.find(
        connection, columns.type == kind, func.lower(columns.layer_name) == func.lower(layer_name)
    )
    if taken:
        raise Conflict(
            tr("The name “{name}” is taken.", name=layer_name),
            tr("“{other}” of type {type} has it.", other=taken[0].name, type=kind),
            tr("Give another layer_name, or modify that configuration."),
        )


def _link(connection: Connection, configuration: str, definition: Definition, extra: Mapping[str, Any]) -> None:
    """Note what a definition stands on, so that it cannot be deleted below it."""
    used = {
        "stored_data": (tables.configuration_data, definition.stored_data),
        "static": (tables.configuration_static, {style.id for style in definition.styles} | listed_statics(extra)),
    }
    for column, (link, ids) in used.items():
        connection.execute(delete(link).where(link.c.configuration == configuration))
        if ids:
            connection.execute(insert(link), [{"configuration": configuration, column: one} for one in sorted(ids)])
