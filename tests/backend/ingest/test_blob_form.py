"""A blob with a form is, byte for byte, what would be written for it."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from osgeo import ogr

from geopub_plugin.backend.features.measure import feature_bounds
from geopub_plugin.backend.features.wkb import parse
from geopub_plugin.backend.features.wkb_writer import write
from geopub_plugin.backend.ingest.blob_form import ANY, FLAT, OTHER, WITH_Z, forms
from geopub_plugin.backend.ingest.geometry_reading import read

from ..features.catalogue import EMPTY, VALID
from ..features.catalogue import WITH_Z as SHAPES_WITH_Z
from .packages import SQUARE, Table, make, rows, run


def form_of(*blobs):
    geometries = read(blobs).geometries
    found, srs_id = forms(blobs, geometries, feature_bounds(geometries))
    return found.tolist(), srs_id


def written(wkt: str, srs_id: int = 4326) -> bytes:
    wkb = bytes(ogr.CreateGeometryFromWkt(wkt).ExportToIsoWkb())
    return write(parse([wkb], geopackage=False), srs_id)[0]


@pytest.mark.parametrize("case", [*VALID, *SHAPES_WITH_Z, *EMPTY])
def test_what_we_write_has_a_form(case):
    wkt = {**VALID, **SHAPES_WITH_Z, **EMPTY}[case]
    expected = OTHER if "COLLECTION" in wkt else WITH_Z if " Z " in wkt else FLAT
    assert form_of(written(wkt)) == ([expected], 4326 if expected else None)


@pytest.mark.parametrize("case", [case for case in VALID if "COLLECTION" not in VALID[case]])
def test_what_gdal_writes_is_what_we_would_write(case, tmp_path):
    path = make(tmp_path / "a.gpkg", Table(shapes=(VALID[case],)))
    ((blob,),) = rows(path, "SELECT geom FROM places")
    assert form_of(blob) == ([FLAT], 4326)
    assert write(parse([blob]), 4326) == [blob]


def changed(blob: bytes, at: int, value: bytes) -> bytes:
    return blob[:at] + value + blob[at + len(value) :]


SQUARE_BLOB = written(SQUARE)
MULTI_BLOB = written("MULTIPOINT ((1 2), (3 4))")
OTHERS = {
    "no geometry": b"GP",
    "nothing": b"",
    "another version": changed(SQUARE_BLOB, 2, b"\x01"),
    "big-endian header": SQUARE_BLOB[:3] + b"\x02" + struct.pack(">i", 4326) + SQUARE_BLOB[8:],
    "wrong envelope": changed(SQUARE_BLOB, 8, struct.pack("<d", -1)),
    "no envelope": SQUARE_BLOB[:3] + b"\x01" + SQUARE_BLOB[4:8] + SQUARE_BLOB[40:],
    "said to be empty": changed(SQUARE_BLOB, 3, b"\x13"),
    "a part in EWKB": changed(MULTI_BLOB, 40 + 10, struct.pack("<I", 0x20000001)),
    "curve": b"GP\0\1" + bytes(4) + bytes(ogr.CreateGeometryFromWkt("CIRCULARSTRING (0 0, 1 1, 2 0)").ExportToIsoWkb()),
    "measures": b"GP\0\1" + bytes(4) + bytes(ogr.CreateGeometryFromWkt("POINT M (0 0 1)").ExportToIsoWkb()),
    "big-endian": b"GP\0\1" + bytes(4) + bytes(ogr.CreateGeometryFromWkt("POINT (0 1)").ExportToIsoWkb(ogr.wkbXDR)),
}


@pytest.mark.parametrize("case", OTHERS)
def test_every_other_blob_is_written_anew(case):
    assert form_of(OTHERS[case], SQUARE_BLOB, None) == ([OTHER, FLAT, ANY], 4326)


def test_blobs_of_several_systems_have_no_form():
    assert form_of(written("POINT (1 2)", 4326), written("POINT (1 2)", 2154), None) == ([OTHER, OTHER, ANY], None)


def test_rows_that_change_are_found_among_those_that_are_copied(tmp_path, integrate):
    """An error in a hundred rows is mended in the copy; bounds and index follow."""
    shapes = [f"POLYGON (({x} 0, {x + 1} 0, {x + 1} 1, {x} 1, {x} 0))" for x in range(99)]
    path = make(tmp_path / "a.gpkg", Table(shapes=[*shapes, "POLYGON ((0 5, 2 7, 2 5, 0 7, 0 5))"]))
    run(path, "UPDATE places SET geom = x'00' WHERE fid = 50")
    result = integrate(path)
    assert {"geometry.invalid", "geometry.malformed"} <= set(result["ids"])
    assert rows(result["path"], "SELECT count(*) FROM places WHERE geom IS NULL") == [(1,)]
    assert rows(result["path"], "SELECT count(*) FROM rtree_places_geom") == [(99,)]
    ((mended,),) = rows(result["path"], "SELECT geom FROM places WHERE fid = 100")
    assert np.diff(parse([mended]).feature_start).tolist() == [2]
    assert rows(result["path"], "SELECT max(maxy) FROM rtree_places_geom") == [(7.0,)]


def test_a_copy_and_a_rewriting_are_the_same_file(tmp_path, integrate, monkeypatch):
    shapes = ["POINT (1 2)", None, "POINT EMPTY", "POINT (3 4)"] * 30
    path = make(
        tmp_path / "a.gpkg", Table(shapes=shapes, columns={"name": (ogr.OFTString, 0, ["é", None, "", "x"] * 30)})
    )
    sql = "SELECT * FROM places ORDER BY 1"
    copied = rows(integrate(path)["path"], sql)
    monkeypatch.setattr("geopub_plugin.backend.ingest.integration._FEW_CHANGES", -1)
    assert rows(integrate(path)["path"], sql) == copied
