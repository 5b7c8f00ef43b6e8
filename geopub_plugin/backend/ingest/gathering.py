"""Data sets of any format, made one GeoPackage."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from ..faults import Fault, blocking
from ..jobs.progress import Progress
from .catalogue import found
from .conversion import convert
from .csv_conversion import convert_text
from .formats import CSV, GEOPACKAGE, DataSet
from .geopackage_writer import GeoPackageWriter
from .merging import merge
from .soundness import geopackage_faults


def gathered(sets: Sequence[DataSet], target: Path, progress: Progress) -> Tuple[Optional[Path], Tuple[Fault, ...]]:
    """Return the GeoPackage with the tables of all sets, None where one cannot be read, and what was found.

    A single GeoPackage is returned as it was delivered; everything else is made at `target`.
    """
    family = sets[0].family
    if family is GEOPACKAGE:
        made, faults = _geopackages(sets, target, progress)
    elif family is CSV:
        made, faults = target, _texts(sets, target, progress)
    else:
        made, faults = target, _converted(sets, target, progress)
    if blocking(faults):
        target.unlink(missing_ok=True)
        return None, tuple(faults)
    return made, tuple(faults)


def _geopackages(sets: Sequence[DataSet], target: Path, progress: Progress) -> Tuple[Path, List[Fault]]:
    faults = [fault for one in sets for fault in geopackage_faults(one.main.path, one.main.name)]
    if len(sets) == 1 or blocking(faults):
        return sets[0].main.path, faults
    without = merge([(one.main.path, one.main.name) for one in sets], target, progress)
    if without:
        faults.append(found("table.attributes-only", count=len(without), examples=without))
    return target, faults


def _texts(sets: Sequence[DataSet], target: Path, progress: Progress) -> List[Fault]:
    writer = GeoPackageWriter(target)
    faults: List[Fault] = []
    for one, table in zip(sets, _tables(sets)):
        faults += convert_text(one, writer, table, progress)
    writer.close()
    return faults


def _converted(sets: Sequence[DataSet], target: Path, progress: Progress) -> List[Fault]:
    target.unlink(missing_ok=True)
    faults: List[Fault] = []
    for one, table in zip(sets, _tables(sets)):
        if one.missing:
            faults.append(found("shapefile.incomplete", name=one.main.stem, missing=", ".join(one.missing)))
        else:
            faults += convert(one, target, table, progress)
    return faults


def _tables(sets: Sequence[DataSet]) -> List[str]:
    """Return a name for the table of each set: that of its file, none twice."""
    names: List[str] = []
    for one in sets:
        name, number = one.main.stem, 1
        while name.lower() in {taken.lower() for taken in names}:
            number += 1
            name = f"{one.main.stem}_{number}"
        names.append(name)
    return names
