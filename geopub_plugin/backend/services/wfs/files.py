"""Features as files that GDAL writes: GeoPackage, zipped Shapefile, FlatGeobuf; made on disk, sent, removed."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence

from osgeo import gdal

from ...errors import GeoPubError
from ...features.geopackage import quoted
from ...features.schema import ColumnKind
from ...ingest.geometry_engine import quiet
from ...translation import tr
from ..owscommon import OwsError
from .queries import FLATGEOBUF_FORMAT, GEOPACKAGE_FORMAT, SHAPEFILE_FORMAT
from .selection import Selection

_PIECE = 1 << 16  # bytes sent at a time
_INDEXED = 40_000_000  # bytes of features: up to here GDAL puts a FlatGeobuf in the order of an index, in memory
_KEYS = 50_000  # in one statement: SQLite takes a million characters


@dataclass(frozen=True)
class FileFormat:
    """A format of files."""

    driver: str
    suffix: str  # of what GDAL writes
    sent: str  # suffix of what is sent
    media_type: str
    options: Sequence[str] = ()


FILE_FORMATS: Dict[str, FileFormat] = {
    GEOPACKAGE_FORMAT: FileFormat("GPKG", ".gpkg", ".gpkg", "application/geopackage+sqlite3"),
    SHAPEFILE_FORMAT: FileFormat("ESRI Shapefile", ".shp", ".zip", "application/x-shapefile", ("ENCODING=UTF-8",)),
    FLATGEOBUF_FORMAT: FileFormat("FlatGeobuf", ".fgb", ".fgb", "application/flatgeobuf"),
}


class SentFile:
    """A file in a folder of its own, which goes when it is closed, sent or not."""

    def __init__(self, selection: Selection) -> None:
        """Write the page of a selection; raise OwsError for what the format cannot hold."""
        self._form = FILE_FORMATS[selection.query.form]
        self._selection = selection
        self._check()
        self._folder = Path(tempfile.mkdtemp(prefix="geopub-wfs-"))
        try:
            self.path = self._written()
        except (GeoPubError, OSError):
            self.close()
            raise

    @property
    def name(self) -> str:
        """The name that the file is sent under."""
        return self._selection.query.published.name.feature_prefix + self._form.sent

    @property
    def media_type(self) -> str:
        """The media type of the file."""
        return self._form.media_type

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes of the file."""
        with self.path.open("rb") as file:
            yield from iter(lambda: file.read(_PIECE), b"")

    def close(self) -> None:
        """Remove the file."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _check(self) -> None:
        kind = self._selection.query.published.schema.geometry_type
        if self._form.driver == "ESRI Shapefile" and kind in ("GEOMETRY", "GEOMETRYCOLLECTION"):
            raise OwsError(
                "InvalidParameterValue",
                "outputFormat",
                tr("This feature type does not fit in a shapefile."),
                tr("A shapefile holds geometries of one kind, and this type has several."),
                tr("Ask for a GeoPackage or a FlatGeobuf."),
            )

    def _written(self) -> Path:
        target = self._folder / (self._selection.query.published.name.local + self._form.suffix)
        with quiet():
            for place, sql in enumerate(_statements(self._selection)):
                self._translate(target, sql, append=place > 0)
        return self._zipped(target) if self._form.driver == "ESRI Shapefile" else target

    def _translate(self, target: Path, sql: str, append: bool) -> None:
        query = self._selection.query
        source = query.published.schema.srs
        moved = source is not None and query.geometry and source.name != query.srs.name
        options = gdal.VectorTranslateOptions(
            format=self._form.driver,
            SQLStatement=sql,
            layerName=query.published.name.local,
            accessMode="append" if append else None,
            srcSRS=source.text if source is not None and moved else None,
            dstSRS=query.srs.name if moved else None,
            layerCreationOptions=None if append else self._options(),
        )
        try:
            opened = gdal.OpenEx(str(query.published.type.data), gdal.OF_VECTOR | gdal.OF_READONLY, ["GPKG"])
            made = gdal.VectorTranslate(str(target), opened, options=options)
            done = made is not None
            del made  # GDAL writes the rest now
        except RuntimeError as error:
            raise self._failed(str(error)) from error
        if not done or not target.exists():
            raise self._failed(gdal.GetLastErrorMsg())

    def _options(self) -> List[str]:
        """Return GDAL's options; a FlatGeobuf too large to be sorted in memory is written without its index."""
        table, asked = self._selection.table, self._selection
        share = asked.returned / max(1, table.count() if asked.keys is not None else asked.matched)
        large = table.path.stat().st_size * share > _INDEXED
        return [*self._form.options, *(["SPATIAL_INDEX=NO"] if large and self._form.driver == "FlatGeobuf" else [])]

    def _failed(self, why: str) -> GeoPubError:
        return GeoPubError(
            tr("The file could not be made."), why.replace(str(self._folder), "…"), tr("Ask for another format.")
        )

    def _zipped(self, target: Path) -> Path:
        """Return an archive of a shapefile's parts, with a list of what its fields are called there."""
        archive = self._folder / "sent.zip"
        parts = sorted(target.parent.glob(f"{target.stem}.*"))
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as written:
            for part in parts:
                written.write(part, part.name)
            written.writestr(f"{target.stem}.fields.txt", self._told(target))
        return archive

    def _told(self, target: Path) -> str:
        opened = gdal.OpenEx(str(target), gdal.OF_VECTOR)
        layer = opened.GetLayer(0).GetLayerDefn()
        short = [layer.GetFieldDefn(place).GetName() for place in range(layer.GetFieldCount())]
        lines = [tr("A shapefile cuts names to 10 bytes, texts to 254, writes times as texts, leaves out binaries.")]
        lines += [f"{name}\t{original}" for name, original in zip(short, _fields(self._selection))]
        return "\n".join(lines) + "\n"


def _fields(selection: Selection) -> List[str]:
    """Return the fields that the format can hold."""
    query = selection.query
    blobs = {field.name for field in query.published.schema.fields if field.kind is ColumnKind.BLOB}
    return [name for name in query.fields if query.form != SHAPEFILE_FORMAT or name not in blobs]


def _written_as(name: str, selection: Selection) -> str:
    field = selection.query.published.schema.field(name)
    column = f"{quoted('t')}.{quoted(name)}"
    if selection.query.form != SHAPEFILE_FORMAT or field is None:
        return column
    timed = field.kind in (ColumnKind.DATETIME, ColumnKind.TIME)  # a shapefile's dates have no time of day
    return f"CAST({column} AS TEXT) AS {quoted(name)}" if timed else column


def _statements(selection: Selection) -> Iterator[str]:
    """Yield the statements that select the page in the source, which bound lists of keys in numbers alone."""
    query, schema = selection.query, selection.query.published.schema
    fid = f"{quoted('t')}.{quoted(schema.fid)}" if schema.fid else ""
    geometry = [schema.geometry] if query.geometry and schema.geometry else []
    wanted = [*([fid] if fid else []), *(f"{quoted('t')}.{quoted(name)}" for name in geometry)]
    wanted += [_written_as(name, selection) for name in _fields(selection)]
    select = f"SELECT {', '.join(wanted)} FROM {quoted(schema.name)} AS {quoted('t')}"  # nosec B608 - quoted
    keys: Optional[List[int]] = selection.page_keys()
    if keys is None:
        order = f" ORDER BY {fid}" if fid else ""
        yield f"{select}{order} LIMIT {selection.returned} OFFSET {selection.start}"
        return
    for begin in range(0, max(len(keys), 1), _KEYS):
        some = json.dumps(keys[begin : begin + _KEYS], separators=(",", ":"))
        yield f"{select} JOIN json_each('{some}') AS k ON k.value = {fid} ORDER BY k.key"  # nosec B608 - integers
