"""Maps drawn as QGIS's own canvas draws them."""

from __future__ import annotations

from typing import List, Optional

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeatureFilterProvider,
    QgsMapRendererCustomPainterJob,
    QgsMapSettings,
    QgsRectangle,
)
from qgis.PyQt.QtCore import QRect, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QImage, QPainter

from ..errors import InvalidInput
from ..translation import tr
from .layers import USES_VARIABLES, Layers
from .pictures import blank_image, encoded, paper
from .requests import DEFAULT_DPI, MapRequest, MapView, MessageRequest

_LARGEST_DRAWN = 8192  # pixels of what is drawn before it is stretched


def coordinate_system(text: str) -> QgsCoordinateReferenceSystem:
    """Return a spatial reference system by its code or WKT."""
    crs = QgsCoordinateReferenceSystem(text)
    if not crs.isValid():
        raise InvalidInput(tr("The spatial reference system “{srs}” is not known to QGIS.", srs=text[:80]))
    return crs


def _square_pixels(view: MapView) -> QSize:
    """Return the size of a picture of this ground with square pixels, which are all that QGIS can draw.

    It is the size asked for unless the ground is stretched (OGC 06-042 §7.3.3.8), beyond one pixel.
    """
    west, south, east, north = view.bounds
    wide, high = (east - west) / view.width, (north - south) / view.height  # of a pixel
    if abs(wide / high - 1) * max(view.width, view.height) < 1:
        return QSize(view.width, view.height)
    fine = max(min(wide, high), max(east - west, north - south) / _LARGEST_DRAWN)
    return QSize(max(1, round((east - west) / fine)), max(1, round((north - south) / fine)))


def map_settings(view: MapView, layers: List[Layers]) -> QgsMapSettings:
    """Return the settings of QGIS's canvas for this view: antialiased, labelled, simplified below a pixel."""
    settings = QgsMapSettings()
    settings.setLayers([layer for table in layers for layer in table])
    settings.setDestinationCrs(coordinate_system(view.srs))
    settings.setExtent(QgsRectangle(*view.bounds))
    settings.setOutputSize(_square_pixels(view))
    settings.setOutputDpi(view.dpi)
    settings.setFlag(QgsMapSettings.Flag.UseRenderingOptimization, True)
    settings.setFlag(QgsMapSettings.Flag.DrawSelection, False)
    if not any(layer.labelsEnabled() or layer.diagramsEnabled() for layer in settings.layers()):
        settings.setFlag(QgsMapSettings.Flag.DrawLabeling, False)  # a search for places of none: 50 µs
    if any(layer.customProperty(USES_VARIABLES) for layer in settings.layers()):
        context = QgsExpressionContext()  # which is copied for each layer: a fifth of a small map's time
        context.appendScope(QgsExpressionContextUtils.mapSettingsScope(settings))  # @map_scale and the like
        settings.setExpressionContext(context)
    return settings


def request_settings(request: MapRequest, layers: List[Layers]) -> QgsMapSettings:
    """Return the settings for a map as a picture."""
    settings = map_settings(request.view, layers)
    settings.setBackgroundColor(paper(request.transparent, request.background))  # QGIS paints it over the image
    return settings


def blank_map(request: MapRequest, size: QSize) -> QImage:
    """Return an image of this size to draw a map on."""
    return blank_image(size.width(), size.height(), request.transparent, request.background, request.view.dpi)


def paint(settings: QgsMapSettings, image: QImage, features: Optional[QgsFeatureFilterProvider] = None) -> None:
    """Draw a map on an image, all of its features or some."""
    painter = QPainter(image)
    try:
        job = QgsMapRendererCustomPainterJob(settings, painter)
        if features is not None:
            job.setFeatureFilterProvider(features)
        job.renderSynchronously()
    finally:
        painter.end()


def paste(sheet: QImage, image: QImage, rows: QRect) -> None:
    """Put some rows of one image in the place of another's."""
    painter = QPainter(image)
    try:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawImage(rows, sheet, rows)
    finally:
        painter.end()


def fitted(image: QImage, view: MapView) -> QImage:
    """Return a drawn map in the size that is asked for."""
    if (image.width(), image.height()) == (view.width, view.height):
        return image
    return image.scaled(
        view.width, view.height, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )


def draw_message(request: MessageRequest) -> bytes:
    """Return the picture of a text, black on a white veil, wrapped into the picture."""
    image = blank_image(request.width, request.height, request.transparent, request.background, DEFAULT_DPI)
    if request.text:
        _write_text(image, request.text)
    return encoded(image, request.format, request.transparent)


def _write_text(image: QImage, text: str) -> None:
    painter = QPainter(image)
    try:
        box = QRectF(4, 4, image.width() - 8, image.height() - 8)
        painter.fillRect(image.rect(), QColor(255, 255, 255, 200))
        painter.setPen(QColor(0, 0, 0))
        painter.drawText(box, int(Qt.TextFlag.TextWordWrap), text)
    finally:
        painter.end()
