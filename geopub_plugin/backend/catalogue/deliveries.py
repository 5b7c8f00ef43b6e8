"""Files on their way into an upload: whole or in chunks, verified, resumable, never held in memory."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Dict, Optional, Protocol

from sqlalchemy import Connection, func, select

from ..disk import sha256_of, storing
from ..errors import Conflict, GeoPubError, InvalidInput, NotFound
from ..translation import tr
from . import tables
from .quotas import UPLOADS, require_room
from .store import Store
from .uploads import Upload, UploadFile, files_of, upload_files, uploads

BLOCK = 1 << 20
LONGEST_PATH = 1000


class DamagedChunk(InvalidInput):
    """A chunk did not arrive as it was sent; it is worth sending again."""

    label = "Content-Digest mismatch"  # by which clients know it


class Source(Protocol):
    """A stream of bytes."""

    def read(self, size: int) -> bytes:
        """Return at most so many bytes, none at the end."""


@dataclass(frozen=True)
class Chunk:
    """Bytes `first` to `last` (inclusive) of a file of `total` bytes; `last` is `first - 1` for no bytes."""

    first: int
    last: int
    total: int
    sha256: Optional[bytes]  # of these bytes

    @property
    def length(self) -> int:
        """The number of bytes."""
        return self.last - self.first + 1


def sha256_of_digest(header: str) -> Optional[bytes]:
    """Return the SHA-256 in a Content-Digest field (RFC 9530, section 2), None when it holds none."""
    for member in header.split(","):
        name, _, value = member.strip().partition("=")
        if name.lower() == "sha-256" and value.startswith(":") and value.endswith(":"):
            try:
                digest = base64.b64decode(value[1:-1], validate=True)
            except binascii.Error:
                digest = b""
            if len(digest) != hashlib.sha256().digest_size:
                raise InvalidInput(
                    tr("The Content-Digest header cannot be read."),
                    tr("It holds “{value}”, which is not a SHA-256 in base 64.", value=value),
                    tr("Write it as: sha-256=:…=: (RFC 9530)."),
                )
            return digest
    return None


def file_at(connection: Connection, upload: Upload, path: str) -> UploadFile:
    """Return the file of this path, or raise NotFound."""
    found = _find(connection, upload, path)
    if found is None:
        raise NotFound(tr("The upload “{name}” has no file “{path}”.", name=upload.name, path=path))
    return found


def place_of(store: Store, file: UploadFile) -> Path:
    """Return where a complete file is on disk."""
    return store.folder.upload_files(file.upload) / file.place_name


def receive_chunk(store: Store, upload: Upload, path: str, chunk: Chunk, body: Source) -> UploadFile:
    """Append a verified chunk to a file, beginning the file with its first chunk.

    Raises:
        Conflict: the upload is not open, or the chunk does not begin where the file ends.
        InvalidInput: the body is not what its length and its digest say; nothing of it is kept.
    """
    with store.alone(upload.id):
        file = begin(store, upload, path, chunk)
        part = part_of(store, file)
        with storing(store.folder.path):
            part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = "r+b" if part.exists() else "w+b"
            with open(part, mode) as out:
                out.truncate(file.received)  # what a crash left behind the last verified byte
                out.seek(file.received)
                _copy_verified(out, body, chunk, path)
                out.flush()
                os.fsync(out.fileno())
        received, sha256 = file.received + chunk.length, ""
        if received == file.total:
            sha256 = sha256_of(part)
            store.folder.publish(part, place_of(store, file))
        with store.writing() as connection:
            return upload_files.change(connection, file.id, received=received, sha256=sha256)


def receive_file(store: Store, upload: Upload, path: str, kind: str, body: BinaryIO) -> UploadFile:
    """Take a whole file.

    Raises:
        Conflict: the upload is not open, or has a file of this path.
    """
    with store.alone(upload.id):
        with store.reading() as connection:
            known = _find(connection, upload, _checked(path))
        if known is not None and known.complete:
            raise Conflict(
                tr("The upload “{name}” already has a file “{path}”.", name=upload.name, path=path),
                cure=tr("Delete that file first, or give another path."),
            )
        if known is not None:
            remove_file(store, upload, path)  # cut off on its way: the whole file replaces what came of it
        body.seek(0, os.SEEK_END)
        size = body.tell()
        body.seek(0)
        store.folder.require_room(size)
        with store.writing() as connection:
            _require_open(connection, upload)
            _require_quota(connection, upload, size)
            upload_files.add(connection, upload=upload.id, path=path, kind=kind, total=size, received=0)
    try:
        return receive_chunk(store, upload, path, Chunk(0, size - 1, size, None), body)
    except GeoPubError:  # the disk is full: nothing half-made stays
        remove_file(store, upload, path)
        raise


def remove_file(store: Store, upload: Upload, path: str) -> None:
    """Remove a file from an open upload."""
    with store.alone(upload.id):
        with store.writing() as connection:
            _require_open(connection, upload)
            file = file_at(connection, upload, path)
            upload_files.remove(connection, file.id)
        store.folder.remove(place_of(store, file))
        store.folder.remove(part_of(store, file))


def announced_md5(store: Store, connection: Connection, upload: Upload) -> Dict[str, str]:
    """Return the digests that the delivered md5 files announce: path -> hexadecimal digest."""
    digests: Dict[str, str] = {}
    for file in files_of(connection, upload.id, "md5"):
        if not file.complete:
            continue
        for line in place_of(store, file).read_text("utf-8", errors="replace").splitlines():
            digest, _, path = line.strip().partition(" ")
            if path.strip():
                digests[path.strip().lstrip("*")] = digest.lower()
    return digests


def begin(store: Store, upload: Upload, path: str, chunk: Chunk) -> UploadFile:
    """Return the file that a chunk continues, made when the chunk is its first."""
    with store.writing() as connection:
        _require_open(connection, upload)
        file = _find(connection, upload, _checked(path))
        if file is None:
            store.folder.require_room(chunk.total)
            _require_quota(connection, upload, chunk.total)
            file = upload_files.add(connection, upload=upload.id, path=path, kind="data", total=chunk.total, received=0)
        done = file.complete and file.total > 0
        if done or chunk.total != file.total or chunk.first != file.received:
            raise Conflict(
                tr("This chunk does not continue the file “{path}”.", path=path),
                tr(
                    "It starts at byte {first} of {total}; received are {received} of {expected}.",
                    first=chunk.first,
                    total=chunk.total,
                    received=file.received,
                    expected=file.total,
                ),
                tr("Ask with GET what is received, and continue there; or delete the file and begin again."),
            )
        return file


def _copy_verified(out: BinaryIO, body: Source, chunk: Chunk, path: str) -> None:
    """Copy a chunk to the end of a file; cut it off again when it is not what was announced."""
    start, left, digest = out.tell(), chunk.length, hashlib.sha256()
    while left:
        block = body.read(min(left, BLOCK))
        if not block:
            break
        out.write(block)
        digest.update(block)
        left -= len(block)
    wrong = chunk.sha256 is not None and not hmac.compare_digest(digest.digest(), chunk.sha256)
    if left or wrong:
        out.truncate(start)
        raise DamagedChunk(
            tr("A chunk of “{path}” did not arrive whole.", path=path),
            tr("{count} bytes are missing.", count=left) if left else tr("Its SHA-256 is not the announced one."),
            tr("Send the chunk again."),
        )


def _find(connection: Connection, upload: Upload, path: str) -> Optional[UploadFile]:
    columns = tables.upload_file.c
    return next(iter(upload_files.find(connection, columns.upload == upload.id, columns.path == path)), None)


def part_of(store: Store, file: UploadFile) -> Path:
    """Return where a file that is not complete is on disk."""
    return store.folder.upload_parts(file.upload) / f"{file.id}.part"


def _require_quota(connection: Connection, upload: Upload, size: int) -> None:
    """Refuse a file that the quota of uploads has no room for, with what is announced and on its way."""
    file, delivered = tables.upload_file.c, tables.upload.c
    missing = select(func.sum(file.total - file.received)).join(tables.upload, delivered.id == file.upload)
    announced = connection.execute(missing.where(delivered.datastore == upload.datastore)).scalar() or 0
    require_room(connection, upload.datastore, UPLOADS, int(announced) + size)


def _require_open(connection: Connection, upload: Upload) -> None:
    status = uploads.get(connection, upload.id).status
    if status != "OPEN":
        raise Conflict(
            tr("The upload “{name}” takes no files.", name=upload.name),
            tr("It is {status}.", status=status),
            tr("Open it again first."),
        )


def _checked(path: str) -> str:
    if path.strip() and len(path) <= LONGEST_PATH and path.isprintable():
        return path
    raise InvalidInput(
        tr("A file needs a path."),
        tr("The parameter “path” is empty, too long or holds control characters."),
        tr("Give the file's name, as ?path=data/roads.gpkg."),
    )
