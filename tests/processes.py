"""Looking at processes, through /proc."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Dict, Iterable, Set

PROC = Path("/proc")


def alive(pid: int) -> bool:
    """Say whether a process runs (a zombie does not)."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone_within(pids: Iterable[int], seconds: float) -> bool:
    """Wait until none of the processes runs, and say whether that came to be."""
    left, end = set(pids), time.monotonic() + seconds
    while left and time.monotonic() < end:
        left = {pid for pid in left if alive(pid)}
        time.sleep(0.005)
    return not left


def descendants(pid: int) -> Set[int]:
    """Return the processes that a process has started, and those that they have started."""
    parents: Dict[int, int] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    found: Set[int] = set()
    newest = {pid}
    while newest:
        newest = {child for child, parent in parents.items() if parent in newest} - found
        found |= newest
    return found
