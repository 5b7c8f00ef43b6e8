"""Glyphs for the labels of map styles: signed distance fields, 256 code points at a time.

The form is that of MapLibre's glyph servers: a protocol buffer of bitmaps for 24 pixels, 3 pixels of margin, distances
of up to 8 pixels, 192 on the edge (as in MapLibre's font-maker and node-fontnik).
"""

from __future__ import annotations

from typing import List, Tuple

import numpy as np
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QBrush, QFont, QFontDatabase, QImage, QPainter, QPainterPath, QRawFont

from ..tiles.varint import varint
from .requests import GlyphsRequest

RANGE = 256  # code points
_SIZE = 24  # pixels of the em square
_MARGIN = 3  # pixels
_REACH = 8  # pixels: distances beyond are all the same
_EDGE = 192.0  # of 255
_FINER = 4  # the outline is drawn so many times larger, to measure distances between pixels


def draw_glyphs(request: GlyphsRequest) -> bytes:
    """Return the glyphs of a range that a font has, uncompressed; none for an unknown font's missing characters."""
    font = font_of(request.font)
    raw = QRawFont.fromFont(font)
    ascent = round(raw.ascent())
    codes = range(request.start, request.start + RANGE)
    drawn = [code for code in codes if raw.supportsCharacter(code) and not 0xD800 <= code < 0xE000]
    glyphs = [_field(3, _glyph(raw, code, ascent)) for code in drawn]
    span = f"{request.start}-{request.start + RANGE - 1}"
    stack = _field(1, request.font.encode("utf-8")) + _field(2, span.encode("ascii")) + b"".join(glyphs)
    return _field(1, stack)


def font_of(name: str) -> QFont:
    """Return the font of a name such as "DejaVu Sans Bold Italic"; what is missing is replaced as Qt does."""
    words = name.split()
    style: List[str] = []
    while len(words) > 1 and words[-1].lower() in ("regular", "bold", "italic"):
        style.append(words.pop().lower())
    font = QFont(" ".join(words))
    font.setPixelSize(_SIZE)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setBold("bold" in style)
    font.setItalic("italic" in style)
    return font


def families() -> Tuple[str, ...]:
    """Return the font families of this machine."""
    return tuple(QFontDatabase().families())


def _glyph(raw: QRawFont, code: int, ascent: int) -> bytes:
    index = raw.glyphIndexesForString(chr(code))[0]
    advance = round(raw.advancesForGlyphIndexes([index])[0].x())
    path = raw.pathForGlyph(index)  # y downwards, 0 on the base line
    bounds = path.boundingRect()
    left, top = int(np.floor(bounds.left())), int(np.floor(bounds.top()))
    width, height = int(np.ceil(bounds.right())) - left, int(np.ceil(bounds.bottom())) - top
    message = _number(1, code)
    if not path.isEmpty():
        field = _distances(_inside(path, left, top, width, height))
        message += _field(2, field.tobytes())
    else:
        width = height = 0
    message += _number(3, width) + _number(4, height) + _number(5, _zigzag(left)) + _number(6, _zigzag(-top - ascent))
    return message + _number(7, advance)


def _inside(path: QPainterPath, left: int, top: int, width: int, height: int) -> np.ndarray:
    """Return bool (rows, columns): which points of the finer grid lie inside of an outline."""
    columns, rows = (width + 2 * _MARGIN) * _FINER, (height + 2 * _MARGIN) * _FINER
    image = QImage(columns, rows, QImage.Format.Format_Grayscale8)
    image.fill(0)
    painter = QPainter(image)
    painter.scale(_FINER, _FINER)
    painter.translate(_MARGIN - left, _MARGIN - top)
    painter.fillPath(path, QBrush(Qt.GlobalColor.white))
    painter.end()
    lines = np.frombuffer(image.constBits().asstring(image.sizeInBytes()), np.uint8)
    return lines.reshape(rows, image.bytesPerLine())[:, :columns] > 127


def _distances(inside: np.ndarray) -> np.ndarray:
    """Return uint8 (rows, columns) of the glyph's pixels: the distance to the outline, more inside."""
    signed = _outwards(~inside) - _outwards(inside)  # positive inside; in points of the finer grid
    rows, columns = inside.shape[0] // _FINER, inside.shape[1] // _FINER
    pixels = signed.reshape(rows, _FINER, columns, _FINER).mean(axis=(1, 3)) / _FINER
    return np.clip(np.rint(_EDGE + pixels * (255 / _REACH)), 0, 255).astype(np.uint8)


def _outwards(target: np.ndarray) -> np.ndarray:
    """Return float64: of each point, the distance to the nearest one of the target, bounded by the reach."""
    reach = _REACH * _FINER
    far = float(reach + 1)
    along = np.where(target, 0.0, far)  # distance within the column
    for row in range(1, along.shape[0]):
        np.minimum(along[row], along[row - 1] + 1, out=along[row])
    for row in range(along.shape[0] - 2, -1, -1):
        np.minimum(along[row], along[row + 1] + 1, out=along[row])
    squared = np.minimum(along, far) ** 2
    nearest = squared.copy()
    for shift in range(1, min(reach, squared.shape[1] - 1) + 1):
        np.minimum(nearest[:, shift:], squared[:, :-shift] + shift**2, out=nearest[:, shift:])
        np.minimum(nearest[:, :-shift], squared[:, shift:] + shift**2, out=nearest[:, :-shift])
    distance = np.sqrt(nearest)
    return np.where(distance > 0, distance - 0.5, 0.0)  # the outline runs between two points


def _number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def _field(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


def _zigzag(value: int) -> int:
    return (value << 1) ^ (value >> 31)
