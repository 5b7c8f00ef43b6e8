"""Annexes: public files beside the data, such as thumbnails, client-side styles and documents."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, BinaryIO, Dict, List, Sequence, Tuple

from sqlalchemy import Connection

from ..disk import sha256_of, storing
from ..errors import Conflict, InvalidInput, NotFound
from ..translation import tr
from . import tables
from .quotas import ANNEXES, require_room
from .rows import DatastoreEntity, Rows
from .store import Store


@dataclass(frozen=True)
class Annexe(DatastoreEntity):
    """One file and the paths under which it is public."""

    paths: List[str]
    mime_type: str
    size: int
    sha256: str
    published: bool
    labels: List[str]
    extra: Dict[str, Any]


annexes: Rows[Annexe] = Rows(tables.annexe, Annexe)


def create_annexe(
    store: Store,
    datastore: str,
    identifier: str,
    body: BinaryIO,
    *,
    paths: Sequence[str],
    mime_type: str,
    published: bool,
    labels: Sequence[str],
) -> Annexe:
    """Keep a new file under public paths.

    Raises:
        InvalidInput: there is no path.
        Conflict: a path is taken.
        StorageFull: the disk or the quota has no room.
    """
    if not paths:
        raise InvalidInput(tr("An annexe needs a path."), tr("The field “paths” is empty."))
    with store.reading() as connection:
        _free_paths(connection, datastore, paths)
        require_room(connection, datastore, ANNEXES, _size(body))
    size, sha256 = _write(store, identifier, body)
    with ExitStack() as undo, store.writing() as connection:
        undo.callback(store.folder.remove, store.folder.annexe_file(identifier))
        made = annexes.add(
            connection,
            id=identifier,
            datastore=datastore,
            paths=_free_paths(connection, datastore, paths),
            mime_type=mime_type,
            size=size,
            sha256=sha256,
            published=published,
            labels=list(labels),
        )
        undo.pop_all()
        return made


def change_annexe(store: Store, annexe: Annexe, **values: Any) -> Annexe:
    """Change paths, labels, published or extra."""
    with store.writing() as connection:
        if "paths" in values:
            values["paths"] = _free_paths(connection, annexe.datastore, values["paths"], annexe.id)
        return annexes.change(connection, annexe.id, **values)


def replace_annexe(store: Store, annexe: Annexe, body: BinaryIO, mime_type: str) -> Annexe:
    """Put another file in the place of one."""
    with store.alone(annexe.id):
        with store.reading() as connection:
            require_room(connection, annexe.datastore, ANNEXES, _size(body) - annexe.size)
        size, sha256 = _write(store, annexe.id, body)
        with store.writing() as connection:
            return annexes.change(connection, annexe.id, size=size, sha256=sha256, mime_type=mime_type)


def delete_annexe(store: Store, annexe: Annexe) -> None:
    """Delete a file."""
    with store.writing() as connection:
        annexes.remove(connection, annexe.id)
    store.folder.remove(store.folder.annexe_file(annexe.id))


def annexe_at(connection: Connection, datastore: str, path: str) -> Annexe:
    """Return the published annexe of a path, or raise NotFound."""
    for annexe in annexes.find(connection, tables.annexe.c.datastore == datastore, tables.annexe.c.published):
        if path in annexe.paths:
            return annexe
    raise nothing_public(path)


def nothing_public(path: str) -> NotFound:
    """Return the error of a path at which everybody finds nothing."""
    return NotFound(tr("Nothing is public at {path}.", path=path))


def _free_paths(connection: Connection, datastore: str, paths: Sequence[str], own: str = "") -> List[str]:
    wanted = [path if path.startswith("/") else f"/{path}" for path in paths]
    for other in annexes.find(connection, tables.annexe.c.datastore == datastore, tables.annexe.c.id != own):
        taken = set(other.paths) & set(wanted)
        if taken:
            raise Conflict(
                tr("The path {path} is taken.", path=sorted(taken)[0]),
                tr("Another annexe of the datastore has it."),
                tr("Give another path, or replace that file."),
            )
    return wanted


def _size(body: BinaryIO) -> int:
    """Return how many bytes a body has, and go back to its beginning."""
    size = body.seek(0, os.SEEK_END)
    body.seek(0)
    return size


def _write(store: Store, identifier: str, body: BinaryIO) -> Tuple[int, str]:
    work = store.folder.work_folder(identifier)
    made = work / "file"
    with storing(store.folder.path), open(made, "wb") as out:
        shutil.copyfileobj(body, out, 1 << 20)
        size = out.tell()
    sha256 = sha256_of(made)
    store.folder.publish(made, store.folder.annexe_file(identifier))
    store.folder.remove(work)
    return size, sha256
