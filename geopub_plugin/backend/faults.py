"""Expected outcomes as values: what is wrong with a file, a table or a style, and how to mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any, Dict, Iterable, Tuple


class Severity(str, Enum):
    """How much a fault weighs."""

    ERROR = "error"  # cannot be published
    REPAIRED = "repaired"  # mended by GeoPub, and said
    WARNING = "warning"  # published as it is
    INFO = "info"


@dataclass(frozen=True)
class Fault:
    """One finding of a check, in the user's language."""

    id: str  # stable, as "table.no-srs"
    severity: Severity
    what: str
    why: str = ""
    cure: str = ""
    table: str = ""
    count: int = 1
    examples: Tuple[str, ...] = ()  # feature ids, names, paths: at most 10
    fixable: bool = False  # GeoPub can mend it

    @property
    def sentence(self) -> str:
        """What, why and cure in one line."""
        return " ".join(part for part in (self.what, self.why, self.cure) if part)

    def as_json(self) -> Dict[str, Any]:
        """Return the wire form."""
        wire = asdict(self)
        wire["severity"] = self.severity.value
        wire["examples"] = list(self.examples)
        return wire

    @classmethod
    def from_json(cls, wire: Dict[str, Any]) -> Fault:
        """Read the wire form."""
        return cls(**{**wire, "severity": Severity(wire["severity"]), "examples": tuple(wire.get("examples", ()))})


def blocking(faults: Iterable[Fault]) -> Tuple[Fault, ...]:
    """Return the faults that forbid publication."""
    return tuple(fault for fault in faults if fault.severity is Severity.ERROR)
