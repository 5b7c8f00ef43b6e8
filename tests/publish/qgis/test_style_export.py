"""The style of a layer as QML and SLD."""

from __future__ import annotations

from qgis.core import QgsFillSymbol, QgsShapeburstFillSymbolLayer, QgsSingleSymbolRenderer, QgsVectorLayer

from geopub_plugin.backend.safe_xml import parse
from geopub_plugin.publish.style_export import export_style


def test_both_formats_are_written_and_the_sld_names_the_table(countries, tmp_path):
    countries.setName("Pays du monde — été")
    style = export_style(countries, "pays", tmp_path)
    assert style.faults == ()
    assert parse(style.qml.read_bytes(), doctype=True).tag == "qgis"
    sld = parse(style.sld.read_bytes())
    (layer,) = sld.findall("{http://www.opengis.net/sld}NamedLayer")
    assert layer.findtext("{http://www.opengis.net/se}Name") == "pays"


def test_the_qml_draws_the_same_symbol(countries, tmp_path):
    symbol = QgsFillSymbol.createSimple({"color": "18,52,86,255"})
    countries.setRenderer(QgsSingleSymbolRenderer(symbol))
    style = export_style(countries, "pays", tmp_path)
    # Not a clone: QGIS would take the style inside the world map's GeoPackage rather than the file.
    twin = QgsVectorLayer("Polygon?crs=EPSG:4326", "twin", "memory")
    twin.loadNamedStyle(str(style.qml))
    assert twin.renderer().symbol().color().name() == "#123456"


def test_what_sld_cannot_say_is_a_warning(countries, tmp_path):
    symbol = QgsFillSymbol()
    symbol.changeSymbolLayer(0, QgsShapeburstFillSymbolLayer())
    countries.setRenderer(QgsSingleSymbolRenderer(symbol))
    assert [fault.id for fault in export_style(countries, "pays", tmp_path).faults] == ["style.sld-loss"]


def test_a_folder_that_cannot_be_written_is_a_fault(countries, tmp_path):
    style = export_style(countries, "pays", tmp_path / "missing")
    assert style.qml is None and style.sld is None
    assert [fault.id for fault in style.faults] == ["style.qml-failed", "style.sld-failed"]
