"""The style that a layer is drawn with, as the SLD 1.1 that QGIS writes."""

from __future__ import annotations

from typing import List

from qgis.core import QgsVectorLayer
from qgis.PyQt.QtXml import QDomDocument

from ..errors import Unavailable
from ..styles.recognition import StyleKind, read
from ..translation import tr
from .layers import Layers
from .requests import SldRequest
from .styling import read_style


def write_sld(request: SldRequest, layers: List[Layers]) -> bytes:
    """Return the SLD that a table was published with, or the one that QGIS writes; runs in the main thread only."""
    (table,) = request.layers
    if table.style is not None:
        style = read_style(table.style)
        if read(style).kind is StyleKind.SLD:
            return style
    return _exported(layers[0][0])


def _exported(layer: QgsVectorLayer) -> bytes:
    document = QDomDocument()
    fault = layer.exportSldStyle(document, "")
    reason = fault if isinstance(fault, str) else ""
    if reason or document.documentElement().isNull():
        raise Unavailable(
            tr("The style of “{table}” cannot be written as SLD.", table=layer.name()),
            reason,
            tr("Draw the map with GetMap instead."),
        )
    return document.toByteArray().data()
