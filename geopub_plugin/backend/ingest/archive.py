"""Zip archives: the data of one format taken out of a file that nobody has vouched for.

Nothing in a zip's directory is believed: sizes and ratios are counted on the bytes that really come out, and what is
wanted is written under names of ours, so no name from the archive ever becomes a path. Archives within are left out.
"""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Dict, List, Optional, Sequence, Tuple

from ..faults import Fault, blocking
from ..jobs.progress import Progress
from ..translation import tr
from .catalogue import found
from .formats import Part, belongs, chosen_family, suffix_of

BLOCK = 1 << 20  # bytes unpacked at once
_UNSAFE = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|\x00")


@dataclass(frozen=True)
class Limits:
    """What an archive may be."""

    entries: int = 10_000
    entry_bytes: int = 1_000_000_000
    ratio: int = 100  # unpacked bytes for each packed byte
    ratio_from: int = 10_000_000  # bytes: smaller entries may be as compressible as they like

    @property
    def total_bytes(self) -> int:
        """What all entries together may unpack to."""
        return 4 * self.entry_bytes


DEFAULT = Limits()


def is_archive(path: Path) -> bool:
    """Tell whether a file is a zip archive, by its first bytes."""
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


def unpack(
    path: Path, target: Path, progress: Progress, limits: Limits = DEFAULT
) -> Tuple[Tuple[Part, ...], Tuple[Fault, ...]]:
    """Write the data files of an archive into the folder `target`; return them, and what was found.

    On a refusal there are none, and nothing is left at `target`.
    """
    name = path.name
    try:
        with zipfile.ZipFile(path) as archive:
            wanted, faults = _wanted(archive.infolist(), name, limits)
            if not wanted:
                return (), faults
            target.mkdir()
            parts, refusal = _Extraction(archive, target, progress, name, limits).run(wanted)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError) as error:
        shutil.rmtree(target, ignore_errors=True)
        return (), (found("archive.damaged", name=name, reason=_reason(error)),)
    if refusal:
        shutil.rmtree(target, ignore_errors=True)
        return (), (*faults, refusal)
    return parts, faults


def _reason(error: Exception) -> str:
    if isinstance(error, NotImplementedError):
        return tr("It uses a compression method that is not supported.")
    return tr("It is cut off, or its bytes are damaged.")


def _wanted(
    entries: Sequence[zipfile.ZipInfo], name: str, limits: Limits
) -> Tuple[List[zipfile.ZipInfo], Tuple[Fault, ...]]:
    """Return the entries of the format that is published, and all faults of the archive's directory at once."""
    if len(entries) > limits.entries:
        return [], (found("archive.too-many-entries", count=len(entries), name=name, limit=limits.entries),)
    faults: List[Fault] = []
    for check, bad in (
        ("archive.unsafe-path", [e for e in entries if _UNSAFE.search(e.filename)]),
        ("archive.link", [e for e in entries if stat.S_ISLNK(e.external_attr >> 16)]),
        ("archive.encrypted", [e for e in entries if e.flag_bits & 0x1]),
    ):
        if bad:
            faults.append(found(check, count=len(bad), examples=[e.filename for e in bad], name=name))
    files = [entry for entry in entries if not entry.is_dir() and not _ignored(entry.filename)]
    family = chosen_family([entry.filename for entry in files])
    if family is None:
        names = [entry.filename for entry in files]
        return [], (*faults, found("archive.no-data", count=len(files), examples=names, name=name))
    wanted = [entry for entry in files if belongs(suffix_of(entry.filename), family)]
    others = [entry.filename for entry in files if entry not in wanted]
    if others:
        values = {"name": name, "family": family.label}
        faults.append(found("archive.other-entries", count=len(others), examples=others, **values))
    return ([] if blocking(faults) else wanted), tuple(faults)


def _ignored(entry: str) -> bool:
    """Tell whether an entry is none of the delivery's: macOS's resource forks, and names that begin with `__`."""
    return any(part.startswith(("__", "._")) or part == ".DS_Store" for part in entry.split("/"))


class _Extraction:
    """Streams entries into a folder, counting what really comes out."""

    def __init__(self, archive: zipfile.ZipFile, target: Path, progress: Progress, name: str, limits: Limits) -> None:
        self._archive, self._target, self._progress = archive, target, progress
        self._name, self._limits = name, limits
        self._left = limits.total_bytes

    def run(self, entries: Sequence[zipfile.ZipInfo]) -> Tuple[Tuple[Part, ...], Optional[Fault]]:
        """Return the files, or why it was stopped; shapefiles and their companions keep one name."""
        self._progress.step(tr("Unpacking"), min(sum(one.file_size for one in entries), self._left), "bytes")
        stems: Dict[str, int] = {}
        parts: Dict[Path, Part] = {}
        for entry in entries:
            suffix = suffix_of(entry.filename)
            stem = entry.filename[: -len(suffix)].lower()
            place = self._target / f"{stems.setdefault(stem, len(stems))}{suffix}"
            if place in parts:  # the same name twice: the first one counts
                continue
            parts[place] = Part(place, entry.filename)
            with self._archive.open(entry) as packed, place.open("wb") as file:
                refusal = self._copied(packed, file, entry)
            if refusal:
                return (), refusal
        return tuple(parts.values()), None

    def _copied(self, packed: IO[bytes], file: BinaryIO, entry: zipfile.ZipInfo) -> Optional[Fault]:
        written, limits = 0, self._limits
        most = max(limits.ratio * max(entry.compress_size, 1), limits.ratio_from)
        while block := packed.read(BLOCK):
            written += len(block)
            self._left -= len(block)
            values = {"entry": entry.filename, "name": self._name}
            if written > limits.entry_bytes:
                return found("archive.entry-too-large", limit=limits.entry_bytes, **values)
            if self._left < 0:
                return found("archive.too-large", limit=limits.total_bytes, name=self._name)
            if written > most:
                return found("archive.bomb", limit=limits.ratio, **values)
            file.write(block)
            self._progress.advance(len(block))
        return None
