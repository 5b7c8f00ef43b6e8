"""Executions: runs of a processing or of a check, with their progress, logs and outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from ...backend.errors import NotFound
from ...backend.faults import Fault
from ...backend.translation import tr
from .connection import Connection, segment
from .entity import Wire, mapping, objects, reference, text
from .waiting import WHEN_CHANGED, wait_until

FINAL = ("SUCCESS", "FAILURE", "ABORTED")


@dataclass(frozen=True)
class Progress:
    """Where an execution stands in its current step."""

    step: str = ""
    done: int = 0
    total: int = 0  # 0 when not known
    unit: str = ""


@dataclass(frozen=True)
class Execution:
    """One run of a processing or a check."""

    id: str
    name: str
    status: str  # CREATED, WAITING, PROGRESS, SUCCESS, FAILURE, ABORTED
    stored_data: str = ""  # what it makes
    progress: Progress = Progress()
    faults: Tuple[Fault, ...] = ()
    created: str = ""  # ISO 8601
    output: str = ""  # the name of what it makes

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in FINAL


Seen = Callable[[Execution], None]


class Executions:
    """The executions of one datastore, and the processings that they run."""

    def __init__(self, connection: Connection, datastore: str) -> None:
        self._connection = connection
        self._datastore = f"datastores/{segment(datastore)}"
        self._root = f"{self._datastore}/processings/executions"

    def processing(self, output: str, needs: str, known: Tuple[str, ...] = ()) -> str:
        """Return the processing that makes `output` ("VECTOR-DB") from `needs` ("VECTOR"); a known one if offered."""
        offered = list(self._connection.pages(f"{self._datastore}/processings"))
        ids = [text(wire, "_id") for wire in offered]
        familiar = next((identifier for identifier in known if identifier in ids), "")
        if familiar:
            return familiar
        for wire in offered:
            full = wire if "output_type" in wire else self._processing(text(wire, "_id"))
            inputs = mapping(full, "input_types")
            accepted = list(inputs.get("upload") or ()) + list(inputs.get("stored_data") or ())
            if mapping(full, "output_type").get("stored_data") == output and needs in accepted:
                return text(full, "_id")
        raise NotFound(
            tr("This server has no processing that makes {output} from {needs}.", output=output, needs=needs),
            cure=tr("Ask its administrator to allow the processing for your datastore."),
        )

    def create(
        self, processing: str, inputs: Mapping[str, List[str]], output: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> Execution:
        """Prepare an execution; it starts with `launch`."""
        body = {"processing": processing, "inputs": inputs, "output": output, "parameters": parameters}
        return _execution(self._connection.ask("POST", self._root, json=body))

    def launch(self, identifier: str) -> None:
        """Start an execution."""
        self._connection.ask("POST", f"{self._root}/{segment(identifier)}/launch")

    def abort(self, identifier: str) -> None:
        """End an execution that runs."""
        self._connection.ask("POST", f"{self._root}/{segment(identifier)}/abort")

    def delete(self, identifier: str) -> None:
        """Delete an execution that was never launched."""
        self._connection.ask("DELETE", f"{self._root}/{segment(identifier)}")

    def get(self, identifier: str) -> Execution:
        """Return one execution."""
        return _execution(self._connection.ask("GET", self._at(identifier)))

    def check(self, identifier: str) -> Execution:
        """Return one run of a check."""
        return _execution(self._connection.ask("GET", f"{self._datastore}/checks/executions/{segment(identifier)}"))

    def end_check(self, identifier: str) -> None:
        """End a run of a check, or forget one that has ended."""
        self._connection.ask("DELETE", f"{self._datastore}/checks/executions/{segment(identifier)}")

    def list(self, **filters: str) -> Tuple[Execution, ...]:
        """Return the executions with these values (`output_stored_data=…`, `status=…`)."""
        return tuple(_execution(wire) for wire in self._connection.pages(self._root, filters))

    def newest(self, limit: int) -> Tuple[Execution, ...]:
        """Return the executions that were made last, the newest first, without their progress."""
        query = {"sort": "creation,desc", "page": 1, "limit": limit, "fields": "processing,status,creation,output"}
        found = self._connection.ask("GET", self._root, query)
        return tuple(_execution(wire) for wire in found)

    def ended(self, identifier: str, seen: Optional[Seen] = None) -> Execution:
        """Wait for the end of an execution and return it; `seen` is told each state on the way."""

        def probe() -> Execution:
            found = _execution(self._connection.ask("GET", self._at(identifier), headers=WHEN_CHANGED))
            if seen is not None:
                seen(found)
            return found

        return wait_until(self._connection, probe, lambda execution: execution.ended)

    def logs(self, identifier: str, check: bool = False) -> Tuple[str, ...]:
        """Return the log of an execution, oldest line first."""
        root = f"{self._datastore}/checks/executions" if check else self._root
        return tuple(str(line) for line in self._connection.pages(f"{root}/{segment(identifier)}/logs"))

    def _at(self, identifier: str) -> str:
        return f"{self._root}/{segment(identifier)}"

    def _processing(self, identifier: str) -> Wire:
        return self._connection.ask("GET", f"{self._datastore}/processings/{segment(identifier)}")


def _execution(wire: Wire) -> Execution:
    made = mapping(wire, "output")
    steps = mapping(wire, "progress")
    return Execution(
        text(wire, "_id"),
        text(wire.get("processing") or wire.get("check") or {}, "name"),
        text(wire, "status"),
        reference(made, "stored_data"),
        Progress(text(steps, "step"), int(steps.get("done") or 0), int(steps.get("total") or 0), text(steps, "unit")),
        faults_of(wire),
        text(wire, "creation"),
        text(mapping(made, "stored_data"), "name"),
    )


def faults_of(wire: Wire) -> Tuple[Fault, ...]:
    """Return the faults that an entity carries."""
    return tuple(Fault.from_json(dict(item)) for item in objects(wire, "faults"))


def names_of(extra: Wire) -> Dict[str, Dict[str, Any]]:
    """Return the map of changed names: table as delivered -> {"name": new, "fields": {delivered: new}}."""
    return {str(table): dict(change) for table, change in mapping(extra, "names").items()}
