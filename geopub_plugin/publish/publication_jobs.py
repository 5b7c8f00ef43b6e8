"""The second stage of a publication: the store integrates the data, and makes tiles of them."""

from __future__ import annotations

import time
from contextlib import suppress
from types import MappingProxyType
from typing import Any, Callable, Dict, List, Mapping, Optional

from ..backend.errors import Conflict, NotFound
from .attempt import Attempt, stop
from .client.configurations import Configuration
from .client.executions import Execution
from .client.stored_data import StoredData
from .client.uploads import Upload
from .integration_progress import DONE, INTEGRATING, progress_tags
from .service_definitions import CONFIGURATION_TYPES, composition
from .steps import Step

# The platform's own identifiers of its two processings (they are looked for by what they make, too).
INTEGRATIONS = ("0de8c60b-9938-4be9-aa36-9026b77c3c96", "5a348542-61a7-4289-a950-8544bb0ce2b8")
PYRAMIDS = ("aa5f9391-0bdb-4b97-9209-fcde351b82f6", "a07a2d00-2bb3-45cb-a4c3-ac298501148c")

Inputs = Mapping[str, List[str]]  # "upload" or "stored_data": identifiers


class JobStage:
    """Runs the executions of a publication."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._integration = self._pyramid = ""  # processings

    def look_ahead(self) -> None:
        """Ask which processings there are, while the store is at other work."""
        self._integration = self._attempt.store.executions.processing("VECTOR-DB", "VECTOR", INTEGRATIONS)
        if "tms" in self._attempt.request.services:
            self._pyramid = self._attempt.store.executions.processing("ROK4-PYRAMID-VECTOR", "VECTOR-DB", PYRAMIDS)

    def integrated(self, upload: Upload, replaced: str, meanwhile: Callable[[], None]) -> StoredData:
        """Integrate an upload, behind the id of the stored data that it replaces, and wait for it, doing other things.

        Whoever goes on with tiles notes that it is done together with these, see `pyramid_begun`.
        """
        request = self._attempt.request
        with self._attempt.timed(Step.INTEGRATION):
            execution = self._launched(
                upload,
                "proc_int_id",
                request.layer_name,
                {"upload": [upload.id]},
                lambda inputs, output: self._attempt.store.executions.create(
                    self._integration,
                    inputs,
                    output,
                    {"tables": list(request.tables)} if request.tables else {},
                ),
                replaced,
            )
            self._attempt.store.uploads.tag(
                upload.id, {**progress_tags(INTEGRATING), "vectordb_id": execution.stored_data}
            )
            tags = {**self._attempt.tags(), "upload_id": upload.id, "proc_int_id": execution.id}
            self._attempt.store.stored_data.tag(execution.stored_data, tags)
            meanwhile()
            self._attempt.succeeded(execution, Step.INTEGRATION)
            if "tms" not in request.services:
                self._attempt.store.uploads.tag(upload.id, progress_tags(DONE))
        return self._attempt.store.stored_data.get(execution.stored_data)

    def pyramid_begun(
        self, upload: Upload, data: StoredData, existing: Mapping[str, Configuration], top: int, bottom: int
    ) -> Execution:
        """Launch the execution that makes the tiles, or find the one that was interrupted."""
        self._attempt.listener.begun(Step.PYRAMID)
        self._attempt.times[Step.PYRAMID] = -time.monotonic()
        shown = existing.get(CONFIGURATION_TYPES["tms"])
        replaced = shown.stored_data[0] if shown and shown.stored_data else ""
        execution = self._launched(
            upload,
            "proc_pyr_creat_id",
            f"{self._attempt.request.layer_name}_tms",
            {"stored_data": [data.id]},
            lambda inputs, output: self._attempt.store.executions.create(
                self._pyramid,
                inputs,
                output,
                {
                    "composition": composition(data, top, bottom, self._attempt.request.plans),
                    "top_level": str(top),
                    "bottom_level": str(bottom),
                    **self._wishes(data, bottom),
                },
            ),
            replaced,
            progress_tags(DONE),
        )
        return execution

    def pyramid_known(self, execution: Execution, upload: Upload, data: StoredData) -> None:
        """Note on what is being made what it is made of: after its tiles are offered, since people wait for these."""
        tags = {"upload_id": upload.id, "vectordb_id": data.id, "proc_pyr_creat_id": execution.id}
        tags["is_sample"] = "true" if self._attempt.request.sample or self._attempt.request.area else "false"
        self._attempt.store.stored_data.tag(execution.stored_data, {**self._attempt.tags(), **tags})

    def _wishes(self, data: StoredData, bottom: int) -> Dict[str, str]:
        """Return generalisation and area, where they are asked for."""
        request = self._attempt.request
        wishes = {"tippecanoe_options": request.flags, "area": request.area}
        if request.sample is not None:
            wishes["area"] = self._attempt.store.stored_data.sample_area(data.id, bottom, request.sample)
        return {name: value for name, value in wishes.items() if value}

    def pyramid_ended(self, execution: Execution) -> None:
        """Wait until the tiles are made."""
        self._attempt.succeeded(execution, Step.PYRAMID)
        self._attempt.times[Step.PYRAMID] += time.monotonic()
        self._attempt.listener.ended(Step.PYRAMID, self._attempt.times[Step.PYRAMID])

    def _launched(
        self,
        upload: Upload,
        tag: str,
        name: str,
        inputs: Inputs,
        create: Callable[[Inputs, Dict[str, Any]], Execution],
        replaced: str,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> Execution:
        """Return an execution that runs, or has run well: the one an interrupted publication left, or a new one."""
        executions = self._attempt.store.executions
        execution: Optional[Execution] = None
        if upload.tags.get(tag):
            with suppress(NotFound):
                execution = executions.get(upload.tags[tag])
        if execution is None or execution.status in ("FAILURE", "ABORTED"):
            if execution is not None and execution.stored_data not in ("", replaced):
                with suppress(Conflict, NotFound):
                    self._attempt.store.stored_data.delete(execution.stored_data)
            if not self._attempt.anew:
                self._remove_unlaunched(inputs, replaced)
            execution = create(inputs, {"stored_data": {"id": replaced} if replaced else {"name": name}})
            self._attempt.store.uploads.tag(upload.id, {tag: execution.id, **more})
        identifier, made = execution.id, execution.stored_data
        if made != replaced:
            self._attempt.undo.append(lambda store: store.stored_data.delete(made))
        self._attempt.undo.append(lambda store: stop(store, identifier))
        if execution.status == "CREATED":
            executions.launch(execution.id)
        return execution

    def _remove_unlaunched(self, inputs: Inputs, replaced: str) -> None:
        """Remove executions that the line broke over before they were launched, with what they were to make."""
        for kind, identifiers in inputs.items():
            for left in self._attempt.store.executions.list(status="CREATED", **{f"input_{kind}": identifiers[0]}):
                with suppress(Conflict, NotFound):
                    self._attempt.store.executions.delete(left.id)
                    if left.stored_data not in ("", replaced):
                        self._attempt.store.stored_data.delete(left.stored_data)
