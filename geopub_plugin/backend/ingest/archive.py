"""Zip archives: one GeoPackage taken out of a file that nobody has vouched for.

Nothing in a zip's directory is believed: sizes and ratios are counted on the bytes that really come out, and the one
entry that is wanted is written under a name of ours, so no name from the archive ever becomes a path.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, List, Optional, Sequence, Tuple

from ..faults import Fault, blocking
from ..jobs.progress import Progress
from ..translation import tr
from .catalogue import found

BLOCK = 1 << 20  # bytes unpacked at once
_UNSAFE = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|\x00")


@dataclass(frozen=True)
class Limits:
    """What an archive may be."""

    entries: int = 10_000
    entry_bytes: int = 1_000_000_000
    ratio: int = 100  # unpacked bytes for each packed byte
    ratio_from: int = 10_000_000  # bytes: smaller entries may be as compressible as they like


DEFAULT = Limits()


def is_archive(path: Path) -> bool:
    """Tell whether a file is a zip archive, by its first bytes."""
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


def unpack(path: Path, target: Path, progress: Progress, limits: Limits = DEFAULT) -> Tuple[bool, Tuple[Fault, ...]]:
    """Write the one GeoPackage of an archive to `target`; return whether it is there, and what was found.

    On a refusal nothing is left at `target`.
    """
    name = path.name
    try:
        with zipfile.ZipFile(path) as archive:
            entry, faults = _wanted(archive.infolist(), name, limits)
            if entry is None:
                return False, faults
            refusal = _extracted(archive, entry, target, progress, name, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError) as error:
        target.unlink(missing_ok=True)
        return False, (found("archive.damaged", name=name, reason=_reason(error)),)
    if refusal:
        target.unlink(missing_ok=True)
        return False, (*faults, refusal)
    return True, faults


def _reason(error: Exception) -> str:
    if isinstance(error, NotImplementedError):
        return tr("It uses a compression method that is not supported.")
    return tr("It is cut off, or its bytes are damaged.")


def _wanted(
    entries: Sequence[zipfile.ZipInfo], name: str, limits: Limits
) -> Tuple[Optional[zipfile.ZipInfo], Tuple[Fault, ...]]:
    """Return the GeoPackage among the entries, or None, and all faults of the archive's directory at once."""
    if len(entries) > limits.entries:
        return None, (found("archive.too-many-entries", count=len(entries), name=name, limit=limits.entries),)
    faults: List[Fault] = []
    for check, bad in (
        ("archive.unsafe-path", [e for e in entries if _UNSAFE.search(e.filename)]),
        ("archive.link", [e for e in entries if stat.S_ISLNK(e.external_attr >> 16)]),
        ("archive.encrypted", [e for e in entries if e.flag_bits & 0x1]),
    ):
        if bad:
            faults.append(found(check, count=len(bad), examples=[e.filename for e in bad], name=name))
    files = [entry for entry in entries if not entry.is_dir() and not _ignored(entry.filename)]
    packages = [entry for entry in files if entry.filename.lower().endswith(".gpkg")]
    others = [entry.filename for entry in files if entry not in packages]
    if not packages:
        faults.append(found("archive.no-geopackage", count=len(files), examples=others, name=name))
    if len(packages) > 1:
        names = [entry.filename for entry in packages]
        faults.append(found("archive.several-geopackages", count=len(packages), examples=names, name=name))
    if others and len(packages) == 1:
        faults.append(found("archive.other-entries", count=len(others), examples=others, name=name))
    return (None if blocking(faults) else packages[0]), tuple(faults)


def _ignored(entry: str) -> bool:
    """Tell whether an entry is none of the delivery's: macOS's resource forks, and names that begin with `__`."""
    return any(part.startswith(("__", "._")) or part == ".DS_Store" for part in entry.split("/"))


def _extracted(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, progress: Progress, name: str, limits: Limits
) -> Optional[Fault]:
    """Stream an entry to `target`, counting what really comes out; return why it was stopped, or None."""
    progress.step(tr("Unpacking"), min(entry.file_size, limits.entry_bytes), "bytes")
    with archive.open(entry) as packed, target.open("wb") as file:
        return _copied(packed, file, entry, progress, name, limits)


def _copied(
    packed: BinaryIO, file: BinaryIO, entry: zipfile.ZipInfo, progress: Progress, name: str, limits: Limits
) -> Optional[Fault]:
    written = 0
    most = max(limits.ratio * max(entry.compress_size, 1), limits.ratio_from)
    while block := packed.read(BLOCK):
        written += len(block)
        if written > limits.entry_bytes:
            return found("archive.entry-too-large", entry=entry.filename, name=name, limit=limits.entry_bytes)
        if written > most:
            return found("archive.bomb", entry=entry.filename, name=name, limit=limits.ratio)
        file.write(block)
        progress.advance(len(block))
    return None
