"""Drawn images as bytes of a picture format."""

from __future__ import annotations

import numpy as np
from qgis.PyQt.QtCore import QBuffer, QByteArray, QIODevice
from qgis.PyQt.QtGui import QColor, QImage, QImageWriter

from ..errors import InvalidInput, Unavailable
from ..translation import tr
from .palette import reduce_colours
from .png import write_palette_png, write_png
from .requests import JPEG, PNG, PNG8, WEBP

_RGB, _RGBA = QImage.Format.Format_RGB888, QImage.Format.Format_RGBA8888
_JPEG_QUALITY, _WEBP_QUALITY = 85, 80


def paper(transparent: bool, background: str) -> QColor:
    """Return what is drawn on: a colour, or nothing."""
    return QColor(0, 0, 0, 0) if transparent else QColor(background)


def blank_image(width: int, height: int, transparent: bool, background: str, dpi: float) -> QImage:
    """Return an image to draw on."""
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    if image.isNull():
        raise InvalidInput(tr("A picture of {width} × {height} pixels cannot be made.", width=width, height=height))
    image.fill(paper(transparent, background))
    per_metre = round(dpi / 0.0254)
    image.setDotsPerMeterX(per_metre)
    image.setDotsPerMeterY(per_metre)
    return image


def encoded(image: QImage, picture_format: str, transparent: bool) -> bytes:
    """Return the bytes of an image in one of the formats of `requests`."""
    if picture_format == PNG:
        plain = image.convertToFormat(_RGBA if transparent else _RGB)
        return write_png(_pixels(plain))
    if picture_format == PNG8:
        plain = image.convertToFormat(_RGBA)
        return write_palette_png(*reduce_colours(_pixels(plain)))
    if picture_format == JPEG:
        return _written_by_qt(image, b"jpeg", _JPEG_QUALITY)
    if picture_format == WEBP:
        return _written_by_qt(image, b"webp", _WEBP_QUALITY)
    raise InvalidInput(tr("The picture format “{format}” is not known.", format=picture_format))


def _pixels(plain: QImage) -> np.ndarray:
    """Return what an image of format _RGB or _RGBA holds, which must outlive it: uint8 (height, width, samples).

    The samples are red, green, blue and alpha, not premultiplied.
    """
    samples = 3 if plain.format() == _RGB else 4
    memory = plain.constBits()
    memory.setsize(plain.sizeInBytes())
    lines = np.frombuffer(memory, np.uint8)
    lines = lines.reshape(plain.height(), plain.bytesPerLine())[:, : plain.width() * samples]  # Qt pads its lines
    return lines.reshape(plain.height(), plain.width(), samples)


def _written_by_qt(image: QImage, writer_format: bytes, quality: int) -> bytes:
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, QByteArray(writer_format))
    writer.setQuality(quality)
    if not writer.write(image):
        raise Unavailable(
            tr("The picture could not be written as {format}.", format=writer_format.decode()),
            writer.errorString(),
            tr("Ask for image/png, or install Qt's image format plugins."),
        )
    return bytes(content)
