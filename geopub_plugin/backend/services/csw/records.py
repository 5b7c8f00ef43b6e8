"""What the catalogue service sees: published records, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Sequence

from ...metadata.iso import Resource


@dataclass(frozen=True)
class PublishedRecord:
    """One record that is published, and what it says in brief."""

    document: str  # the ISO document, as it came
    resource: Resource
    updated: str  # ISO 8601, when the document was put here


Records = Callable[[], Sequence[PublishedRecord]]  # newest first
