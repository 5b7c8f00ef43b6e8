"""Deflate (RFC 1950 and 1951), as fast as this machine can.

libdeflate takes half of zlib's time for tiles and two thirds for busy maps, and makes both smaller. libtiff needs it,
so QGIS and GDAL mostly bring it along; where no library of its name is found, zlib does the work. Both let other
threads of Python run meanwhile.
"""

from __future__ import annotations

import ctypes
import threading
import zlib
from typing import Any, Dict, Optional, Union

import numpy as np

_NAMES = ("libdeflate.so.0", "libdeflate.0.dylib", "libdeflate.dll", "deflate.dll")


def _library() -> Optional[Any]:
    for name in _NAMES:
        try:
            found = ctypes.CDLL(name)
        except OSError:
            continue
        found.libdeflate_alloc_compressor.restype = ctypes.c_void_p
        found.libdeflate_alloc_compressor.argtypes = (ctypes.c_int,)
        found.libdeflate_zlib_compress_bound.restype = ctypes.c_size_t
        found.libdeflate_zlib_compress_bound.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
        found.libdeflate_zlib_compress.restype = ctypes.c_size_t
        found.libdeflate_zlib_compress.argtypes = (ctypes.c_void_p, *(ctypes.c_void_p, ctypes.c_size_t) * 2)
        return found
    return None


_LIBDEFLATE = _library()
_of_thread = threading.local()  # .compressors, by level


class _Compressor:
    """A compressor of libdeflate, and room for what it writes, for one thread; it lasts as long as the process does."""

    def __init__(self, library: Any, level: int) -> None:
        self._library = library
        self._made = library.libdeflate_alloc_compressor(level)
        if not self._made:
            raise MemoryError
        self._room = np.empty(0, np.uint8)
        self._address = 0

    def zlib_stream(self, content: Union[bytes, np.ndarray]) -> bytes:
        """Return bytes, or a contiguous uint8 array, as a zlib stream."""
        address, size = (content, len(content)) if isinstance(content, bytes) else (content.ctypes.data, content.nbytes)
        bound = self._library.libdeflate_zlib_compress_bound(self._made, size)
        if bound > len(self._room):
            self._room = np.empty(bound, np.uint8)
            self._address = self._room.ctypes.data
        written = self._library.libdeflate_zlib_compress(self._made, address, size, self._address, len(self._room))
        return self._room[:written].tobytes()


def deflated(content: Union[bytes, np.ndarray], level: int) -> bytes:
    """Return bytes, or a contiguous uint8 array, as a zlib stream (RFC 1950).

    Levels are 1 to 12, as libdeflate has them; zlib goes to 9.
    """
    if _LIBDEFLATE is None:
        return zlib.compress(content, min(level, 9))
    compressors: Dict[int, _Compressor] = _of_thread.__dict__.setdefault("compressors", {})
    if level not in compressors:
        compressors[level] = _Compressor(_LIBDEFLATE, level)
    return compressors[level].zlib_stream(content)
