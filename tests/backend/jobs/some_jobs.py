"""Jobs for the tests of the queue; the worker imports this module by the PYTHONPATH that conftest.py sets."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, Dict

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.faults import Fault, Severity
from geopub_plugin.backend.jobs.progress import Progress
from geopub_plugin.backend.jobs.turns import OURS
from geopub_plugin.backend.translation import language

Parameters = Dict[str, Any]


class Malformed(InvalidInput):
    """A refusal of a class that the backend does not know."""


def finishes(parameters: Parameters, work: Path, progress: Progress) -> Dict[str, Any]:
    progress.step("Counting", 3, "features")
    progress.advance(2)
    progress.log("two of three")
    progress.advance(1)
    (work / "made.txt").write_text(parameters.get("text", ""))
    return {
        "file": "made.txt",
        "nice": os.nice(0),
        "ends first": Path("/proc/self/oom_score_adj").read_text().strip(),
        "language": language(),
        "temporary": tempfile.gettempdir(),
    }


def tells(parameters: Parameters, work: Path, progress: Progress) -> Dict[str, Any]:
    (work / "pid").write_text(str(os.getpid()))
    progress.log(parameters.get("says", ""))
    return {"temporary": tempfile.gettempdir()}


def refuses(parameters: Parameters, work: Path, progress: Progress) -> Dict[str, Any]:
    fault = Fault("table.no-srs", Severity.ERROR, "No SRS.", table="roads", examples=("1", "2"))
    raise Malformed("The table is broken.", "Row 3 is cut.", "Save it again.", [fault])


def fails(parameters: Parameters, work: Path, progress: Progress) -> Dict[str, Any]:
    progress.log("before the failure")
    return {"quotient": 1 // parameters.get("zero", 0)}


def hangs(parameters: Parameters, work: Path, progress: Progress) -> Dict[str, Any]:
    (work / "pid").write_text(str(os.getpid()))
    progress.step("Hanging", 0, "")
    threading.Event().wait()
    return {}


def refuses_to_end(parameters: Parameters, work: Path, progress: Progress) -> Dict[str, Any]:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return hangs(parameters, work, progress)


def leaves_a_child(parameters: Parameters, work: Path, progress: Progress) -> Dict[str, Any]:
    """Start a process that holds our pipes open for a minute, then die or hang."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False)
    (work / "child").write_text(str(child.pid))
    return hangs(parameters, work, progress) if parameters.get("hang") else os._exit(3)


def is_killed(parameters: Parameters, work: Path, progress: Progress) -> Dict[str, Any]:
    os.kill(os.getpid(), getattr(signal, parameters["signal"]))
    threading.Event().wait()
    return {}


def exits(parameters: Parameters, work: Path, progress: Progress) -> Dict[str, Any]:
    sys.exit(7)


def prints_garbage(parameters: Parameters, work: Path, progress: Progress) -> Dict[str, Any]:
    print('{"result": {"forged": true}}', flush=True)
    os.write(1, b"\xff\xfe no message\n" * 20_000)
    os.write(2, b"a warning without an end" * 100_000)
    return {"genuine": True}


def floods(parameters: Parameters, work: Path, progress: Progress) -> Dict[str, Any]:
    amount = parameters["amount"]
    progress.step("Flooding", amount, "features")
    for number in range(amount):
        progress.advance(1)
        if number % 1000 == 0:
            progress.log(f"line {number}")
    return {}


def fills_the_disk(parameters: Parameters, work: Path, progress: Progress) -> Dict[str, Any]:
    if parameters["by"] == "sqlite":
        with sqlite3.connect(str(work / "small.db")) as database:
            database.execute("PRAGMA max_page_count = 2")
            database.execute("CREATE TABLE t (b)")
            database.execute("INSERT INTO t VALUES (zeroblob(100000))")
    raise OSError(getattr(errno, parameters["by"]), "No room")


def uses_up_memory(parameters: Parameters, work: Path, progress: Progress) -> Dict[str, Any]:
    return {"bytes": len(bytearray(1 << 62))}


def returns_no_json(parameters: Parameters, work: Path, progress: Progress) -> Dict[str, Any]:
    return {"work": work}


def waits_for(parameters: Parameters, work: Path, progress: Progress) -> Dict[str, Any]:
    """Open the pipe named in the parameters, which blocks until the test opens the other end."""
    with open(parameters["pipe"], "rb") as pipe:
        pipe.read()
    return {}


def stands_back(parameters: Parameters, work: Path, progress: Progress) -> Dict[str, Any]:
    """Wait until it is asked to stand back, and end when it may go on."""
    progress.step("Working", 0, "")
    while OURS.free:
        threading.Event().wait(0.01)
    progress.step("Standing back", 0, "")
    OURS.wait()
    return {}
