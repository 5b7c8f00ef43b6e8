"""QGIS's own picture: a layer opened, styled and drawn by QGIS, without anything of ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .sample import SIDE, TABLE, Sample


def drawn(sample: Sample, style: Path) -> np.ndarray:
    """Return the picture of a style on its sample: uint8 (512, 512, 3). There must be a QgsApplication."""
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsExpressionContext,
        QgsExpressionContextUtils,
        QgsMapRendererSequentialJob,
        QgsMapSettings,
        QgsRectangle,
        QgsVectorLayer,
    )
    from qgis.PyQt.QtCore import QSize
    from qgis.PyQt.QtGui import QColor, QImage

    layer = QgsVectorLayer(f"{sample.data}|layername={TABLE}", TABLE, "ogr")
    assert layer.isValid()
    load = layer.loadSldStyle if style.suffix == ".sld" else layer.loadNamedStyle
    message, loaded = load(str(style))
    assert loaded, message
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    settings.setExtent(QgsRectangle(*sample.bounds))
    settings.setOutputSize(QSize(SIDE, SIDE))
    settings.setOutputDpi(96)
    settings.setBackgroundColor(QColor(255, 255, 255))
    settings.setFlag(QgsMapSettings.Flag.UseRenderingOptimization, True)  # as on QGIS's canvas
    context = QgsExpressionContext()
    context.appendScope(QgsExpressionContextUtils.mapSettingsScope(settings))
    settings.setExpressionContext(context)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage().convertToFormat(QImage.Format.Format_RGB888)
    data = image.constBits().asstring(image.bytesPerLine() * image.height())
    rows = np.frombuffer(data, np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()
