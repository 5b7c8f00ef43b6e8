"""One number for a whole publication: the share of its steps that is done."""

from __future__ import annotations

from typing import Dict, Sequence, Tuple

EXPORT = "export"
# How long each step takes in proportion, measured with 200,000 polygons.
WEIGHTS: Dict[str, float] = {
    EXPORT: 15,
    "delivery": 8,
    "checks": 8,
    "integration": 20,
    "wfs": 2,
    "wms": 2,
    "pyramid": 43,
    "tms": 2,
}
_SERVICE_STEPS = {"wfs": ("wfs",), "wms": ("wms",), "tms": ("pyramid", "tms")}
_ALWAYS = (EXPORT, "delivery", "checks", "integration")


class Progression:
    """Adds up what each step says of itself; steps may overlap."""

    def __init__(self, services: Sequence[str]) -> None:
        self._shares = dict.fromkeys(steps_of(services), 0.0)

    def moved(self, step: str, done: float, total: float) -> None:
        """Take note of how far a step is; a total of 0 says nothing."""
        if step in self._shares and total > 0:
            self._shares[step] = max(self._shares[step], min(done / total, 1.0))

    def ended(self, step: str) -> None:
        """Take note that a step is done."""
        self.moved(step, 1, 1)

    @property
    def share(self) -> float:
        """The share of everything that is done, 0 to 1."""
        whole = sum(WEIGHTS[step] for step in self._shares)
        return sum(WEIGHTS[step] * done for step, done in self._shares.items()) / whole


def steps_of(services: Sequence[str]) -> Tuple[str, ...]:
    """Return the names of the steps that publishing with these services takes."""
    return (*_ALWAYS, *(step for name in services for step in _SERVICE_STEPS[name]))
