"""OpenLayers and Leaflet in a headless Chromium show the maps that the service draws, whatever the order of axes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any, Dict, Iterator
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
import requests
from flask import Blueprint, request, send_file

from geopub_plugin.backend.render.supervisor import Renderer
from tests.backend.render.conftest import decoded

from ....conftest import CACHE
from .conftest import World, serving

PACKAGES = {"ol": "10.11.0", "leaflet": "1.9.4"}
SIDE = 512
_PATIENCE = 240  # seconds, on a busy machine
_FLAGS = (
    "--headless=new", "--no-sandbox", "--no-first-run", "--disable-extensions", "--disable-gpu", "--hide-scrollbars",
    "--disable-dev-shm-usage", "--force-device-scale-factor=1", "--window-size=600,2200",
)  # fmt: skip


def script(package: str, file: str) -> Path:
    """Return a file of a package of npm, fetched on first use; skip where that cannot be."""
    version = PACKAGES[package]
    folder = CACHE / {"ol": "openlayers"}.get(package, package) / version
    found = folder / "node_modules" / package / "dist" / file
    if not found.is_file():
        if shutil.which("npm") is None:
            pytest.skip("npm is not here to fetch what browsers draw maps with: make setup")
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--silent"]
        if subprocess.run([*command, f"{package}@{version}"], check=False, timeout=300).returncode:
            pytest.skip(f"offline: npm cannot fetch {package}")
    return found


class Page:
    """The page, and what it sends back."""

    def __init__(self) -> None:
        self.said: Dict[str, bytes] = {}
        self.finished = threading.Event()
        self.blueprint = Blueprint("browser", __name__, url_prefix="/browser")
        files = {
            "ol.js": script("ol", "ol.js"),
            "leaflet.js": script("leaflet", "leaflet.js"),
            "leaflet.css": script("leaflet", "leaflet.css"),
            "": Path(__file__).with_name("browser.html"),
        }
        for name, file in files.items():
            self.blueprint.add_url_rule(f"/{name}", name.replace(".", "-") or "page", lambda file=file: send_file(file))
        self.blueprint.add_url_rule("/said/<name>", "said", self._told, methods=["POST"])

    def _told(self, name: str) -> str:
        self.said[name] = request.get_data()
        if name in ("done", "error"):
            self.finished.set()
        return ""

    def show(self, address: str) -> None:
        """Let a browser draw, and wait for it."""
        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if chromium is None:
            pytest.skip("chromium is not here: make setup")
        with tempfile.TemporaryDirectory() as profile, (Path(profile) / "log").open("wb") as log:
            command = [chromium, *_FLAGS, f"--user-data-dir={profile}", address]
            browser = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
            try:
                assert self.finished.wait(_PATIENCE), f"the browser did not finish: {sorted(self.said)}"
            finally:
                os.killpg(browser.pid, 9)  # the group that this browser made for its own processes
                browser.wait()
        assert "error" not in self.said, self.said["error"].decode()

    def picture(self, name: str) -> np.ndarray:
        """Return a picture of the browser: uint8 (512, 512, 3)."""
        return decoded(self.said[f"{name}.png"])[:, :, :3]

    def asked(self, name: str) -> Dict[str, Any]:
        """Return what was asked for it."""
        return json.loads(self.said[f"{name}.json"])


@pytest.fixture(scope="module")
def drawn(request: pytest.FixtureRequest, world_map: Path, renderer: Renderer) -> Iterator[tuple]:
    """Return what the browser drew, and the address of the service."""
    from .conftest import world_layers

    page = Page()
    with serving(World(world_layers(world_map)), renderer, page.blueprint) as base:
        page.show(f"{base}/browser/")
        yield page, f"{base}/wms-v/ows"


@pytest.mark.parametrize(("name", "crs"), [("ol-3857", "EPSG:3857"), ("ol-4326", "CRS:84")])
def test_openlayers(drawn: tuple, name: str, crs: str) -> None:
    page, address = drawn
    box = ",".join(repr(edge) for edge in page.asked(name)["extent"])
    asked = {"SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": "GetMap", "LAYERS": "countries", "STYLES": "", "CRS": crs}
    own = {**asked, "BBOX": box, "WIDTH": SIDE, "HEIGHT": SIDE, "FORMAT": "image/png"}
    expected = decoded(requests.get(address, params=own, timeout=60).content)[:, :, :3]
    assert len(np.unique(expected.reshape(-1, 3), axis=0)) > 5
    assert (page.picture(name) == expected).all()


@pytest.mark.parametrize(
    ("name", "version", "system"), [("leaflet-3857", "1.1.1", "srs"), ("leaflet-4326", "1.3.0", "crs")]
)
def test_leaflet(drawn: tuple, name: str, version: str, system: str) -> None:
    page, _address = drawn
    picture = page.picture(name)
    tiles = page.asked(name)["urls"]
    assert len(tiles) >= 4
    for tile in tiles:
        asked = {key.lower(): value for key, value in parse_qsl(urlsplit(tile["url"]).query)}
        assert asked["version"] == version and system in asked
        answer = requests.get(tile["url"], timeout=60)
        assert answer.headers["Content-Type"] == "image/png", answer.text
        expected = decoded(answer.content)[:, :, :3]
        left, top = round(tile["left"]), round(tile["top"])
        shown = (slice(max(top, 0), min(top + 256, SIDE)), slice(max(left, 0), min(left + 256, SIDE)))
        part = expected[shown[0].start - top : shown[0].stop - top, shown[1].start - left : shown[1].stop - left]
        assert (picture[shown] == part).all()
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 5
