"""Draw a layer of tiles over HTTP with QGIS, in a process of its own; print how many pixels are not background."""

from __future__ import annotations

import json
import sys

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsVectorTileLayer,
)  # fmt: skip
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

from geopub_plugin.publish.live_layers import tms_source


def main(url: str, top: str, bottom: str, *bounds: str) -> None:
    application = QgsApplication([], False)
    application.initQgis()
    layer = QgsVectorTileLayer(tms_source(url, (int(top), int(bottom))), "tiles")
    settings = QgsMapSettings()
    settings.setLayers([layer])
    mercator = QgsCoordinateReferenceSystem("EPSG:3857")
    settings.setDestinationCrs(mercator)
    to_mercator = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), mercator, QgsProject.instance())
    settings.setExtent(to_mercator.transformBoundingBox(QgsRectangle(*map(float, bounds))))
    settings.setOutputSize(QSize(512, 512))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    picture = job.renderedImage()
    background = QColor("white").rgb()
    drawn = sum(picture.pixel(x, y) != background for x in range(0, 512, 4) for y in range(0, 512, 4))
    print(json.dumps({"valid": layer.isValid(), "drawn": drawn, "errors": [error.message for error in job.errors()]}))


main(*sys.argv[1:])
