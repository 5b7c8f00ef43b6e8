"""What a worker says to the backend: one JSON object a line, drawn in docs/jobs.md."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, Tuple, Union

from .. import errors
from ..errors import GeoPubError, JobFailed
from ..faults import Fault


@dataclass(frozen=True)
class ProgressState:
    """Where a job stands: `done` of `total` units of its current step; a total of 0 is not known."""

    step: str
    done: int
    total: int
    unit: str

    def as_json(self) -> Dict[str, Any]:
        """Return the wire form, which is also that of the API."""
        return {"step": self.step, "done": self.done, "total": self.total, "unit": self.unit}


@dataclass(frozen=True)
class Lines:
    """Lines for the execution's log."""

    lines: Tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """What a job returned."""

    value: Dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    """The error with which a job ended."""

    error: GeoPubError


Message = Union[ProgressState, Lines, Result, Refusal]


def encode(message: Dict[str, Any]) -> bytes:
    """Return a message as one line."""
    return json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> Message:
    """Return the message of a line; a line that is none is a line of log."""
    try:
        return _message(json.loads(line))
    except (ValueError, KeyError, TypeError):
        return Lines((line.decode("utf-8", "replace").rstrip(),))


def _message(wire: Dict[str, Any]) -> Message:
    if "result" in wire:
        return Result(dict(wire["result"]))
    if "error" in wire:
        return Refusal(error_from_json(wire["error"]))
    if "log" in wire:
        return Lines(tuple(str(line) for line in wire["log"]))
    return ProgressState(str(wire["step"]), int(wire["done"]), int(wire["total"]), str(wire["unit"]))


def error_as_json(error: GeoPubError) -> Dict[str, Any]:
    """Return the wire form of an error, under the nearest class that `errors` defines."""
    kind = next(kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
    return {
        "kind": kind.__name__,
        "what": error.what,
        "why": error.why,
        "cure": error.cure,
        "faults": [fault.as_json() for fault in error.faults],
    }


def error_from_json(wire: Dict[str, Any]) -> GeoPubError:
    """Read the wire form of an error; a kind that nobody knows becomes `JobFailed`."""
    kind = getattr(errors, str(wire["kind"]), None)
    if not (isinstance(kind, type) and issubclass(kind, GeoPubError)):
        kind = JobFailed
    faults = tuple(Fault.from_json(fault) for fault in wire.get("faults", ()))
    return kind(str(wire["what"]), str(wire.get("why", "")), str(wire.get("cure", "")), faults)
