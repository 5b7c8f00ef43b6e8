"""Deflate (RFC 1950 and 1951), as fast as this machine can.

libdeflate takes half of zlib's time for tiles and two thirds for busy maps, and makes both smaller. libtiff needs it,
so QGIS and GDAL mostly bring it along; where no library of its name is found, zlib does the work. Both let other
threads of Python run meanwhile.
"""

from __future__ import annotations

import contextlib
import ctypes
import threading
import weakref
import zlib
from typing import Any, Dict, Optional, Union

import numpy as np

_LARGEST_ROOM = 32 << 20  # bytes that are kept for the next content
_NAMES = ("libdeflate.so.0", "libdeflate.0.dylib", "libdeflate.dll", "deflate.dll")


def _declared(library: Any) -> Any:
    """Return libdeflate with the types of its functions; raise AttributeError for another library of its name."""
    library.libdeflate_alloc_compressor.restype = ctypes.c_void_p
    library.libdeflate_alloc_compressor.argtypes = (ctypes.c_int,)
    library.libdeflate_zlib_compress_bound.restype = ctypes.c_size_t
    library.libdeflate_zlib_compress_bound.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    library.libdeflate_zlib_compress.restype = ctypes.c_size_t
    library.libdeflate_zlib_compress.argtypes = (ctypes.c_void_p, *(ctypes.c_void_p, ctypes.c_size_t) * 2)
    library.libdeflate_crc32.restype = ctypes.c_uint32
    library.libdeflate_crc32.argtypes = (ctypes.c_uint32, ctypes.c_char_p, ctypes.c_size_t)
    library.libdeflate_free_compressor.restype = None
    library.libdeflate_free_compressor.argtypes = (ctypes.c_void_p,)
    return library


def _library() -> Optional[Any]:
    for name in _NAMES:
        with contextlib.suppress(OSError, AttributeError):  # not there, or not what its name says
            return _declared(ctypes.CDLL(name))
    return None


_LIBDEFLATE = _library()
_of_thread = threading.local()  # .compressors, by level


class _Compressor:
    """A compressor of libdeflate, and room for what it writes, for one thread; both end with it."""

    def __init__(self, library: Any, level: int) -> None:
        self._library = library
        self._made = library.libdeflate_alloc_compressor(level)
        if not self._made:
            raise MemoryError
        end = weakref.finalize(self, library.libdeflate_free_compressor, self._made)  # up to 9 MB
        end.atexit = False  # threads may be at work then
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
        made = self._room[:written].tobytes()
        if len(self._room) > _LARGEST_ROOM:
            self._room = np.empty(0, np.uint8)
        return made


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


def checksum(content: bytes, before: int = 0) -> int:
    """Return the CRC-32 of bytes (ISO 3309), after what has the checksum `before`."""
    if _LIBDEFLATE is None:
        return zlib.crc32(content, before)
    return int(_LIBDEFLATE.libdeflate_crc32(before, content, len(content)))
