"""What a layer's author is told before publishing."""

from __future__ import annotations

import pytest
from qgis.core import QgsCoordinateReferenceSystem, QgsVectorLayer
from qgis.PyQt.QtCore import QVariant

from geopub_plugin.backend.faults import Severity, blocking
from geopub_plugin.publish.layer_faults import layer_faults, needs_crs

STRING = QVariant.String


def ids(layer) -> list:
    return [fault.id for fault in layer_faults(layer)]


def test_a_plain_layer_has_no_fault(countries):
    assert ids(countries) == []


def test_a_layer_whose_source_is_gone_blocks(qgis_new_project):
    (fault,) = layer_faults(QgsVectorLayer("/nowhere.gpkg", "Gone", "ogr"))
    assert fault.id == "layer.invalid" and fault.severity is Severity.ERROR and "Gone" in fault.what


def test_a_table_without_geometry_blocks(qgis_new_project):
    layer = QgsVectorLayer("None?field=a:string", "Table", "memory")
    assert [fault.id for fault in blocking(layer_faults(layer))] == ["layer.no-geometry"]


@pytest.mark.parametrize("kind", ["GeometryCollection", "GeometryCollectionZ"])
def test_collections_of_geometries_are_called_what_they_are(qgis_new_project, kind):
    layer = QgsVectorLayer(f"{kind}?crs=EPSG:2154", "Mixed", "memory")
    (fault,) = blocking(layer_faults(layer))
    assert fault.id == "layer.collections" and "Extract by geometry type" in fault.cure


def test_an_empty_layer_blocks_and_names_the_filter(points, countries):
    assert ids(points([("name", STRING)], [])) == ["layer.empty"]
    countries.setSubsetString("1 = 0")
    fault = layer_faults(countries)[0]
    assert fault.id == "layer.empty" and "filter" in fault.why


def test_edits_filters_and_clashing_names_are_noted(points):
    layer = points([("Name", STRING), ("name", STRING)], [["a", "b"]])
    layer.startEditing()
    layer.changeAttributeValue(1, 0, "c")
    assert ids(layer) == ["layer.unsaved-edits", "field.clash"]
    assert not blocking(layer_faults(layer))
    layer.rollBack()


@pytest.mark.parametrize(
    "crs, needed",
    [
        (QgsCoordinateReferenceSystem(), True),
        (QgsCoordinateReferenceSystem.fromProj("+proj=longlat +pm=2 +no_defs"), True),
        (QgsCoordinateReferenceSystem("EPSG:2154"), False),
    ],
)
def test_a_reference_system_is_asked_for_when_there_is_no_public_one(points, crs, needed):
    layer = points([("name", STRING)], [["a"]])
    layer.setCrs(crs)
    assert needs_crs(layer) is needed
