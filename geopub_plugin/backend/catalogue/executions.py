"""Executions: runs of checks and of processings, with their logs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from sqlalchemy import Connection, func, insert, select

from ..translation import tr
from . import outbox, tables
from .database import now
from .lifecycles import CHECK_EXECUTION, ENDED, LIVE, PROCESSING_EXECUTION, LifeCycle, step
from .rows import DatastoreEntity, Rows

CHECK, PROCESSING = "check", "processing"  # families


@dataclass(frozen=True)
class Execution(DatastoreEntity):
    """One run of a check or of a processing."""

    family: str
    program: str
    status: str
    launched: Optional[str]
    started: Optional[str]
    finished: Optional[str]
    upload: Optional[str]
    output: Optional[str]
    parameters: Dict[str, Any]
    callback: Optional[Dict[str, Any]]
    progress: Optional[Dict[str, Any]]
    faults: List[Dict[str, Any]]

    @property
    def live(self) -> bool:
        """Whether it waits or runs."""
        return self.status in LIVE

    @property
    def cycle(self) -> LifeCycle:
        """The steps that its life may take."""
        return CHECK_EXECUTION if self.family == CHECK else PROCESSING_EXECUTION


@dataclass(frozen=True)
class Input:
    """Something that a processing reads, as it was named at that time."""

    execution: str
    entity: str
    kind: str  # "upload", "stored_data"
    name: str
    type: str


executions: Rows[Execution] = Rows(tables.execution, Execution)


def move(connection: Connection, execution: Execution, status: str, **values: Any) -> Execution:
    """Take a step in the life of an execution, noting the moment."""
    current = executions.get(connection, execution.id)
    following = step(current.cycle, execution.id, current.status, status)
    if status == "WAITING":
        values.update({"launched": current.launched or now(), "started": None})
    elif status == "PROGRESS":
        values["started"] = now()
        log(connection, execution.id, ["INFO " + tr("The work begins.")])  # the SDK cannot read a log without a line
    elif status in ENDED:
        values["finished"] = now()
        if current.family == PROCESSING:
            outbox.put(connection, current.id)
    return executions.change(connection, execution.id, status=following, **values)


def log(connection: Connection, execution: str, lines: Iterable[str]) -> None:
    """Add lines to the log of an execution."""
    column = tables.log_line.c
    last = connection.execute(select(func.max(column.number)).where(column.execution == execution)).scalar() or 0
    kept = (line.replace("\0", "\N{REPLACEMENT CHARACTER}") for line in lines)  # PostgreSQL keeps no NUL
    rows = [{"execution": execution, "number": last + n, "line": line} for n, line in enumerate(kept, 1)]
    if rows:
        connection.execute(insert(tables.log_line), rows)


def log_lines(connection: Connection, execution: str, offset: int, limit: int) -> Tuple[List[str], int]:
    """Return some lines of a log, oldest first, and how many there are."""
    column = tables.log_line.c
    total = connection.execute(select(func.count()).where(column.execution == execution)).scalar_one()
    query = select(column.line).where(column.execution == execution).order_by(column.number)
    return list(connection.execute(query.offset(offset).limit(limit)).scalars()), total


def add_inputs(connection: Connection, execution: str, inputs: Sequence[Dict[str, str]]) -> None:
    """Note what an execution reads: maps of entity, kind, name, type."""
    if inputs:
        connection.execute(insert(tables.execution_input), [{"execution": execution, **row} for row in inputs])


def inputs_of(connection: Connection, execution: str) -> List[Input]:
    """Return what an execution reads."""
    rows = connection.execute(select(tables.execution_input).where(tables.execution_input.c.execution == execution))
    return [Input(**row._mapping) for row in rows]


def executions_of_upload(connection: Connection, upload: str) -> List[Execution]:
    """Return the check executions of the last closing of an upload, and those added since."""
    return executions.find(connection, tables.execution.c.upload == upload, tables.execution.c.family == CHECK)


def live_on_input(connection: Connection, entity: str) -> List[Execution]:
    """Return the executions that wait or run and read an upload or a stored data."""
    readers = select(tables.execution_input.c.execution).where(tables.execution_input.c.entity == entity)
    return executions.find(connection, tables.execution.c.status.in_(LIVE), tables.execution.c.id.in_(readers))


def live_on_output(connection: Connection, stored_data: str) -> List[Execution]:
    """Return the executions that wait or run and make this stored data."""
    columns = tables.execution.c
    return executions.find(connection, columns.status.in_(LIVE), columns.output == stored_data)
