"""The world over WMS: two layers, one styled with a QML, and a server that real clients can ask."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from geopub_plugin.backend.render.supervisor import Renderer
from geopub_plugin.backend.services.publications import DrawnTable, MapLayer, MetadataLink, ServiceInfo
from geopub_plugin.backend.services.wms.blueprint import wms_blueprint

from .... import web_server

WORLD = (-180.0, -90.0, 180.0, 83.64)


class World:
    """What a catalogue would publish."""

    def __init__(self, layers: Tuple[MapLayer, ...]) -> None:
        self.layers: List[MapLayer] = list(layers)

    def service(self) -> ServiceInfo:
        return ServiceInfo("Cartes & plans <test>", "Abstract", "Town of X", "gis@example.org")

    def revision(self) -> str:
        return "-".join(layer.revision for layer in self.layers)

    def map_layers(self) -> Tuple[MapLayer, ...]:
        return tuple(self.layers)


@pytest.fixture(scope="session")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Renderer]:
    made = Renderer(tmp_path_factory.mktemp("renderer"), threads=2)
    yield made
    made.stop()


@pytest.fixture
def publications(world_map: Path) -> World:
    return World(world_layers(world_map))


def world_layers(world_map: Path) -> Tuple[MapLayer, ...]:
    """Return the countries, and the countries below their provinces."""
    countries = MapLayer(
        "countries",
        "Pays & états",
        "All of them",
        ("world", "land <all>"),
        (DrawnTable(world_map, "countries", None),),
        "EPSG:4326",
        WORLD,
        "r1",
        (MetadataLink("text/xml", "http://127.0.0.1/md?a=1&b=2", "ISO19115:2003"),),
        "plain",
    )
    both = replace(
        countries,
        name="world",
        title="World",
        tables=(DrawnTable(world_map, "states_provinces", None), DrawnTable(world_map, "countries", None)),
        style_name="default",
    )
    return countries, both


@pytest.fixture
def app(publications: World, renderer: Renderer) -> Flask:
    flask = Flask("wms")
    flask.register_blueprint(wms_blueprint(publications, renderer, lambda: "http://127.0.0.1:1234"))
    return flask


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@contextmanager
def serving(publications: World, renderer: Renderer, *more: Blueprint) -> Iterator[str]:
    """Return the address of a server that speaks HTTP, with the service and with more."""
    flask = Flask("wms")
    with web_server.serving(flask) as base:
        for blueprint in (wms_blueprint(publications, renderer, lambda: base), *more):
            flask.register_blueprint(blueprint)
        yield base


@pytest.fixture
def address(publications: World, renderer: Renderer) -> Iterator[str]:
    """Return the address of a server that speaks HTTP."""
    with serving(publications, renderer) as base:
        yield f"{base}/wms-v/ows"
