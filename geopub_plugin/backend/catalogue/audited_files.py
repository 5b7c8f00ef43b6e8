"""The files of a data folder, audited: each is there, whole, readable, and named by a row."""

from __future__ import annotations

import gzip
import os
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any, Iterator, Mapping, Set, Tuple

from sqlalchemy import Connection, select

from ..disk import sha256_of
from ..errors import InvalidInput
from ..features.geopackage_schema import quoted, read_only_uri
from ..places import ROOMS, Places
from ..tiles.archive_reader import Archive
from . import tables
from .findings import Findings
from .preparations import ROOM as PREPARED
from .style_fit import pins_of
from .uploads import upload_files


class _Look:
    """One look at all files."""

    def __init__(self, places: Places, findings: Findings) -> None:
        self._places, self._findings = places, findings
        self.named: Set[Path] = set()
        self.size = 0

    def whole(self, place: Path, size: int, sha256: str) -> bool:
        """See that a file is there with its size and its checksum."""
        self.named.add(place)
        name = self._name(place)
        if not place.is_file():
            self._findings.add("file-missing", name)
            return False
        found = place.stat().st_size
        self.size += found
        if found != size:
            self._findings.add("file-size", f"{name}: {found} ≠ {size}")
            return False
        if sha256 and sha256_of(place) != sha256:
            self._findings.add("file-checksum", name)
            return False
        return True

    def there(self, place: Path) -> None:
        """See that a file is there of which nothing else is noted."""
        if place not in self.named:
            self.named.add(place)
            if not place.is_file():
                self._findings.add("file-missing", self._name(place))

    def part(self, place: Path, received: int) -> None:
        """See that a file on its way in has what was received."""
        self.named.add(place)
        found = place.stat().st_size if place.is_file() else 0
        if found < received:
            self._findings.add("part-short", f"{self._name(place)}: {found} < {received}")

    def unnamed(self) -> None:
        """Look for files that no row names."""
        for room in ROOMS:
            for folder, _, files in os.walk(self._places.path / room):
                for name in sorted(files):
                    place = Path(folder) / name
                    if place not in self.named:
                        self._findings.add("file-unnamed", self._name(place))

    def unneeded(self, known: Set[str]) -> None:
        """Look for what was found out about uploads that are gone."""
        room = self._places.path / PREPARED
        for place in sorted(room.rglob("*")) if room.is_dir() else ():
            if place.is_file() and place.relative_to(room).parts[0] not in known:
                self._findings.add("file-unnamed", self._name(place))

    def geopackage(self, place: Path, relations: Any) -> None:
        """See that a GeoPackage is sound, with the tables and as many rows as noted."""
        name = self._name(place)
        try:
            with closing(sqlite3.connect(read_only_uri(place), uri=True)) as connection:
                told = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
                self._findings.add_all("geopackage-damaged", (f"{name}: {line}" for line in told if line != "ok"))
                self._findings.add_all("index-damaged", (f"{name}: {line}" for line in _index_faults(connection)))
                self._findings.add_all("tables-differ", (f"{name}: {line}" for line in _lost(connection, relations)))
        except sqlite3.DatabaseError as error:
            self._findings.add("geopackage-damaged", f"{name}: {error}")

    def pyramid(self, place: Path) -> None:
        """See that every tile of an archive can be read."""
        try:
            with Archive(place) as archive:
                count, seen = 0, set()
                for _, run, offset, length in archive.runs():
                    count += run
                    if (offset, length) not in seen:
                        seen.add((offset, length))
                        _require_readable(archive, offset, length)
                if count != archive.tile_count:
                    self._findings.add("pyramid-unreadable", f"{self._name(place)}: {count} ≠ {archive.tile_count}")
        except (InvalidInput, OSError, EOFError, IndexError, ValueError, zlib.error) as error:
            self._findings.add("pyramid-unreadable", f"{self._name(place)}: {error}")

    def _name(self, place: Path) -> str:
        return place.relative_to(self._places.path).as_posix()


def look_at_files(connection: Connection, places: Places, findings: Findings) -> Tuple[int, int]:
    """Look at every file; return how many rows name, and their bytes."""
    look = _Look(places, findings)
    for file in upload_files.find(connection):
        if file.complete:
            look.whole(places.upload_files(file.upload) / file.place_name, file.total, file.sha256)
        else:
            look.part(places.upload_parts(file.upload) / f"{file.id}.part", file.received)
    for row in connection.execute(select(tables.data_revision)):
        place = places.stored_file(row.stored_data, str(row.number), row.suffix)
        if look.whole(place, row.size, row.sha256):
            _look_inside(look, place, row.details)
    for row in connection.execute(select(tables.static)):
        look.whole(places.static_file(row.id, str(row.revision), row.suffix), row.size, row.sha256)
    for row in connection.execute(select(tables.annexe)):
        look.whole(places.annexe_file(row.id), row.size, row.sha256)
    for style in _pinned_styles(connection):
        look.there(places.static_file(*style))
    look.unnamed()
    look.unneeded(set(connection.execute(select(tables.upload.c.id)).scalars()))
    return len(look.named), look.size


def _look_inside(look: _Look, place: Path, details: Mapping[str, Any]) -> None:
    if place.suffix == ".gpkg":
        look.geopackage(place, details.get("relations", ()))
    else:
        look.pyramid(place)


def _pinned_styles(connection: Connection) -> Iterator[Tuple[str, str, str]]:
    for published in connection.execute(select(tables.offering.c.published)).scalars():
        yield from (tuple(pin) for pins in pins_of(published) for pin in pins.values())


def _index_faults(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield what SQLite says of spatial indexes, and those that do not hold every geometry of their table."""
    if not _has(connection, "gpkg_extensions"):
        return
    indexed = "SELECT table_name, column_name FROM gpkg_extensions WHERE extension_name = 'gpkg_rtree_index'"
    for table, column in connection.execute(indexed).fetchall():
        index = f"rtree_{table}_{column}"
        if not _has(connection, table) or not _has(connection, index):
            yield index
            continue
        told = connection.execute("SELECT rtreecheck(?)", (index,)).fetchone()[0]
        if told != "ok":
            yield f"{index}: {str(told).splitlines()[0]}"
        entries = connection.execute(f"SELECT count(*) FROM {quoted(index)}").fetchone()[0]  # nosec B608 - quoted
        shapes = _shapes(connection, table, column)
        if entries != shapes:
            yield f"{index}: {entries} ≠ {shapes}"


def _shapes(connection: sqlite3.Connection, table: str, column: str) -> int:
    """Count geometries that have an extent: bit 4 of a header's flags says that there is none (GeoPackage, 2.1.3)."""
    geometry = quoted(column)
    empty = f"instr('13579BDF', substr(hex(substr({geometry}, 4, 1)), 1, 1))"
    counted = f"SELECT count(*) FROM {quoted(table)} WHERE {geometry} IS NOT NULL AND NOT {empty}"  # nosec B608 - quoted
    return int(connection.execute(counted).fetchone()[0])


def _lost(connection: sqlite3.Connection, relations: Any) -> Iterator[str]:
    for relation in relations:
        if not _has(connection, relation["name"]):
            yield relation["name"]
        elif "count" in relation:
            table = quoted(relation["name"])
            found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # nosec B608 - quoted
            if found != relation["count"]:
                yield f"{relation['name']}: {found} ≠ {relation['count']}"


def _has(connection: sqlite3.Connection, table: str) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ? AND type IN ('table', 'view')", (table,))
    return found.fetchone() is not None


def _require_readable(archive: Archive, offset: int, length: int) -> None:
    content = archive.content(offset, length)
    if len(content) != length:
        raise ValueError(f"{len(content)} of {length} bytes at {offset}")
    if archive.gzipped:
        gzip.decompress(content)
