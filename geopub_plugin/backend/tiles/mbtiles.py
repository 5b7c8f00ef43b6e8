"""MBTiles 1.3, made from a PMTiles archive: an SQLite database, rows counted from the south (TMS)."""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

from ..disk import disk_full, storing
from .archive_reader import Archive
from .grid import tile_of

# Identical tiles are stored once: `tiles` is a view, as the specification allows and tippecanoe does it.
_TABLES = """
    PRAGMA application_id = 0x4d504258;
    CREATE TABLE metadata (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
    CREATE TABLE images (tile_id INTEGER PRIMARY KEY, tile_data BLOB);
    CREATE TABLE map (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_id INTEGER,
                      PRIMARY KEY (zoom_level, tile_column, tile_row)) WITHOUT ROWID;
    CREATE VIEW tiles AS SELECT zoom_level, tile_column, tile_row, tile_data FROM map JOIN images USING (tile_id);
"""
_DESCRIBED = ("name", "description", "attribution", "type", "version", "format", "generator")


def write_mbtiles(archive: Archive, place: Path) -> None:
    """Write an archive as MBTiles, beside its place, renamed at the end; raise StorageFull where there is no room."""
    with storing(place.parent):
        handle, name = tempfile.mkstemp(prefix=f".{place.name}-", dir=place.parent)
        os.close(handle)
        made = Path(name)
        try:
            _write(archive, made)
            made.chmod(0o666 & ~_umask())
            os.replace(made, place)
        except sqlite3.OperationalError as error:
            if "full" not in str(error):
                raise
            raise disk_full(place.parent) from error
        finally:
            made.unlink(missing_ok=True)


def described(archive: Archive) -> Dict[str, str]:
    """Return the rows of the table `metadata` (MBTiles 1.3, "Metadata"): texts by name."""
    told = archive.metadata()
    rows = {name: str(told[name]) for name in _DESCRIBED if told.get(name)}
    (west, south, east, north), (top, bottom) = archive.bounds, archive.levels
    rows.setdefault("name", "GeoPub")
    rows.update(
        format="pbf",
        bounds=",".join(f"{value:.7f}" for value in (west, south, east, north)),
        center=f"{(west + east) / 2:.7f},{(south + north) / 2:.7f},{top}",
        minzoom=str(top),
        maxzoom=str(bottom),
        json=json.dumps({"vector_layers": told["vector_layers"]}, ensure_ascii=False),
    )
    return rows


def _write(archive: Archive, place: Path) -> None:
    with closing(sqlite3.connect(place, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = OFF")  # a file that is not whole is never named
        database.execute("PRAGMA synchronous = OFF")
        database.executescript(_TABLES)
        database.execute("BEGIN")
        database.executemany("INSERT INTO metadata VALUES (?, ?)", sorted(described(archive).items()))
        known: Dict[int, int] = {}  # offset -> tile_id
        database.executemany("INSERT INTO map VALUES (?, ?, ?, ?)", _map(archive, database, known))
        database.execute("COMMIT")


def _map(archive: Archive, database: sqlite3.Connection, known: Dict[int, int]) -> Iterator[Tuple[Any, ...]]:
    """Yield the rows of the table `map`, and store each content when it comes first."""
    for first, run, offset, length in archive.runs():
        identifier = known.get(offset)
        if identifier is None:
            identifier = known[offset] = len(known) + 1
            database.execute("INSERT INTO images VALUES (?, ?)", (identifier, archive.content(offset, length)))
        for number in range(first, first + run):
            level, column, row = tile_of(number)
            yield level, column, (1 << level) - 1 - row, identifier


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
