"""Where in a data folder each file is: paths made from identifiers only, never from input."""

from __future__ import annotations

import re
from pathlib import Path

from .errors import InvalidInput
from .translation import tr

ROOMS = ("uploads", "stored", "statics", "annexes")  # folders whose files are named by rows

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_REVISION = re.compile(r"[0-9a-f-]{1,36}")
_SUFFIXES = {"stored": (".gpkg", ".pmtiles"), "statics": (".sld", ".qml")}


class Places:
    """The places of a data folder, whoever works on it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def catalogue(self) -> Path:
        """The file of the SQLite catalogue."""
        return self.path / "catalogue.sqlite"

    @property
    def log(self) -> Path:
        """The folder of the logs."""
        return self.path / "log"

    @property
    def temporary(self) -> Path:
        """The folder of the backend's temporary files, emptied at the start."""
        return self.path / "temporary"

    @property
    def handover(self) -> Path:
        """The folder into which clients on this computer put files that an upload takes; emptied at the start."""
        return self.path / "handover"

    @property
    def checkpoints(self) -> Path:
        """The folder in which pyramids that a crash cut short are kept for a day, to go on from there."""
        return self.path / "checkpoints"

    @property
    def tile_cache(self) -> Path:
        """The folder of map tiles that were drawn; whatever is in it can be drawn again."""
        return self.path / "map-tiles"

    def upload(self, upload: str) -> Path:
        """Return the folder of everything that was delivered for an upload."""
        return self._place("uploads", upload)

    def upload_files(self, upload: str) -> Path:
        """Return the folder of an upload's delivered files."""
        return self.upload(upload) / "files"

    def upload_parts(self, upload: str) -> Path:
        """Return the folder of an upload's files that are not complete."""
        return self.upload(upload) / "parts"

    def prepared(self, upload: str) -> Path:
        """Return the folder of what checks have found out about an upload; it need not be there."""
        return self._place("prepared", upload)

    def stored(self, stored_data: str) -> Path:
        """Return the folder of all revisions of a stored data."""
        return self._place("stored", stored_data)

    def stored_file(self, stored_data: str, revision: str, suffix: str) -> Path:
        """Return the place of one revision of a stored data; the suffix is ".gpkg" or ".pmtiles"."""
        return self._revision("stored", stored_data, revision, suffix)

    def static(self, static: str) -> Path:
        """Return the folder of all revisions of a static."""
        return self._place("statics", static)

    def static_file(self, static: str, revision: str, suffix: str) -> Path:
        """Return the place of one revision of a static; the suffix is ".sld" or ".qml"."""
        return self._revision("statics", static, revision, suffix)

    def annexe_file(self, annexe: str) -> Path:
        """Return the place of an annexe."""
        return self._place("annexes", annexe)

    def _place(self, room: str, identifier: str) -> Path:
        return self.path / room / checked_identifier(identifier)

    def _revision(self, room: str, identifier: str, revision: str, suffix: str) -> Path:
        if not _REVISION.fullmatch(revision) or suffix not in _SUFFIXES[room]:
            raise InvalidInput(tr("“{name}” is not the name of a revision.", name=revision + suffix))
        return self._place(room, identifier) / (revision + suffix)


def checked_identifier(identifier: str) -> str:
    """Return an identifier that may be part of a path."""
    if not _ID.fullmatch(identifier):
        raise InvalidInput(tr("“{name}” is not an identifier.", name=identifier))
    return identifier
