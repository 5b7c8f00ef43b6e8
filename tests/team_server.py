"""A team server with users, in another process, and QGIS's authentication database to sign in with."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from geopub_plugin.backend.catalogue.administration import administer

ROOT = Path(__file__).resolve().parent.parent
LOGIN, PASSWORD = "ada@example.org", "correct horse battery staple"


@contextmanager
def team_server(data: Path) -> Iterator[str]:
    """Serve a new data folder to Ada, the supervisor of the datastore "town"; yield the URL of the server."""
    environment = {**os.environ, "GEOPUB_LOGIN": "local", "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "geopub_plugin.backend", "serve", "--data", str(data), "--until-stdin-closes"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )
    assert process.stdout
    word, _, url = process.stdout.readline().strip().partition(" ")
    assert word == "READY"
    administer(data, "", {"do": "user.add", "email": LOGIN, "password": PASSWORD, "first_name": "Ada"})
    administer(data, "", {"do": "datastore.add", "name": "town", "title": "The town", "supervisor": LOGIN})
    try:
        yield url
    finally:
        process.communicate(timeout=20)
