"""How much of a datastore is used, and how much there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from .connection import Connection, segment
from .entity import Wire, mapping, objects, text

BYTES, SERVICES = "bytes", "services"


@dataclass(frozen=True)
class Allowance:
    """A storage or an endpoint with its limit."""

    name: str
    kind: str  # "data", "uploads", "annexes"; of an endpoint its type, "WFS", "WMS-VECTOR", …
    unit: str  # BYTES or SERVICES
    use: int
    quota: int  # 0 for no limit

    @property
    def share(self) -> float:
        """The share that is used, 0 to 1; 0 without a limit."""
        return min(self.use / self.quota, 1.0) if self.quota > 0 else 0.0


def allowances(connection: Connection, datastore: str) -> Tuple[Allowance, ...]:
    """Return every storage, then every endpoint of a datastore."""
    wire = connection.ask("GET", f"datastores/{segment(datastore)}")
    storages = mapping(wire, "storages")
    kept = [("data", one) for one in objects(storages, "data")]
    kept += [(kind, mapping(storages, kind)) for kind in ("uploads", "annexes") if mapping(storages, kind)]
    offered = [(text(mapping(one, "endpoint"), "type"), one) for one in objects(wire, "endpoints")]
    return (
        *(_allowance(one, text(mapping(one, "storage"), "name"), kind, BYTES) for kind, one in kept),
        *(_allowance(one, text(mapping(one, "endpoint"), "name"), kind, SERVICES) for kind, one in offered),
    )


def _allowance(wire: Wire, name: str, kind: str, unit: str) -> Allowance:
    return Allowance(name, kind, unit, int(wire.get("use") or 0), int(wire.get("quota") or 0))
