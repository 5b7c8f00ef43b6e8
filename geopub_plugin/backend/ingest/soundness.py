"""Is a file a GeoPackage, and is it whole?"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Tuple

from ..errors import NotFound
from ..faults import Fault
from ..features.geopackage import connect, is_geopackage
from ..jobs.progress import Progress
from ..translation import tr
from .catalogue import found
from .recognition import guess, is_sqlite


def geopackage_faults(path: Path, name: str) -> Tuple[Fault, ...]:
    """Return what keeps a file from being read as a GeoPackage; `name` is what the user calls it."""
    if not is_sqlite(path):
        return (found("file.unknown-format", name=name, guess=guess(path)),)
    reason = _length_fault(path)
    if reason:
        return (found("file.damaged", name=name, reason=reason),)
    if not is_geopackage(path):
        reason = _corruption(path)
        if reason:
            return (found("file.damaged", name=name, reason=reason),)
        return (found("file.unknown-format", name=name, guess=guess(path)),)
    return ()


def _length_fault(path: Path) -> str:
    """Compare the length that a database states in its header with that of the file (SQLite file format, §1.3)."""
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) < 100:
        return tr("It is cut off in its first 100 bytes.")
    page = int.from_bytes(header[16:18], "big")
    page = 65536 if page == 1 else page
    if page < 512 or page & (page - 1):
        return tr("Its header states an impossible page size, {page}.", page=page)
    stated = int.from_bytes(header[28:32], "big")
    valid = header[24:28] == header[92:96]  # else the page count is that of an old writer, and means nothing
    real = path.stat().st_size
    if valid and stated * page > real:
        return tr("It is cut off: {missing} bytes are missing.", missing=stated * page - real)
    return ""


def _corruption(path: Path) -> str:
    """Return what SQLite's own check says of a database, "" when it finds nothing.

    Findings about spatial indexes do not count: integration builds its own.
    """
    try:
        connection = connect(path)
    except (sqlite3.DatabaseError, NotFound) as error:
        return tr("SQLite says: {reason}.", reason=str(error))
    try:
        rows = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
    except sqlite3.DatabaseError as error:
        return tr("SQLite says: {reason}.", reason=str(error))
    finally:
        connection.close()
    bad = [row for row in rows if row != "ok" and not row.startswith("In RTree")]
    return tr("SQLite says: {reason}.", reason=bad[0].replace("\n", " ").strip()) if bad else ""


def damage_faults(path: Path, name: str, progress: Progress) -> Tuple[Fault, ...]:
    """Read a whole database for broken pages."""
    progress.step(tr("Looking for damage"), 0, "bytes")
    reason = _corruption(path)
    return (found("file.damaged", name=name, reason=reason),) if reason else ()
