"""What a job tells, sent to the backend about ten times a second at most, however often it is told."""

from __future__ import annotations

import threading
from typing import Any, BinaryIO, Dict, List, Optional

from .messages import ProgressState, encode


class Reporter:
    """The `Progress` of a worker: keeps the newest state and all lines of log, and sends them at intervals."""

    def __init__(self, pipe: BinaryIO, interval: float = 0.1) -> None:
        self._pipe = pipe
        self._interval = interval
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._step, self._done, self._total, self._unit = "", 0, 0, ""
        self._state_is_new = False
        self._lines: List[str] = []
        self._sender = threading.Thread(target=self._send_at_intervals, name="reporter", daemon=True)
        self._sender.start()

    def step(self, name: str, total: int, unit: str) -> None:
        """Begin a step of `total` units; 0 when the amount is not known."""
        with self._changed:
            self._step, self._done, self._total, self._unit = name, 0, int(total), unit
            self._tell()

    def advance(self, amount: int) -> None:
        """Say that `amount` more units of the current step are done."""
        with self._changed:
            self._done += int(amount)
            self._tell()

    def log(self, line: str) -> None:
        """Add a line to the execution's log."""
        with self._changed:
            self._lines.append(line)
            self._changed.notify()

    def close(self, last: Optional[Dict[str, Any]] = None) -> None:
        """Send what is left, then the last message."""
        self._closed.set()
        with self._changed:
            self._changed.notify()
        self._sender.join()
        self._send()
        if last is not None:
            self._pipe.write(encode(last))
        self._pipe.flush()

    def _tell(self) -> None:
        if not self._state_is_new:
            self._state_is_new = True
            self._changed.notify()

    def _send_at_intervals(self) -> None:
        while not self._closed.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._state_is_new or self._lines or self._closed.is_set())
            if not self._send():
                return
            self._closed.wait(self._interval)

    def _send(self) -> bool:
        """Send what is new; say False when the backend is gone."""
        with self._changed:
            lines, self._lines = self._lines, []
            state = ProgressState(self._step, self._done, self._total, self._unit) if self._state_is_new else None
            self._state_is_new = False
        try:
            if lines:
                self._pipe.write(encode({"log": lines}))
            if state:
                self._pipe.write(encode(state.as_json()))
            self._pipe.flush()
        except OSError:
            return False
        return True
