"""The style of a layer as QML and SLD."""

from __future__ import annotations

from xml.etree import ElementTree

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFillSymbol,
    QgsRendererCategory,
    QgsRuleBasedRenderer,
    QgsShapeburstFillSymbolLayer,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)

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
    style = export_style(countries, "pays", tmp_path)
    assert [fault.id for fault in style.faults] == ["style.sld-empty"] and style.sld10 is None
    both = QgsFillSymbol.createSimple({"color": "red"})
    both.appendSymbolLayer(QgsShapeburstFillSymbolLayer())
    countries.setRenderer(QgsSingleSymbolRenderer(both))
    (fault,) = export_style(countries, "pays", tmp_path).faults
    assert fault.id == "style.sld-loss" and "ShapeburstFill" in fault.why


def test_a_folder_that_cannot_be_written_is_a_fault(countries, tmp_path):
    style = export_style(countries, "pays", tmp_path / "missing")
    assert style.qml is None and style.sld is None
    assert [fault.id for fault in style.faults] == ["style.qml-failed", "style.sld-failed"]


OGC = "{http://www.opengis.net/ogc}"
SLD = "{http://www.opengis.net/sld}"


def rules_of(style):
    return list(ElementTree.parse(style.sld10).getroot().iter(f"{SLD}Rule"))


def symbol(colour):
    return QgsFillSymbol.createSimple({"color": colour, "outline_style": "no"})


def test_classes_say_what_they_mean(countries, tmp_path, ogc_schemas):
    classes = [
        QgsRendererCategory("Europe", symbol("red"), "Europe"),
        QgsRendererCategory(["Asia", "Africa"], symbol("blue"), "two"),
        QgsRendererCategory("Oceania", symbol("green"), "off", False),
        QgsRendererCategory(None, symbol("grey"), "others"),
    ]
    countries.setRenderer(QgsCategorizedSymbolRenderer("CONTINENT", classes))
    style = export_style(countries, "pays", tmp_path)
    assert ogc_schemas.faults(style.sld10.read_bytes(), "sld/1.0.0/StyledLayerDescriptor.xsd") == []
    europe, two, others = rules_of(style)
    assert [literal.text for literal in europe.iter(f"{OGC}Literal")] == ["Europe"]
    assert [literal.text for literal in two.iter(f"{OGC}Literal")] == ["Asia", "Africa"]
    assert len(list(others.iter(f"{OGC}Not"))) == 3  # of those that are shown, and of the one that is not
    assert "Oceania" in [literal.text for literal in others.iter(f"{OGC}Literal")]


def test_else_is_not_drawn_everywhere(countries, tmp_path):
    root = QgsRuleBasedRenderer.Rule(None)
    for expression in ("\"CONTINENT\" = 'Europe'", "ELSE"):
        root.appendChild(QgsRuleBasedRenderer.Rule(symbol("red"), 0, 0, expression, expression))
    hidden = QgsRuleBasedRenderer.Rule(symbol("blue"), 0, 0, "\"CONTINENT\" = 'Asia'", "hidden")
    hidden.setActive(False)
    root.appendChild(hidden)
    countries.setRenderer(QgsRuleBasedRenderer(root))
    _first, otherwise = rules_of(export_style(countries, "pays", tmp_path))
    assert otherwise.find(f"{OGC}Filter/{OGC}Not") is not None
    assert [literal.text for literal in otherwise.iter(f"{OGC}Literal")] == ["Europe"]
    assert countries.renderer().rootRule().children()[1].filterExpression() == "ELSE"  # the layer is as it was


def test_the_opacity_and_the_scales_of_the_layer_are_kept(countries, tmp_path):
    countries.setRenderer(QgsSingleSymbolRenderer(symbol("red")))
    countries.setOpacity(0.5)
    countries.setScaleBasedVisibility(True)
    countries.setMinimumScale(50000)
    (rule,) = rules_of(export_style(countries, "pays", tmp_path))
    opacity = next(css.text for css in rule.iter(f"{SLD}CssParameter") if css.get("name") == "fill-opacity")
    assert abs(float(opacity) - 0.5) < 0.01
    assert rule.findtext(f"{SLD}MaxScaleDenominator") == "50000"
