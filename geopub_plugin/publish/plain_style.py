"""Styles for map servers that read nothing but SLD 1.0.0: those of the Géoplateforme."""

from __future__ import annotations

from dataclasses import replace
from typing import Tuple

from ..backend.errors import InvalidInput
from ..backend.styles.recognition import StyleKind, recognise
from ..backend.styles.sld10 import to_sld10
from ..backend.translation import tr
from .proposal import TableStyle


def plain_style(style: TableStyle) -> TableStyle:
    """Return a style as SLD 1.0.0.

    Raises:
        InvalidInput: it is QML, which QGIS alone converts, or nothing of it is left.
    """
    if recognise(style.content) is StyleKind.QML:
        raise InvalidInput(*no_qml())
    content, _report = to_sld10(style.content, style.table)
    return replace(style, content=content)


def no_qml() -> Tuple[str, str, str]:
    """Return what to say of QML: what, why, and what to do."""
    return (
        tr("The Géoplateforme draws no maps with QML."),
        tr("The Géoplateforme reads only SLD 1.0.0 for maps."),
        tr(
            "In QGIS, load this QML on the layer and choose the layer instead of the file: QGIS writes its style as "
            "SLD. Or give an SLD file."
        ),
    )
