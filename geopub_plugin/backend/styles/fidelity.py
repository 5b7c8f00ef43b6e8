"""What a conversion of a style keeps, approximates and loses, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Dict, List, Tuple


class Fate(str, Enum):
    """What becomes of a part of a style."""

    KEPT = "kept"
    APPROXIMATED = "approximated"
    LOST = "lost"


@dataclass(frozen=True)
class Finding:
    """One thing that a conversion kept, approximated or lost."""

    fate: Fate
    what: str  # for a person: "The font's outline is left out."
    where: str = ""  # the rule's title, "" for the style as a whole

    def as_json(self) -> Dict[str, str]:
        """Return the finding as the API gives it."""
        return {"fate": self.fate.value, "what": self.what, "where": self.where}


@dataclass(frozen=True)
class FidelityReport:
    """The outcome of converting one style."""

    target: str  # "SLD 1.0.0", "Mapbox"
    findings: Tuple[Finding, ...]

    @property
    def faithful(self) -> bool:
        """Whether nothing was approximated or lost."""
        return all(finding.fate is Fate.KEPT for finding in self.findings)

    def of(self, fate: Fate) -> Tuple[Finding, ...]:
        """Return the findings of one fate."""
        return tuple(finding for finding in self.findings if finding.fate is fate)

    def as_json(self) -> Dict[str, Any]:
        """Return the report as the API gives it."""
        return {"target": self.target, "findings": [finding.as_json() for finding in self.findings]}


class Ledger:
    """Collects the findings of a conversion, each of them once."""

    def __init__(self) -> None:
        self._findings: List[Finding] = []
        self.where = ""  # the rule that is being converted

    def kept(self, what: str) -> None:
        """Note what was kept."""
        self._note(Fate.KEPT, what)

    def approximated(self, what: str) -> None:
        """Note what is drawn in another way."""
        self._note(Fate.APPROXIMATED, what)

    def lost(self, what: str) -> None:
        """Note what is not drawn."""
        self._note(Fate.LOST, what)

    def report(self, target: str) -> FidelityReport:
        """Return the report of what was noted."""
        return FidelityReport(target, tuple(self._findings))

    def _note(self, fate: Fate, what: str) -> None:
        finding = Finding(fate, what, self.where)
        if finding not in self._findings:
            self._findings.append(finding)
