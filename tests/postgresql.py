"""A PostgreSQL cluster of the tests: made in a temporary folder, on a free port, ended by its own process id."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

GIVEN = "GEOPUB_TEST_POSTGRESQL"  # URL of a running cluster, for tests that run other tests
START_SECONDS = 60

# Nothing of a test has to survive a power cut, which is half the time otherwise.
OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


class Cluster:
    """A running cluster in which every data folder of a test gets a database of its own."""

    def __init__(self, url: str) -> None:
        self.url = url  # of the database "postgres"

    def database(self, name: str, template: str = "template0") -> str:
        """Make a database, a copy of another one if need be, and return its URL."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\'')
        return self.url_of(name)

    def new_database(self) -> str:
        """Make an empty database with a name of chance and return its URL."""
        return self.database(f"geopub_{secrets.token_hex(6)}")

    def url_of(self, name: str) -> str:
        """Return the URL of a database."""
        return self.url.rpartition("/")[0] + f"/{name}"

    def execute(self, statement: str) -> List[Any]:
        """Run a statement outside any transaction; return its rows."""
        engine = create_engine(self.url.replace("postgresql:", "postgresql+psycopg2:", 1))
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                answer = connection.execute(text(statement))
                return list(answer) if answer.returns_rows else []
        finally:
            engine.dispose()


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Start a cluster, or use the one that is given; skip where PostgreSQL is not installed."""
    if os.environ.get(GIVEN):
        yield Cluster(os.environ[GIVEN])
        return
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not on this machine (Debian: apt install postgresql)")
    with ExitStack() as undo:
        place = Path(tempfile.mkdtemp(prefix="geopub-postgresql-"))
        undo.callback(shutil.rmtree, place, ignore_errors=True)
        yield _start(programs, place, undo)


def _start(programs: Path, place: Path, undo: ExitStack) -> Cluster:
    owner = _unprivileged(place)
    password = secrets.token_urlsafe(12)
    (place / "password").write_text(password)
    shutil.chown(place / "password", **owner)
    data, port = place / "data", _free_port()
    initdb = [programs / "initdb", "-D", data, "-U", "geopub", "--auth=scram-sha-256", f"--pwfile={place}/password"]
    made = subprocess.run(
        [*initdb, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
        **owner,
    )
    assert made.returncode == 0, made.stderr
    options = {**OPTIONS, "listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": str(place)}
    command = [programs / "postgres", "-D", data, *(f"--{name}={value}" for name, value in options.items())]
    with open(place / "log", "w") as log:
        server = subprocess.Popen(command, cwd=place, stdout=log, stderr=log, **owner)
    undo.callback(server.wait)
    undo.callback(server.send_signal, signal.SIGQUIT)  # at once: nothing of it has to be written
    cluster = Cluster(f"postgresql://geopub:{password}@127.0.0.1:{port}/postgres")
    _wait(programs, cluster, server, place / "log")
    return cluster


def _wait(programs: Path, cluster: Cluster, server: subprocess.Popen, log: Path) -> None:
    for _ in range(START_SECONDS * 10):
        assert server.poll() is None, log.read_text()
        port = cluster.url.rpartition(":")[2].partition("/")[0]
        asked = subprocess.run([programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", port, "-t", "1"], check=False)
        if asked.returncode == 0:
            try:
                cluster.execute("SELECT 1")
            except OperationalError:  # it listens, and is not ready yet
                continue
            return
    raise AssertionError(log.read_text())


def _programs() -> Optional[Path]:
    """Return the folder of PostgreSQL's programs; Debian does not put them on the PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda place: int(place.parts[-3]))
    return places[-1].parent if places else None


def _unprivileged(place: Path) -> Dict[str, Any]:
    """Return as whom to run PostgreSQL, which refuses to be run by root, and give the folder to them."""
    if os.getuid() != 0:
        return {}
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in known else "nobody")
    os.chown(place, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
