"""Whether the catalogue and the files of a data folder agree: every row, every file, every state."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Tuple

from ..errors import DataFolderLocked, DataFolderNewer, InvalidInput
from ..faults import Fault, blocking
from ..folder_lock import FolderLock
from ..places import Places
from ..translation import tr
from .audited_files import look_at_files
from .audited_rows import look_at_references, look_at_states
from .database import Database
from .engines import is_postgresql
from .findings import Findings
from .migrations import NEWEST, version


@dataclass(frozen=True)
class Audit:
    """What an audit looked at, and what it found."""

    files: int
    rows: int
    bytes: int
    faults: Tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is damaged; what the next start mends does not count."""
        return not blocking(self.faults)

    def as_json(self) -> Dict[str, Any]:
        """Return the wire form."""
        return {
            "sound": self.sound,
            "files": self.files,
            "rows": self.rows,
            "bytes": self.bytes,
            "faults": [fault.as_json() for fault in self.faults],
        }


def audit(path: Path, catalogue_url: str = "") -> Audit:
    """Look at everything in a data folder on which no backend works, reading every byte and changing none.

    Args:
        path: the data folder.
        catalogue_url: of a PostgreSQL database; "" for SQLite in the data folder.

    Raises:
        DataFolderLocked: a backend works on it, and what it changes meanwhile would look like damage.
        DataFolderNewer, InvalidInput: it was written by another version, or is no data folder.
    """
    places = Places(path)
    if not (path / "version").is_file() or not (catalogue_url or places.catalogue.is_file()):
        raise InvalidInput(
            tr("The folder {path} is not a GeoPub data folder.", path=path),
            tr("It has no catalogue."),
            tr("Give the folder of a backend with --data or GEOPUB_DATA."),
        )
    lock = FolderLock(path / "lock")
    if not lock.acquire():
        raise DataFolderLocked(
            tr("A backend works on the data folder {path}.", path=path),
            tr("It is process {pid}; what it changes meanwhile would look like damage.", pid=lock.owner()),
            tr("End the backend, then look again."),
        )
    try:
        return _audit(places, catalogue_url or f"sqlite:///{places.catalogue}")
    finally:
        lock.release()


def _audit(places: Places, url: str) -> Audit:
    database = Database(url, places.path)
    findings = Findings()
    try:
        if database.shared:
            database.lead()
        with database.reading() as connection:
            _require_newest(version(connection))
            if not is_postgresql(url):
                told = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check")]
                findings.add_all("database-damaged", (line for line in told if line != "ok"))
            rows = look_at_references(connection, findings)
            look_at_states(connection, findings)
            files, size = look_at_files(connection, places, findings)
    finally:
        database.close()
    return Audit(files, rows, size, findings.faults())


def _require_newest(found: int) -> None:
    if found > NEWEST:
        raise DataFolderNewer(
            tr("This data folder was written by a newer GeoPub."), cure=tr("Look at it with that version.")
        )
    if found < NEWEST:
        raise InvalidInput(
            tr("This data folder was written by an older GeoPub."),
            tr("Its catalogue has version {found}; this GeoPub works with {known}.", found=found, known=NEWEST),
            tr("Start the backend once: it brings the catalogue up to date."),
        )
