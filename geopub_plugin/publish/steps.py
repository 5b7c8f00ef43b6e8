"""The steps of a publication, and who is told of them."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from ..backend.translation import tr


class Step(str, Enum):
    """The steps of a publication, in their order."""

    DELIVERY = "delivery"
    CHECKS = "checks"
    INTEGRATION = "integration"
    WFS = "wfs"
    WMS = "wms"
    PYRAMID = "pyramid"
    TMS = "tms"
    METADATA = "metadata"

    @property
    def title(self) -> str:
        """The step in the user's language."""
        return {
            Step.DELIVERY: tr("Sending the file"),
            Step.CHECKS: tr("Checks"),
            Step.INTEGRATION: tr("Integration"),
            Step.WFS: tr("WFS service"),
            Step.WMS: tr("WMS service"),
            Step.PYRAMID: tr("Vector tiles"),
            Step.TMS: tr("TMS service"),
            Step.METADATA: tr("Metadata record"),
        }[self]


class Listener(Protocol):
    """Who is told how a publication goes; the pyramid may run while services are published."""

    def begun(self, step: Step) -> None:
        """Hear that a step starts."""

    def moved(self, step: Step, done: int, total: int, unit: str) -> None:
        """Hear how far a step is; `total` is 0 when it is not known."""

    def ended(self, step: Step, seconds: float) -> None:
        """Hear that a step is done."""


class Quiet:
    """A listener that does nothing with what it hears."""

    def begun(self, step: Step) -> None:
        """Hear that a step starts."""

    def moved(self, step: Step, done: int, total: int, unit: str) -> None:
        """Hear how far a step is."""

    def ended(self, step: Step, seconds: float) -> None:
        """Hear that a step is done."""
