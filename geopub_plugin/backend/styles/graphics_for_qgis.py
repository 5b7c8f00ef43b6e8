"""Graphics that are packed into an SLD, written as QGIS reads them: "base64:…", and nothing but SVG."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from typing import Tuple

from ..safe_xml import Element, local_name, serialise
from .graphics import HREF, media_type
from .recognition import StyleKind, read

_DATA_URI = re.compile(r"data:[\w.+/-]*(?:;[\w=.-]+)*;base64,", re.ASCII)
_SVG = "image/svg+xml"
_SQUARE = (1, 1)


def for_qgis(sld: bytes) -> bytes:
    """Return an SLD whose data URIs are written as QGIS reads them; a raster becomes an SVG that shows it."""
    if b"data:" not in sld:
        return sld
    document = read(sld)
    if document.kind is not StyleKind.SLD:
        return sld
    for element in document.root.iter():
        if local_name(element) == "ExternalGraphic":
            _rewrite(element)
    return serialise(document.root)


def packed_svg(reference: str) -> str:
    """Return the graphic of a data URI as QGIS reads it, "" for what is none."""
    found = _DATA_URI.match(reference)
    return "base64:" + _as_svg(reference[found.end() :]) if found else ""


def _rewrite(graphic: Element) -> None:
    for child in graphic:
        packed = packed_svg(child.get(HREF, ""))
        if packed:
            child.set(HREF, packed)
            _name_format(graphic)


def _as_svg(packed: str) -> str:
    try:
        content = base64.b64decode(packed)
    except (binascii.Error, ValueError):
        return packed  # QGIS draws its sign for what it cannot read
    kind = media_type(content)
    if kind in ("", _SVG):
        return packed
    width, height = _size(content, kind)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" xlink:href="data:{kind};base64,{packed}"/></svg>'
    )
    return base64.b64encode(svg.encode("ascii")).decode("ascii")


def _name_format(graphic: Element) -> None:
    for child in graphic:
        if local_name(child) == "Format":
            child.text = _SVG


def _size(content: bytes, kind: str) -> Tuple[int, int]:
    """Return width and height of a raster in pixels; a square where its head does not tell them."""
    try:
        if kind == "image/png":
            return struct.unpack_from(">II", content, 16)
        if kind == "image/gif":
            return struct.unpack_from("<HH", content, 6)
        if kind == "image/jpeg":
            return _size_of_jpeg(content)
    except struct.error:
        pass
    return _SQUARE


def _size_of_jpeg(content: bytes) -> Tuple[int, int]:
    """Return the size that the frame header tells (ITU-T T.81, B.2.2)."""
    position = 2
    while position < len(content):
        marker, length = struct.unpack_from(">HH", content, position)
        if 0xFFC0 <= marker <= 0xFFCF and marker not in (0xFFC4, 0xFFC8, 0xFFCC):
            height, width = struct.unpack_from(">HH", content, position + 5)
            return width, height
        position += 2 + length
    return _SQUARE
