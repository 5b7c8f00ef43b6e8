"""The web viewer: a page a tile layer, with its style, behind every door, and nothing of another host."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Iterator, NamedTuple
from urllib.parse import urljoin

import pytest
import requests
from flask import Flask

from geopub_plugin.backend.api.answers import handle_errors
from geopub_plugin.backend.portal import viewer
from geopub_plugin.backend.services.publications import TileLayer
from geopub_plugin.publish.client import Store, open_store
from geopub_plugin.publish.client.configurations import TMS
from geopub_plugin.publish.embedded import Backend, start_backend
from geopub_plugin.publish.publication import Publication, PublicationRequest

ROOT = Path(__file__).resolve().parents[3]


class Live(NamedTuple):
    """A backend with one tile layer."""

    backend: Backend
    store: Store
    tiles: str  # its address

    @property
    def page(self) -> str:
        return self.tiles.replace("/tms/1.0.0/", "/view/")


@pytest.fixture(scope="module")
def live(world_map_file: Path, tmp_path_factory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("viewer")
    file = shutil.copy(world_map_file, folder / "world_map.gpkg")
    with start_backend(folder / "data") as backend:
        store = open_store(backend.api, backend.token)
        asked = PublicationRequest.proposed(Path(file), ["countries"])
        result = Publication(store, replace(asked, services=("tms",), top_level=0, bottom_level=1)).run()
        yield Live(backend, store, next(url.url for url in result.urls if url.type == "TMS"))


@pytest.fixture(scope="module")
def world_map_file() -> Path:
    place = Path("/usr/share/qgis/resources/data/world_map.gpkg")
    if not place.is_file():
        pytest.skip("QGIS's world map is not here")
    return place


@pytest.fixture(scope="module", autouse=True)
def library() -> None:
    """Have the map library in the checkout, from npm."""
    if viewer.has_viewer():
        return
    if shutil.which("npm") is None:
        pytest.skip("npm is not here to fetch the map library")
    sys.path.insert(0, str(ROOT / "tools"))
    import viewer as fetching

    fetching.unpack(ROOT / "vendor" / "maplibre")


def name_style(store: Store, url: object) -> None:
    (known,) = store.configurations.list(type=TMS)
    styles = [{"name": "old", "current": False, "layers": [{"url": "http://old/"}]}]
    styles.append({"name": "new", "current": True, "layers": [{"url": url}]})
    store.configurations.change(known.id, extra={"styles": styles})


def test_the_page_asks_no_other_host(live):
    answer = requests.get(live.page, timeout=20)
    assert answer.ok and "script-src 'self'" in answer.headers["Content-Security-Policy"]
    addresses = re.findall(r'(?:src|href|data-map)="([^"]*)"', answer.text)
    assert addresses and not [one for one in addresses if one.startswith("http")]
    for address in addresses:
        told = requests.get(urljoin(live.page, address), timeout=20)
        assert told.ok, address
        kind = told.headers["Content-Type"].partition(";")[0]
        assert kind == ("text/javascript" if address.endswith(".mjs") else kind)


def test_what_is_not_there(live):
    for path in ("/view/nothing", "/view/nothing/map.json", "/view/assets/../viewer.py", "/view/assets/LICENSE.txt"):
        assert requests.get(live.backend.url + path, timeout=20).status_code == 404


@pytest.mark.parametrize("url, shown", [("http://h/new.json", True), ("javascript:alert(1)", False), (5, False)])
def test_the_style_that_is_current_is_told(live, url, shown):
    name_style(live.store, url)
    told = requests.get(f"{live.page}/map.json", timeout=20).json()
    metadata = requests.get(f"{live.tiles}/metadata.json", timeout=20).json()
    expected = url if shown else "http://old/"
    assert told["style"] == expected and metadata["style"] == expected
    assert told["tiles"] == f"{live.tiles}/metadata.json"


def test_a_preview_link_has_the_page_of_its_own(live):
    (offering,) = live.store.offerings.list()
    asked = live.store.connection.ask("POST", f"datastores/{live.store.id}/offerings/{offering.id}/previews")
    name = live.tiles.rsplit("/", 1)[-1]
    page = f"{asked['url']}view/{name}"
    answer = requests.get(page, timeout=20)
    assert answer.ok and requests.get(urljoin(page, "assets/viewer.mjs"), timeout=20).ok
    told = requests.get(f"{page}/map.json", timeout=20).json()
    assert told["tiles"].startswith(asked["url"]) and requests.get(told["tiles"], timeout=20).ok


def test_a_layer_that_is_not_there_is_named(live):
    answer = requests.get(live.page + "-gone", timeout=20)
    assert answer.status_code == 404
    assert answer.json()["error_description"][0] == "There is no tile layer “world_map-gone”."


def test_without_its_library_the_page_says_how_to_get_it(monkeypatch, tmp_path):
    layer = TileLayer("roads", "Roads", "", (), tmp_path / "roads.pmtiles", 0, 5, (0, 0, 1, 1), "r1")
    app = Flask("viewer")
    handle_errors(app)
    app.register_blueprint(viewer.viewer_blueprint(SimpleNamespace(tile_layers=lambda: (layer,)), lambda: ""))
    monkeypatch.setattr(viewer, "library", lambda: tmp_path)
    answer = app.test_client().get("/view/roads")
    assert answer.status_code == 404
    assert "`make viewer`" in " ".join(answer.json["error_description"])
