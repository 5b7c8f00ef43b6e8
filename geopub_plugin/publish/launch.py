"""How a program of GeoPub's own is started beside this one, whoever starts it, and what it says when it cannot work."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Mapping, Tuple

from ..backend import errors
from ..backend.errors import GeoPubError, Unavailable
from ..backend.locations import PACKAGE
from ..backend.translation import tr
from .interpreter import Host, backend_environment, find_interpreter

READY, FAILED = "READY", "FAILED"  # first words of the line in which the backend says what came of its start


@dataclass(frozen=True)
class Launch:
    """A program as it is started."""

    program: str
    arguments: Tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path = PACKAGE.parent  # not that in which somebody works: Python would import what lies there

    @property
    def command(self) -> List[str]:
        """The program and its arguments."""
        return [self.program, *self.arguments]


def launch(module: str, *arguments: str) -> Launch:
    """Return how a module of ours is started, such as "backend.jobs.worker"; to find an interpreter may take a second.

    The package is called as its folder is, whatever QGIS calls the plugin.

    Raises:
        Unavailable: there is no interpreter.
    """
    named = ("-m", f"{PACKAGE.name}.{module}", *arguments)
    return Launch(str(find_interpreter()), named, backend_environment(Host.this()))


def serving(data: Path, *options: str) -> Launch:
    """Return how the backend is started on a data folder; it ends when its standard input closes."""
    return launch("backend", "serve", "--data", str(data.absolute()), *options, "--until-stdin-closes")


def failure(said: str) -> GeoPubError:
    """Return the error of a FAILED line: JSON with kind, what, why and cure, or plain words."""
    try:
        wire = json.loads(said)
    except ValueError:
        wire = None
    if not isinstance(wire, dict):
        return Unavailable(tr("The publishing backend did not start."), said)
    told: Dict[str, str] = {key: str(wire.get(key) or "") for key in ("kind", "what", "why", "cure")}
    kind = getattr(errors, told["kind"], None)
    known = isinstance(kind, type) and issubclass(kind, GeoPubError)
    return (kind if known else Unavailable)(told["what"], told["why"], told["cure"])
