"""What GeoPub proposes for a file before a person decides otherwise: title, names, zoom levels, styles."""

from __future__ import annotations

import math
import re
import sqlite3
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from ..backend.errors import InvalidInput
from ..backend.features.geopackage import GeoPackageTable, connect, feature_tables, is_geopackage, quoted
from ..backend.features.projection import Projection
from ..backend.features.schema import Bounds, TableSchema
from ..backend.translation import tr

SERVICES = ("wfs", "wms", "tms")
DEEPEST = 14  # a level whose grid of 4096 steps a tile resolves 0.6 m: clients zoom in further by themselves
TOP_LEVEL_LIMIT = 12  # so that the smallest place is found from afar
MOST_TILES = 250_000  # of the bottom level: more would take minutes, and hardly anybody would look at them
_WORLD_PIXEL = 156_543.03  # metres in a pixel of 256 px tiles at level 0, at the equator (WMTS, GoogleMapsCompatible)
_METRES_IN_A_DEGREE = 111_320.0
_SAMPLE = 2_000  # rows looked at to know how detailed a table is
STYLE_SUFFIXES = (".qml", ".sld")


@dataclass(frozen=True)
class TableStyle:
    """The style that one table is drawn with."""

    table: str  # as named in the delivered file
    filename: str  # its suffix says what it is: .qml or .sld
    content: bytes

    @classmethod
    def read(cls, table: str, file: Path) -> TableStyle:
        """Return the style in a file."""
        return cls(table, file.name, file.read_bytes())


@dataclass(frozen=True)
class Proposal:
    """Every default of a publication."""

    title: str
    datasheet: str
    layer_name: str
    srs: str  # "EPSG:2154"; "" when the file does not say, or says several
    tables: Tuple[str, ...]
    services: Tuple[str, ...]
    top_level: Optional[int]  # None: to be known when the data is integrated
    bottom_level: Optional[int]
    styles: Tuple[TableStyle, ...]


@dataclass(frozen=True)
class Detail:
    """How large and how fine a table is."""

    bounds: Bounds  # longitude and latitude
    spacing: float  # metres between neighbouring vertices
    count: int = 0  # features; 0 when they cover their bounds for all one knows
    size: float = 0.0  # metres across a feature, 0 for points

    def tiles(self, level: int) -> float:
        """Return about how many tiles it fills at a level."""
        west, south, east, north = self.bounds
        per_degree = 2**level / 360.0
        covered = ((east - west) * per_degree + 1) * ((north - south) * per_degree * 2 + 1)
        edge = _WORLD_PIXEL * 256 / 2**level  # metres
        return min(covered, self.count * (self.size / edge + 1) ** 2) if self.count else covered


def propose(file: Path, tables: Sequence[str] = ()) -> Proposal:
    """Return the defaults for a file; a zip, or what cannot be read, gets those that its name allows."""
    schemas = _readable_tables(file, tables)
    only = schemas[0] if len(schemas) == 1 else None
    title = only.title if only and only.title and only.title != only.name else readable(file.stem)
    details = _details(file, schemas)
    top, bottom = levels(details) if details else (None, None)
    systems = {schema.srs.name if schema.srs else "" for schema in schemas}
    return Proposal(
        title=title,
        datasheet=title,
        layer_name=slug(title),
        srs=systems.pop() if len(systems) == 1 else "",
        tables=tuple(schema.name for schema in schemas),
        services=SERVICES,
        top_level=top,
        bottom_level=bottom,
        styles=own_styles(file, [schema.name for schema in schemas]),
    )


def chosen_tables(file: Path, wanted: Sequence[str]) -> Tuple[TableSchema, ...]:
    """Return the tables with geometry that are wanted, all of them by default; refuse a name that is not there."""
    schemas = feature_tables(file)
    names = [schema.name for schema in schemas]
    missing = [name for name in wanted if name not in names]
    if missing:
        raise InvalidInput(
            tr("The file {file} has no table “{table}” with a geometry.", file=file.name, table=missing[0]),
            tr("Its tables are: {names}.", names=", ".join(names) or "–"),
            tr("Choose among them."),
        )
    return tuple(schema for schema in schemas if not wanted or schema.name in wanted)


def _readable_tables(file: Path, wanted: Sequence[str]) -> Tuple[TableSchema, ...]:
    """Return the wanted tables; none of a file that is damaged: the checks say what is wrong with it."""
    try:
        return chosen_tables(file, wanted) if is_geopackage(file) else ()
    except sqlite3.Error:
        return ()


def readable(stem: str) -> str:
    """Return a file's name as a title: "world_map" becomes "World map"."""
    words = re.sub(r"[\s_]+", " ", stem).strip()
    return (words[:1].upper() + words[1:])[:99] or "GeoPub"


def slug(title: str) -> str:
    """Return a title as a technical name that every client accepts: a-z, 0-9 and _, not starting with a digit."""
    plain = unicodedata.normalize("NFKD", title.lower().replace("œ", "oe").replace("æ", "ae").replace("ß", "ss"))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    name = re.sub(r"[^a-z0-9]+", "_", bare).strip("_")
    if not name:
        return "layer"
    return (f"_{name}" if name[0].isdigit() else name)[:80]


def levels(details: Sequence[Detail]) -> Tuple[int, int]:
    """Return top and bottom level for tables; the widest range where nothing is known of them.

    At the top level the whole is a quarter of a tile wide; at the bottom level neighbouring vertices are two pixels
    apart, so nothing more is to be seen further in, or the tiles are as many as a pyramid should have.
    """
    if not details:
        return 0, DEEPEST
    west = min(detail.bounds[0] for detail in details)
    south = min(detail.bounds[1] for detail in details)
    east = max(detail.bounds[2] for detail in details)
    north = max(detail.bounds[3] for detail in details)
    width = max(east - west, north - south, 1e-9)
    top = _within(math.floor(math.log2(360.0 / width)) - 2, 0, TOP_LEVEL_LIMIT)
    finest = max(min(detail.spacing for detail in details), 1e-3)
    bottom = _within(math.ceil(math.log2(2 * _WORLD_PIXEL / finest)), min(top + 4, DEEPEST), DEEPEST)
    while bottom > top and sum(detail.tiles(bottom) for detail in details) > MOST_TILES:
        bottom -= 1
    return top, bottom


def rough_detail(bounds: Bounds, count: int) -> Detail:
    """Return a guess of the detail of data of which only extent and number of features are known."""
    width, height = _metres(bounds)
    return Detail(bounds, math.sqrt(max(width * height, 1.0) / max(count, 1)) / 8)


def match_styles(files: Sequence[Path], tables: Sequence[str]) -> Tuple[TableStyle, ...]:
    """Return which table each style file is for.

    A file goes to the table that has its name ("roads.qml" to "roads", whatever the case). One file whose name is no
    table's goes to every table without a style of its own. Two such files are refused: nobody could tell which wins.
    Where the tables are not known yet (a zip), each file is for the table that has its name.
    """
    if not tables:
        return tuple(TableStyle.read(file.stem, file) for file in files)
    by_slug = {slug(table): table for table in tables}
    named: Dict[str, Path] = {}
    others: List[Path] = []
    for file in files:
        table = by_slug.get(slug(file.stem))
        if file.suffix.lower() not in STYLE_SUFFIXES:
            raise InvalidInput(
                tr("{file} is not a style that GeoPub reads.", file=file.name),
                tr("A style is a QML file of QGIS or an SLD file."),
                tr("Save the style in QGIS with Layer properties, Style, Save style."),
            )
        if table is None:
            others.append(file)
        else:
            named[table] = file
    if len(others) > 1:
        raise InvalidInput(
            tr("The styles {names} belong to no table.", names=", ".join(file.name for file in others)),
            tr("A style file goes to the table of the same name; here there are: {names}.", names=", ".join(tables)),
            tr("Name each file after its table, or give one file for all of them."),
        )
    matched = {**{table: others[0] for table in tables if others}, **named}
    return tuple(TableStyle.read(table, matched[table]) for table in tables if table in matched)


def own_styles(file: Path, tables: Sequence[str]) -> Tuple[TableStyle, ...]:
    """Return the default styles that QGIS saved inside the GeoPackage (table `layer_styles`)."""
    if not tables:
        return ()
    connection = connect(file)
    sql = "SELECT f_table_name, styleQML FROM layer_styles WHERE styleQML <> '' ORDER BY useAsDefault, id"
    try:
        rows = connection.execute(sql).fetchall()
    except sqlite3.Error:  # no such table, another one of that name, or a damaged file
        rows = []
    finally:
        connection.close()
    latest = {str(table): str(qml) for table, qml in rows}  # the default, else the last saved
    return tuple(TableStyle(t, f"{slug(t)}.qml", latest[t].encode("utf-8")) for t in tables if t in latest)


def _details(file: Path, schemas: Sequence[TableSchema]) -> List[Detail]:
    """Return how detailed the tables are; what cannot be read is left to the checks."""
    try:
        return [detail for detail in (_detail(file, schema) for schema in schemas) if detail is not None]
    except (sqlite3.Error, InvalidInput):
        return []


def _detail(file: Path, schema: TableSchema) -> Optional[Detail]:
    if schema.srs is None or not schema.geometry:
        return None
    with GeoPackageTable(file, schema.name) as table:
        bounds, count = table.bounds(), table.count()
    if bounds is None or not count:
        return None
    seen = Projection(schema.srs, "EPSG:4326").bounds(bounds)
    if not all(math.isfinite(value) for value in seen):
        return None
    width, height = _metres(seen)
    vertices, size = _sampled(file, schema)
    if size > 0 and bounds[2] > bounds[0]:
        across = size * width / (bounds[2] - bounds[0])
        return Detail(seen, 3 * across / max(vertices, 2), count, across)
    return Detail(seen, math.sqrt(max(width * height, 1.0) / count) / 32, count)  # a point in 64 pixels, at the bottom


def _metres(bounds: Bounds) -> Tuple[float, float]:
    """Return width and height of bounds in degrees."""
    latitude = math.radians((bounds[1] + bounds[3]) / 2)
    width = (bounds[2] - bounds[0]) * _METRES_IN_A_DEGREE * max(math.cos(latitude), 0.01)
    return width, (bounds[3] - bounds[1]) * _METRES_IN_A_DEGREE


def _sampled(file: Path, schema: TableSchema) -> Tuple[float, float]:
    """Return mean number of vertices, and mean size in the table's units, of some features; size 0 for points."""
    connection = connect(file)
    try:
        geometry, table = quoted(schema.geometry), quoted(schema.name)
        some = f"SELECT length({geometry}) AS size FROM {table} LIMIT ?"  # nosec B608 - quoted
        length = connection.execute(f"SELECT avg(size) FROM ({some})", (_SAMPLE,)).fetchone()[0]  # nosec B608 - quoted
        if not schema.spatial_index:
            return (length or 0) / 16, 0.0
        boxes = f"SELECT maxx - minx + maxy - miny AS size FROM {quoted(schema.spatial_index)} LIMIT ?"  # nosec B608 - quoted
        size = connection.execute(f"SELECT avg(size) / 2 FROM ({boxes})", (_SAMPLE,)).fetchone()[0]  # nosec B608 - quoted
    finally:
        connection.close()
    tiny = "POINT" in schema.geometry_type
    return (length or 0) / 16, 0.0 if tiny else float(size or 0)


def _within(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))
