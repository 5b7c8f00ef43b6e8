"""Leaving and coming back: integrations that were begun, here or elsewhere, and are not done.

All that is needed is on the server: the state of the upload, its checks, the execution that its tags name. Only files
that did not arrive whole are needed once more; they go on at their last chunk.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional

from ..backend.errors import Conflict, InvalidInput, JobFailed, NotFound
from ..backend.faults import blocking
from ..backend.translation import tr
from .client import Store
from .client.delivery import md5_of, sha256_of
from .client.executions import Execution
from .client.stored_data import StoredData
from .client.uploads import Upload
from .integration_progress import CHECKING, DONE, INTEGRATING, SENDING, progress_of, progress_tags
from .publication_jobs import INTEGRATIONS
from .publication_values import Refused

_STEPS = {"CREATED": SENDING, "OPEN": SENDING, "CHECKING": CHECKING, "CLOSED": INTEGRATING, "UNSTABLE": CHECKING}


@dataclass(frozen=True)
class Interrupted:
    """An integration that is not done."""

    upload: Upload
    step: int  # SENDING, CHECKING or INTEGRATING
    failed: bool  # its checks found errors, or its execution has failed

    @property
    def needs_file(self) -> bool:
        """Whether the file has to be at hand: the server has not got all of it."""
        return self.step == SENDING


def interrupted(store: Store) -> List[Interrupted]:
    """Return every integration of a datastore that was begun and is not done, oldest first."""
    found = []
    for upload in store.uploads.list():
        if upload.status not in _STEPS or progress_of(upload.tags) == ("successful",) * 3:
            continue
        execution = _execution(store, upload) if upload.status == "CLOSED" else None
        if execution is None or execution.status != "SUCCESS":
            failed = upload.status == "UNSTABLE" or (execution is not None and execution.status == "FAILURE")
            found.append(Interrupted(upload, _STEPS[upload.status], failed))
    return found


def resume_integration(store: Store, identifier: str, file: Optional[Path] = None) -> StoredData:
    """Bring an upload to its end: sent, checked, integrated; return the stored data.

    Args:
        store: where.
        identifier: of the upload.
        file: what was being sent, where the server has not got all of it.

    Raises:
        InvalidInput: the file is needed and not given, or is not the one that was being sent.
        Refused: the checks found errors.
        JobFailed: the integration has failed.
    """
    upload = store.uploads.get(identifier)
    if upload.status in ("CREATED", "OPEN"):
        _send_rest(store, upload, file)
    store.uploads.tag(identifier, progress_tags(CHECKING))
    if store.uploads.checked(identifier).status == "UNSTABLE":
        store.uploads.tag(identifier, progress_tags(CHECKING, failed=True))
        raise _refused(store, upload)
    store.uploads.tag(identifier, progress_tags(INTEGRATING))
    ended = store.executions.ended(_launched(store, upload).id)
    if ended.status != "SUCCESS":
        store.uploads.tag(identifier, progress_tags(INTEGRATING, failed=True))
        what = tr("“{name}” could not be integrated.", name=upload.name)
        if blocking(ended.faults):
            raise Refused(what, "", tr("Correct what is listed and publish again."), ended.faults)
        raise JobFailed(what, " ".join(store.executions.logs(ended.id)[-1:]))
    store.uploads.tag(identifier, progress_tags(DONE))
    return store.stored_data.get(ended.stored_data)


def stop_text(one: Interrupted) -> str:
    """Return in words where an integration was broken off."""
    steps = (tr("while the file was sent"), tr("at the checks"), tr("at the integration"))
    return tr("{step}, failed", step=steps[one.step]) if one.failed else steps[one.step]


def _send_rest(store: Store, upload: Upload, file: Optional[Path]) -> None:
    tree = store.uploads.tree(upload.id)
    if file is None and (not tree or not _close(store, upload)):
        raise InvalidInput(
            tr("The upload “{name}” is not complete.", name=upload.name),
            tr("The server has not got all of its files."),
            tr("Give the file that was being sent."),
        )
    if file is None:
        return
    digest = sha256_of(file)
    if upload.tags.get("file_digest", digest) != digest:
        raise InvalidInput(
            tr("{file} is not the file that was being sent.", file=file.name),
            tr("It has changed since, or is another one."),
            tr("Give the same file, or publish this one anew."),
        )
    store.uploads.tag(upload.id, {**progress_tags(SENDING), "file_digest": digest})
    if not store.uploads.deliver(upload.id, file, file.name):
        with suppress(Conflict):  # sent before the interruption
            store.uploads.deliver_md5(upload.id, md5_of(file), file.name)
    store.uploads.close(upload.id)


def _close(store: Store, upload: Upload) -> bool:
    """Close an upload all of whose files are there; tell whether they are."""
    try:
        store.uploads.close(upload.id)
    except (Conflict, InvalidInput):
        return False
    return True


def _launched(store: Store, upload: Upload) -> Execution:
    """Return the execution that integrates an upload: the one that was begun, unless it has failed, or a new one."""
    execution = _execution(store, upload)
    if execution is None or execution.status in ("FAILURE", "ABORTED"):
        processing = store.executions.processing("VECTOR-DB", "VECTOR", INTEGRATIONS)
        output = {"name": upload.name} if execution is None else {"id": execution.stored_data}
        execution = store.executions.create(processing, {"upload": [upload.id]}, {"stored_data": output}, {})
        store.uploads.tag(upload.id, {"proc_int_id": execution.id, "vectordb_id": execution.stored_data})
        kept = {key: value for key, value in upload.tags.items() if key in ("datasheet_name", "layer_name")}
        tags = {**kept, "upload_id": upload.id, "proc_int_id": execution.id}
        store.stored_data.tag(execution.stored_data, tags)
    if execution.status == "CREATED":
        store.executions.launch(execution.id)
    return execution


def _execution(store: Store, upload: Upload) -> Optional[Execution]:
    """Return the execution that integrates an upload: the one that its tags name, else the last that reads it."""
    if upload.tags.get("proc_int_id"):
        with suppress(NotFound):
            return store.executions.get(upload.tags["proc_int_id"])
    reading = store.executions.list(input_upload=upload.id)
    return reading[-1] if reading else None


def _refused(store: Store, upload: Upload) -> Refused:
    runs = [store.executions.check(run.execution) for run in store.uploads.checks(upload.id)]
    faults = tuple(dict.fromkeys(fault for run in runs for fault in run.faults))
    return Refused(
        tr("“{name}” could not be integrated.", name=upload.name),
        tr("Faults that forbid it: {count}.", count=len(blocking(faults))),
        tr("Correct what is listed and publish again."),
        faults,
    )
