"""One worker process, seen from the backend."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from typing import Any, Dict, Iterable, Iterator, Mapping, Tuple

from ..locations import PACKAGE
from ..programs import BELOW_NORMAL, NO_WINDOW, PIPE, start
from ..translation import language
from .messages import Message, decode, encode

GRACE_SECONDS = 0.5  # between asking a worker to end and ending it

_LONGEST_LINE = 64 * 1024 * 1024  # bytes of one message
_TAIL = 16 * 1024  # bytes kept of what the worker wrote on stderr
_POSIX = os.name == "posix"
# No console window, and services stay quick; elsewhere the worker lowers its own priority.
_WINDOWS_FLAGS = NO_WINDOW | BELOW_NORMAL


class WorkerProcess:
    """A started worker: what it says, its end, and what its last job left on stderr.

    Nothing polls: one thread waits for the end of the process, one drains stderr, and the reader of `messages` blocks
    on the pipe.
    """

    def __init__(self, modules: Iterable[str]) -> None:
        """Start a worker that waits for its job and meanwhile imports the modules of which the job may need one.

        Raises:
            OSError: the system cannot start a process.
        """
        self.used = False
        self._tail = b""
        self._writing = threading.Lock()
        self._process = start(
            [sys.executable, "-m", f"{__package__}.worker", *modules],
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            cwd=PACKAGE.parent,  # never the work folder: Python would import delivered files from it
            env=worker_environment(os.environ),
            start_new_session=_POSIX,  # a group of its own: what the worker starts ends with it
            creationflags=_WINDOWS_FLAGS,
        )
        self._drain = threading.Thread(target=self._keep_tail, name="worker stderr", daemon=True)
        self._waiter = threading.Thread(target=self._wait, name="worker end", daemon=True)
        self._drain.start()
        self._waiter.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs, as far as is known."""
        return self._process.poll() is None

    def tell(self, job: Mapping[str, Any]) -> None:
        """Send a job. Stdin stays open: its end tells the worker that the backend is gone."""
        self.used = True
        self._tail = b""  # what an earlier job wrote there is not this one's
        self._write(job)

    def stand_back(self, seconds: float) -> None:
        """Ask it to let others come first for so long at most, see `turns`."""
        self._write({"stand_back": seconds})

    def _write(self, order: Mapping[str, Any]) -> None:
        with self._writing, contextlib.suppress(OSError, ValueError):  # ended already; exit code and stderr say why
            self._process.stdin.write(encode(dict(order)))
            self._process.stdin.flush()

    def messages(self) -> Iterator[Message]:
        """Yield what the worker says until it ends."""
        pipe = self._process.stdout
        for line in iter(lambda: pipe.readline(_LONGEST_LINE), b""):
            yield decode(line)

    def end(self) -> None:
        """Ask the worker to end, and end it by force when it has not after the grace; do not wait for it."""
        self._signal(force=False)
        killer = threading.Timer(GRACE_SECONDS, self._signal, kwargs={"force": True})
        killer.daemon = True
        killer.start()

    def close(self) -> int:
        """Wait for the end of the process and return its exit code: the negative number of a signal that ended it."""
        self._waiter.join()
        self._drain.join()
        self._process.stdout.close()
        self._process.stderr.close()
        return self._process.returncode

    def stderr(self) -> Tuple[str, ...]:
        """Return the last lines that the worker wrote on stderr."""
        return tuple(self._tail.decode("utf-8", "replace").splitlines())

    def _keep_tail(self) -> None:
        pipe = self._process.stderr
        for chunk in iter(lambda: pipe.read1(_TAIL), b""):
            self._tail = (self._tail + chunk)[-_TAIL:]

    def _wait(self) -> None:
        self._process.wait()
        if _POSIX:
            self._signal_group(signal.SIGKILL)  # what it left behind would hold the pipes open
        with contextlib.suppress(OSError):  # a job that was never read
            self._process.stdin.close()

    def _signal(self, force: bool) -> None:
        if self._process.poll() is not None:
            return
        if _POSIX:
            self._signal_group(signal.SIGKILL if force else signal.SIGTERM)
        else:
            self._process.terminate()

    def _signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left; macOS says EPERM then
            os.killpg(self._process.pid, number)


def worker_environment(environment: Mapping[str, str]) -> Dict[str, str]:
    """Return the environment of a worker: ours, where it finds our packages, and our language."""
    paths = [str(PACKAGE.parent), str(PACKAGE / "vendor"), *filter(None, [environment.get("PYTHONPATH")])]
    return {**environment, "PYTHONPATH": os.pathsep.join(paths), "GEOPUB_LANGUAGE": language()}
