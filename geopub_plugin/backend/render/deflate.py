"""Deflate (RFC 1950 and 1951), as fast as this machine can.

libdeflate takes two thirds of zlib's time for busy maps. libtiff needs it, so QGIS mostly brings it along; where no
library of its name is found, zlib does the work. Both let other threads of Python run meanwhile.
"""

from __future__ import annotations

import ctypes
import threading
import zlib
from typing import Any, Optional

import numpy as np

_LEVEL = 1
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
_of_thread = threading.local()  # .compressor


class _Compressor:
    """A compressor of libdeflate, for one thread; it lasts as long as the process does."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._made = library.libdeflate_alloc_compressor(_LEVEL)
        if not self._made:
            raise MemoryError

    def zlib_stream(self, content: np.ndarray) -> bytes:
        """Return a contiguous uint8 array as a zlib stream."""
        bound = self._library.libdeflate_zlib_compress_bound(self._made, content.nbytes)
        written = np.empty(bound, np.uint8)  # (bytes that a stream of so much content has at most,)
        size = self._library.libdeflate_zlib_compress(
            self._made, content.ctypes.data, content.nbytes, written.ctypes.data, bound
        )
        return written[:size].tobytes()


def deflated(content: np.ndarray) -> bytes:
    """Return a contiguous uint8 array as a zlib stream (RFC 1950)."""
    if _LIBDEFLATE is None:
        return zlib.compress(content, _LEVEL)
    if not hasattr(_of_thread, "compressor"):
        _of_thread.compressor = _Compressor(_LIBDEFLATE)
    return _of_thread.compressor.zlib_stream(content)
