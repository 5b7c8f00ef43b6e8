"""The look of tables that come without a style."""

from __future__ import annotations

from qgis.core import (
    QgsFillSymbol,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..styles.palette import colours_of


def apply_default_style(layer: QgsVectorLayer, table: str) -> None:
    """Give a layer one calm symbol for its geometry, in the colours of its table."""
    colours = colours_of(table)
    geometry = QgsWkbTypes.geometryDisplayString(layer.geometryType())
    if geometry == "Point":
        symbol = QgsMarkerSymbol.createSimple(
            {
                "name": "circle",
                "size": "2.4",
                "color": colours.outline,
                "outline_color": "#ffffff",
                "outline_width": "0.3",
            }
        )
    elif geometry == "Line":
        symbol = QgsLineSymbol.createSimple(
            {"color": colours.outline, "width": "0.45", "capstyle": "round", "joinstyle": "round"}
        )
    else:
        symbol = QgsFillSymbol.createSimple(
            {"color": colours.fill, "outline_color": colours.outline, "outline_width": "0.2", "joinstyle": "round"}
        )
    layer.setRenderer(QgsSingleSymbolRenderer(symbol))
