"""Checks of delivered files: are they there, whole, and what they should be (the standard check)."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import List, Mapping, Optional, Sequence, Tuple

from ..errors import NotFound
from ..faults import Fault, blocking
from ..features.geopackage import connect, is_geopackage
from ..jobs.progress import Progress
from ..translation import tr
from .archive import DEFAULT, Limits, is_archive, unpack
from .catalogue import found
from .recognition import guess, is_sqlite

BLOCK = 1 << 20  # bytes hashed at once
UNPACKED = "delivered.gpkg"  # name, in the work folder, of a GeoPackage taken out of an archive


@dataclass(frozen=True)
class Delivery:
    """The one GeoPackage of a delivery, None when there is none to use, and what was found on the way to it."""

    geopackage: Optional[Path]
    name: str  # what the user calls it
    faults: Tuple[Fault, ...]


def _ignored(path: Path) -> bool:
    return path.name.startswith("__") or path.suffix.lower() == ".md5"


def digest_faults(files: Sequence[Path], digests: Mapping[str, str], progress: Progress) -> Tuple[Fault, ...]:
    """Compare files with the MD5 digests announced for them; `digests` maps relative path to digest.

    MD5 is what the Géoplateforme's deliveries carry; it guards against accidents, not against anybody's intent.
    """
    faults: List[Fault] = []
    for relative, expected in digests.items():
        path = _named(files, relative)
        if path is None:
            faults.append(found("file.missing", name=relative))
            continue
        digest = _md5(path, progress)
        if digest != expected.strip().lower():
            faults.append(found("file.digest", examples=[relative], name=relative, found=digest, expected=expected))
    return tuple(faults)


def _named(files: Sequence[Path], relative: str) -> Optional[Path]:
    """Return the file whose path ends with a relative path."""
    parts = tuple(part for part in relative.replace("\\", "/").split("/") if part not in ("", "."))
    return next((path for path in files if path.is_file() and path.parts[-len(parts) :] == parts), None)


def _md5(path: Path, progress: Progress) -> str:
    progress.step(tr("Verifying the checksum"), path.stat().st_size, "bytes")
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            progress.advance(len(block))
    return digest.hexdigest()


def delivered(files: Sequence[Path], work: Path, progress: Progress, limits: Limits = DEFAULT) -> Delivery:
    """Find the one GeoPackage among delivered files, taking it out of its archive if need be.

    An archive is unpacked into `work`.
    """
    missing = [found("file.missing", name=path.name) for path in files if not path.is_file()]
    candidates = [path for path in files if path.is_file() and not _ignored(path)]
    if not candidates and not missing:
        missing.append(found("file.missing", name="*.gpkg"))
    if missing:
        return Delivery(None, "", tuple(missing))
    chosen = _chosen(candidates)
    if len(chosen) > 1:
        names = [path.name for path in chosen]
        return Delivery(None, "", (found("file.several", count=len(names), examples=names),))
    path = chosen[0]
    others = [other.name for other in candidates if other != path]
    left_out = (found("file.other-files", count=len(others), examples=others),) if others else ()
    delivery = _opened(path, work, progress, limits)
    return Delivery(delivery.geopackage, delivery.name, (*left_out, *delivery.faults))


def _chosen(candidates: Sequence[Path]) -> Sequence[Path]:
    """Return the data files: GeoPackages and archives if there are any, else whatever there is."""
    data = [path for path in candidates if path.suffix.lower() in (".gpkg", ".zip")]
    return data or candidates


def _opened(path: Path, work: Path, progress: Progress, limits: Limits) -> Delivery:
    if path.stat().st_size == 0:
        return Delivery(None, path.name, (found("file.empty", name=path.name),))
    if not is_archive(path):
        faults = _geopackage_faults(path, path.name)
        return Delivery(None if blocking(faults) else path, path.name, faults)
    target = work / UNPACKED
    there, faults = unpack(path, target, progress, limits)
    if not there:
        return Delivery(None, path.name, faults)
    if target.stat().st_size == 0:
        return Delivery(None, path.name, (*faults, found("file.empty", name=path.name)))
    faults = (*faults, *_geopackage_faults(target, path.name))
    return Delivery(None if blocking(faults) else target, path.name, faults)


def _geopackage_faults(path: Path, name: str) -> Tuple[Fault, ...]:
    if not is_sqlite(path):
        return (found("file.not-geopackage", name=name, guess=guess(path)),)
    reason = _length_fault(path)
    if reason:
        return (found("file.damaged", name=name, reason=reason),)
    if not is_geopackage(path):
        reason = _corruption(path)
        if reason:
            return (found("file.damaged", name=name, reason=reason),)
        return (found("file.not-geopackage", name=name, guess=guess(path)),)
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
