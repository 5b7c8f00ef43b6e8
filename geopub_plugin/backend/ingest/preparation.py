"""What is found out about a delivery is kept beside it, and used by the next job that reads the same files.

The standard check leaves the GeoPackage that it took out of an archive or made of other formats, the vector check the
surveys of its tables (and so does the standard one when it does the vector check's work beside its own). Both are named
after the files that they are about, by names, sizes and moments of change: the files of an upload change only through
the store, so these tell as much as a digest, without reading gigabytes. What does not fit, or is not whole, is not
used; then the work is done again.

A job writes into `prepared` in its work folder and names what is to be kept; the backend moves it (`catalogue.checks`).
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from ..faults import Fault
from ..jobs.progress import Progress
from .archive import Limits
from .examination import Examination, ExaminedTable, Known
from .files import Delivery, delivered
from .kept_survey import read_survey, write_survey
from .survey import Survey

FOLDER = "prepared"  # in a work folder, and in the folder of an upload
_FORMAT = 1


class Preparation:
    """The files of a delivery, with what is known of them."""

    def __init__(self, files: Sequence[Path], kept: Optional[Path]) -> None:
        """Look into `kept`, the folder beside the delivery, for what is known of these files; None for nothing."""
        self._files, self._kept = files, kept
        self._name = _name(files)
        self._wire = self._read()
        self._known: Known = {}

    def delivery(self, work: Path, progress: Progress, limits: Limits) -> Delivery:
        """Return the one GeoPackage of the delivery, as it is known, or found and made in `work`."""
        known = self._known_delivery()
        return delivered(self._files, work, progress, limits) if known is None else known

    def surveys(self) -> Known:
        """Return what is known of the tables."""
        known = {table: self._survey(name) for table, name in self._wire.get("tables", {}).items()}
        self._known = {table: survey for table, survey in known.items() if survey is not None}
        return self._known

    def _survey(self, name: str) -> Optional[Survey]:
        try:
            return None if self._kept is None else read_survey(self._kept / name)
        except (OSError, KeyError, ValueError, zipfile.BadZipFile):  # not whole: the table is looked at again
            return None

    def keep(self, work: Path, delivery: Delivery, examination: Optional[Examination] = None) -> List[str]:
        """Write what was found into `work/prepared`; return what is to be kept, the file that names the others last.

        A GeoPackage that was made in `work` is moved there. What an earlier job has kept already is not kept again.
        """
        tables_seen = examination.tables if examination else ()
        if delivery.geopackage is None or self._name == "" or self._is_kept(tables_seen):
            return []
        folder = work / FOLDER
        folder.mkdir(exist_ok=True)
        made: List[str] = []
        wire: Dict[str, Any] = {
            "format": _FORMAT,
            "name": delivery.name,
            "faults": [fault.as_json() for fault in delivery.faults],
        }
        if delivery.geopackage in self._files:
            wire["delivered"] = list(self._files).index(delivery.geopackage)
        else:
            wire["geopackage"] = f"{self._name}.gpkg"
            if delivery.geopackage.parent == work:
                delivery.geopackage.replace(folder / wire["geopackage"])
                made.append(wire["geopackage"])
        tables: Dict[str, str] = {}
        for number, table in enumerate(tables_seen):
            tables[table.schema.name] = f"{self._name}-{number}.npz"
            write_survey(table.survey, folder / tables[table.schema.name])
        wire["tables"] = tables
        made += [*tables.values(), f"{self._name}.json"]
        (folder / made[-1]).write_text(json.dumps(wire), "utf-8")
        return [f"{FOLDER}/{name}" for name in made]

    def _is_kept(self, tables: Sequence[ExaminedTable]) -> bool:
        return bool(tables) and all(self._known.get(table.schema.name) is table.survey for table in tables)

    def _read(self) -> Dict[str, Any]:
        if self._kept is None or not self._name:
            return {}
        try:
            wire = json.loads((self._kept / f"{self._name}.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return wire if wire.get("format") == _FORMAT else {}

    def _known_delivery(self) -> Optional[Delivery]:
        if not self._wire or self._kept is None:
            return None
        wire = self._wire
        place = self._files[wire["delivered"]] if "delivered" in wire else self._kept / wire["geopackage"]
        if not place.is_file():
            return None
        return Delivery(place, wire["name"], tuple(Fault.from_json(fault) for fault in wire["faults"]))


def _name(files: Sequence[Path]) -> str:
    """Return a name that is the same for the same files; "" when one is missing."""
    try:
        stats = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    except OSError:
        return ""
    return hashlib.sha256(repr(stats).encode("utf-8")).hexdigest()[:32]
