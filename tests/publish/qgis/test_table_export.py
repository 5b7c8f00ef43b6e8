"""A layer that is a table of a GeoPackage is copied: the same rows as QGIS's writer gives, whatever they hold."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event, get_ident
from time import monotonic
from typing import Any, Callable, Dict, Iterator, List, Tuple

import pytest
from osgeo import ogr, osr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsField,
    QgsProject,
    QgsVectorLayer,
    QgsVectorLayerJoinInfo,
)
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QVariant

from geopub_plugin.backend.errors import Cancelled
from geopub_plugin.backend.features.spatialite import is_spatialite, standard_blobs
from geopub_plugin.publish import table_copy, table_export
from geopub_plugin.publish.layer_export import LayerExport
from geopub_plugin.publish.layers_export import LayersExport
from geopub_plugin.publish.table_copy import copy_table, stored_table
from geopub_plugin.publish.table_export import TableExport, table_behind

KINDS = {
    "point": (ogr.wkbPoint, "POINT (1 2)"),
    "line with heights": (ogr.wkbLineString25D, "LINESTRING Z (0 0 1,1 1 2)"),
    "polygon": (ogr.wkbPolygon, "POLYGON ((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))"),
    "points with measures": (ogr.wkbMultiPointM, "MULTIPOINT M (1 2 3)"),
    "lines": (ogr.wkbMultiLineString, "MULTILINESTRING ((0 0,1 1))"),
    "polygons with both": (ogr.wkbMultiPolygonZM, "MULTIPOLYGON ZM (((0 0 1 9,4 0 2 8,4 4 3 7,0 0 1 9)))"),
}  # fmt: skip
FIELDS = (
    ("été", ogr.OFTString, ogr.OFSTNone, "Ödön 東京"),
    ("whole", ogr.OFTInteger, ogr.OFSTNone, -7),
    ("large", ogr.OFTInteger64, ogr.OFSTNone, 1 << 40),
    ("number", ogr.OFTReal, ogr.OFSTNone, 0.1),
    ("yes", ogr.OFTInteger, ogr.OFSTBoolean, 1),
    ("day", ogr.OFTDate, ogr.OFSTNone, "2026/11/23"),
    ("moment", ogr.OFTDateTime, ogr.OFSTNone, "2026/11/23 08:40:00.5+00"),
    ("raw", ogr.OFTBinary, ogr.OFSTNone, "00FF"),
)

Opened = Callable[..., QgsVectorLayer]


def write(file: Path, table: str, kind: int, wkt: str, srs: int = 2154, options: Tuple[str, ...] = ()) -> None:
    """Write five rows: whole, without geometry, without values, two more after a gap in the keys."""
    system = osr.SpatialReference()
    system.ImportFromEPSG(srs)
    driver = ogr.GetDriverByName("GPKG")
    data = driver.Open(str(file), 1) if file.exists() else driver.CreateDataSource(str(file))
    layer = data.CreateLayer(table, system, kind, [f"IDENTIFIER=About {table}", *options])
    for name, field, subtype, _value in FIELDS:
        made = ogr.FieldDefn(name, field)
        made.SetSubType(subtype)
        layer.CreateField(made)
    for number, (geometry, values) in enumerate([(wkt, True), ("", True), (wkt, False), (wkt, True), (wkt, True)], 1):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetFID(number if number < 4 else number * 10)
        if geometry:
            feature.SetGeometry(ogr.CreateGeometryFromWkt(geometry))
        for name, field, _subtype, value in FIELDS if values else ():
            if field == ogr.OFTBinary:
                feature.SetFieldBinaryFromHexString(name, value)
            else:
                feature.SetField(name, value)
        assert layer.CreateFeature(feature) == 0
    del feature, layer, data


@pytest.fixture
def opened(qgis_new_project: None) -> Iterator[Opened]:
    layers: List[QgsVectorLayer] = []

    def open_layer(source: object, title: str = "Layer", provider: str = "ogr") -> QgsVectorLayer:
        layers.append(QgsVectorLayer(str(source), title, provider))
        assert layers[-1].isValid()
        return layers[-1]

    yield open_layer
    for layer in layers:
        if not sip.isdeleted(layer):
            sip.delete(layer)  # pytest keeps its reference until QGIS is gone, and GDAL's files with it


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    file = tmp_path / "plain.gpkg"
    write(file, "plain", *KINDS["polygon"])
    return file


def finished(qtbot: Any, job: Any) -> Path:
    with qtbot.waitSignal(job.finished, timeout=10_000) as heard:
        job.start()
    return heard.args[0]


def copied(qtbot: Any, layer: QgsVectorLayer, target: Path) -> Path:
    table = table_behind(layer)
    assert table is not None and table.stored() is not None
    return finished(qtbot, TableExport(layer.name(), table, "made", target))


def content(file: Path, table: str = "made") -> Tuple[List[str], List[Tuple[Any, ...]], Dict[str, Any]]:
    """Return names of columns, rows with their blobs, and what the file says of the table."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute(f'SELECT * FROM "{table}"')
        names, values = [one[0] for one in rows.description], rows.fetchall()
        told = connection.execute(
            "SELECT c.data_type, c.srs_id, g.column_name, g.geometry_type_name, g.z > 0, g.m > 0, s.organization "
            "FROM gpkg_contents c JOIN gpkg_geometry_columns g USING (table_name) "
            "JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id WHERE table_name = ?", (table,)
        ).fetchall()  # fmt: skip
    return names, values, {"told": told}


def coarse(made: Tuple[List[str], List[Tuple[Any, ...]], Any]) -> Tuple[Any, ...]:
    """Return a content without what QGIS's writer loses: fractions and zones of moments, that there is no geometry."""
    shapes = [None if row[1] is None or row[1][3] & 0x10 else row[1] for row in made[1]]  # OGC 12-128r18 §2.1.3: empty
    rows = [(row[0], shape, *row[2:9], row[9] and row[9][:19], *row[10:]) for row, shape in zip(made[1], shapes)]
    return made[0], rows, made[2]


def bare(rows: List[Tuple[Any, ...]]) -> List[Tuple[Any, ...]]:
    """Return rows with the geometries as WKB alone, without header and envelope (OGC 12-128r18 §2.1.3)."""
    shapes = standard_blobs([row[1] for row in rows])
    return [(row[0], one[40 if one[3] & 2 else 8 :], *row[2:]) for row, one in zip(rows, shapes)]


@pytest.mark.parametrize(
    "kind, options",
    [*((kind, ()) for kind in KINDS), ("lines", ("FID=id", "GEOMETRY_NAME=shape")), ("lines", ("FID=ogc_fid",))],
)
def test_the_copy_is_what_the_writer_writes(qtbot, opened: Opened, tmp_path: Path, kind: str, options) -> None:
    source = tmp_path / "source.gpkg"
    write(source, "état des lieux", *KINDS[kind], options=options)
    layer = opened(f"{source}|layername=état des lieux")
    made = content(copied(qtbot, layer, tmp_path / "copied.gpkg"))
    (tmp_path / "written").mkdir()
    written = content(finished(qtbot, LayerExport(layer, "made", tmp_path / "written")))
    for one, other in zip(coarse(made), coarse(written)):
        assert one == other
    assert [row[0] for row in made[1]] == [1, 2, 3, 4, 5] and made[1][1][1] is None
    assert [row[2] for row in made[1]] == [1, 2, 3, 40, 50]  # the keys of the source are an attribute


def test_the_countries_of_the_world_are_copied(qtbot, opened: Opened, world_map: Path, tmp_path: Path) -> None:
    layer = opened(f"{world_map}|layername=countries")
    made = content(copied(qtbot, layer, tmp_path / "copied.gpkg"))
    (tmp_path / "written").mkdir()
    written = content(finished(qtbot, LayerExport(layer, "made", tmp_path / "written")))
    # In the map of later QGIS two countries are in SpatiaLite's form: the copy keeps that, and the engine reads it.
    assert bare(made[1]) == bare(written[1])
    assert (made[0], made[2]) == (written[0], written[2])
    kept = [(one[1], other[1]) for one, other in zip(made[1], written[1]) if not is_spatialite(one[1])]
    assert len(kept) > 230 and all(one == other for one, other in kept)


def test_moments_keep_their_zone_and_fractions(qtbot, opened: Opened, plain: Path, tmp_path: Path) -> None:
    """Which QGIS's writer drops."""
    made = content(copied(qtbot, opened(plain), tmp_path / "copied.gpkg"))
    assert made[1][0][9] == "2026-11-23T08:40:00.500Z"


def test_gdal_and_qgis_read_the_copy(qtbot, opened: Opened, plain: Path, tmp_path: Path) -> None:
    made = opened(copied(qtbot, opened(plain), tmp_path / "copied.gpkg"))
    assert (made.featureCount(), made.crs().authid()) == (5, "EPSG:2154")
    data = ogr.Open(str(tmp_path / "copied.gpkg"))
    assert [data.GetLayer(place).GetName() for place in range(data.GetLayerCount())] == ["made"]
    assert data.GetLayer(0).GetFeature(5).GetField("été") == "Ödön 東京"


def joined(layer: QgsVectorLayer) -> None:
    names = QgsVectorLayer("None?field=whole:integer&field=label:string", "names", "memory")
    QgsProject.instance().addMapLayers([names], False)
    join = QgsVectorLayerJoinInfo()
    join.setJoinLayer(names)
    join.setJoinFieldName("whole")
    join.setTargetFieldName("whole")
    layer.addJoin(join)


CHANGES: Dict[str, Callable[[QgsVectorLayer], Any]] = {
    "filter": lambda layer: layer.setSubsetString("whole < 0"),
    "edit session": lambda layer: layer.startEditing(),
    "virtual field": lambda layer: layer.addExpressionField("1", QgsField("one", QVariant.Int)),
    "join": joined,
    "another system": lambda layer: layer.setCrs(QgsCoordinateReferenceSystem("EPSG:3857")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_layer_that_shows_more_or_less_than_its_table_is_written(opened: Opened, plain: Path, change: str) -> None:
    layer = opened(plain)
    assert table_behind(layer) is not None
    CHANGES[change](layer)
    assert table_behind(layer) is None
    layer.rollBack()


def sql(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


ODD = {
    "a view": (
        "ALTER TABLE plain RENAME TO rows", "CREATE VIEW plain AS SELECT * FROM rows",
    ),
    "any geometry": ("UPDATE gpkg_geometry_columns SET geometry_type_name = 'GEOMETRY'",),
    "curves": ("UPDATE gpkg_geometry_columns SET geometry_type_name = 'CURVEPOLYGON'",),
    "a type of others": ("ALTER TABLE plain ADD COLUMN odd JSON",),
    "a computed column": ("ALTER TABLE plain ADD COLUMN odd INTEGER AS (whole + 1)",),
    "a local system": ("UPDATE gpkg_spatial_ref_sys SET organization = 'town' WHERE srs_id = 2154",),
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_a_table_that_is_not_plain_is_written(opened: Opened, plain: Path, odd: str) -> None:
    sql(plain, *ODD[odd])
    assert stored_table(plain, "plain") is None


def test_the_file_is_looked_at_outside_the_gui_thread(
    qtbot, opened: Opened, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql(plain, *ODD["a type of others"])
    looked: List[int] = []
    monkeypatch.setattr(table_export, "stored_table", lambda *file: looked.append(get_ident()) or stored_table(*file))
    file = finished(qtbot, LayersExport([opened(plain)], ["made"], tmp_path / "all.gpkg", "EPSG:2154"))
    assert len(content(file)[1]) == 5, "what is not plain is written"
    assert looked and get_ident() not in looked


def test_layers_of_other_kinds_are_written(opened: Opened, points: Callable[..., QgsVectorLayer]) -> None:
    assert table_behind(points([("name", QVariant.String)], [["a"]])) is None


def test_one_table_of_several_has_to_be_named(opened: Opened, plain: Path) -> None:
    assert stored_table(plain, "") == stored_table(plain, "plain") is not None
    write(plain, "other", *KINDS["point"])
    assert stored_table(plain, "") is None and stored_table(plain, "OTHER").name == "other"


def test_what_others_have_committed_is_copied_and_no_more(qtbot, opened: Opened, plain: Path, tmp_path: Path) -> None:
    """A file with a write-ahead log, as QGIS keeps it while a layer is edited: its log is not in the file yet."""
    layer = opened(plain)
    with closing(sqlite3.connect(plain, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        for (trigger,) in writer.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            writer.execute(f'DROP TRIGGER "{trigger}"')  # they call functions of GDAL's
        writer.execute("UPDATE plain SET whole = 1")
        writer.execute("BEGIN")
        writer.execute("UPDATE plain SET whole = 2")
        _, rows, _ = content(copied(qtbot, layer, tmp_path / "copied.gpkg"))
        writer.execute("ROLLBACK")
    assert {row[4] for row in rows} == {1}


def test_a_file_that_somebody_holds_is_left_to_the_writer(opened: Opened, plain: Path, tmp_path: Path) -> None:
    table = stored_table(plain, "plain")
    with closing(sqlite3.connect(plain, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        assert stored_table(plain, "plain") is None
    assert table is not None


def test_who_edits_need_not_wait_for_the_copying(
    opened: Opened, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QGIS changes the file's journal when an edit session begins, which waits five seconds for any reader's lock."""
    monkeypatch.setattr(table_copy, "ROWS", 2)
    layer, table, sessions = opened(plain), stored_table(plain, "plain"), []

    def edit(_share: float) -> None:
        if not sessions:
            began = monotonic()
            assert layer.startEditing() and layer.changeAttributeValue(1, layer.fields().indexOf("whole"), 77)
            assert layer.commitChanges(), layer.commitErrors()
            sessions.append(monotonic() - began)

    with pytest.raises(sqlite3.OperationalError, match="changed while it was read"):
        copy_table(table, tmp_path / "copy.gpkg", "made", edit, Event())
    assert sessions[0] < 3, "it waited for a lock"


def test_a_table_changed_while_it_is_copied_comes_by_the_writer(
    qtbot, opened: Opened, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer, enter = opened(plain), table_copy._enter

    def enter_late(*of_what: object) -> None:
        gdal_layer = ogr.Open(str(plain), 1)
        gdal_layer.ExecuteSQL("UPDATE plain SET whole = 5")
        del gdal_layer
        enter(*of_what)

    monkeypatch.setattr(table_copy, "_enter", enter_late)
    _, rows, _ = content(finished(qtbot, LayersExport([layer], ["made"], tmp_path / "all.gpkg", "EPSG:2154")))
    assert {row[4] for row in rows} == {5}


def test_nothing_is_left_beside_a_file_in_the_mode_of_a_log(opened: Opened, plain: Path) -> None:
    with closing(sqlite3.connect(plain, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
    before = sorted(plain.parent.iterdir())
    assert stored_table(plain, "plain") is None
    assert sorted(plain.parent.iterdir()) == before


def test_several_layers_become_tables_of_one_file(
    qtbot, opened: Opened, points: Callable[..., QgsVectorLayer], plain: Path, tmp_path: Path
) -> None:
    write(plain, "more", *KINDS["point"])
    layers = [opened(f"{plain}|layername=plain"), points([("name", QVariant.String)], [["a"]], crs="EPSG:2154"),
              opened(f"{plain}|layername=more")]  # fmt: skip
    job = LayersExport(layers, ["one", "two", "three"], tmp_path / "all.gpkg", "EPSG:2154")
    told: List[float] = []
    job.progressed.connect(told.append)
    file = finished(qtbot, job)
    assert [len(content(file, table)[1]) for table in ("one", "two", "three")] == [5, 1, 5]
    assert told == sorted(told)


def test_the_writer_takes_over_where_copying_fails(
    qtbot, opened: Opened, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_copy, "PATIENCE", 0.0)
    monkeypatch.setattr(table_copy, "_enter", lambda *_: (_ for _ in ()).throw(sqlite3.OperationalError("no")))
    file = finished(qtbot, LayersExport([opened(plain)], ["made"], tmp_path / "all.gpkg", "EPSG:2154"))
    assert len(content(file)[1]) == 5


def test_cancelling_leaves_no_file(qtbot, opened: Opened, plain: Path, tmp_path: Path) -> None:
    job = LayersExport([opened(plain)], ["made"], tmp_path / "all.gpkg", "EPSG:2154")
    with qtbot.waitSignal(job.cancelled, timeout=10_000):
        job.start()
        job.cancel()
    assert not (tmp_path / "all.gpkg").exists()


def test_copying_ends_where_it_is_when_cancelled(plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_copy, "STEPS", 1)
    cancelled, told = Event(), []

    def moved(share: float) -> None:
        told.append(share)
        cancelled.set()

    monkeypatch.setattr(table_copy, "ROWS", 2)
    table = stored_table(plain, "plain")
    with pytest.raises(Cancelled):
        copy_table(table, tmp_path / "half.gpkg", "made", moved, cancelled)
    assert told == [0.04]  # the keys are 1, 2, 3, 40, 50
