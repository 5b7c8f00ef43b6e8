"""The world as map tiles, on a server that real clients can ask."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from geopub_plugin.backend.render.supervisor import Renderer
from geopub_plugin.backend.services.wms.blueprint import wms_blueprint
from geopub_plugin.backend.services.wmts.blueprint import wmts_blueprint
from geopub_plugin.backend.services.wmts.tile_cache import TileCache

from .... import web_server
from ..wms.conftest import World, publications, renderer

__all__ = ["publications", "renderer"]

MIB = 1024 * 1024


@pytest.fixture
def tiles(renderer: Renderer, tmp_path: Path) -> TileCache:
    return TileCache(renderer, tmp_path / "tiles", 50 * MIB)


def served(flask: Flask, publications: World, renderer: Renderer, tiles: TileCache, base: str) -> None:
    flask.register_blueprint(wms_blueprint(publications, renderer, lambda: base))
    flask.register_blueprint(wmts_blueprint(publications, renderer, tiles, lambda: base))


@pytest.fixture
def client(publications: World, renderer: Renderer, tiles: TileCache) -> FlaskClient:
    flask = Flask("wmts")
    served(flask, publications, renderer, tiles, "http://127.0.0.1:1234")
    return flask.test_client()


@pytest.fixture
def address(publications: World, renderer: Renderer, tiles: TileCache) -> Iterator[str]:
    """Return the address of a server that speaks HTTP."""
    flask = Flask("wmts")
    with web_server.serving(flask) as base:
        served(flask, publications, renderer, tiles, base)
        yield base
