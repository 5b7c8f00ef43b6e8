"""Samples: pyramids of a few tiles, and the full ones that take their place behind the same id."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from sqlalchemy import Connection

from ..errors import Conflict
from ..tiles.sample import full, propose_area
from ..translation import tr
from . import tables
from .executions import Execution, executions, inputs_of, live_on_output
from .programs import processing
from .stored_data import StoredData, stored_data

IS_SAMPLE, MAKER = "is_sample", "proc_pyr_creat_id"  # tags, as the platform's clients set them


def sample_area(data: StoredData, bottom_level: int, longitude: Optional[float], latitude: Optional[float]) -> str:
    """Return 10 × 10 tiles of a level around a point, by default around the middle of the data: WKT in EPSG:4326."""
    corners = data.extent["geometry"]["coordinates"][0] if data.extent else [[0.0, 0.0]]
    middle = [(min(side) + max(side)) / 2 for side in zip(*corners)]
    at = (middle[0] if longitude is None else longitude, middle[1] if latitude is None else latitude)
    return propose_area(*at, bottom_level)


def maker_of(connection: Connection, pyramid: StoredData) -> Execution:
    """Return the execution that made the sample that a pyramid is.

    Raises:
        Conflict: it is no sample.
    """
    column = tables.execution.c
    made = executions.find(connection, column.output == pyramid.id, column.status == "SUCCESS")
    if not made or not made[-1].parameters.get("area"):
        raise Conflict(
            tr("“{name}” is not a sample.", name=pyramid.name),
            tr("Only a pyramid that was made of an area can be completed."),
            tr("To make it anew, launch an execution that updates it."),
        )
    return made[-1]


def completion(connection: Connection, pyramid: StoredData) -> Dict[str, Any]:
    """Return what `processings.create` is to be told to make the full pyramid of a sample, with the same settings.

    Raises:
        Conflict: it is no sample, or is being made already.
    """
    maker = maker_of(connection, pyramid)
    running = live_on_output(connection, pyramid.id)
    if running:
        raise Conflict(
            tr("“{name}” is being made already.", name=pyramid.name),
            tr("Execution {identifier} works on it.", identifier=running[0].id),
            tr("Wait for its end, or abort it."),
        )
    return {
        "program": processing(maker.program),
        "inputs": {"stored_data": [one.entity for one in inputs_of(connection, maker.id)]},
        "output": {"id": pyramid.id},
        "parameters": full(maker.parameters),
    }


def mark_sample(connection: Connection, execution: Execution) -> None:
    """Say of a pyramid that was made whether it is a sample, and who made it, where tags say so or have to."""
    pyramid = stored_data.get(connection, execution.output or "")
    if pyramid.type != "ROK4-PYRAMID-VECTOR":
        return
    sample = bool(execution.parameters.get("area"))
    tags: Mapping[str, str] = pyramid.tags
    if sample or IS_SAMPLE in tags:
        tags = {**tags, IS_SAMPLE: str(sample).lower()}
    if MAKER in tags:
        tags = {**tags, MAKER: execution.id}
    if tags != pyramid.tags:
        stored_data.change(connection, pyramid.id, tags=dict(tags))
