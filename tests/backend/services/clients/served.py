"""A GeoPackage behind WFS and OGC API - Features, and what GDAL finds in the file itself."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, Iterator, List, Optional

from flask import Flask
from osgeo import ogr

from geopub_plugin.backend.errors import GeoPubError
from geopub_plugin.backend.features.geopackage import GeoPackageTable, feature_tables
from geopub_plugin.backend.features.projection import Projection
from geopub_plugin.backend.features.schema import Bounds, ColumnKind, TableSchema
from geopub_plugin.backend.services.ogcapi.blueprint import features_blueprint
from geopub_plugin.backend.services.publications import FeatureType
from geopub_plugin.backend.services.reference_systems import WireSrs, default_srs
from geopub_plugin.backend.services.wfs.blueprint import wfs_blueprint
from geopub_plugin.backend.services.wfs.names import type_name

from .... import web_server
from ..wfs.conftest import Published

LAYER = "data"
_WORLD: Bounds = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True)
class Served:
    """One table, as it is published and as it is in the file."""

    base: str
    path: Path
    type: FeatureType
    schema: TableSchema
    count: int

    @property
    def name(self) -> str:
        return type_name(self.type).text

    @property
    def wfs(self) -> str:
        return f"{self.base}/wfs/ows"

    @property
    def api(self) -> str:
        return f"{self.base}/ogc/features"

    @property
    def srs(self) -> WireSrs:
        return default_srs(self.schema.srs)

    @property
    def in_own_system(self) -> bool:
        """Whether the WFS sends it in the system of the file, which an authority must list for that."""
        return self.schema.srs is not None and self.schema.srs.name == self.srs.name

    @property
    def tolerance(self) -> float:
        """How far a written coordinate may be from the file's, in units of the system."""
        return 0.6 * 10.0**-self.srs.decimals

    def features(self, most: int) -> List[ogr.Feature]:
        """Return the first features of the file, in the order of their keys."""
        source = ogr.Open(str(self.path))
        layer = source.GetLayerByName(self.schema.name)
        found = []
        for feature in layer:
            found.append(feature.Clone())
            if len(found) == most:
                break
        return sorted(found, key=lambda feature: feature.GetFID())

    def values(self, feature: ogr.Feature) -> Dict[str, Any]:
        """Return the values of a feature of the file by the names of the columns."""
        told = {}
        for field in self.schema.fields:
            place = feature.GetFieldIndex(field.name)
            known = place >= 0 and feature.IsFieldSetAndNotNull(place)
            told[field.name] = value(feature, place, field.kind) if known else None
        return told


def value(feature: ogr.Feature, place: int, kind: ColumnKind) -> Any:
    """Return a value in a form that does not depend on the driver it came through."""
    if kind is ColumnKind.REAL:
        return feature.GetFieldAsDouble(place)
    if kind in (ColumnKind.INTEGER, ColumnKind.BOOLEAN):
        return feature.GetFieldAsInteger64(place)
    if kind in (ColumnKind.DATE, ColumnKind.DATETIME, ColumnKind.TIME):
        text = feature.GetFieldDefnRef(place).GetType() == ogr.OFTString  # where GDAL has met NULLs alone at first
        if text or kind is ColumnKind.TIME:
            return feature.GetFieldAsString(place)
        return feature.GetFieldAsDateTime(place)[:6]
    if kind is ColumnKind.BLOB:
        return bytes(feature.GetFieldAsBinary(place))
    return feature.GetFieldAsString(place)


def _published(path: Path, table: TableSchema) -> FeatureType:
    with GeoPackageTable(path, table.name) as opened:
        bounds = opened.bounds()
    box = _WORLD
    if bounds is not None and table.srs is not None:
        try:
            box = Projection(table.srs, "EPSG:4326").bounds(bounds)
        except GeoPubError:
            box = _WORLD
    return FeatureType(f"{LAYER}:{table.name}", table.name, "", (), path, table.name, box, "1")


@contextmanager
def serving(path: Path, extra: Optional[Any] = None) -> Iterator[List[Served]]:
    """Serve every table of a file; `extra` is a blueprint to serve besides."""
    tables = [table for table in feature_tables(path) if table.geometry]
    types = [_published(path, table) for table in tables]
    address = SimpleNamespace(base="")
    app = Flask("clients")
    for blueprint in (wfs_blueprint, features_blueprint):
        app.register_blueprint(blueprint(Published(*types), lambda: address.base))
    if extra is not None:
        app.register_blueprint(extra)
    with web_server.serving(app) as address.base:
        found = []
        for one, table in zip(types, tables):
            with GeoPackageTable(path, table.name) as opened:
                found.append(Served(address.base, path, one, table, opened.count()))
        yield found
