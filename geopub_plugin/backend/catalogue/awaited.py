"""Pyramids that are being made, and the tile services that show them already.

The platform publishes a stored data once it is GENERATED. Here a tile service may show a pyramid from the moment its
execution is launched: each tile is built when it is asked for, as the pyramid will hold it. Its offering is PUBLISHING
(or MODIFYING) until the pyramid is there, and UNSTABLE if it cannot be made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from sqlalchemy import Connection

from .executions import inputs_of, live_on_output
from .parameters import pyramid_parameters
from .stored_data import revision, stored_data


@dataclass(frozen=True)
class AwaitedPyramid:
    """A pyramid that an execution is making for the first time."""

    stored_data: str
    top_level: int
    bottom_level: int


def awaited_pyramid(connection: Connection, identifier: str) -> Optional[AwaitedPyramid]:
    """Return the pyramid that is being made as a stored data, None where none is."""
    if stored_data.get(connection, identifier).revision:
        return None
    for execution in live_on_output(connection, identifier):
        for one in inputs_of(connection, execution.id):
            source = stored_data.get(connection, one.entity)
            told = pyramid_parameters(revision(connection, source.id, source.revision), execution.parameters)
            entries = told["composition"]
            top = min(entry["top_level"] for entry in entries)
            return AwaitedPyramid(identifier, top, max(entry["bottom_level"] for entry in entries))
    return None
