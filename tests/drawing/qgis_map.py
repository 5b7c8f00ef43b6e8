"""Pictures by QGIS's own vector tile layer."""

from __future__ import annotations

from pathlib import Path
from typing import List, Sequence

import numpy as np

from .tile_server import TileServer
from .views import COLOURS, LINE, POINT, POLYGON, RADIUS, SIDE, WIDTH, View, classes


def drawn(archive: Path, views: Sequence[View]) -> List[np.ndarray]:
    """Return the classes of the pixels of each view: uint8 (512, 512). There must be a QgsApplication."""
    with TileServer(archive) as server:
        return [_picture(server.url, view) for view in views]


def _picture(url: str, view: View) -> np.ndarray:
    from qgis.core import QgsMapRendererSequentialJob, QgsMapSettings, QgsRectangle, QgsVectorTileLayer
    from qgis.PyQt.QtCore import QSize
    from qgis.PyQt.QtGui import QColor

    uri = f"type=xyz&url={url}/tiles/{{z}}/{{x}}/{{y}}.pbf&zmin={view.level}&zmax={view.level}&http-header:referer="
    layer = QgsVectorTileLayer(uri, "tiles")
    assert layer.isValid()
    layer.setRenderer(_renderer())
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(QgsRectangle(*view.bounds))
    settings.setOutputSize(QSize(SIDE, SIDE))
    settings.setBackgroundColor(QColor(255, 255, 255))
    settings.setFlag(QgsMapSettings.Antialiasing, False)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    assert job.errors() == []
    return classes(_pixels(job.renderedImage()))


def _renderer():
    from qgis.core import (
        QgsFillSymbol,
        QgsLineSymbol,
        QgsMarkerSymbol,
        QgsVectorTileBasicRenderer,
        QgsVectorTileBasicRendererStyle,
        QgsWkbTypes,
    )  # fmt: skip

    def colour(kind: int) -> str:
        return ",".join(str(value) for value in COLOURS[kind])

    fill = QgsFillSymbol.createSimple({"color": colour(POLYGON), "outline_style": "no"})
    line = QgsLineSymbol.createSimple(
        {"color": colour(LINE), "line_width": str(WIDTH), "line_width_unit": "Pixel", "capstyle": "flat"}
    )
    point = QgsMarkerSymbol.createSimple(
        {"name": "circle", "color": colour(POINT), "size": str(2 * RADIUS), "size_unit": "Pixel", "outline_style": "no"}
    )
    styles = []
    for name, symbol, kind in (
        ("polygons", fill, QgsWkbTypes.PolygonGeometry),
        ("lines", line, QgsWkbTypes.LineGeometry),
        ("points", point, QgsWkbTypes.PointGeometry),
    ):
        style = QgsVectorTileBasicRendererStyle(name, name, kind)
        style.setSymbol(symbol)
        style.setEnabled(True)
        styles.append(style)
    renderer = QgsVectorTileBasicRenderer()
    renderer.setStyles(styles)
    return renderer


def _pixels(image) -> np.ndarray:
    """Return the pixels of a QImage: uint8 (h, w, 3)."""
    from qgis.PyQt.QtGui import QImage

    image = image.convertToFormat(QImage.Format.Format_RGB888)
    data = image.constBits().asstring(image.bytesPerLine() * image.height())
    rows = np.frombuffer(data, np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3)
