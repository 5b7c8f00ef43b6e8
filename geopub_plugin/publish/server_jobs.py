"""What a store is at work on: executions with their progress, and integrations that were broken off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional, Tuple

from ..backend.errors import NotFound
from .client import Store
from .client.executions import Execution
from .resumption import Interrupted, interrupted

SHOWN = 30  # executions, the newest first


@dataclass(frozen=True)
class ServerJobs:
    """What there is to see at one moment."""

    executions: Tuple[Execution, ...]  # newest first; those that run with their progress
    interrupted: Tuple[Interrupted, ...]

    @property
    def busy(self) -> bool:
        """Whether something may still change by itself."""
        return any(not execution.ended for execution in self.executions)


def server_jobs(store: Store) -> ServerJobs:
    """Ask a store what it is at work on."""
    found = (
        execution if execution.ended else _detailed(store, execution) for execution in store.executions.newest(SHOWN)
    )
    return ServerJobs(tuple(one for one in found if one is not None), tuple(interrupted(store)))


def _detailed(store: Store, execution: Execution) -> Optional[Execution]:
    try:
        known = store.executions.get(execution.id)
    except NotFound:  # deleted between two questions
        return None
    return replace(known, created=known.created or execution.created, output=known.output or execution.output)
