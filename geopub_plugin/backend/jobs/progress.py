"""How long work tells where it stands."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a job reports to. Every job is a series of named steps, each with its own amount of work."""

    def step(self, name: str, total: int, unit: str) -> None:
        """Begin a step of `total` units ("features", "bytes", "tiles"); 0 when the amount is not known."""

    def advance(self, amount: int) -> None:
        """Say that `amount` more units of the current step are done."""

    def log(self, line: str) -> None:
        """Add a line to the execution's log."""


class Silent:
    """A progress that nobody listens to."""

    def step(self, name: str, total: int, unit: str) -> None:
        """Ignore the step."""

    def advance(self, amount: int) -> None:
        """Ignore the amount."""

    def log(self, line: str) -> None:
        """Ignore the line."""
