"""Uploads: what is delivered, from its creation to its checks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Dict, List, Optional

from sqlalchemy import Connection

from ..errors import Conflict, InvalidInput
from ..translation import tr
from . import tables
from .executions import executions_of_upload, live_on_input
from .journal import JournaledRows
from .lifecycles import UPLOAD, step
from .rows import DatastoreEntity, Entity, Rows
from .store import Store

TYPES = ("VECTOR",)


@dataclass(frozen=True)
class Upload(DatastoreEntity):
    """Files delivered, before integration: the platform's "livraison"."""

    name: str
    description: str
    type: str
    srs: str
    status: str
    open: bool
    type_infos: Dict[str, Any]
    extent: Optional[Dict[str, Any]]
    tags: Dict[str, str]
    extra: Dict[str, Any]


@dataclass(frozen=True)
class UploadFile(Entity):
    """One file of an upload."""

    upload: str
    path: str
    kind: str
    total: int
    received: int
    sha256: str

    @property
    def complete(self) -> bool:
        """Whether every byte is here."""
        return self.received == self.total

    @property
    def place_name(self) -> str:
        """The name of the file on disk: ours, but for the suffix, by which readers know a format."""
        suffix = PurePosixPath(self.path).suffix.lower()
        plain = suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= 12
        return self.id + (suffix if plain else "")


uploads: Rows[Upload] = JournaledRows(tables.upload, Upload)
upload_files: Rows[UploadFile] = Rows(tables.upload_file, UploadFile)


def create_upload(store: Store, datastore: str, **values: Any) -> Upload:
    """Open a new upload; `values` are name, description, type, srs, type_infos."""
    if values.get("type") not in TYPES:
        raise InvalidInput(
            tr("Uploads of type “{type}” are not taken.", type=values.get("type")),
            cure=tr("Give one of: {types}.", types=", ".join(TYPES)),
        )
    with store.writing() as connection:
        return uploads.add(connection, datastore=datastore, status="OPEN", **values)


def files_of(connection: Connection, upload: str, kind: str = "") -> List[UploadFile]:
    """Return the files of an upload, those of one kind or all."""
    of_kind = [tables.upload_file.c.kind == kind] if kind else []
    return upload_files.find(connection, tables.upload_file.c.upload == upload, *of_kind)


def size_of(connection: Connection, upload: str) -> int:
    """Return the bytes that an upload has received."""
    return sum(file.received for file in files_of(connection, upload))


def reopen(store: Store, upload: Upload) -> Upload:
    """Let files be added and removed again."""
    with store.writing() as connection:
        _refuse_while_used(connection, upload)
        status = step(UPLOAD, upload.name, uploads.get(connection, upload.id).status, "OPEN")
        return uploads.change(connection, upload.id, status=status)


def delete_upload(store: Store, upload: Upload) -> None:
    """Delete an upload with its files, its check executions and their logs."""
    with store.alone(upload.id):
        with store.writing() as connection:
            _refuse_while_used(connection, upload)
            step(UPLOAD, upload.name, uploads.get(connection, upload.id).status, "DELETED")
            uploads.remove(connection, upload.id)
        store.folder.remove(store.folder.upload(upload.id))
        store.folder.remove(store.folder.prepared(upload.id))


def settle(connection: Connection, upload_id: str) -> Upload:
    """Bring an upload out of CHECKING once none of its checks is waiting or running."""
    upload = uploads.get(connection, upload_id)
    checks = executions_of_upload(connection, upload_id)
    if upload.status != "CHECKING" or any(check.live for check in checks):
        return upload
    passed = all(check.status == "SUCCESS" for check in checks)
    status = step(UPLOAD, upload.name, upload.status, "CLOSED" if passed else "UNSTABLE")
    return uploads.change(connection, upload_id, status=status)


def _refuse_while_used(connection: Connection, upload: Upload) -> None:
    running = live_on_input(connection, upload.id)
    if running:
        raise Conflict(
            tr("The upload “{name}” is in use.", name=upload.name),
            tr("Execution {identifier} reads its files.", identifier=running[0].id),
            tr("Wait for its end, or abort it."),
        )
