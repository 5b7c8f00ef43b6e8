"""Drawn images as bytes of a picture format."""

from __future__ import annotations

import sys

import numpy as np
from qgis.PyQt.QtCore import QBuffer, QByteArray, QIODevice
from qgis.PyQt.QtGui import QColor, QImage, QImageWriter

from ..errors import InvalidInput, Unavailable
from ..translation import tr
from .palette import reduce_colours
from .png import PngLines, write_palette_png
from .requests import JPEG, PNG, PNG8, WEBP

# Where the samples of QImage's formats of 32 bits lie in memory, which are numbers: 0xAARRGGBB.
_RED_GREEN_BLUE = (2, 1, 0) if sys.byteorder == "little" else (1, 2, 3)
_OPAQUE = 0xFF000000
_STRIP = 1 << 16  # bytes that Qt converts at once in the thread that asks (QImage, threaded conversions)
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
    """Return the bytes of an image of `blank_image` in one of the formats of `requests`."""
    if picture_format == PNG:
        return _rgba_lines(image).written() if transparent else _rgb_lines(image).written()
    if picture_format == PNG8:
        return write_palette_png(*reduce_colours(_rgba_lines(image).pixels))
    if picture_format == JPEG:
        return _written_by_qt(image, b"jpeg", _JPEG_QUALITY)
    if picture_format == WEBP:
        return _written_by_qt(image, b"webp", _WEBP_QUALITY)
    raise InvalidInput(tr("The picture format “{format}” is not known.", format=picture_format))


def _memory(image: QImage) -> np.ndarray:
    """Return what an image of four bytes a pixel holds, which must outlive it: uint8 (height, width, 4)."""
    memory = image.constBits()
    memory.setsize(image.sizeInBytes())
    return np.frombuffer(memory, np.uint8).reshape(image.height(), image.width(), 4)


def _rgb_lines(image: QImage) -> PngLines:
    """Return the colours of an image without transparency."""
    held = _memory(image)
    if held.view(np.uint32).min() < _OPAQUE:  # a style may have taken away even the paper
        image = image.convertToFormat(QImage.Format.Format_RGB32)
        held = _memory(image)
    lines = PngLines(image.height(), image.width(), 3)
    for sample, place in enumerate(_RED_GREEN_BLUE):
        lines.pixels[:, :, sample] = held[:, :, place]
    return lines


def _rgba_lines(image: QImage) -> PngLines:
    """Return the colours of an image, not premultiplied, and their alpha, as Qt computes them.

    It does so strip by strip: larger ones it shares among threads, and to wake those takes longer than the work.
    """
    lines = PngLines(image.height(), image.width(), 4)
    high = max(1, _STRIP // image.bytesPerLine())
    for top in range(0, image.height(), high):
        strip = image.copy(0, top, image.width(), min(high, image.height() - top))
        plain = strip.convertToFormat(QImage.Format.Format_RGBA8888)
        lines.pixels[top : top + high] = _memory(plain)
    return lines


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
