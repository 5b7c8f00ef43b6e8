"""A GeoPackage with every kind of geometry and of column, published, and a server in front of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from osgeo import ogr, osr

from geopub_plugin.backend.services.publications import FeatureType, MetadataLink, ServiceInfo
from geopub_plugin.backend.services.wfs.blueprint import wfs_blueprint

from .... import web_server
from ...features.catalogue import ALL, EMPTY, WITH_Z

ogr.UseExceptions()

ROWS = [  # every column kind: a plain row, NULLs alone, and values that need escaping or care
    {
        "name": "Café & thé <b> \"x\" 'y' ]]>", "count": 2**62, "small": -7, "height": 0.1, "wide": 1e-300, "yes": 1,
        "day": "2024-02-29", "moment": "2024/02/29 12:34:56.789+00", "photo": b"\x00\x01\xff", "extra": '{"a": [1, 2]}',
        "Größe/2": "x",
    },
    {},
    {
        "name": "tab\there\nline\\ 東京 🦆", "count": -(2**62), "small": 0, "height": -12345.678,
        "wide": 1.7976931348623157e308, "yes": 0, "day": "1999-12-31", "moment": "1999/12/31 23:59:59+00",
        "photo": b"", "extra": '"text"', "Größe/2": "",
    },
]  # fmt: skip
KINDS = {
    "POINT": ogr.wkbPoint,
    "LINESTRING": ogr.wkbLineString,
    "POLYGON": ogr.wkbPolygon,
    "MULTIPOINT": ogr.wkbMultiPoint,
    "MULTILINESTRING": ogr.wkbMultiLineString,
    "MULTIPOLYGON": ogr.wkbMultiPolygon,
    "GEOMETRYCOLLECTION": ogr.wkbGeometryCollection,
}


def _layer(source, name: str, code: int, kind: int):
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(code)
    return source.CreateLayer(name, srs, kind, ["FID=ogc_fid"])


def _add(layer, wkt: str | None, fid: int | None = None, **values: object) -> None:
    feature = ogr.Feature(layer.GetLayerDefn())
    if fid is not None:
        feature.SetFID(fid)
    if wkt is not None:
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkt(wkt))
    for name, value in values.items():
        place = feature.GetFieldIndex(name)
        if isinstance(value, bytes):
            feature.SetFieldBinaryFromHexString(place, value.hex())
        else:
            feature.SetField(place, value)
    assert layer.CreateFeature(feature) == 0


def _with_fields(layer):
    kinds = {
        "name": (ogr.OFTString, 0), "count": (ogr.OFTInteger64, 0), "small": (ogr.OFTInteger, 0),
        "height": (ogr.OFTReal, 0), "wide": (ogr.OFTReal, 0), "yes": (ogr.OFTInteger, ogr.OFSTBoolean),
        "day": (ogr.OFTDate, 0), "moment": (ogr.OFTDateTime, 0), "photo": (ogr.OFTBinary, 0),
        "extra": (ogr.OFTString, ogr.OFSTJSON), "Größe/2": (ogr.OFTString, 0),
    }  # fmt: skip
    for name, (kind, subtype) in kinds.items():
        field = ogr.FieldDefn(name, kind)
        field.SetSubType(subtype)
        layer.CreateField(field)
    return layer


def make_catalogue(path: Path) -> Path:
    """Write the file: one table of everything in WGS 84, one a geometry kind in Lambert-93, rows, a grid, nothing."""
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    everything = _layer(source, "everything", 4326, ogr.wkbUnknown)
    everything.CreateField(ogr.FieldDefn("label", ogr.OFTString))
    for label, wkt in ALL.items():
        _add(everything, wkt, label=label)
    _add(everything, None, label="null")
    for kind, number in KINDS.items():
        layer = _layer(source, kind.lower(), 2154, number)
        layer.CreateField(ogr.FieldDefn("label", ogr.OFTString))
        for label, wkt in ALL.items():
            same = wkt.split(" ")[0] == kind
            if same and label not in WITH_Z and label not in EMPTY:
                geometry = ogr.CreateGeometryFromWkt(wkt)
                _moved(geometry)
                _add(layer, geometry.ExportToWkt(), label=label)
    rows = _with_fields(_layer(source, "建築物", 4326, ogr.wkbPoint))
    for place, row in enumerate(ROWS):
        _add(rows, f"POINT ({place} {place + 50.5})", fid=10 * place + 3, **row)
    grid = _layer(source, "grid", 4326, ogr.wkbPolygon)
    grid.CreateField(ogr.FieldDefn("number", ogr.OFTInteger))
    grid.StartTransaction()
    for place in range(1000):
        x, y = place % 40, place // 40
        _add(
            grid,
            f"POLYGON (({x} {y}, {x + 0.9} {y}, {x + 0.9} {y + 0.9}, {x} {y + 0.9}, {x} {y}))",
            number=(place * 7) % 1000,
        )
    grid.CommitTransaction()
    _with_fields(_layer(source, "nothing", 2154, ogr.wkbMultiPolygon))
    del source
    return path


def _moved(geometry) -> None:
    """Move a geometry from around 0 0 to the middle of France, in Lambert-93."""
    for place in range(geometry.GetGeometryCount()):
        _moved(geometry.GetGeometryRef(place))
    for place in range(geometry.GetPointCount()):
        geometry.SetPoint_2D(place, 700000 + 100 * geometry.GetX(place), 6600000 + 100 * geometry.GetY(place))


def feature_type(path: Path, table: str, layer: str = "catalogue", **more: object) -> FeatureType:
    """Return a published type of a table."""
    values = {"title": f"The {table} & more", "abstract": "<test>", "keywords": ("tests", "café"), "revision": "1"}
    bounds = (-180.0, -90.0, 180.0, 90.0) if table in ("everything", "grid", "建築物") else (2.0, 46.0, 4.0, 47.0)
    values.update(name=f"{layer}:{table}", data=path, table=table, bounds=bounds, **more)
    return FeatureType(**values)


class Published:
    """Publications made of a list of types."""

    def __init__(self, *types: FeatureType) -> None:
        self.types = types

    def service(self) -> ServiceInfo:
        return ServiceInfo("GeoPub & co", "What <we> publish", "Test", "test@example.org")

    def revision(self) -> str:
        return "r" + "-".join(one.revision for one in self.types)

    def feature_types(self) -> tuple[FeatureType, ...]:
        return self.types

    def map_layers(self) -> tuple:
        return ()

    def tile_layers(self) -> tuple:
        return ()


@pytest.fixture(scope="session")
def catalogue_file(tmp_path_factory) -> Path:
    return make_catalogue(tmp_path_factory.mktemp("wfs") / "catalogue.gpkg")


@pytest.fixture(scope="session")
def published(catalogue_file) -> Published:
    tables = ["everything", *map(str.lower, KINDS), "建築物", "grid", "nothing"]
    types = [feature_type(catalogue_file, table) for table in tables]
    link = MetadataLink("text/xml", "http://example.org/metadata?a=1&b=2", "ISO19115:2003")
    types.append(feature_type(catalogue_file, "grid", "other-layer", metadata=(link,)))
    return Published(*types)


def application(published: Published, base: str = "http://localhost") -> Flask:
    app = Flask("tests")
    app.register_blueprint(wfs_blueprint(published, lambda: base))
    return app


@pytest.fixture
def client(published):
    return application(published).test_client()


@pytest.fixture
def ask(client):
    """Return a function that sends a WFS request (2.0.0 unless it says otherwise) and returns the response."""

    def asked(request: str, **parameters: object):
        values = {"service": "WFS", "version": "2.0.0", "request": request, **parameters}
        return client.get("/wfs/ows", query_string={key: value for key, value in values.items() if value is not None})

    return asked


@pytest.fixture(scope="session")
def server(published):
    """Serve the publications with waitress; give its base address."""
    address = SimpleNamespace(base="")
    app = Flask("tests")
    app.register_blueprint(wfs_blueprint(published, lambda: address.base))
    with web_server.serving(app) as address.base:
        yield address.base
