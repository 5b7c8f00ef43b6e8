"""A backend for each test, and one that has integrated the world for all of them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

import pytest

from .conversation import Backend, Client, running
from .restricted import Treasure, hidden

World = Tuple[Path, Dict[str, Any], Dict[str, Any]]  # data folder, VECTOR-DB, pyramid


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    with running(tmp_path / "data") as started:
        yield started


@pytest.fixture
def client(backend: Backend) -> Client:
    return backend.client()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Return a client of a backend that stays empty, for tests that change nothing."""
    with running(tmp_path_factory.mktemp("shared") / "data") as started:
        yield started.client()


@pytest.fixture(scope="session")
def integrated(world_map: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a data folder that holds the world as a VECTOR-DB and as a pyramid, and these two."""
    data = tmp_path_factory.mktemp("integrated") / "data"
    with running(data) as started:
        client = started.client()
        upload = client.deliver(world_map)
        assert upload["status"] == "CLOSED"
        stored = client.integrate(upload["_id"], name="world")
        pyramid = client.make_pyramid(stored["_id"], name="world tiles")
    return data, stored, pyramid


@pytest.fixture
def world(integrated: World, tmp_path: Path) -> Iterator[Tuple[Backend, Dict[str, Any], Dict[str, Any]]]:
    """Return a backend with the world in it, for one test: the backend, the VECTOR-DB, the pyramid."""
    data, stored, pyramid = integrated
    shutil.copytree(data, tmp_path / "data")
    with running(tmp_path / "data") as started:
        yield started, stored, pyramid


@pytest.fixture(scope="module")
def treasure(integrated: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Treasure]:
    """Return a backend that publishes the world for some only, its offerings and people."""
    with hidden(integrated, tmp_path_factory.mktemp("treasure") / "data") as backend:
        yield backend
