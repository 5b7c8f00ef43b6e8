"""Every check of the catalogue is provoked by a file, in English and in French."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, Callable, Dict, Tuple

import pytest
from osgeo import ogr

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.faults import Severity
from geopub_plugin.backend.ingest import check_job, integration_job
from geopub_plugin.backend.ingest.catalogue import CATALOGUE
from geopub_plugin.backend.jobs.progress import Silent
from geopub_plugin.backend.translation import use_language

from .deliveries import exported, zipped
from .packages import BOW_TIE, SQUARE, Table, make, run
from .test_checks import BAD_BLOB, CURVE, CUSTOM, LOCAL, cut

Case = Tuple[Tuple[Path, ...], Dict[str, Any]]
Maker = Callable[[Path], Case]


def table(one: Table, **parameters: Any) -> Maker:
    return lambda folder: ((make(folder / "a.gpkg", one),), parameters)


def changed(one: Table, *statements: str, **parameters: Any) -> Maker:
    def made(folder: Path) -> Case:
        path = make(folder / "a.gpkg", one)
        for statement in statements:
            run(path, statement)
        return (path,), parameters

    return made


def holding(name: str, content: bytes, **parameters: Any) -> Maker:
    def made(folder: Path) -> Case:
        (folder / name).write_bytes(content)
        return (folder / name,), parameters

    return made


def archive(entries: Dict[str, bytes], **parameters: Any) -> Maker:
    return lambda folder: ((zipped(folder / "a.zip", entries),), parameters)


def several(*tables: Table) -> Maker:
    return lambda folder: (tuple(make(folder / f"{n}.gpkg", one) for n, one in enumerate(tables)), {})


def link(folder: Path) -> Case:
    entry = zipfile.ZipInfo("a.gpkg")
    entry.create_system, entry.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(folder / "a.zip", "w") as made:
        made.writestr(entry, "/etc/passwd")
    return (folder / "a.zip",), {}


def encrypted(folder: Path) -> Case:
    data = bytearray(zipped(folder / "a.zip", {"a.gpkg": b"x"}).read_bytes())
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    (folder / "a.zip").write_bytes(data)
    return (folder / "a.zip",), {}


def cut_archive(folder: Path) -> Case:
    made = zipped(folder / "a.zip", {"a.gpkg": bytes(range(256)) * 100})
    made.write_bytes(made.read_bytes()[:-10])
    return (made,), {}


def lone_shape(folder: Path) -> Case:
    exported(folder / "a.shp", Table("a"))
    return (folder / "a.shp",), {}


RASTER = "INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('photo', 'tiles', 4326)"
GONE = tuple(f"DELETE FROM {name} WHERE table_name = 'places'" for name in ("gpkg_contents", "gpkg_geometry_columns"))
VIEW = (
    "CREATE VIEW v AS SELECT fid, geom FROM places",
    "INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('v', 'features', 4326)",
    "INSERT INTO gpkg_geometry_columns VALUES ('v', 'geom', 'POINT', 4326, 0, 0)",
)
KEYLESS = (
    "CREATE TABLE odd (code TEXT PRIMARY KEY, geom POINT) WITHOUT ROWID",
    "INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('odd', 'features', 4326)",
    "INSERT INTO gpkg_geometry_columns VALUES ('odd', 'geom', 'POINT', 4326, 0, 0)",
)
NAME = {"name": (ogr.OFTString, 0, ["x"])}
COUNT = {"count": (ogr.OFTInteger, 0, [1])}
NO_GEOMETRY = Table("names", shapes=(None,), type=ogr.wkbNone, srs=None)
PACKED = {"a.gpkg": b"SQLite format 3\0" + bytes(5000)}
MULTI = "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"

PROVOKED: Dict[str, Maker] = {
    "file.missing": lambda folder: ((folder / "a.gpkg",), {}),
    "file.digest": lambda folder: ((make(folder / "a.gpkg", Table()),), {"md5": {"a.gpkg": "0" * 32}}),
    "file.empty": holding("a.gpkg", b""),
    "file.unknown-format": holding("a.pdf", b"%PDF-1.4"),
    "file.damaged": lambda folder: ((cut(folder / "a.gpkg"),), {}),
    "file.no-vector-table": table(NO_GEOMETRY),
    "file.raster-only": changed(Table(), RASTER, *GONE),
    "file.sql": holding("a.sql", b"SELECT 1"),
    "file.unreadable": holding("a.geojson", b"{"),
    "file.encoding": holding("a.csv", b"lon,lat,name\n1,2,\xc9t\xe9\n"),
    "file.merged": several(Table(), Table()),
    "file.other-files": lambda folder: (
        (*table(Table())(folder)[0], *holding("a.txt", b"x")(folder)[0]), {}),
    "file.two-srs": several(Table("a"), Table("b", srs=2154)),
    "file.raster-left-out": changed(Table(), RASTER),
    "archive.damaged": cut_archive,
    "archive.too-many-entries": archive({"a": b"", "b": b""}, limits={"entries": 1}),
    "archive.entry-too-large": archive(PACKED, limits={"entry_bytes": 100}),
    "archive.too-large": archive({f"{n}.gpkg": bytes(100) for n in range(5)}, limits={"entry_bytes": 100}),
    "archive.bomb": archive({"a.gpkg": bytes(20_000_000)}),
    "archive.unsafe-path": archive({"../a.gpkg": b"x"}),
    "archive.link": link,
    "archive.encrypted": encrypted,
    "archive.no-data": archive({"a.txt": b"x"}),
    "archive.other-entries": archive({**PACKED, "a.txt": b"x"}),
    "shapefile.incomplete": lone_shape,
    "csv.no-geometry": holding("a.csv", b"a,b\n1,2\n"),
    "csv.unreadable-coordinates": holding("a.csv", b"x,y\na,b\n"),
    "csv.columns": holding("a.csv", b"x,y,\n1,2,3\n"),
    "csv.row-length": holding("a.csv", b"x,y\n1,2,3\n"),
    "csv.coordinates": holding("a.csv", b"x,y\n1,2\na,b\n"),
    "table.missing": table(Table(), tables=["other"]),
    "table.no-srs": table(Table(srs=None)),
    "table.unreadable-srs": changed(Table(srs=CUSTOM), "UPDATE gpkg_spatial_ref_sys SET definition = 'nonsense'"),
    "table.local-srs": table(Table(srs=LOCAL)),
    "table.implausible-srs": table(Table(shapes=("POINT (650000 6860000)",))),
    "table.name": table(Table("Mes données")),
    "table.empty": table(Table(shapes=())),
    "table.unknown-srs": table(Table(srs=CUSTOM, shapes=("POINT (1000 2000)",))),
    "table.attributes-only": table(NO_GEOMETRY),
    "table.view": changed(Table(), *VIEW),
    "table.declared-srs": table(Table(srs=None), srs="EPSG:4326"),
    "srs.mismatch": table(Table(), srs="EPSG:2154"),
    "srs.overridden": table(Table(shapes=("POINT (650000 6860000)",)), srs="EPSG:2154"),
    "field.name": table(Table(columns={"Numéro": (ogr.OFTString, 0, ["a"])})),
    "field.values": changed(Table(columns=COUNT), "UPDATE places SET count = 'three'"),
    "field.encoding": changed(Table(columns=NAME), "UPDATE places SET name = CAST(x'c974e9' AS TEXT)", integrate=True),
    "key.duplicate": changed(Table(), *KEYLESS),
    "geometry.all-malformed": table(Table(shapes=(BAD_BLOB,))),
    "geometry.invalid": table(Table(shapes=(BOW_TIE,))),
    "geometry.collapsed": table(Table(shapes=("POLYGON ((0 0, 1 1, 2 2, 0 0))",))),
    "geometry.curved": table(Table(shapes=(CURVE,))),
    "geometry.malformed": table(Table(shapes=(BAD_BLOB, SQUARE))),
    "geometry.mixed": table(Table(shapes=(SQUARE, MULTI))),
    "geometry.measures": table(Table(shapes=("POINT M (1 2 3)",))),
    "geometry.null": table(Table(shapes=(None,))),
    "geometry.empty": table(Table(shapes=("POLYGON EMPTY",))),
    "geometry.kinds": table(Table(shapes=(SQUARE, "POINT (1 1)"))),
    "geometry.outside": table(
        Table(shapes=("POINT (2 48)", "POINT (2 90)", "LINESTRING (0 0, 0 -90)")),
        target_srs="EPSG:2154", integrate=True),
}  # fmt: skip


def faults_of(files: Tuple[Path, ...], parameters: Dict[str, Any], work: Path) -> Dict[str, Dict[str, Any]]:
    work.mkdir()
    told = {"files": [str(file) for file in files], **parameters}
    job = integration_job if told.pop("integrate", False) else check_job
    try:
        found = job.run(told, work, Silent())["faults"]
    except InvalidInput as refused:
        found = [fault.as_json() for fault in refused.faults]
    return {fault["id"]: fault for fault in found}


def test_every_check_has_its_file():
    assert set(PROVOKED) == set(CATALOGUE)


@pytest.mark.parametrize("check", CATALOGUE)
def test_a_file_provokes_it(check, tmp_path):
    files, parameters = PROVOKED[check](tmp_path)
    english = faults_of(files, parameters, tmp_path / "english")[check]
    use_language("fr")
    french = faults_of(files, parameters, tmp_path / "french")[check]
    declared = CATALOGUE[check]
    assert english["severity"] == declared.severity.value
    assert english["fixable"] == declared.fixable
    assert english["count"] >= 1
    for part in ("what", "why", "cure"):
        assert bool(english[part]) == bool(getattr(declared, part))
        assert "{" not in english[part]
        assert not english[part] or french[part] != english[part], part
    assert (french["count"], french["table"]) == (english["count"], english["table"])


def test_what_stops_a_publication_says_how_to_mend_it():
    for check in CATALOGUE.values():
        assert check.title
        assert check.what
        assert check.why or check.severity is Severity.REPAIRED
        assert check.cure or check.severity in (Severity.REPAIRED, Severity.INFO)


def test_what_is_mended_is_marked():
    mended = {check.id for check in CATALOGUE.values() if check.fixable}
    assert {"table.name", "field.name", "geometry.invalid", "geometry.curved", "geometry.mixed"} <= mended
    assert {"table.no-srs", "table.local-srs"} <= mended  # once the user has said which system it is
    assert not mended & {"file.damaged", "archive.bomb", "table.missing"}
