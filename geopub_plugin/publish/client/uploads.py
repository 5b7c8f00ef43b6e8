"""Uploads: files delivered to a datastore, and the checks that run on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Mapping, Optional, Tuple

from ...backend.errors import Cancelled, GeoPubError
from .connection import Connection, segment, tag_filter
from .delivery import Delivered, deliver
from .entity import Wire, objects, tags_of, text
from .handover import hand_over
from .waiting import WHEN_CHANGED, wait_until


@dataclass(frozen=True)
class Upload:
    """Files delivered, before integration."""

    id: str
    name: str
    type: str
    status: str
    srs: str
    tags: Dict[str, str]


@dataclass(frozen=True)
class CheckRun:
    """One check that runs, or ran, on an upload."""

    execution: str
    name: str
    state: str  # "asked", "in_progress", "passed" or "failed"


@dataclass(frozen=True)
class TreeFile:
    """One file in an upload."""

    path: str
    size: int


class Uploads:
    """The uploads of one datastore."""

    def __init__(self, connection: Connection, datastore: str, handover: Optional[Path] = None) -> None:
        """Speak of the uploads of a datastore; `handover` is the folder of a backend on this computer for them."""
        self._connection, self._handover = connection, handover
        self._root = f"datastores/{segment(datastore)}/uploads"

    def list(self, tags: Optional[Mapping[str, str]] = None, **filters: str) -> Tuple[Upload, ...]:
        """Return the uploads with all these tags and values."""
        query = {**filters, **tag_filter(tags or {}), "fields": "name,type,status,srs,tags"}
        return tuple(_upload(wire) for wire in self._connection.pages(self._root, query))

    def get(self, identifier: str) -> Upload:
        """Return one upload."""
        return _upload(self._connection.ask("GET", self._at(identifier)))

    def create(self, name: str, srs: str, description: str = "", tags: Optional[Mapping[str, str]] = None) -> Upload:
        """Open an upload for vector data and tag it."""
        body = {"name": name, "description": description or name, "type": "VECTOR", "srs": srs}
        made = _upload(self._connection.ask("POST", self._root, json=body))
        if tags:
            self.tag(made.id, tags)
        return made

    def tag(self, identifier: str, tags: Mapping[str, str]) -> None:
        """Add or replace tags."""
        self._connection.ask("POST", self._at(identifier, "tags"), json=dict(tags))

    def deliver(self, identifier: str, file: Path, path: str, delivered: Optional[Delivered] = None) -> bool:
        """Send a file under a name; go on where an earlier attempt ended.

        On this computer it is handed over instead, which verifies it as a whole: returns whether that was done.
        """
        if self._handover is not None and self._handed_over(identifier, file, path, self._handover):
            return True
        deliver(self._connection, self._at(identifier, "data"), file, path, delivered)
        return False

    def _handed_over(self, identifier: str, file: Path, path: str, folder: Path) -> bool:
        try:
            hand_over(self._connection, self._at(identifier, "handovers"), file, path, folder)
        except Cancelled:
            raise
        except (GeoPubError, OSError):  # it cannot be put there, or no answer came, or it is there: sending will tell
            return False
        return True

    def deliver_md5(self, identifier: str, digest: str, path: str) -> None:
        """Send the MD5 of a delivered file, for the standard check to compare: a line "<md5>  <path>"."""
        line = f"{digest}  {path}\n".encode()
        self._connection.post_file(self._at(identifier, "md5"), f"{Path(path).name}.md5", line)

    def tree(self, identifier: str) -> Tuple[TreeFile, ...]:
        """Return the files that the upload holds."""
        wire = self._connection.ask("GET", self._at(identifier, "tree"))
        return tuple(_files(wire if isinstance(wire, list) else (), ""))

    def close(self, identifier: str) -> None:
        """End the delivery: the checks start."""
        self._connection.ask("POST", self._at(identifier, "close"))

    def reopen(self, identifier: str) -> None:
        """Open a closed upload again, to deliver other files."""
        self._connection.ask("POST", self._at(identifier, "open"))

    def checks(self, identifier: str) -> Tuple[CheckRun, ...]:
        """Return the checks of an upload, whatever their state."""
        wire = self._connection.ask("GET", self._at(identifier, "checks"))
        return tuple(
            CheckRun(text(item, "_id"), text(item.get("check") or {}, "name"), state)
            for state in ("asked", "in_progress", "passed", "failed")
            for item in objects(wire, state)
        )

    def checked(self, identifier: str) -> Upload:
        """Wait until no check runs any more and return the upload: CLOSED when all passed, UNSTABLE otherwise."""

        def probe() -> Upload:
            return _upload(self._connection.ask("GET", self._at(identifier), headers=WHEN_CHANGED))

        return wait_until(self._connection, probe, lambda upload: upload.status in ("CLOSED", "UNSTABLE"))

    def delete(self, identifier: str) -> None:
        """Delete an upload and its files."""
        self._connection.ask("DELETE", self._at(identifier))

    def _at(self, identifier: str, *below: str) -> str:
        return "/".join((self._root, segment(identifier), *below))


def _upload(wire: Wire) -> Upload:
    return Upload(
        text(wire, "_id"),
        text(wire, "name"),
        text(wire, "type"),
        text(wire, "status"),
        text(wire, "srs"),
        tags_of(wire),
    )


def _files(items: object, folder: str) -> Tuple[TreeFile, ...]:
    found: Tuple[TreeFile, ...] = ()
    for item in items if isinstance(items, (list, tuple)) else ():
        path = f"{folder}{text(item, 'name')}"
        if text(item, "type").upper() == "DIRECTORY":
            found += _files(item.get("children"), f"{path}/")
        else:
            found += (TreeFile(path, int(item.get("size") or 0)),)
    return found
