"""OpenLayers in a headless Chromium reads each table: GML and GeoJSON of the WFS, by GET and POST, and the API."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any, Dict, List

import pytest
from flask import Blueprint, Response, request, send_file
from osgeo import ogr, osr

from geopub_plugin.backend.services.wfs.gml import element_names
from geopub_plugin.backend.services.wfs.names import type_name

from ....conftest import CACHE, SHARED_DATA
from .conftest import REAL
from .served import Served, serving

VERSION = "10.11.0"
MOST = 600  # features of a table
_PATIENCE = 240  # seconds, on a busy machine
_FLAGS = (
    "--headless=new", "--no-sandbox", "--no-first-run", "--disable-extensions", "--disable-gpu",
    "--disable-dev-shm-usage",
)  # fmt: skip


class Page:
    """A page with OpenLayers, the tables that it is to read, and what it says of them."""

    def __init__(self, script: Path) -> None:
        self.blueprint = Blueprint("openlayers", __name__, url_prefix="/openlayers")
        self.tables: List[Dict[str, Any]] = []
        self.said: Dict[str, Any] = {}
        self.finished = threading.Event()
        html = Path(__file__).with_name("openlayers.html")
        self.blueprint.add_url_rule("/", "page", lambda: send_file(html))
        self.blueprint.add_url_rule("/ol.js", "script", lambda: send_file(script))
        self.blueprint.add_url_rule("/tables", "tables", lambda: Response(json.dumps(self.tables)))
        self.blueprint.add_url_rule("/result", "result", self._told, methods=["POST"])

    def _told(self) -> str:
        self.said = json.loads(request.get_data())
        self.finished.set()
        return ""

    def read(self, tables: List[Served]) -> Dict[str, Any]:
        """Let a browser read the tables; return what it says."""
        self.tables = [_described(table) for table in tables]
        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if chromium is None:
            pytest.skip("chromium is not here: make setup")
        with tempfile.TemporaryDirectory() as profile:
            command = [chromium, *_FLAGS, f"--user-data-dir={profile}", tables[0].base + "/openlayers/"]
            with (Path(profile) / "log").open("wb") as log:
                browser = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
                try:
                    assert self.finished.wait(_PATIENCE), "the browser did not finish"
                finally:
                    os.killpg(browser.pid, 9)  # the group that this browser made for its own processes
                    browser.wait()
        assert "error" not in self.said, self.said
        return {one["name"]: one for one in self.said["results"]}


def _described(table: Served) -> Dict[str, Any]:
    name = type_name(table.type)
    geometry, _elements = element_names(table.schema)
    return {
        "wfs": table.wfs, "api": table.api, "name": name.text, "prefix": name.prefix, "local": name.local,
        "namespace": name.namespace(table.base), "geometry": geometry, "most": MOST,
    }  # fmt: skip


@pytest.fixture(scope="module")
def openlayers() -> Path:
    place = CACHE / "openlayers" / VERSION
    script = place / "node_modules" / "ol" / "dist" / "ol.js"
    if not script.is_file():
        if shutil.which("npm") is None:
            pytest.skip("npm is not here to fetch OpenLayers: make setup")
        place.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(place), "--no-audit", "--no-fund", "--silent", f"ol@{VERSION}"]
        if subprocess.run(command, check=False, timeout=300).returncode:
            pytest.skip("offline: npm cannot fetch OpenLayers")
    return script


def _extent(table: Served) -> List[float]:
    """Return the extent of the first features of the file in degrees."""
    source, target = osr.SpatialReference(), osr.SpatialReference()
    assert source.SetFromUserInput(table.schema.srs.text) == 0 and target.ImportFromEPSG(4326) == 0
    for either in (source, target):
        either.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    way = osr.CoordinateTransformation(source, target)
    whole = ogr.Geometry(ogr.wkbMultiPoint)
    for feature in table.features(MOST):
        geometry = feature.GetGeometryRef()
        if geometry is None or geometry.IsEmpty():
            continue
        geometry.Transform(way)
        west, east, south, north = geometry.GetEnvelope()
        for x, y in ((west, south), (east, north)):
            point = ogr.Geometry(ogr.wkbPoint)
            point.AddPoint_2D(x, y)
            whole.AddGeometry(point)
    west, east, south, north = whole.GetEnvelope()
    return [west, south, east, north]


_SETS = ["catalogue", *(pytest.param(f"{name}.gpkg", marks=pytest.mark.slow) for name in REAL if SHARED_DATA.is_dir())]


@pytest.mark.parametrize("name", _SETS)
def test_openlayers_reads_each_table(name: str, openlayers: Path, request: pytest.FixtureRequest) -> None:
    path = request.getfixturevalue("catalogue_file" if name == "catalogue" else "real_data")
    page = Page(openlayers)
    with serving(path if name == "catalogue" else path / name, page.blueprint) as tables:
        said = page.read(tables)
        for table in tables:
            expected = min(MOST, table.count)
            for way in ("gml", "json", "posted", "api"):
                found = said[table.name][way]
                assert found["count"] == expected, (table.name, way, found)
            if not table.count or table.schema.srs is None:
                continue
            told = said[table.name]
            for way in ("json", "posted", "api"):
                assert told[way]["extent"] == pytest.approx(_extent(table), abs=2e-6), (table.name, way)
            assert sorted(told["json"]["first"]) == sorted(told["api"]["first"])
