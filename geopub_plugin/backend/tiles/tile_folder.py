"""A folder of tiles, made from a PMTiles archive: z/x/y.pbf for any web server, rows counted from the north (XYZ).

Tiles are not compressed: a plain web server would not say that they are. Servers compress on the way out.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import tempfile
from pathlib import Path

from ..disk import storing
from ..errors import Conflict
from ..translation import tr
from .archive_reader import Archive
from .grid import tile_of
from .mbtiles import described

METADATA = "metadata.json"


def write_folder(archive: Archive, place: Path) -> None:
    """Write an archive as a folder, beside its place and renamed at the end; an earlier folder of tiles is replaced.

    Raises:
        Conflict: what is there is no folder of tiles, or is open in another program (Windows).
        StorageFull: there is no room.
    """
    refuse_other_folder(place)
    with storing(place.parent):
        made = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
        try:
            _write(archive, made / "new")
            _put(made / "new", place, made / "old")
        finally:
            shutil.rmtree(made, ignore_errors=True)


def _put(new: Path, place: Path, old: Path) -> None:
    """Give a folder its place; what is there goes to `old`, and comes back if that fails."""
    if not place.exists():
        os.replace(new, place)
        return
    os.replace(place, old)
    try:
        os.replace(new, place)
    except OSError:
        os.replace(old, place)
        raise


def refuse_other_folder(place: Path) -> None:
    """Raise Conflict where a folder would be replaced that holds anything but tiles."""
    if not place.exists():
        return
    names = [path.name for path in place.iterdir()] if place.is_dir() else [""]
    if names and not (METADATA in names and all(name == METADATA or re.fullmatch(r"\d{1,2}", name) for name in names)):
        raise Conflict(
            tr("The folder {path} cannot be replaced by tiles.", path=place),
            tr("It holds something else."),
            tr("Choose a folder that is empty or not there yet."),
        )


def _write(archive: Archive, place: Path) -> None:
    place.mkdir()
    unpacked = gzip.decompress if archive.gzipped else bytes
    for first, run, offset, length in archive.runs():
        data = unpacked(archive.content(offset, length))
        for number in range(first, first + run):
            level, column, row = tile_of(number)
            folder = place / str(level) / str(column)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{row}.pbf").write_bytes(data)
    told = {**described(archive), "scheme": "xyz"}
    (place / METADATA).write_text(json.dumps(told, ensure_ascii=False, indent=2), "utf-8")
