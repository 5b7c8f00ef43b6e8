"""No worker outlives its backend, however the backend ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ...processes import gone_within

BACKEND = """
import sys, threading
from pathlib import Path
from geopub_plugin.backend.jobs.queue import Job, Queue

class Listener:
    def started(self, execution): pass
    def progressed(self, execution, state): print(state.step, flush=True)
    def logged(self, execution, lines): pass
    def finished(self, execution, result): print(result, flush=True)
    def failed(self, execution, error): print(error, flush=True)
    def cancelled(self, execution): pass

work = Path(sys.argv[1])
kinds = {"it": "some_jobs:leaves_a_child"}
Queue(1, Listener(), kinds).submit(Job("1", "it", {"hang": True}, work))
threading.Event().wait()
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_and_what_it_started_end_with_a_killed_backend(tmp_path, number):
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__)}
    backend = subprocess.Popen([sys.executable, "-c", BACKEND, str(tmp_path)], stdout=subprocess.PIPE, env=environment)
    assert backend.stdout.readline().strip() == b"Hanging"
    pids = [int((tmp_path / name).read_text()) for name in ("pid", "child")]
    backend.send_signal(number)
    backend.communicate()
    assert gone_within(pids, 1)
