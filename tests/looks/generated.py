"""Styles made by QGIS itself: every kind of symbol and renderer that a map style has a word for."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List

GROUND, PIXEL = "RenderMetersInMapUnits", "Pixel"


def write_generated(folder: Path) -> List[Path]:
    """Write the styles as QML and return their files. There must be a QgsApplication."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, make in _STYLES.items():
        layer = make()
        paths.append(folder / f"{name}.qml")
        message, written = layer.saveNamedStyle(str(paths[-1]))
        assert written, message
    return paths


def _layer(kind: str) -> Any:
    from qgis.core import QgsVectorLayer

    return QgsVectorLayer(f"{kind}?crs=EPSG:3857&field=kind:string&field=number:double", "generated", "memory")


def _symbol(kind: str, **values: Any) -> Any:
    from qgis.core import QgsFillSymbol, QgsLineSymbol, QgsMarkerSymbol

    made = {"Polygon": QgsFillSymbol, "LineString": QgsLineSymbol, "Point": QgsMarkerSymbol}[kind]
    return made.createSimple({key: str(value) for key, value in values.items()})


def _single(kind: str, opacity: float = 1.0, symbol_opacity: float = 1.0, **values: Any) -> Callable[[], Any]:
    def make() -> Any:
        from qgis.core import QgsSingleSymbolRenderer

        layer, symbol = _layer(kind), _symbol(kind, **values)
        symbol.setOpacity(symbol_opacity)
        layer.setRenderer(QgsSingleSymbolRenderer(symbol))
        layer.setOpacity(opacity)
        return layer

    return make


def _categorised(kind: str, **values: Any) -> Callable[[], Any]:
    def make() -> Any:
        from qgis.core import QgsCategorizedSymbolRenderer, QgsRendererCategory

        layer = _layer(kind)
        colours = {"town": "#e31a1c", "wood's": "#33a02c", "5": "#1f78b4", "": "#bbbbbb"}
        classes = [
            QgsRendererCategory(value or None, _symbol(kind, **{**values, _colour(kind): colour}), value)
            for value, colour in colours.items()
        ]
        classes[2].setRenderState(kind != "Point")  # one class is switched off
        layer.setRenderer(QgsCategorizedSymbolRenderer("kind", classes))
        return layer

    return make


def _graduated(kind: str, **values: Any) -> Callable[[], Any]:
    def make() -> Any:
        from qgis.core import QgsGraduatedSymbolRenderer, QgsRendererRange

        layer = _layer(kind)
        shades = {(0, 10): "#fee5d9", (10, 20): "#fb6a4a", (20, 30.5): "#a50f15"}
        classes = [
            QgsRendererRange(low, high, _symbol(kind, **{**values, _colour(kind): colour}), f"{low}-{high}")
            for (low, high), colour in shades.items()
        ]
        layer.setRenderer(QgsGraduatedSymbolRenderer("number", classes))
        return layer

    return make


def _colour(kind: str) -> str:
    return "line_color" if kind == "LineString" else "color"


_OUTLINE: Dict[str, Any] = {"outline_color": "#222222", "outline_width": 0.5}
_STYLES: Dict[str, Callable[[], Any]] = {
    "fill": _single("Polygon", color="#7fc97f", **_OUTLINE),
    "fill-without-outline": _single("Polygon", color="#beaed4", outline_style="no"),
    "fill-outline-only": _single("Polygon", style="no", outline_color="#386cb0", outline_width=1),
    "fill-transparent": _single("Polygon", 0.5, color="#ff0000", outline_style="no"),
    "fill-symbol-opacity": _single("Polygon", 1.0, 0.4, color="#0000ff", outline_style="no"),
    "fill-pixels": _single("Polygon", color="255,0,0,128", outline_width=3, outline_width_unit=PIXEL),
    "fill-hatched": _single("Polygon", style="b_diagonal", color="#ff7f00", **_OUTLINE),
    "fill-categorised": _categorised("Polygon", **_OUTLINE),
    "fill-graduated": _graduated("Polygon", **_OUTLINE),
    "line": _single("LineString", line_color="#e41a1c", line_width=0.8),
    "line-hair": _single("LineString", line_color="#000000", line_width=0),
    "line-round": _single("LineString", line_color="#377eb8", line_width=3, capstyle="round", joinstyle="round"),
    "line-dashed": _single("LineString", line_color="#4daf4a", line_width=1, line_style="dash", capstyle="flat"),
    "line-own-dashes": _single(
        "LineString", line_color="#984ea3", line_width=1.5, use_custom_dash=1, customdash="6;3", capstyle="flat"
    ),
    "line-shifted": _single("LineString", line_color="#ff7f00", line_width=1, offset=2),
    "line-on-the-ground": _single("LineString", line_color="#a65628", line_width=60, line_width_unit=GROUND),
    "line-categorised": _categorised("LineString", line_width=1.2),
    "line-graduated": _graduated("LineString", line_width=1.2),
    "circle": _single("Point", name="circle", color="#e41a1c", size=5, **_OUTLINE),
    "circle-without-outline": _single("Point", name="circle", color="#377eb8", size=4, outline_style="no"),
    "circle-transparent": _single("Point", 0.6, name="circle", color="#4daf4a", size=8, outline_width=1),
    "circle-pixels": _single("Point", name="circle", color="#ffff33", size=21, size_unit=PIXEL, outline_width=0),
    "circle-on-the-ground": _single("Point", name="circle", color="#984ea3", size=300, size_unit=GROUND),
    "circle-categorised": _categorised("Point", name="circle", size=4, **_OUTLINE),
    "circle-graduated": _graduated("Point", name="circle", size=6, **_OUTLINE),
    "star": _single("Point", name="star", color="#ff7f00", size=7, angle=20),
    "cross": _single("Point", name="cross", color="#000000", size=6, outline_width=0.6),
}
