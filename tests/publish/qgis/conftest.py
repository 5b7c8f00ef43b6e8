"""Layers for the tests that need PyQGIS."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Callable, Iterator

import pytest

pytest.importorskip("qgis.core")

from qgis.core import QgsFeature, QgsField, QgsGeometry, QgsSettings, QgsVectorLayer
from qgis.PyQt import sip

from geopub_plugin.publish.layer_description import EMAIL, ORGANISATION


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Let go of layers in reference cycles while QGIS can still close their files."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def unknown_author(qgis_app: object) -> None:
    """Know nobody who published before."""
    for key in (ORGANISATION, EMAIL):
        QgsSettings().remove(key)


@pytest.fixture
def points(qgis_new_project: None) -> Callable[..., QgsVectorLayer]:
    """Return a maker of memory layers with one point per row of attributes."""

    def make(fields: list, rows: list, crs: str = "EPSG:4326", name: str = "Stops") -> QgsVectorLayer:
        layer = QgsVectorLayer(f"Point?crs={crs}" if crs else "Point", name, "memory")
        provider = layer.dataProvider()
        provider.addAttributes([QgsField(field, kind) for field, kind in fields])
        layer.updateFields()
        features = []
        for number, row in enumerate(rows):
            feature = QgsFeature(layer.fields())
            feature.setGeometry(QgsGeometry.fromWkt(f"POINT({number} {number})"))
            feature.setAttributes(list(row))
            features.append(feature)
        provider.addFeatures(features)
        layer.updateExtents()
        return layer

    return make


@pytest.fixture
def countries(world_map: Path, qgis_new_project: None) -> Iterator[QgsVectorLayer]:
    """Return the countries of the world map."""
    layer = QgsVectorLayer(f"{world_map}|layername=countries", "Countries", "ogr")
    assert layer.isValid()
    yield layer
    sip.delete(layer)  # pytest keeps its reference until QGIS is gone, and GDAL's files with it
