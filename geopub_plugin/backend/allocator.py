"""Memory that threads share and that the process keeps: what one answer has freed serves the next."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # parameters of mallopt(3)
_KEPT = 64 << 20  # bytes that may lie free
_LARGEST = 32 << 20  # bytes: the most that glibc takes for this


def share_freed_memory() -> None:
    """Have glibc keep freed memory, and in one place for all threads; to be called before any of them starts.

    It would keep some for each thread: one that has written features leaves 30 MB behind, which only its own next
    answer could use. And it would hand arrays back to the system, which zeroes them anew for the next batch, a tenth of
    the work. Threads of Python seldom ask for memory at the same time, so they lose nothing. Other systems' libraries
    are left alone.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(_ARENA_MAX, 1)
            mallopt(_MMAP_THRESHOLD, _LARGEST)
            mallopt(_TRIM_THRESHOLD, _KEPT)
