"""How long a program takes, on how much processor and memory, its child processes included (Linux)."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Sequence

_EVERY = 0.03  # seconds between two looks at the memory
_PAGE = os.sysconf("SC_PAGE_SIZE")


class ProgramFailed(RuntimeError):
    """The program ended with another code than 0."""


@dataclass(frozen=True)
class Usage:
    """What one or several programs, one after the other, took."""

    wall: float  # seconds
    cpu: float  # seconds, user and system, all processes
    memory: int  # bytes: the greatest sum of the resident sets of all processes at one time
    others: float = 0.0  # seconds of processor that everything else on the machine used meanwhile
    complete: bool = True  # False when the time limit ended it

    def then(self, other: Usage) -> Usage:
        """Return the usage of this program and of another after it."""
        return Usage(
            self.wall + other.wall, self.cpu + other.cpu, max(self.memory, other.memory), self.others + other.others,
            self.complete and other.complete,
        )  # fmt: skip

    @property
    def disturbance(self) -> float:
        """The share of the machine's processors that everything else used meanwhile."""
        return self.others / (self.wall * (os.cpu_count() or 1)) if self.wall else 0.0


def measured(command: Sequence[str], log: Path, limit: Optional[float] = None) -> Usage:
    """Run a program to its end, or kill it after `limit` seconds; raise ProgramFailed with the end of its log."""
    with log.open("wb") as output:
        begun, busy = time.monotonic(), busy_seconds()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        meter = _MemoryMeter(process.pid)
        expired = threading.Event()
        timer = threading.Timer(limit, _kill, (process.pid, expired)) if limit else None
        meter.start()
        if timer:
            timer.start()
        _, status, used = os.wait4(process.pid, 0)  # its own and its waited-for children's time
        wall, busy = time.monotonic() - begun, busy_seconds() - busy
        process.returncode = os.waitstatus_to_exitcode(status)
        if timer:
            timer.cancel()
        meter.stop()
    if process.returncode and not expired.is_set():
        raise ProgramFailed(f"{' '.join(command)}: {log.read_text('utf-8', 'replace')[-2000:]}")
    own = used.ru_utime + used.ru_stime
    return Usage(wall, own, meter.most, max(0.0, busy - own), not expired.is_set())


def busy_seconds() -> float:
    """Return the seconds that all processors together have worked since the machine started."""
    user, nice, system, _, _, irq, softirq = (int(word) for word in Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def family_seconds(pid: int) -> float:
    """Return the processor seconds of a process, its descendants, and those of them that have ended."""
    return sum(_seconds(one) for one in _family(pid))


def _seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0  # it ended meanwhile
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def _kill(pid: int, expired: threading.Event) -> None:
    expired.set()
    os.killpg(pid, signal.SIGKILL)


class _MemoryMeter(threading.Thread):
    """Looks at the memory of a process and its descendants until it is stopped."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.most = 0
        self._pid = pid
        self._ended = threading.Event()

    def run(self) -> None:
        """Keep the greatest sum seen."""
        while not self._ended.wait(_EVERY):
            self.most = max(self.most, sum(_resident(pid) for pid in _family(self._pid)))

    def stop(self) -> None:
        """End, and wait for it."""
        self._ended.set()
        self.join()


def _family(pid: int) -> List[int]:
    """Return a process and all its descendants."""
    found = [pid]
    for one in found:
        found += _children(one)
    return found


def _children(pid: int) -> List[int]:
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        lists = [Path(f"/proc/{pid}/task/{task}/children").read_text() for task in tasks]
    except OSError:
        return []  # it ended meanwhile
    return [int(child) for one in lists for child in one.split()]


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0  # it ended meanwhile
