"""Memory that threads share: what one has freed serves the next."""

from __future__ import annotations

import ctypes
import sys

_ARENA_MAX = -8  # M_ARENA_MAX of mallopt(3)


def share_freed_memory() -> None:
    """Have glibc keep freed memory in one place, where it would do so for each thread; to be called before any starts.

    A thread that has written features leaves 30 MB free behind, which only its own next answer could use. Threads of
    Python seldom ask for memory at the same time, so they lose nothing. Other systems' libraries are left alone.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(_ARENA_MAX, 1)
