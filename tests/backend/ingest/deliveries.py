"""Files in the formats that are taken, made by GDAL or by hand."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Dict, Sequence, Union

from osgeo import gdal

from .packages import Table, make

DRIVERS = {".shp": "ESRI Shapefile", ".fgb": "FlatGeobuf", ".geojson": "GeoJSON"}


def exported(path: Path, table: Table, **options: Sequence[str]) -> Path:
    """Write one table in the format that the suffix names, and return the file."""
    source = make(path.with_suffix(".source.gpkg"), table)
    opened = gdal.OpenEx(str(source), gdal.OF_VECTOR)
    made = gdal.VectorTranslate(str(path), opened, format=DRIVERS[path.suffix], **options)
    assert made is not None
    del made, opened
    source.unlink()
    return path


def zipped(path: Path, files: Dict[str, Union[Path, bytes]]) -> Path:
    """Write an archive: entries by their names."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content.read_bytes() if isinstance(content, Path) else content)
    return path


def shapefile(path: Path, table: Table, **options: Sequence[str]) -> Path:
    """Write a zipped shapefile, with all that belongs to it in a folder."""
    folder = path.parent / f"{path.stem}-files"
    folder.mkdir()
    shape = exported(folder / f"{path.stem}.shp", table, **options)
    return zipped(path, {f"folder/{one.name}": one for one in sorted(folder.iterdir()) if one.stem == shape.stem})


def geojson(path: Path, *features: dict, **members: object) -> Path:
    """Write a feature collection."""
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": list(features)}))
    return path


def point(x: float, y: float, **properties: object) -> dict:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [x, y]}}
