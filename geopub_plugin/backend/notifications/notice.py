"""What a message says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Tuple

from ..translation import tr


@dataclass(frozen=True)
class Notice:
    """The end of an execution."""

    execution: str
    processing: str  # its name
    status: str  # "SUCCESS", "FAILURE", "ABORTED"
    datastore: str
    output: str  # id of the stored data
    name: str  # of the stored data
    datasheet: str  # "" when it belongs to none
    seconds: int  # that it ran
    faults: Tuple[str, ...] = ()  # what was found, in sentences
    link: str = ""  # to what was made
    to: Tuple[str, ...] = ()  # whom a client wants to be told

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Notice:
        """Return a message as it was kept."""
        return cls(**{**kept, "faults": tuple(kept["faults"]), "to": tuple(kept["to"])})

    @property
    def subject(self) -> str:
        """One line."""
        said = {
            "SUCCESS": tr("GeoPub: “{name}” is ready", name=self.name),
            "ABORTED": tr("GeoPub: “{name}” was aborted", name=self.name),
        }
        return said.get(self.status) or tr("GeoPub: “{name}” has failed", name=self.name)

    @property
    def text(self) -> str:
        """The whole message."""
        minutes, seconds = divmod(self.seconds, 60)
        lines = [
            tr("{processing}: {status}, after {minutes} min {seconds} s.",
               processing=self.processing, status=self.status, minutes=minutes, seconds=seconds),
        ]  # fmt: skip
        if self.datasheet:
            lines.append(tr("Datasheet: {name}", name=self.datasheet))
        if self.faults:
            lines += ["", tr("What was found:"), *(f"- {fault}" for fault in self.faults)]
        if self.link:
            lines += ["", self.link]
        return "\n".join(lines) + "\n"

    def as_json(self) -> Dict[str, Any]:
        """Return what a webhook gets; whom else it goes to is none of its business."""
        told: Dict[str, Optional[object]] = {
            "event": "execution.ended",
            "execution": self.execution,
            "processing": self.processing,
            "status": self.status,
            "datastore": self.datastore,
            "stored_data": self.output,
            "name": self.name,
            "datasheet": self.datasheet,
            "seconds": self.seconds,
            "faults": list(self.faults),
        }
        return told
