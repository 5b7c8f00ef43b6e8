"""Layers of every kind become what the user sees: joins, virtual fields, filters, unsaved edits, databases."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Iterator

import pytest
import requests
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsDataSourceUri,
    QgsFeature,
    QgsField,
    QgsGeometry,
    QgsProject,
    QgsVectorLayer,
    QgsVectorLayerJoinInfo,
)
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QVariant

from geopub_plugin.publish.embedded_process import EmbeddedProcess
from geopub_plugin.publish.layer_plan import propose_plan
from geopub_plugin.publish.layer_publication import LayerPublication
from geopub_plugin.publish.publication_values import Refused
from geopub_plugin.publish.store_source import StoreSource
from geopub_plugin.publish.targets import this_computer
from tests.postgresql import Cluster

STRING = QVariant.String


@pytest.fixture(scope="module")
def here(qgis_app, tmp_path_factory) -> Iterator[StoreSource]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOPUB_PYTHON", sys.executable)
        process = EmbeddedProcess(tmp_path_factory.mktemp("kinds") / "data")
        yield StoreSource(this_computer(), process)
        process.close()


def published(qtbot, here, layer, **changes):
    plan = replace(propose_plan(layer), services=("wfs",), **changes)
    ended: list = []
    publication = LayerPublication(layer, plan, here)
    publication.finished.connect(ended.append)
    publication.failed.connect(ended.append)
    publication.start()
    qtbot.waitUntil(lambda: bool(ended), timeout=60_000)
    return ended[0]


def rows(result, *fields):
    """Return what the WFS answers, sorted."""
    url = next(url.url for url in result.urls if url.type == "WFS")
    answer = requests.get(f"{url}&outputFormat=application/json", timeout=30)
    answer.raise_for_status()
    return sorted(tuple(one["properties"][field] for field in fields) for one in answer.json()["features"])


def test_what_the_user_sees_is_published(qtbot, here, points):
    layer = points([("code", STRING)], [["a"], ["b"], ["c"], ["d"]], name="Seen")
    names = QgsVectorLayer("None?field=code:string&field=label:string", "names", "memory")
    row = QgsFeature(names.fields())
    row.setAttributes(["b", "Bee"])
    names.dataProvider().addFeatures([row])
    QgsProject.instance().addMapLayers([layer, names], False)
    join = QgsVectorLayerJoinInfo()
    join.setJoinLayer(names)
    join.setJoinFieldName("code")
    join.setTargetFieldName("code")
    join.setPrefix("n_")
    layer.addJoin(join)
    layer.addExpressionField("upper(\"code\") || '!'", QgsField("loud", STRING))
    layer.setSubsetString("code <> 'd'")
    layer.startEditing()
    layer.deleteFeature(1)
    found = rows(published(qtbot, here, layer), "code", "loud", "n_label")
    assert [(code, loud) for code, loud, _ in found] == [("b", "B!"), ("c", "C!")]
    assert found[0][2] == "Bee" and layer.isModified()
    layer.rollBack()


def test_a_layer_without_system_is_refused_with_its_cure(qtbot, here, points):
    layer = points([("a", STRING)], [["b"]], crs="", name="Nowhere")
    layer.setCrs(QgsCoordinateReferenceSystem())
    error = published(qtbot, here, layer)
    assert isinstance(error, Refused) and error.faults[0].id == "table.no-srs" and error.faults[0].fixable
    assert published(qtbot, here, layer, srs="EPSG:4326").data.srs == "EPSG:4326"


def test_a_layer_from_postgis(qtbot, here, postgresql: Cluster):
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import DBAPIError

    url = postgresql.new_database()
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg2:", 1))
    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE EXTENSION postgis"))
            connection.execute(
                text("CREATE TABLE wells (id serial PRIMARY KEY, depth int, geom geometry(Point, 2154))")
            )
            made = "INSERT INTO wells (depth, geom) SELECT n, ST_SetSRID(ST_MakePoint(650000 + n, 6860000), 2154)"
            connection.execute(text(f"{made} FROM generate_series(1, 5) AS n"))
    except DBAPIError:
        pytest.skip("PostGIS is not installed")
    finally:
        engine.dispose()
    at = engine.url
    uri = QgsDataSourceUri()
    host = at.query.get("host") or at.host or ""
    uri.setConnection(
        str(host), str(at.query.get("port") or at.port or ""), str(at.database), at.username or "", at.password or ""
    )
    uri.setDataSource("public", "wells", "geom", "depth > 2", "id")
    layer = QgsVectorLayer(uri.uri(False), "Wells", "postgres")
    assert layer.isValid(), layer.error().message()
    result = published(qtbot, here, layer)
    assert rows(result, "depth") == [(3,), (4,), (5,)]
    sip.delete(layer)


def test_a_shape_that_cannot_be_read_is_no_reason_to_fail(qtbot, here, points):
    layer = points([("a", STRING)], [["b"], ["c"]], name="Holes")
    layer.dataProvider().changeGeometryValues({1: QgsGeometry()})
    result = published(qtbot, here, layer)
    assert result.data.relations[0].count == 2 and {fault.id for fault in result.faults} & {
        "geometry.empty",
        "geometry.null",
    }


@pytest.mark.parametrize(
    "wkt", ["CompoundCurve ((1 1, 2 2))", "CurvePolygon ((1 1, 2 1, 2 2, 1 1))", "CircularString (1 1, 2 2, 3 1)"]
)
def test_a_curve_is_looked_at_whether_it_bends_or_not(qgis_new_project, wkt):
    layer = QgsVectorLayer(f"{wkt.partition(' ')[0]}?crs=EPSG:4326&field=a:string", "Curve", "memory")
    feature = QgsFeature(layer.fields())
    feature.setGeometry(QgsGeometry.fromWkt(wkt))
    layer.dataProvider().addFeatures([feature])
    layer.updateExtents()
    plan = propose_plan(layer)
    assert plan.services == ("wfs", "wms", "tms") and plan.top_level < plan.bottom_level
