"""From an execution to its job: the parameters that a worker gets, and the files it may read."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, Dict, List, Optional, Set, Tuple

from sqlalchemy import Connection

from ..disk import storing
from ..jobs.queue import Job
from .deliveries import announced_md5, place_of
from .executions import CHECK, Execution, executions, executions_of_upload, inputs_of
from .parameters import integration_parameters, pyramid_parameters
from .programs import VECTOR_CHECK, check, processing
from .store import Store
from .stored_data import revision, revisions, stored_data
from .uploads import Upload, files_of, uploads

_UNSAFE = re.compile(r"[^\w.() +-]")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # of Windows


def submit(store: Store, execution: Execution) -> None:
    """Put the job of an execution into the queue."""
    work = store.folder.work_folder(execution.id)
    with store.reading() as connection:
        kind, parameters = _job(store, connection, execution, work)
    store.works[execution.id] = work
    if kind == "pyramid":
        store.show_making(execution.output or "", parameters)
    store.queue.submit(Job(execution.id, kind, parameters, work))


def waiting_to_resume(connection: Connection) -> List[Execution]:
    """Return the processings that a start has to submit again, oldest first."""
    table = executions.table.c
    return executions.find(connection, table.status == "WAITING", table.family != CHECK)


def safe_path(path: str) -> str:
    """Return a delivered path as a relative path that is harmless on every system."""
    parts = []
    for part in path.replace("\\", "/").split("/"):
        plain = _UNSAFE.sub("_", part).strip(" .")[:100]
        if plain and plain not in (".", ".."):
            parts.append(f"_{plain}" if _RESERVED.fullmatch(plain) else plain)
    return "/".join(parts[-4:]) or "file"


def _job(store: Store, connection: Connection, execution: Execution, work: Path) -> Tuple[str, Dict[str, Any]]:
    if execution.family == CHECK:
        upload = uploads.get(connection, execution.upload or "")
        told = _check_parameters(store, connection, upload, check(execution.program).variant, work)
        return "check", {**told, "ahead": _vector_check_waits(connection, upload)}
    program = processing(execution.program)
    inputs = inputs_of(connection, execution.id)
    if program.job == "integrate":
        upload = uploads.get(connection, next(one.entity for one in inputs if one.kind == "upload"))
        told = integration_parameters(upload.srs, execution.parameters)
        places = {"files": _lay_out(store, connection, upload, work), "prepared": str(store.folder.prepared(upload.id))}
        made = next(iter(revisions(connection, execution.output or "")), None)
        previous = str(made.place(store.folder)) if made is not None else None
        return "integrate", {**told, **places, "limits": store.limits, "previous": previous}
    source = stored_data.get(connection, next(one.entity for one in inputs if one.kind == "stored_data"))
    shown = revision(connection, source.id, source.revision)
    told = pyramid_parameters(shown, execution.parameters)
    places = {"data": str(shown.place(store.folder)), "checkpoints": str(store.folder.checkpoints)}
    made_of = {"stored_data": source.id, "revision": shown.number}
    previous = _previous(store, connection, execution.output or "", source.id)
    return "pyramid", {**told, **places, "name": source.name, "source": made_of, "previous": previous}


def _vector_check_waits(connection: Connection, upload: Upload) -> bool:
    waiting = (one for one in executions_of_upload(connection, upload.id) if one.status == "WAITING")
    return any(one.program == VECTOR_CHECK.id for one in waiting)


def _previous(store: Store, connection: Connection, output: str, source: str) -> Optional[Dict[str, str]]:
    """Return the files of the last pyramid of a stored data and of what it was made of, if both are still there."""
    made_of = {one.number: one.place(store.folder) for one in revisions(connection, source)}
    for pyramid in revisions(connection, output):
        told = pyramid.details.get("source") or {}
        data, archive = made_of.get(told.get("revision")), pyramid.place(store.folder)
        if told.get("stored_data") == source and data is not None and data.is_file() and archive.is_file():
            return {"data": str(data), "archive": str(archive)}
    return None


def _check_parameters(store: Store, connection: Connection, upload: Upload, variant: str, work: Path) -> Dict[str, Any]:
    md5 = {safe_path(path): digest for path, digest in announced_md5(store, connection, upload).items()}
    files = _lay_out(store, connection, upload, work)
    places = {"files": files, "prepared": str(store.folder.prepared(upload.id))}
    return {"check": variant, **places, "srs": upload.srs, "md5": md5, "limits": store.limits}


def _lay_out(store: Store, connection: Connection, upload: Upload, work: Path) -> List[str]:
    """Show the data files of an upload to a worker under the names that their author gave them."""
    shown: List[str] = []
    taken: Set[str] = set()
    for number, file in enumerate(files_of(connection, upload.id, "data")):
        path = safe_path(file.path)
        if path.lower() in taken:
            path = f"{number}/{path}"
        taken.add(path.lower())
        place = work / "delivered" / path
        with storing(store.folder.path):
            place.parent.mkdir(parents=True, exist_ok=True)
            _link(place_of(store, file), place)
        shown.append(str(place))
    return shown


def _link(source: Path, place: Path) -> None:
    for way in (os.link, os.symlink):
        with suppress(OSError, NotImplementedError):
            way(source, place)
            return
    shutil.copyfile(source, place)  # a file system without links
