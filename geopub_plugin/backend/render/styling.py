"""Styles put on opened layers, whatever names the styles give."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Optional

from qgis.core import QgsMapLayer, QgsVectorLayer, QgsWkbTypes
from qgis.PyQt.QtXml import QDomDocument, QDomElement

from ..errors import InvalidInput, NotFound
from ..styles.functions import forbidden_calls
from ..styles.graphics_for_qgis import for_qgis
from ..styles.recognition import StyleKind, read
from ..translation import tr

# What draws. Forms, actions and relations of a QML stay out: they could hold code, and a map has no use for them.
_CATEGORIES = (
    QgsMapLayer.StyleCategory.Symbology
    | QgsMapLayer.StyleCategory.Labeling
    | QgsMapLayer.StyleCategory.Fields
    | QgsMapLayer.StyleCategory.CustomProperties
    | QgsMapLayer.StyleCategory.Rendering
    | QgsMapLayer.StyleCategory.Diagrams
    | QgsMapLayer.StyleCategory.Legend
)
# What an expression tells a variable of the map by, also where a function is given its name, or a whole expression.
_VARIABLES = re.compile(rb"@|&#|\0|\bvar\s*\(|\beval|is_layer_visible", re.IGNORECASE)
_QML_GEOMETRY = {"0": "Point", "1": "Line", "2": "Polygon"}


def fits(style: bytes, layer: QgsVectorLayer) -> bool:
    """Tell whether a style is meant for the geometry of a layer; an SLD always is."""
    document = read(style)
    wanted = _QML_GEOMETRY.get(document.root.findtext("layerGeometryType", "").strip())
    return wanted in (None, QgsWkbTypes.geometryDisplayString(layer.geometryType()))


def may_use_variables(style: bytes) -> bool:
    """Tell whether a style may hold an expression with a variable, such as @map_scale; most hold none."""
    return _VARIABLES.search(style) is not None


def read_style(path: Path) -> bytes:
    """Return the bytes of a style's file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFound(
            tr("The style cannot be read."), error.strerror or str(error), tr("Publish the style again.")
        ) from error


def apply_style(layer: QgsVectorLayer, style: bytes) -> None:
    """Put a QML or SLD on a layer; raise InvalidInput when QGIS cannot."""
    kind = _examined(style, layer.name())  # refuses what is unsafe before Qt reads it
    document = QDomDocument()
    if kind is StyleKind.SLD:
        document.setContent(for_qgis(style), True)  # namespaces are of SLD only
    else:
        document.setContent(style, False)
    if kind is StyleKind.QML:
        applied, reason = layer.importNamedStyle(document, _CATEGORIES)
    else:
        node = _named_layer(document.documentElement(), layer.name())
        applied, reason = node is not None and layer.readSld(node, ""), ""
    if not applied:
        raise InvalidInput(
            tr("QGIS cannot draw with the style of “{table}”.", table=layer.name()),
            reason or tr("It holds no rule that QGIS understands."),
            tr("Open the style in QGIS, correct it and publish it again."),
        )


def _examined(style: bytes, table: str) -> StyleKind:
    """Return the kind of a style that is safe to draw with; raise InvalidInput otherwise."""
    document = read(style)
    forbidden = forbidden_calls(document)
    if forbidden:
        raise InvalidInput(
            tr("The style of “{table}” is not drawn.", table=table),
            tr(
                "It calls functions that could read files or settings of the server: {names}.",
                names=", ".join(forbidden),
            ),
            tr("Compute what they give into attributes of the table, and use those."),
        )
    return document.kind


def _named_layer(root: QDomElement, name: str) -> Optional[QDomElement]:
    """Return the NamedLayer or UserLayer of this name, else the first one."""
    found = None
    child = root.firstChildElement()
    while not child.isNull():
        if child.localName() in ("NamedLayer", "UserLayer"):
            found = found or child
            if _text(child, "Name") == name:
                return child
        child = child.nextSiblingElement()
    return found


def _text(element: QDomElement, local_name: str) -> str:
    child = element.firstChildElement()
    while not child.isNull():
        if child.localName() == local_name:
            return child.text().strip()
        child = child.nextSiblingElement()
    return ""
