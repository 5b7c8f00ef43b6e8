"""The lives of uploads, executions, stored data, configurations and offerings, as tables of allowed steps."""

from __future__ import annotations

from typing import Dict, FrozenSet, Mapping

from ..errors import Conflict
from ..translation import tr

LifeCycle = Mapping[str, FrozenSet[str]]  # state -> states that may follow


def _cycle(**steps: str) -> LifeCycle:
    return {state: frozenset(following.split()) for state, following in steps.items()}


UPLOAD = _cycle(
    CREATED="OPEN",
    OPEN="CHECKING DELETED",
    CHECKING="CLOSED UNSTABLE",
    CLOSED="OPEN DELETED",
    UNSTABLE="OPEN CHECKING DELETED",
    DELETED="",
)

CHECK_EXECUTION = _cycle(
    WAITING="PROGRESS FAILURE",
    PROGRESS="SUCCESS FAILURE WAITING",  # WAITING again: the backend stopped in between
    SUCCESS="",
    FAILURE="",
)

PROCESSING_EXECUTION = _cycle(
    CREATED="WAITING",
    WAITING="PROGRESS FAILURE ABORTED",
    PROGRESS="SUCCESS FAILURE ABORTED WAITING",
    SUCCESS="",
    FAILURE="",
    ABORTED="",
)

STORED_DATA = _cycle(
    CREATED="GENERATING DELETED UNSTABLE",
    GENERATING="GENERATED UNSTABLE",
    GENERATED="MODIFYING UNSTABLE DELETED",
    MODIFYING="GENERATED UNSTABLE",  # GENERATED as well when the update fails: the former revision stands
    UNSTABLE="GENERATING MODIFYING DELETED",
    DELETED="",
)

CONFIGURATION = _cycle(
    UNPUBLISHED="PUBLISHED",
    PUBLISHED="SYNCHRONIZING UNPUBLISHED",
    SYNCHRONIZING="PUBLISHED UNPUBLISHED",
)

OFFERING = _cycle(
    PUBLISHING="PUBLISHED MODIFYING UNSTABLE UNPUBLISHING",
    PUBLISHED="MODIFYING UNPUBLISHING UNSTABLE",
    MODIFYING="PUBLISHED MODIFYING UNSTABLE UNPUBLISHING",
    UNSTABLE="MODIFYING UNPUBLISHING",
    UNPUBLISHING="UNPUBLISHED",
    UNPUBLISHED="",
)

LIFE_CYCLES: Dict[str, LifeCycle] = {
    "upload": UPLOAD,
    "check": CHECK_EXECUTION,
    "processing": PROCESSING_EXECUTION,
    "stored_data": STORED_DATA,
    "configuration": CONFIGURATION,
    "offering": OFFERING,
}

ENDED = frozenset({"SUCCESS", "FAILURE", "ABORTED"})
LIVE = frozenset({"WAITING", "PROGRESS"})
READABLE = frozenset({"GENERATED", "MODIFYING"})  # stored data with a revision to read


def step(cycle: LifeCycle, name: str, current: str, following: str) -> str:
    """Return `following` if it may follow `current`.

    Raises:
        Conflict: it may not; `name` says whose life it is.
    """
    if following in cycle[current]:
        return following
    allowed = ", ".join(sorted(cycle[current])) or "–"
    raise Conflict(
        tr("“{name}” cannot become {following}.", name=name, following=following),
        tr("It is {current}; what may follow is: {allowed}.", current=current, allowed=allowed),
    )
