"""Files that GDAL reads, made tables of one GeoPackage; from there they go the same way as any.

Only the one driver of the recognised format may open a file, so that no file can be taken for something that points
elsewhere (a VRT, a connection string), and the network is out of reach. GDAL streams: memory does not grow with the
file. Features come through as they are, invalid or curved; the examination of the GeoPackage finds what is wrong.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

from osgeo import gdal

from ..faults import Fault
from ..jobs.progress import Progress
from ..translation import tr
from .catalogue import found
from .formats import DataSet
from .names import KEY
from .offline import offline

GEOMETRY = "geopub_geometry"  # a name that no column of a delivery has
_OPTIONS = (("OGR_GEOJSON_MAX_OBJ_SIZE", "200"), ("OGR_SQLITE_SYNCHRONOUS", "OFF"), ("SHAPE_RESTORE_SHX", "NO"))
_FEATURES = 100_000  # in one transaction


def convert(source: DataSet, target: Path, table: str, progress: Progress) -> Tuple[Fault, ...]:
    """Add the layers of a file to the GeoPackage `target`, which is made where it is missing; return why it failed."""
    with offline(), _told() as messages:
        opened = gdal.OpenEx(str(source.main.path), gdal.OF_VECTOR | gdal.OF_READONLY, [source.family.driver])
        if opened is None or opened.GetLayerCount() == 0:
            return (_unreadable(source, messages),)
        progress.step(tr("Reading {name}", name=source.main.name), source.main.path.stat().st_size, "bytes")
        done = _translated(opened, target, table, _Meter(progress, source.main.path.stat().st_size))
        return () if done else (_unreadable(source, messages),)


def _translated(opened: gdal.Dataset, target: Path, table: str, meter: _Meter) -> bool:
    """Copy the one layer that files of these formats have; tell whether all of it came through.

    It is not named: its name is the file's to choose, and could be an option.
    """
    told = ["-f", "GPKG", *(["-append"] if target.exists() else []), "-nln", table, "-gt", str(_FEATURES)]
    told += ["-lco", "SPATIAL_INDEX=NO", "-lco", f"FID={KEY}", "-lco", f"GEOMETRY_NAME={GEOMETRY}"]
    told += ["-dsco", "ADD_GPKG_OGR_CONTENTS=NO"]
    options = gdal.VectorTranslateOptions(options=told, callback=meter.moved)
    made = gdal.VectorTranslate(str(target), opened, options=options)
    done = made is not None
    del made  # GDAL writes the rest now
    return done


class _Meter:
    """Turns GDAL's share of the work into bytes."""

    def __init__(self, progress: Progress, size: int) -> None:
        self._progress, self._size, self._told = progress, size, 0

    def moved(self, share: float, _message: str, _data: object) -> int:
        """Tell how far the work is; 1 has GDAL go on."""
        now = int(min(max(share, 0.0), 1.0) * self._size)
        self._progress.advance(max(now - self._told, 0))
        self._told = max(now, self._told)
        return 1


@contextmanager
def _told() -> Iterator[List[str]]:
    """Collect what GDAL says instead of printing it; errors are messages here, not exceptions."""
    messages: List[str] = []

    def listen(severity: int, _number: int, message: str) -> None:
        if severity >= gdal.CE_Failure:
            messages.append(message)

    raising = gdal.GetUseExceptions()
    gdal.DontUseExceptions()
    before = {name: gdal.GetConfigOption(name) for name, _ in _OPTIONS}
    gdal.PushErrorHandler(listen)
    try:
        for name, value in _OPTIONS:
            gdal.SetConfigOption(name, value)
        yield messages
    finally:
        gdal.PopErrorHandler()
        for name, previous in before.items():
            gdal.SetConfigOption(name, previous)
        if raising:
            gdal.UseExceptions()


def _unreadable(source: DataSet, messages: List[str]) -> Fault:
    said: Optional[str] = messages[0].replace(os.fspath(source.main.path), source.main.name) if messages else None
    reason = tr("GDAL says: {reason}.", reason=said.strip().rstrip(".")) if said else tr("It holds no features.")
    return found("file.unreadable", name=source.main.name, format=source.family.label, reason=reason)
