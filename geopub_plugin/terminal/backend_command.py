"""The backend as a process of its own that does one thing with a data folder and says, in one line, what came of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Mapping, Optional

from ..backend.errors import Unavailable
from ..backend.programs import NO_WINDOW, run
from ..backend.translation import tr
from ..publish.launch import FAILED, failure, launch


def answer_of_backend(command: str, data: Path, told: Optional[Mapping[str, Any]], what_failed: str) -> Any:
    """Have the backend do something, and return the JSON that it says.

    Args:
        command: of `python -m geopub_plugin.backend`.
        data: the data folder.
        told: what the command reads from its standard input; None for nothing.
        what_failed: the sentence for a backend that ends without a word.

    Raises:
        GeoPubError: what the backend said why it cannot be done.
    """
    launched = launch("backend", command, "--data", str(data.absolute()))
    ended = run(
        launched.command,
        input="" if told is None else json.dumps(told) + "\n",
        capture_output=True,
        env=dict(launched.environment),
        cwd=launched.folder,
        encoding="utf-8",
        errors="replace",
        creationflags=NO_WINDOW,
    )
    line = next(iter(ended.stdout.splitlines()), "")
    if line.startswith(FAILED):
        raise failure(line[len(FAILED) :].strip())
    try:
        return json.loads(line)
    except ValueError:
        last = next(iter(ended.stderr.strip().splitlines()[-1:]), "")
        raise Unavailable(what_failed, last, tr("Run `geopub doctor` to see what is missing.")) from None
