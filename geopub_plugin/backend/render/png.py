"""PNG (W3C Recommendation, second edition) written by NumPy and the fastest deflate there is.

Maps have flat areas and few colours: unfiltered lines are both quicker to compress and smaller than those with PNG's
usual filters, and a third of QImage's time goes for them.
"""

from __future__ import annotations

import struct
from typing import Tuple

import numpy as np

from ..deflate import checksum, deflated

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BUSY, _FLAT = 1, 2  # levels of libdeflate: the first takes four fifths of the other's time where little repeats
_EQUAL = 0.87  # of the samples in neighbouring pixels, from which on the other takes nine tenths of the first's
_LOOKED_AT = 8  # lines
_COLOUR_TYPE = {1: 3, 3: 2, 4: 6}  # by samples of a pixel: palette, RGB, RGBA


class PngLines:
    """Room for the lines of a picture as PNG compresses them: each behind its filter type, which is 0."""

    def __init__(self, height: int, width: int, samples: int) -> None:
        self._size, self._samples = (height, width), samples
        self._lines = np.empty((height, 1 + width * samples), np.uint8)  # (height, bytes of a line)
        self._lines[:, 0] = 0

    @property
    def pixels(self) -> np.ndarray:
        """Where the pixels go, uint8 (height, width, samples): red, green, blue and alpha, not premultiplied."""
        return self._lines[:, 1:].reshape(*self._size, self._samples)  # a view, as it splits one axis

    def written(self, *described: bytes) -> bytes:
        """Return the PNG; `described` are chunks that stand before the pixels."""
        height, width = self._size
        header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPE[self._samples], 0, 0, 0)
        body = deflated(self._lines, self._level())
        return b"".join(
            [_SIGNATURE, *_chunk(b"IHDR", header), *described, *_chunk(b"IDAT", body), *_chunk(b"IEND", b"")]
        )

    def _level(self) -> int:
        some = self._lines[:: max(1, len(self._lines) // _LOOKED_AT), 1:]  # (about 8, bytes of a line)
        equal = some[:, self._samples :] == some[:, : -self._samples]
        return _FLAT if np.count_nonzero(equal) > _EQUAL * equal.size else _BUSY


def _chunk(kind: bytes, content: bytes) -> Tuple[bytes, bytes, bytes]:
    return struct.pack(">I", len(content)) + kind, content, struct.pack(">I", checksum(content, checksum(kind)))


def write_png(pixels: np.ndarray) -> bytes:
    """Return the PNG of pixels, uint8 (height, width, 3 or 4): red, green, blue and alpha, not premultiplied."""
    lines = PngLines(*pixels.shape)
    lines.pixels[:] = pixels
    return lines.written()


def write_palette_png(indices: np.ndarray, palette: np.ndarray) -> bytes:
    """Return an 8-bit PNG: indices uint8 (height, width) into a palette uint8 (colours, 4) of RGBA."""
    lines = PngLines(*indices.shape, 1)
    lines.pixels[:, :, 0] = indices
    return lines.written(*_chunk(b"PLTE", palette[:, :3].tobytes()), *_chunk(b"tRNS", palette[:, 3].tobytes()))
