"""Start programs of our own: a Python with a module of GeoPub, without a shell. Nothing else imports subprocess."""

from __future__ import annotations

import subprocess  # nosec B404 - here alone
from typing import Any, Sequence

DEVNULL, PIPE = subprocess.DEVNULL, subprocess.PIPE
NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # of Windows, as the next two
BELOW_NORMAL: int = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
NEW_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
Process = subprocess.Popen
TimeoutExpired = subprocess.TimeoutExpired


def start(command: Sequence[str], **options: Any) -> Process[Any]:
    """Start a program with the options of Popen; OSError where the system cannot."""
    return Process(list(command), shell=False, **options)


def run(command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[Any]:
    """Start a program and wait for its end; OSError, or TimeoutExpired after the `timeout` of the options."""
    return subprocess.run(list(command), shell=False, check=False, **options)  # nosec B603 - commands of our own
