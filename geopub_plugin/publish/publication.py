"""A publication: from a file to live services, over any store; what is there already is updated in place."""

from __future__ import annotations

import hashlib
import time
from contextlib import contextmanager, suppress
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from ..backend.errors import Conflict, GeoPubError, InvalidInput, JobFailed, NotFound, Unavailable
from ..backend.faults import Fault, blocking
from ..backend.translation import tr
from .client import Store
from .client.configurations import Configuration
from .client.delivery import md5_of
from .client.executions import Execution
from .client.stored_data import StoredData
from .client.uploads import Upload
from .integration_progress import CHECKING, DONE, INTEGRATING, SENDING, progress_tags
from .proposal import DEEPEST, TableStyle, levels, rough_detail
from .publication_values import LiveUrl, PublicationRequest, PublicationResult, Refused
from .service_definitions import (
    CONFIGURATION_TYPES,
    composition,
    styles_of,
    tms_definition,
    wfs_definition,
    wms_definition,
)
from .steps import Listener, Quiet, Step

__all__ = [
    "Listener",
    "LiveUrl",
    "Publication",
    "PublicationRequest",
    "PublicationResult",
    "Quiet",
    "Refused",
    "Step",
]

# The platform's own identifiers of its two processings (they are looked for by what they make, too).
INTEGRATIONS = ("0de8c60b-9938-4be9-aa36-9026b77c3c96", "5a348542-61a7-4289-a950-8544bb0ce2b8")
PYRAMIDS = ("aa5f9391-0bdb-4b97-9209-fcde351b82f6", "a07a2d00-2bb3-45cb-a4c3-ac298501148c")

Inputs = Mapping[str, List[str]]  # "upload" or "stored_data": identifiers


class Publication:
    """One publication, run once; its store's connection carries the event that cancels it."""

    def __init__(
        self,
        store: Store,
        request: PublicationRequest,
        listener: Optional[Listener] = None,
        live: Callable[[LiveUrl], None] = lambda _url: None,
    ) -> None:
        """Publish what is requested in a store; `live` is told each address as soon as it answers."""
        self._store, self._request, self._live = store, request, live
        self._listener: Listener = listener or Quiet()
        self._undo: List[Callable[[Store], None]] = []
        self._times: Dict[Step, float] = {}
        self._faults: List[Fault] = []

    def run(self) -> PublicationResult:
        """Publish from the beginning.

        Raises:
            Refused: the checks found faults that forbid it; nothing is left of the attempt.
            Cancelled: the person ended it; nothing new is left of the attempt.
            Unavailable: the line broke; `resume` goes on from what the store holds.
            GeoPubError: the store refused a step; nothing new is left of the attempt.
        """
        return self._cleaning(resume=False)

    def resume(self) -> PublicationResult:
        """Go on with an interrupted publication of the same file; publish from the beginning where there is none."""
        return self._cleaning(resume=True)

    # The flow ---------------------------------------------------------------------------------------------------

    def _cleaning(self, resume: bool) -> PublicationResult:
        try:
            return self._flow(resume)
        except Unavailable:
            raise  # what the store holds is what `resume` goes on from
        except GeoPubError:
            self._take_back()
            raise

    def _flow(self, resume: bool) -> PublicationResult:
        existing = self._existing()
        upload = self._delivered(resume)
        self._check(upload)
        data = self._integrated(upload, _vector_data(existing, self._store))
        top, bottom = self._levels(data)
        wanted = self._request.services
        updated, offered = bool(existing), ""
        making = self._pyramid_begun(upload, data, existing, top, bottom) if "tms" in wanted else None
        if making is not None:
            about = (self._request.title, self._request.abstract, self._request.keywords)
            tiles = tms_definition(making.stored_data, *about, top, bottom)
            offered = self._offered_at_once(existing, tiles)
        urls: List[LiveUrl] = []
        if "wfs" in wanted:
            infos = wfs_definition(data, self._request.abstract, self._request.keywords)
            urls += self._published(Step.WFS, existing, infos)
        if "wms" in wanted:
            urls += self._published(Step.WMS, existing, self._wms_definition(data, existing))
        if making is not None:
            self._pyramid_ended(making)
            urls += self._published(Step.TMS, existing, tiles, offered)
        self._store.uploads.delete(upload.id)  # its data is integrated: keeping it would take the room twice
        times = tuple((step, self._times[step]) for step in Step if step in self._times)
        faults = tuple(dict.fromkeys((*self._faults, *data.faults)))
        return PublicationResult(
            self._request.datasheet, self._request.layer_name, updated, tuple(urls), data, faults, times
        )

    def _existing(self) -> Dict[str, Configuration]:
        """Return the configurations that this publication replaces, by type; refuse to take another one's name."""
        request = self._request
        found = self._store.configurations.list(layer_name=request.layer_name)
        for configuration in found:
            owner = configuration.tags.get("datasheet_name", request.datasheet)
            if owner != request.datasheet:
                raise Conflict(
                    tr("The name “{name}” is already used by the datasheet “{owner}”.",
                       name=request.layer_name, owner=owner),
                    tr("A layer name belongs to one datasheet."),
                    tr("Choose another layer name, or the datasheet “{owner}” to update it.", owner=owner),
                )  # fmt: skip
        return {it.type: self._store.configurations.get(it.id) for it in found}

    # Delivery and checks ----------------------------------------------------------------------------------------

    def _delivered(self, resume: bool) -> Upload:
        request, uploads = self._request, self._store.uploads
        name = request.file.name
        with self._timed(Step.DELIVERY):
            digest = md5_of(request.file)
            mark = self._mark(digest)
            upload = self._interrupted(mark) if resume else None
            if upload is None:
                upload = uploads.create(request.layer_name, request.srs, request.title)
                uploads.tag(
                    upload.id, {**self._tags(), **progress_tags(SENDING), "request_digest": mark, "file_digest": digest}
                )
            identifier = upload.id
            self._undo.append(lambda store: _remove_upload(store, identifier))
            if upload.status in ("OPEN", "CREATED"):
                self._listener.moved(Step.DELIVERY, 0, request.file.stat().st_size, "bytes")
                uploads.deliver(upload.id, request.file, name, self._sent)
                with suppress(Conflict):  # sent before the interruption
                    uploads.deliver_md5(upload.id, digest, name)
                uploads.close(upload.id)
                uploads.tag(upload.id, progress_tags(CHECKING))
        return upload

    def _mark(self, digest: str) -> str:
        """Return a text that is the same for the same file, published in the same way."""
        it = self._request
        told = repr((digest, it.tables, it.srs, it.top_level, it.bottom_level, it.sample))
        return hashlib.sha256(told.encode("utf-8")).hexdigest()[:32]

    def _interrupted(self, mark: str) -> Optional[Upload]:
        """Return the upload that an interrupted publication of the same file left; remove what others left."""
        for upload in self._store.uploads.list(name=self._request.layer_name):
            tags = {**self._tags(), **upload.tags}  # none yet when the line broke at once
            if upload.status == "DELETED" or any(tags[key] != value for key, value in self._tags().items()):
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
                    _stop(self._store, upload.tags[tag])
                    made = self._store.executions.get(upload.tags[tag]).stored_data
                    self._store.stored_data.delete(made)
        _remove_upload(self._store, upload.id)

    def _remove_unlaunched(self, inputs: Inputs, replaced: str) -> None:
        """Remove executions that the line broke over before they were launched, with what they were to make."""
        for kind, identifiers in inputs.items():
            for left in self._store.executions.list(status="CREATED", **{f"input_{kind}": identifiers[0]}):
                with suppress(Conflict, NotFound):
                    self._store.executions.delete(left.id)
                    if left.stored_data not in ("", replaced):
                        self._store.stored_data.delete(left.stored_data)

    def _sent(self, done: int, total: int) -> None:
        self._listener.moved(Step.DELIVERY, done, total, "bytes")

    def _check(self, upload: Upload) -> None:
        with self._timed(Step.CHECKS):
            checked = self._store.uploads.checked(upload.id)
            runs = self._store.uploads.checks(upload.id)
            found = [self._store.executions.check(run.execution) for run in runs]
        faults = tuple(dict.fromkeys(fault for execution in found for fault in execution.faults))
        if checked.status == "UNSTABLE":
            self._store.uploads.tag(upload.id, progress_tags(CHECKING, failed=True))
            file = self._request.file.name
            raise Refused(
                tr("{file} cannot be published.", file=file),
                tr("Faults that forbid it: {count}.", count=len(blocking(faults)))
                if faults
                else self._last_words(next((run.execution for run in runs if run.state == "failed"), ""), True),
                tr("Correct what is listed and publish again."),
                faults,
            )
        self._faults += faults

    # Executions -------------------------------------------------------------------------------------------------

    def _integrated(self, upload: Upload, replaced: str) -> StoredData:
        request = self._request
        with self._timed(Step.INTEGRATION):
            execution = self._launched(
                upload,
                "proc_int_id",
                request.layer_name,
                {"upload": [upload.id]},
                lambda inputs, output: self._store.executions.create(
                    self._store.executions.processing("VECTOR-DB", "VECTOR", INTEGRATIONS),
                    inputs,
                    output,
                    {"tables": list(request.tables)} if request.tables else {},
                ),
                replaced,
            )
            self._store.uploads.tag(upload.id, {**progress_tags(INTEGRATING), "vectordb_id": execution.stored_data})
            tags = {**self._tags(), "upload_id": upload.id, "proc_int_id": execution.id}
            self._store.stored_data.tag(execution.stored_data, tags)
            self._succeeded(execution, Step.INTEGRATION)
            self._store.uploads.tag(upload.id, progress_tags(DONE))
        return self._store.stored_data.get(execution.stored_data)

    def _pyramid_begun(
        self, upload: Upload, data: StoredData, existing: Mapping[str, Configuration], top: int, bottom: int
    ) -> Execution:
        self._listener.begun(Step.PYRAMID)
        self._times[Step.PYRAMID] = -time.monotonic()
        shown = existing.get(CONFIGURATION_TYPES["tms"])
        replaced = shown.stored_data[0] if shown and shown.stored_data else ""
        execution = self._launched(
            self._store.uploads.get(upload.id),
            "proc_pyr_creat_id",
            f"{self._request.layer_name}_tms",
            {"stored_data": [data.id]},
            lambda inputs, output: self._store.executions.create(
                self._store.executions.processing("ROK4-PYRAMID-VECTOR", "VECTOR-DB", PYRAMIDS),
                inputs,
                output,
                {
                    "composition": composition(data, top, bottom),
                    "top_level": str(top),
                    "bottom_level": str(bottom),
                    **self._sample(data, bottom),
                },
            ),
            replaced,
        )
        tags = {"upload_id": upload.id, "vectordb_id": data.id, "proc_pyr_creat_id": execution.id}
        tags["is_sample"] = "true" if self._request.sample else "false"
        self._store.stored_data.tag(execution.stored_data, {**self._tags(), **tags})
        return execution

    def _sample(self, data: StoredData, bottom: int) -> Dict[str, str]:
        if self._request.sample is None:
            return {}
        return {"area": self._store.stored_data.sample_area(data.id, bottom, self._request.sample)}

    def _pyramid_ended(self, execution: Execution) -> None:
        self._succeeded(execution, Step.PYRAMID)
        self._times[Step.PYRAMID] += time.monotonic()
        self._listener.ended(Step.PYRAMID, self._times[Step.PYRAMID])

    def _launched(
        self,
        upload: Upload,
        tag: str,
        name: str,
        inputs: Inputs,
        create: Callable[[Inputs, Dict[str, Any]], Execution],
        replaced: str,
    ) -> Execution:
        """Return an execution that runs, or has run well: the one an interrupted publication left, or a new one."""
        executions = self._store.executions
        execution: Optional[Execution] = None
        if upload.tags.get(tag):
            with suppress(NotFound):
                execution = executions.get(upload.tags[tag])
        if execution is None or execution.status in ("FAILURE", "ABORTED"):
            if execution is not None and execution.stored_data not in ("", replaced):
                with suppress(Conflict, NotFound):
                    self._store.stored_data.delete(execution.stored_data)
            self._remove_unlaunched(inputs, replaced)
            execution = create(inputs, {"stored_data": {"id": replaced} if replaced else {"name": name}})
            self._store.uploads.tag(upload.id, {tag: execution.id})
        identifier, made = execution.id, execution.stored_data
        if made != replaced:
            self._undo.append(lambda store: store.stored_data.delete(made))
        self._undo.append(lambda store: _stop(store, identifier))
        if execution.status == "CREATED":
            executions.launch(execution.id)
        return execution

    def _succeeded(self, execution: Execution, step: Step) -> None:
        def seen(state: Execution) -> None:
            it = state.progress
            self._listener.moved(step, it.done, it.total, it.unit)

        ended = self._store.executions.ended(execution.id, seen)
        if ended.status != "SUCCESS":
            what = tr("The step “{step}” failed.", step=step.title)
            why = self._last_words(execution.id, False)
            if blocking(ended.faults):
                raise Refused(what, why, tr("Correct what is listed and publish again."), ended.faults)
            raise JobFailed(what, why or tr("The server does not say why."))
        self._faults += ended.faults

    def _last_words(self, execution: str, check: bool) -> str:
        """Return the end of a log, where it says why: its lines of ERROR, else the last line."""
        lines = [line.strip() for line in self._store.executions.logs(execution, check)] if execution else []
        wrong = [line.partition("ERROR")[2].strip(" :") for line in lines if line.startswith("ERROR")]
        return " ".join(wrong[:3] or [line for line in lines if line][-1:])

    # Services ---------------------------------------------------------------------------------------------------

    def _offered_at_once(self, existing: Dict[str, Configuration], infos: Mapping[str, Any]) -> str:
        """Offer tiles that are still being made, where the server does that; return the offering, or ""."""
        if CONFIGURATION_TYPES["tms"] in existing:  # it shows the former tiles until the new ones are there
            return ""
        with suppress(Conflict, InvalidInput):
            offering = self._offered(Step.TMS, existing, infos)
            for url in self._store.offerings.get(offering).urls:
                self._live(LiveUrl(Step.TMS.value, url.type, url.url))
            return offering
        return ""

    def _offered(self, step: Step, existing: Dict[str, Configuration], infos: Mapping[str, Any]) -> str:
        """Define a service and offer it, or bring the one that is there up to date; return the offering."""
        store, request, kind = self._store, self._request, CONFIGURATION_TYPES[step.value]
        known = existing.get(kind)
        if known is None:
            known = existing[kind] = store.configurations.create(kind, request.title, request.layer_name, infos)
            identifier = known.id
            self._undo.append(lambda store: store.configurations.delete(identifier))
            store.configurations.tag(known.id, {"datasheet_name": request.datasheet})
            offered: Tuple[Any, ...] = ()
        else:
            store.configurations.replace(known.id, kind, request.title, infos)
            offered = store.offerings.list(configuration=known.id)
        if offered:
            store.offerings.synchronise(offered[0].id)
            return str(offered[0].id)
        offering = store.offerings.create(known.id, self._endpoint(kind)).id
        self._undo.append(lambda store: store.offerings.delete(offering))
        return offering

    def _published(
        self, step: Step, existing: Dict[str, Configuration], infos: Mapping[str, Any], offering: str = ""
    ) -> List[LiveUrl]:
        """Offer a service, if it is not offered yet, and return its addresses once it is live."""
        with self._timed(step):
            live = self._store.offerings.published(offering or self._offered(step, existing, infos))
        if live.status != "PUBLISHED":
            raise JobFailed(
                tr("The step “{step}” failed.", step=step.title), tr("The service is {status}.", status=live.status)
            )
        urls = [LiveUrl(step.value, url.type, url.url) for url in live.urls]
        for url in urls if not offering else ():
            self._live(url)
        return urls

    def _endpoint(self, kind: str) -> str:
        endpoint = self._store.endpoint(kind)
        if endpoint is None:
            raise NotFound(
                tr("The server has no open endpoint with room for a {type} service.", type=kind),
                cure=tr("Unpublish a service that is no longer needed, or ask the administrator for a larger quota."),
            )
        return endpoint.id

    def _wms_definition(self, data: StoredData, existing: Mapping[str, Configuration]) -> Dict[str, Any]:
        request = self._request
        known = existing.get(CONFIGURATION_TYPES["wms"])
        statics = styles_of(known.type_infos) if known else {}
        renamed = {relation.native or relation.name: relation.name for relation in data.relations}
        for style in request.styles:
            table = renamed.get(style.table, style.table)
            if table in statics:
                self._store.statics.replace(statics[table], style.filename, style.content)
            elif table in renamed.values():
                statics[table] = self._new_style(f"{request.layer_name}_{table}", style)
        return wms_definition(data, request.title, request.abstract, request.keywords, statics)

    def _new_style(self, name: str, style: TableStyle) -> str:
        made = self._store.statics.create_style(name, style.filename, style.content).id
        self._undo.append(lambda store: store.statics.delete(made))
        return made

    # Small things -----------------------------------------------------------------------------------------------

    def _tags(self) -> Dict[str, str]:
        return {"datasheet_name": self._request.datasheet, "layer_name": self._request.layer_name}

    def _levels(self, data: StoredData) -> Tuple[int, int]:
        """Return top and bottom level: those asked for, else what extent and number of features suggest."""
        count = sum(max(relation.count, 0) for relation in data.relations)
        proposed = levels([rough_detail(data.bounds, count)]) if data.bounds else (0, DEEPEST)
        asked = (self._request.top_level, self._request.bottom_level)
        top, bottom = (guess if level is None else level for guess, level in zip(proposed, asked))
        return min(top, bottom), bottom

    @contextmanager
    def _timed(self, step: Step) -> Iterator[None]:
        self._listener.begun(step)
        start = time.monotonic()
        yield
        self._times[step] = time.monotonic() - start
        self._listener.ended(step, self._times[step])

    def _take_back(self) -> None:
        """Remove what this publication made, the latest first; what the store keeps anyway stays for a person."""
        store = self._store.sparing_cancel()
        for remove in reversed(self._undo):
            with suppress(GeoPubError):
                remove(store)
        self._undo.clear()


def _vector_data(existing: Mapping[str, Configuration], store: Store) -> str:
    """Return the stored data that the services show, "" when there is none: directly, or behind the pyramid."""
    for service in ("wfs", "wms"):
        known = existing.get(CONFIGURATION_TYPES[service])
        if known and known.stored_data:
            return known.stored_data[0]
    tiles = existing.get(CONFIGURATION_TYPES["tms"])
    if tiles and tiles.stored_data:
        shown = store.stored_data.get(tiles.stored_data[0]).tags.get("vectordb_id", "")
        with suppress(NotFound):  # gone with an attempt that was given up
            return store.stored_data.get(shown).id if shown else ""
    return ""


def _stop(store: Store, execution: str) -> None:
    """End an execution and wait until it has ended: its output cannot be deleted before."""
    state = store.executions.get(execution)
    if state.status == "CREATED":
        store.executions.delete(execution)
    elif not state.ended:
        store.executions.abort(execution)
        store.executions.ended(execution)


def _remove_upload(store: Store, upload: str) -> None:
    """Delete an upload; its checks, which forbid it, are ended first."""
    try:
        store.uploads.delete(upload)
    except Conflict:
        for run in store.uploads.checks(upload):
            if run.state in ("asked", "in_progress"):
                with suppress(Conflict, NotFound):
                    store.executions.end_check(run.execution)
        store.uploads.checked(upload)
        store.uploads.delete(upload)
