"""The first stage of a publication: the file is sent, and checked by the store."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Optional, Tuple

from ..backend.errors import Conflict, NotFound
from ..backend.faults import Fault, blocking
from ..backend.translation import tr
from .attempt import Attempt, remove_upload, stop
from .client.delivery import md5_of, sha256_of
from .client.uploads import CheckRun, Upload
from .integration_progress import CHECKING, SENDING, progress_tags
from .publication_values import Refused
from .steps import Step


class DeliveryStage:
    """Sends the file of a publication."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    def delivered(self, resume: bool) -> Upload:
        """Return the upload with the file in it; `resume` goes on with one that was interrupted."""
        request, uploads = self._attempt.request, self._attempt.store.uploads
        name = request.file.name
        with self._attempt.timed(Step.DELIVERY):
            digest = sha256_of(request.file, self._attempt.store.connection.cancel)
            mark = self._mark(digest)
            upload = self._interrupted(mark) if resume else None
            if upload is None:
                upload = uploads.create(request.layer_name, request.srs, request.title)
                uploads.tag(
                    upload.id,
                    {**self._attempt.tags(), **progress_tags(SENDING), "request_digest": mark, "file_digest": digest},
                )
            identifier = upload.id
            self._attempt.undo.append(lambda store: remove_upload(store, identifier))
            if upload.status in ("OPEN", "CREATED"):
                self._attempt.listener.moved(Step.DELIVERY, 0, request.file.stat().st_size, "bytes")
                verified = uploads.deliver(upload.id, request.file, name, self._sent)
                if not verified:
                    with suppress(Conflict):  # sent before the interruption
                        uploads.deliver_md5(upload.id, md5_of(request.file), name)
                uploads.close(upload.id)
                uploads.tag(upload.id, progress_tags(CHECKING))
        return upload

    def _mark(self, digest: str) -> str:
        """Return a text that is the same for the same file, published in the same way."""
        it = self._attempt.request
        told = repr((digest, it.tables, it.srs, it.top_level, it.bottom_level, it.sample, it.area, it.flags, it.plans))
        return hashlib.sha256(told.encode("utf-8")).hexdigest()[:32]

    def _interrupted(self, mark: str) -> Optional[Upload]:
        """Return the upload that an interrupted publication of the same file left; remove what others left."""
        for upload in self._attempt.store.uploads.list(name=self._attempt.request.layer_name):
            tags = {**self._attempt.tags(), **upload.tags}  # none yet when the line broke at once
            if upload.status == "DELETED" or any(tags[key] != value for key, value in self._attempt.tags().items()):
                continue
            if tags.get("request_digest") == mark and upload.status != "UNSTABLE":
                return upload
            self._discard(upload)
        return None

    def _discard(self, upload: Upload) -> None:
        """Remove an upload and what was being made of it; what services show stays."""
        for tag in ("proc_pyr_creat_id", "proc_int_id"):
            if upload.tags.get(tag):
                with suppress(Conflict, NotFound):
                    stop(self._attempt.store, upload.tags[tag])
                    made = self._attempt.store.executions.get(upload.tags[tag]).stored_data
                    self._attempt.store.stored_data.delete(made)
        remove_upload(self._attempt.store, upload.id)

    def _sent(self, done: int, total: int) -> None:
        self._attempt.listener.moved(Step.DELIVERY, done, total, "bytes")

    def keep_faults(self, upload: Upload) -> None:
        """Keep what the checks of an upload have found for the result."""
        self._attempt.faults += self._found(upload)[1]

    def _found(self, upload: Upload) -> Tuple[Tuple[CheckRun, ...], Tuple[Fault, ...]]:
        """Return the checks of an upload, and every fault that they have found."""
        runs = self._attempt.store.uploads.checks(upload.id)
        found = [self._attempt.store.executions.check(run.execution) for run in runs]
        return runs, tuple(dict.fromkeys(fault for execution in found for fault in execution.faults))

    def check(self, upload: Upload) -> Upload:
        """Wait for the checks and return the upload; raise Refused with every fault where one forbids it."""
        with self._attempt.timed(Step.CHECKS):
            checked = self._attempt.store.uploads.checked(upload.id)
        if checked.status == "UNSTABLE":
            runs, faults = self._found(upload)
            self._attempt.store.uploads.tag(upload.id, progress_tags(CHECKING, failed=True))
            file = self._attempt.request.file.name
            raise Refused(
                tr("{file} cannot be published.", file=file),
                tr("Faults that forbid it: {count}.", count=len(blocking(faults)))
                if faults
                else self._attempt.last_words(next((run.execution for run in runs if run.state == "failed"), ""), True),
                tr("Correct what is listed and publish again."),
                faults,
            )
        return checked
