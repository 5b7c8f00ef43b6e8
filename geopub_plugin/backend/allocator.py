"""Memory that a process keeps: what work has freed serves the next. It is glibc that is told; others do not mind."""

from __future__ import annotations

import ctypes
import sys
from typing import Tuple

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # parameters of mallopt(3)
_KEPT = 64 << 20  # bytes that may lie free
_LARGEST = 32 << 20  # bytes: the most that glibc takes for this


def keep_freed_memory() -> None:
    """Have this process keep freed arrays for the next ones, instead of handing them back to the system.

    It would zero them anew for the next batch or tile: a tenth of the work of answers, a fifth of small pyramids.
    """
    _tell((_MMAP_THRESHOLD, _LARGEST), (_TRIM_THRESHOLD, _KEPT))


def share_freed_memory() -> None:
    """Keep freed memory, and in one place for all threads; to be called before any of them starts.

    glibc would keep some for each: one that has written features leaves 30 MB behind, which only its own next answer
    could use. Threads of Python seldom ask for memory at the same time, so they lose nothing.
    """
    _tell((_ARENA_MAX, 1))
    keep_freed_memory()


def _tell(*settings: Tuple[int, int]) -> None:
    """Set parameters of glibc's allocator."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None  # musl has none
    for parameter, value in settings if mallopt is not None else ():
        mallopt(parameter, value)
