"""A survey as a file, so that the integration need not look again at what the check has looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict

import numpy as np

from ..faults import Fault
from ..features.schema import ColumnKind
from .survey import Survey

_ARRAYS = ("keys", "boxes", "row_kinds", "forms", "repairs")


def write_survey(survey: Survey, place: Path) -> None:
    """Write a survey: its arrays as they are, the rest as JSON among them."""
    told: Dict[str, Any] = {
        "srs_id": survey.srs_id,
        "bounds": survey.bounds,
        "kinds": sorted(survey.kinds),
        "has_z": survey.has_z,
        "retyped": {name: kind.value for name, kind in survey.retyped.items()},
        "utf8": survey.utf8,
        "faults": [fault.as_json() for fault in survey.faults],
    }
    arrays = {name: getattr(survey, name) for name in _ARRAYS}
    with place.open("wb") as file:
        np.savez(file, told=np.frombuffer(json.dumps(told).encode("utf-8"), np.uint8), **arrays)


def read_survey(place: Path) -> Survey:
    """Read what `write_survey` wrote."""
    with np.load(place, allow_pickle=False) as kept:
        told = json.loads(kept["told"].tobytes().decode("utf-8"))
        arrays = {name: kept[name] for name in _ARRAYS}
    return Survey(
        srs_id=told["srs_id"],
        bounds=None if told["bounds"] is None else tuple(told["bounds"]),
        kinds=frozenset(told["kinds"]),
        has_z=told["has_z"],
        retyped={name: ColumnKind(kind) for name, kind in told["retyped"].items()},
        utf8=told["utf8"],
        faults=tuple(Fault.from_json(wire) for wire in told["faults"]),
        **arrays,
    )
