"""The tile map service as clients see it."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Iterator
from xml.etree import ElementTree

import pytest
from flask import Flask

from geopub_plugin.backend.errors import Unavailable
from geopub_plugin.backend.services.publications import MetadataLink, ServiceInfo, TileLayer
from geopub_plugin.backend.services.tms.blueprint import tms_blueprint
from geopub_plugin.backend.services.tms.fresh_tiles import Busy, FreshTiles
from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan
from geopub_plugin.backend.tiles.pyramid import build
from geopub_plugin.backend.tiles.pyramid_job import plan_of
from geopub_plugin.backend.tiles.tile_builders import TileBuilders

BASE = "http://127.0.0.1:8123"


class Published:
    """Publications with tile layers alone."""

    def __init__(self, *layers: TileLayer) -> None:
        self.layers, self.asked = layers, 0

    def service(self) -> ServiceInfo:
        return ServiceInfo("Tiles & more", "", "GeoPub", "")

    def revision(self) -> str:
        return ",".join(layer.revision for layer in self.layers)

    def tile_layers(self):
        self.asked += 1
        return self.layers


@pytest.fixture(scope="module")
def pyramid(world_map: Path, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("tms") / "1.pmtiles"
    build(PyramidPlan((TablePlan(world_map, "countries", "pays", 1, 3, ("NAME",)),)), out)
    return out


@pytest.fixture
def published(pyramid: Path) -> Published:
    style = MetadataLink("application/json", "https://example.org/style.json?a=1&b=2", "Other")
    layer = TileLayer(
        "monde", "Pays <du monde>", "Tous", ("pays",), pyramid, 1, 3, (-180, -85, 180, 83), "r1", (style,)
    )
    return Published(layer)


@pytest.fixture
def client(published: Published):
    app = Flask(__name__)
    app.register_blueprint(tms_blueprint(published, lambda: BASE, FreshTiles(TileBuilders())))
    return app.test_client()


def xml(answer):
    assert answer.status_code == 200 and answer.mimetype == "text/xml"
    return ElementTree.fromstring(answer.data)


def test_the_service_lists_its_layers(client):
    service = xml(client.get("/tms/1.0.0/"))
    assert service.tag == "TileMapService" and service.findtext("Title") == "Tiles & more"
    (tile_map,) = service.iter("TileMap")
    assert tile_map.get("href") == f"{BASE}/tms/1.0.0/monde" and tile_map.get("title") == "Pays <du monde>"


@pytest.mark.parametrize("path", ["/tms/1.0.0/monde", "/tms/1.0.0/monde/"])
def test_a_layer_tells_what_clients_parse(client, path):
    tile_map = xml(client.get(path))
    assert tile_map.findtext("SRS") == "EPSG:3857"
    assert tile_map.find("TileFormat").get("extension") == "pbf"
    assert [int(one.get("href").rsplit("/", 1)[1]) for one in tile_map.iter("TileSet")] == [1, 2, 3]
    assert float(next(tile_map.iter("TileSet")).get("units-per-pixel")) == pytest.approx(156543.03392804 / 2)
    style = tile_map.find("Metadata")
    assert (style.get("type"), style.get("mime-type")) == ("Other", "application/json")
    assert style.get("href") == "https://example.org/style.json?a=1&b=2"
    box = tile_map.find("BoundingBox")
    assert float(box.get("minx")) == pytest.approx(-20037508.34) and float(box.get("maxy")) < 20037508


def test_metadata(client):
    told = client.get("/tms/1.0.0/monde/metadata.json").get_json()
    assert told["tiles"] == [f"{BASE}/tms/1.0.0/monde/{{z}}/{{x}}/{{y}}.pbf"]
    assert (told["minzoom"], told["maxzoom"], told["format"], told["crs"]) == (1, 3, "pbf", "EPSG:3857")
    assert told["bounds"] == [-180, -85, 180, 83] and told["center"] == [0, -1, 2]
    assert told["vector_layers"][0]["id"] == "pays" and told["vector_layers"][0]["fields"] == {"NAME": "String"}


def test_a_tile_comes_as_it_is_stored(client, pyramid):
    answer = client.get("/tms/1.0.0/monde/2/2/1.pbf", headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["Content-Encoding"] == "gzip" and answer.data == Archive(pyramid).tile(2, 2, 1)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.mimetype == "application/vnd.mapbox-vector-tile"


@pytest.mark.parametrize("accepted", [{}, {"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip;q=0"}])
def test_a_client_without_gzip_gets_the_tile_unpacked(client, pyramid, accepted):
    answer = client.get("/tms/1.0.0/monde/2/2/1.pbf", headers=accepted)
    assert "Content-Encoding" not in answer.headers and answer.headers["Vary"] == "Accept-Encoding"
    assert answer.data == gzip.decompress(Archive(pyramid).tile(2, 2, 1))


def test_an_unchanged_tile_is_not_sent_again(client):
    first = client.get("/tms/1.0.0/monde/2/2/1.pbf")
    again = client.get("/tms/1.0.0/monde/2/2/1.pbf", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and again.data == b""
    packed = {"If-None-Match": first.headers["ETag"], "Accept-Encoding": "gzip"}
    assert client.get("/tms/1.0.0/monde/2/2/1.pbf", headers=packed).status_code == 200


def test_an_empty_tile_is_204(client, pyramid):
    empty = next((x, y) for x in range(8) for y in range(8) if Archive(pyramid).tile(3, x, y) is None)
    answer = client.get(f"/tms/1.0.0/monde/3/{empty[0]}/{empty[1]}.pbf")
    assert answer.status_code == 204 and answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["monde/0/0/0.pbf", "monde/4/0/0.pbf", "monde/3/8/0.pbf", "monde/2/0/4.pbf",
                                  "monde/99999/0/0.pbf", "lune/2/2/1.pbf", "lune", "lune/metadata.json"])  # fmt: skip
def test_what_is_not_there_is_404(client, path):
    answer = client.get(f"/tms/1.0.0/{path}")
    assert answer.status_code == 404
    assert ElementTree.fromstring(answer.data).findtext("Message")


def test_a_new_revision_is_served_from_its_own_archive(client, published, pyramid, tmp_path, world_map):
    before = client.get("/tms/1.0.0/monde/1/1/0.pbf").data
    build(PyramidPlan((TablePlan(world_map, "countries", "etats", 1, 3, ("NAME",)),)), tmp_path / "2.pmtiles")
    published.layers = (replace(published.layers[0], archive=tmp_path / "2.pmtiles", revision="r2"),)
    assert client.get("/tms/1.0.0/monde/1/1/0.pbf").data != before
    assert client.get("/tms/1.0.0/monde/metadata.json").get_json()["vector_layers"][0]["id"] == "etats"
    published.layers = ()
    assert client.get("/tms/1.0.0/monde/1/1/0.pbf").status_code == 404


def test_layers_are_asked_for_once_a_revision(client, published):
    for _ in range(5):
        client.get("/tms/1.0.0/monde/1/1/0.pbf")
    assert published.asked == 1


@pytest.fixture
def builders() -> Iterator[TileBuilders]:
    started = TileBuilders(processes=1)
    yield started
    started.stop()


def test_a_layer_answers_the_same_before_and_after_its_archive_is_there(world_map, tmp_path, builders):
    entry = {"table": "countries", "layer": "pays", "top_level": 1, "bottom_level": 3, "attributes": ["NAME"]}
    job = json.dumps({"data": str(world_map), "composition": [entry]})
    place = tmp_path / "1.pmtiles"
    making = TileLayer("monde", "Pays", "", (), place, 1, 3, (0, 0, 1, 1), "r1", (), job, bounds_given=False)
    published = Published(making)
    app = Flask(__name__)
    app.register_blueprint(tms_blueprint(published, lambda: BASE, FreshTiles(builders)))
    client = app.test_client()

    def answers():
        paths = ["", "/metadata.json", *(f"/{z}/{x}/{y}.pbf" for z in (0, 1, 3, 4) for x in (0, 2) for y in (0, 1, 3))]
        found = [client.get(f"/tms/1.0.0/monde{path}", headers={"Accept-Encoding": "gzip"}) for path in paths]
        return [(one.status_code, one.headers.get("ETag"), one.data) for one in found]

    before = answers()
    assert {status for status, _, _ in before} == {200, 204, 404}
    bounds = build(plan_of(json.loads(job)), place).bounds
    published.layers = (replace(making, bounds=bounds, revision="r2", making="", bounds_given=True),)
    assert answers() == before


@pytest.mark.parametrize("error, seconds", [(Busy, "1"), (Unavailable, "10")])
def test_a_tile_that_cannot_be_built_yet_tells_to_ask_again(published, error, seconds):
    class Refusing:
        def tile(self, *place):
            raise error("Busy.", "Too many.", "Ask again.")

        told = tile

    published.layers = (replace(published.layers[0], making="{}", bounds_given=False),)
    app = Flask(__name__)
    app.register_blueprint(tms_blueprint(published, lambda: BASE, FreshTiles(Refusing())))
    for path in ("monde/2/0/0.pbf", "monde/metadata.json", "monde"):
        answer = app.test_client().get(f"/tms/1.0.0/{path}")
        assert answer.status_code == 503 and answer.headers["Retry-After"] == seconds
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert ElementTree.fromstring(answer.data).findtext("Message") == "Busy. Too many. Ask again."
