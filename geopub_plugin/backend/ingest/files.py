"""Checks of delivered files: are they there, whole, and what they should be (the standard check)."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import List, Mapping, Optional, Sequence, Tuple

from ..faults import Fault, blocking
from ..jobs.progress import Progress
from ..translation import tr
from .archive import DEFAULT, Limits, is_archive, unpack
from .catalogue import found
from .formats import GEOPACKAGE, SHAPEFILE, SQL, DataSet, Family, Part, chosen_family, data_sets, suffix_of
from .gathering import gathered
from .recognition import guess, is_sqlite

BLOCK = 1 << 20  # bytes hashed at once
UNPACKED = "delivered.gpkg"  # name, in the work folder, of a GeoPackage unpacked or made of other files
_ENTRIES = "entries"  # folder, in the work folder, of what is unpacked


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
    """Return delivered files as one GeoPackage: the one that was sent, or one made of them in `work`."""
    missing = [found("file.missing", name=path.name) for path in files if not path.is_file()]
    candidates = [Part(path, name) for path, name in zip(files, _names(files)) if path.is_file() and not _ignored(path)]
    if not candidates and not missing:
        missing.append(found("file.missing", name="*.gpkg"))
    if missing:
        return Delivery(None, "", tuple(missing))
    parts, faults = _unpacked(candidates, work, progress, limits)
    delivery = _gathered(parts, work, progress) if not blocking(faults) else Delivery(None, "", ())
    whole = work / UNPACKED
    if delivery.geopackage not in [part.path for part in parts]:
        shutil.rmtree(work / _ENTRIES, ignore_errors=True)
    elif delivery.geopackage is not None and delivery.geopackage.parent.parent == work / _ENTRIES:
        delivery.geopackage.replace(whole)
        shutil.rmtree(work / _ENTRIES, ignore_errors=True)
        delivery = replace(delivery, geopackage=whole)
    name = candidates[0].name if len(candidates) == 1 else delivery.name
    return Delivery(delivery.geopackage, name or candidates[0].name, (*faults, *delivery.faults))


def _names(files: Sequence[Path]) -> List[str]:
    """Return what the user calls the files: their paths from the folder that they share."""
    shared = Path(os.path.commonpath([path.parent for path in files])) if files else Path()
    return [path.relative_to(shared).as_posix() for path in files]


def _unpacked(
    candidates: Sequence[Part], work: Path, progress: Progress, limits: Limits
) -> Tuple[List[Part], List[Fault]]:
    """Return the files with archives replaced by what is in them."""
    parts: List[Part] = []
    faults: List[Fault] = []
    for number, part in enumerate(candidates):
        if part.path.stat().st_size == 0 and suffix_of(part.name) not in SHAPEFILE.companions:
            faults.append(found("file.empty", name=part.name))
        elif is_archive(part.path):
            (work / _ENTRIES).mkdir(exist_ok=True)
            inside, said = unpack(part.path, work / _ENTRIES / str(number), progress, limits)
            parts += inside
            faults += said
        else:
            parts.append(part)
    return parts, faults


def _gathered(parts: Sequence[Part], work: Path, progress: Progress) -> Delivery:
    """Make one GeoPackage of the files of the format that is published, and say which files were left out."""
    family = chosen_family([part.name for part in parts]) or _family_inside(parts)
    if family is None:
        unknown = parts[0]
        lone = _incomplete_shapefile(parts)
        if lone:
            return Delivery(None, unknown.name, (lone,))
        return Delivery(
            None, unknown.name, (found("file.unknown-format", name=unknown.name, guess=guess(unknown.path)),)
        )
    if family is SQL:
        names = [part.name for part in parts if suffix_of(part.name) in SQL.suffixes]
        return Delivery(None, names[0], (found("file.sql", "", len(names), names, name=names[0]),))
    sets, others = data_sets(parts, family)
    if not sets:
        sets = [DataSet(family, parts[0], {})]
    faults: List[Fault] = []
    left_out = [part.name for part in others if part != sets[0].main]
    if left_out:
        faults.append(found("file.other-files", count=len(left_out), examples=left_out, family=family.label))
    if len(sets) > 1:
        faults.append(found("file.merged", count=len(sets), examples=[one.main.name for one in sets]))
    made, said = gathered(sets, work / UNPACKED, progress)
    return Delivery(made, sets[0].main.name, (*faults, *said))


def _unknown(parts: Sequence[Part]) -> Fault:
    names = [part.name for part in parts]
    return found("file.unknown-format", "", len(parts), names, name=names[0], guess=guess(parts[0].path))


def _family_inside(parts: Sequence[Part]) -> Optional[Family]:
    """Return the format of a single file whose name does not tell it."""
    if len(parts) != 1:
        return None
    return GEOPACKAGE if is_sqlite(parts[0].path) else None


def _incomplete_shapefile(parts: Sequence[Part]) -> Optional[Fault]:
    """Return the fault of a shapefile without its .shp."""
    suffixes = {suffix_of(part.name) for part in parts}
    if not suffixes.intersection(SHAPEFILE.needed):
        return None
    return found("shapefile.incomplete", name=parts[0].stem, missing=".shp")
