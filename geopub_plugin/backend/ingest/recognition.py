"""What a file probably is, from its first bytes: so that a refusal can say it."""

from __future__ import annotations

from pathlib import Path
from typing import Tuple

from ..translation import tr

SQLITE = b"SQLite format 3\0"

_SIGNATURES: Tuple[Tuple[bytes, str], ...] = (
    (SQLITE, "sqlite"),
    (b"\x00\x00\x27\x0a", "shapefile"),
    (b"PK", "zip"),
    (b"fgb\x03fgb", "flatgeobuf"),
    (b"PAR1", "parquet"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"%PDF", "pdf"),
    (b"\x1f\x8b", "gzip"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"PMTiles", "pmtiles"),
)


def _kind(start: bytes) -> str:
    for signature, kind in _SIGNATURES:
        if start.startswith(signature):
            return kind
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if b"\0" in start:
        return "binary"
    if text[:1] in (b"{", b"["):
        return "geojson" if b'"FeatureCollection"' in start or b'"Feature"' in start else "json"
    if text[:1] == b"<":
        lower = text.lower()
        return "kml" if b"<kml" in lower else "gml" if b"opengis.net/gml" in lower else "xml"
    return "text"


def _said(kind: str) -> str:
    said = {
        "sqlite": tr("a SQLite database without the tables of a GeoPackage"),
        "shapefile": tr("a shapefile"),
        "zip": tr("a zip archive"),
        "flatgeobuf": tr("a FlatGeobuf file"),
        "parquet": tr("a Parquet file"),
        "tiff": tr("a TIFF picture"),
        "picture": tr("a picture"),
        "pdf": tr("a PDF document"),
        "gzip": tr("a gzip archive"),
        "archive": tr("an archive that is not a zip file"),
        "pmtiles": tr("a PMTiles archive"),
        "geojson": tr("GeoJSON"),
        "json": tr("JSON"),
        "kml": tr("KML"),
        "gml": tr("GML"),
        "xml": tr("XML"),
        "text": tr("a text"),
    }
    return said.get(kind, tr("a file of an unknown kind"))


def is_sqlite(path: Path) -> bool:
    """Tell whether a file begins as a SQLite database does."""
    with path.open("rb") as file:
        return file.read(16) == SQLITE


def guess(path: Path) -> str:
    """Return in words what a file looks like: "GeoJSON", "a shapefile"."""
    with path.open("rb") as file:
        return _said(_kind(file.read(4096)))
