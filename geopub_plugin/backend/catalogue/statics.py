"""Statics: styles that services draw with, as immutable revisions behind one id."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Dict, List, Set, Tuple

from sqlalchemy import Connection, select

from ..disk import storing
from ..errors import Conflict, InvalidInput
from ..styles.attributes import translate_attributes
from ..styles.recognition import read, recognise
from ..translation import tr
from . import tables
from .content_revisions import forget_contents, remember
from .quotas import ANNEXES, require_room
from .rows import DatastoreEntity, Rows
from .store import Store

STYLE = "GEOSERVER-STYLE"


@dataclass(frozen=True)
class Static(DatastoreEntity):
    """One style; the file is that of its current revision."""

    name: str
    description: str
    type: str
    revision: int
    suffix: str
    size: int
    sha256: str
    type_infos: Dict[str, Any]
    extra: Dict[str, Any]

    def place(self, store: Store) -> Path:
        """Return the file of the current revision."""
        return store.folder.static_file(self.id, str(self.revision), self.suffix)


statics: Rows[Static] = Rows(tables.static, Static)


def create_static(store: Store, datastore: str, identifier: str, body: BinaryIO, **values: Any) -> Static:
    """Keep a new style; `values` are name, description, type."""
    if values.get("type") != STYLE:
        raise InvalidInput(
            tr("Statics of type “{type}” are not used here.", type=values.get("type")),
            cure=tr("Give one of: {types}.", types=STYLE),
        )
    content, suffix = read_style(body)
    with store.reading() as connection:
        require_room(connection, datastore, ANNEXES, len(content))
    write_style(store, identifier, 1, suffix, content)
    with store.writing() as connection:
        remember(connection, identifier, suffix, content, store.kept_revisions)
        return statics.add(
            connection,
            id=identifier,
            datastore=datastore,
            revision=1,
            suffix=suffix,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            type_infos=style_infos(content),
            **values,
        )


def delete_static(store: Store, static: Static) -> None:
    """Delete a style.

    Raises:
        Conflict: a configuration draws with it.
    """
    with store.writing() as connection:
        used = _configurations_with(connection, static.id)
        if used:
            raise Conflict(
                tr("The style “{name}” is in use.", name=static.name),
                tr("Services show it: {services}.", services=", ".join(used)),
                tr("Give these another style, or delete them first."),
            )
        statics.remove(connection, static.id)
        forget_contents(connection, static.id)
    store.folder.remove(store.folder.static(static.id))


def _configurations_with(connection: Connection, identifier: str) -> List[str]:
    link, configuration = tables.configuration_static, tables.configuration
    query = select(configuration.c.name).join(link, link.c.configuration == configuration.c.id)
    return list(connection.execute(query.where(link.c.static == identifier)).scalars())


def style_infos(content: bytes) -> Dict[str, Any]:
    """Return what clients may know of a style: the attributes that it names."""
    found: Set[str] = set()

    def note(name: str, _decisive: bool) -> str:
        found.add(name)
        return name

    translate_attributes(read(content), note)
    return {"used_attributes": sorted(found)}


def read_style(body: BinaryIO) -> Tuple[bytes, str]:
    """Return a style's bytes and its suffix, once it is known to be a style."""
    content = body.read()
    return content, f".{recognise(content).value}"


def write_style(store: Store, identifier: str, number: int, suffix: str, content: bytes) -> None:
    """Put the bytes of a revision into their place."""
    work = store.folder.work_folder(identifier)
    made = work / f"style{suffix}"
    with storing(store.folder.path):
        made.write_bytes(content)
    store.folder.publish(made, store.folder.static_file(identifier, str(number), suffix))
    store.folder.remove(work)
