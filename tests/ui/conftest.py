"""What the tests of widgets share."""

from __future__ import annotations

import gc
from typing import Iterator, Tuple

import pytest

pytest.importorskip("qgis.gui")

from qgis.core import QgsFeature, QgsGeometry, QgsSettings, QgsVectorLayer

from geopub_plugin.backend.translation import language, use_language
from geopub_plugin.publish.client.datasheets import Datasheet, Service
from geopub_plugin.publish.client.datastores import ServiceUrl
from geopub_plugin.publish.layer_description import EMAIL, ORGANISATION


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English, whatever the machine speaks."""
    before = language()
    use_language("en")
    yield
    use_language(before)
    gc.collect()  # layers in reference cycles must go while QGIS can still close their files


@pytest.fixture(autouse=True)
def unknown_author(qgis_app: object) -> None:
    """Know nobody who published before."""
    for key in (ORGANISATION, EMAIL):
        QgsSettings().remove(key)


@pytest.fixture
def lake(qgis_new_project: None) -> QgsVectorLayer:
    """Return a layer with one polygon."""
    layer = QgsVectorLayer("Polygon?crs=EPSG:2154&field=name:string", "Étangs & lacs", "memory")
    feature = QgsFeature(layer.fields())
    feature.setGeometry(QgsGeometry.fromWkt("POLYGON((6e5 67e5, 600100 67e5, 600100 6700100, 6e5 67e5))"))
    feature.setAttributes(["a"])
    layer.dataProvider().addFeatures([feature])
    layer.updateExtents()
    return layer


HOST = "http://127.0.0.1:8123"


@pytest.fixture
def datasheets() -> Tuple[Datasheet, ...]:
    """Return two datasheets: one with all services live, one whose service is not."""
    return two_datasheets()


def two_datasheets() -> Tuple[Datasheet, ...]:
    """Return two datasheets: one with all services live, one whose service is not."""
    live = (
        Service("WFS", "lakes", "Lakes", "c1", "o1", (ServiceUrl("WFS", f"{HOST}/wfs/ows?typeNames=lakes:lakes"),)),
        Service("WMS-VECTOR", "lakes", "Lakes", "c2", "o2", (ServiceUrl("WMS", f"{HOST}/wms-v/ows?layers=lakes"),)),
        Service(
            "WMTS-TMS",
            "lakes",
            "Lakes",
            "c3",
            "o3",
            (ServiceUrl("WMTS", f"{HOST}/wmts"), ServiceUrl("TMS", f"{HOST}/tms/1.0.0/lakes")),
        ),
    )
    waiting = (Service("WFS", "rivers", "Rivers", "c4", "", ()),)
    return (
        Datasheet("Lakes", "Lakes", "PUBLISHED", ("s1",), (), live, "2026-01-01T00:00:00Z"),
        Datasheet("Rivers", "Rivers", "UNPUBLISHED", ("s2",), (), waiting, "2026-01-01T00:00:00Z"),
    )
