"""The wish that the backend end: by a signal, or because the process that started it has gone."""

from __future__ import annotations

import os
import signal
import threading


class StopRequest:
    """A wish that is uttered once and can be waited for; a pipe, because a signal handler must not take a lock."""

    def __init__(self) -> None:
        read_end, write_end = os.pipe()
        self._read_end = os.fdopen(read_end, "rb", buffering=0)  # files, which close themselves with their owner
        self._write_end = os.fdopen(write_end, "wb", buffering=0)

    def utter(self, *_: object) -> None:
        """Ask for the end; also a signal handler."""
        self._write_end.write(b".")

    def wait(self) -> None:
        """Block until the end is asked for."""
        self._read_end.read(1)

    def on_signals(self) -> None:
        """End at SIGTERM, at Ctrl-C, and when the terminal closes."""
        for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK"):  # the last is Ctrl-Break on Windows
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self.utter)

    def on_end_of_stdin(self) -> None:
        """End when stdin closes, which the system does when the process at its other end is gone."""
        threading.Thread(target=self._watch_stdin, name="stdin watch", daemon=True).start()

    def _watch_stdin(self) -> None:
        while os.read(0, 4096):
            pass
        self.utter()
