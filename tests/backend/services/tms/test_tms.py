"""The tile map service as clients see it."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask import Flask

from geopub_plugin.backend.services.publications import MetadataLink, ServiceInfo, TileLayer
from geopub_plugin.backend.services.tms.blueprint import tms_blueprint
from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan
from geopub_plugin.backend.tiles.pyramid import build

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
    app.register_blueprint(tms_blueprint(published, lambda: BASE))
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
