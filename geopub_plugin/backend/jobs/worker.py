"""The worker process: reads a job on stdin, does it, says what becomes of it on stdout, and ends.

Its arguments are modules that it imports while it waits for the job. After one that says so it stays for the next,
unless it went wrong, which may have left anything.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import json
import os
import queue
import signal
import sqlite3
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, Dict, Optional

from ..disk import disk_full, is_full, sha256_of
from ..errors import GeoPubError, JobFailed
from ..translation import tr
from .messages import error_as_json
from .pipes import own_stdout
from .reporter import Reporter
from .turns import OURS

_NICENESS = 10
_BLOCK = 1 << 16


def main() -> int:
    """Do the jobs that come on stdin; an error that is no `GeoPubError` leaves its traceback on stderr."""
    faulthandler.enable()
    pipe = own_stdout()
    _stand_back()
    for module in sys.argv[1:]:
        with contextlib.suppress(ImportError):  # only a job that needs it fails
            importlib.import_module(module)
    jobs: queue.SimpleQueue[Dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(jobs,), name="backend watch", daemon=True).start()
    while _done(jobs.get(), pipe):
        pass
    return 0


def _done(job: Dict[str, Any], pipe: BinaryIO) -> bool:
    """Do one job and tell its outcome; say whether to stay for another."""
    os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP", "CPL_TMPDIR"), job["work"]))
    tempfile.tempdir = None  # that of the last job is gone
    reporter = Reporter(pipe)
    last: Optional[Dict[str, Any]] = None
    try:
        last = _outcome(job, reporter)
    finally:
        reporter.close(last)
    return bool(job.get("stays")) and "result" in last


def _outcome(job: Dict[str, Any], reporter: Reporter) -> Dict[str, Any]:
    work = Path(job["work"])
    try:
        module, _, name = job["run"].partition(":")
        run = getattr(importlib.import_module(module), name)
        result = run(job["parameters"], work, reporter)
        return {"result": {**result, **_sealed(work / result["file"])} if "file" in result else result}
    except GeoPubError as error:
        return {"error": error_as_json(error)}
    except MemoryError:
        return {"error": error_as_json(_out_of_memory())}
    except OSError as error:
        if not is_full(error):
            raise
    except sqlite3.OperationalError as error:
        if "disk is full" not in str(error):
            raise
    return {"error": error_as_json(disk_full(work))}


def _sealed(made: Path) -> Dict[str, str]:
    """Have the disk hold the file that a job has made, and meanwhile find its digest: the backend wants both."""
    with ThreadPoolExecutor(1) as beside, made.open("rb+") as file:
        digest = beside.submit(sha256_of, made)
        os.fsync(file.fileno())
        return {"sha256": digest.result()}


def _listen(jobs: queue.SimpleQueue[Dict[str, Any]]) -> None:
    """Take orders until stdin ends, which it does with the backend, however that ends; then end all our processes."""
    begun = b""
    while block := os.read(0, _BLOCK):  # not through sys.stdin, whose lock would be held when Python ends
        *lines, begun = (begun + block).split(b"\n")
        for order in map(json.loads, lines):
            if "stand_back" in order:
                OURS.stand_back(order["stand_back"])
            else:
                jobs.put(order)
    if os.name == "posix" and os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def _stand_back() -> None:
    """Let services answer before executions advance, and when memory runs out let the worker end, not the backend."""
    if hasattr(os, "nice"):  # on Windows the backend starts us with a low priority
        os.nice(_NICENESS)
    with contextlib.suppress(OSError):  # Linux only
        Path("/proc/self/oom_score_adj").write_text("500", "ascii")


def _out_of_memory() -> JobFailed:
    return JobFailed(
        tr("The memory of this computer is used up."),
        tr("The execution needed more than is free."),
        tr("Close other programs or publish fewer features at a time, then start the execution again."),
    )


if __name__ == "__main__":
    code = main()
    os._exit(code)  # all is said: no wait for threads that a library left
