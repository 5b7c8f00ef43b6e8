"""The worker process: reads one job on stdin, does it, says what becomes of it on stdout, and ends.

Its arguments are modules that it imports while it waits for the job.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import json
import os
import signal
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any, Dict, Optional

from ..disk import disk_full, is_full
from ..errors import GeoPubError, JobFailed
from ..translation import tr
from .messages import error_as_json
from .pipes import own_stdout
from .reporter import Reporter

_NICENESS = 10


def main() -> int:
    """Do the job that comes on stdin; an error that is no `GeoPubError` leaves its traceback on stderr."""
    faulthandler.enable()
    pipe = own_stdout()
    _stand_back()
    for module in sys.argv[1:]:
        with contextlib.suppress(ImportError):  # only a job that needs it fails
            importlib.import_module(module)
    order = sys.stdin.buffer.readline()
    if not order:  # the backend has gone
        return 0
    threading.Thread(target=_end_with_backend, name="backend watch", daemon=True).start()
    job = json.loads(order)
    os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP", "CPL_TMPDIR"), job["work"]))
    reporter = Reporter(pipe)
    last: Optional[Dict[str, Any]] = None
    try:
        last = _outcome(job, reporter)
    finally:
        reporter.close(last)
    return 0


def _outcome(job: Dict[str, Any], reporter: Reporter) -> Dict[str, Any]:
    work = Path(job["work"])
    try:
        module, _, name = job["run"].partition(":")
        run = getattr(importlib.import_module(module), name)
        return {"result": run(job["parameters"], work, reporter)}
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


def _end_with_backend() -> None:
    """Wait for the end of stdin, which comes when the backend ends, however it ends; then end all our processes."""
    while os.read(0, 4096):
        pass
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
