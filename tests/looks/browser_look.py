"""MapLibre's pictures of map styles on vector tiles of their samples, in one headless Chromium for all of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple
from urllib.parse import unquote

import numpy as np
import pytest
from pmtiles.reader import MmapSource, Reader

from geopub_plugin.backend.errors import GeoPubError
from geopub_plugin.backend.render.requests import GlyphsRequest, SpritesRequest
from geopub_plugin.backend.render.supervisor import Renderer
from geopub_plugin.backend.styles.fidelity import FidelityReport
from geopub_plugin.backend.styles.mapbox import MapboxLayers, TileLayer, to_mapbox
from geopub_plugin.backend.tiles.options import parse_options
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan
from geopub_plugin.backend.tiles.pyramid import build

from ..drawing.maplibre_map import _FLAGS, maplibre_folder
from .pictures import decoded
from .sample import TABLE, Sample

_PATIENCE = 90  # seconds without a picture: software WebGL on a busy machine
_PAGE = Path(__file__).with_name("maplibre.html")
_TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".css": "text/css"}


@dataclass
class Look:
    """One style as a browser draws it."""

    name: str
    zoom: int
    archive: Path
    made: MapboxLayers
    sheet: Tuple[bytes, bytes] = (b"{}", b"")
    picture: Optional[np.ndarray] = None  # uint8 (512, 512, 3)
    trouble: str = ""

    @property
    def report(self) -> FidelityReport:
        """What the conversion kept, approximated and lost."""
        return self.made.report


def look_of(name: str, sample: Sample, style: bytes, renderer: Renderer) -> Look:
    """Return a style ready to be drawn: its map style, its pictures, its tiles."""
    names = {field.lower(): field for field in sample.fields}
    numeric = frozenset(field for field, kind in sample.fields.items() if kind is float)
    made = to_mapbox(style, TileLayer("tiles", TABLE, names, numeric))
    archive = sample.data.with_suffix(".pmtiles")
    table = TablePlan(sample.data, TABLE, TABLE, sample.zoom, sample.zoom)
    build(PyramidPlan((table,), parse_options("")), archive, jobs=1)
    look = Look(name, sample.zoom, archive, made)
    if made.sprites:
        try:
            look.sheet = renderer.sprites(SpritesRequest(made.sprites))
        except GeoPubError as error:
            look.trouble = str(error)
    return look


def draw(looks: Sequence[Look], renderer: Renderer) -> None:
    """Let a browser draw all of them; skip where there is none, or no MapLibre."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("chromium is not here: make setup")
    with _Server(looks, maplibre_folder(), renderer) as server, tempfile.TemporaryDirectory() as profile:
        command = [chromium, *_FLAGS, f"--user-data-dir={profile}", "--window-size=600,600", server.url + "/"]
        with (Path(profile) / "log").open("wb") as log:
            browser = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
            try:
                while server.arrived.acquire(timeout=_PATIENCE) and not server.finished.is_set():
                    continue
            finally:
                os.killpg(browser.pid, 9)  # the group that this browser made for its own processes
                browser.wait()
        assert server.finished.is_set(), f"the browser did not finish: {server.trouble}"


@dataclass
class _State:
    looks: Sequence[Look]
    maplibre: Path
    renderer: Renderer
    glyphs: Dict[str, bytes] = field(default_factory=dict)


class _Server(ThreadingHTTPServer):
    """Serves tiles, sprites and glyphs on 127.0.0.1, and takes pictures."""

    daemon_threads = True

    def __init__(self, looks: Sequence[Look], maplibre: Path, renderer: Renderer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.looks, self.maplibre, self.renderer = looks, maplibre, renderer
        self._files = [look.archive.open("rb") for look in looks]
        self.readers = [Reader(MmapSource(file)) for file in self._files]
        self.arrived = threading.Semaphore(0)
        self.finished = threading.Event()
        self.trouble = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> _Server:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
        for file in self._files:
            file.close()

    def style(self, number: int) -> Dict[str, Any]:
        look = self.looks[number]
        tiles = f"{self.url}/tiles/{number}/{{z}}/{{x}}/{{y}}.pbf"
        source = {"type": "vector", "tiles": [tiles], "minzoom": look.zoom, "maxzoom": look.zoom}
        ground = {"id": "ground", "type": "background", "paint": {"background-color": "#ffffff"}}
        document: Dict[str, Any] = {"version": 8, "sources": {"tiles": source}, "layers": [ground, *look.made.layers]}
        if look.made.sprites:
            document["sprite"] = f"{self.url}/sprite/{number}"
        if look.made.has_labels:
            document["glyphs"] = f"{self.url}/glyphs/{{fontstack}}/{{range}}.pbf"
        return document


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        parts: List[str] = unquote(self.path.partition("?")[0]).lstrip("/").split("/")
        first, last = parts[0], parts[-1]
        if first == "tiles":
            level, column, row = (int(part) for part in (*parts[2:4], last.removesuffix(".pbf")))
            tile = self.server.readers[int(parts[1])].get(level, column, row)
            self._answer(tile or b"", "application/vnd.mapbox-vector-tile", 200 if tile else 204, bool(tile))
        elif first == "sprite":
            index, sheet = self.server.looks[int(last.partition(".")[0].partition("@")[0])].sheet
            self._answer(index if last.endswith(".json") else sheet, "application/octet-stream")
        elif first == "glyphs":
            self._glyphs(parts[1], int(last.partition("-")[0]))
        elif first == "looks.json":
            looks = [{"zoom": look.zoom, "style": self.server.style(n)} for n, look in enumerate(self.server.looks)]
            self._answer(json.dumps(looks).encode(), "application/json")
        elif first == "":
            self._answer(_PAGE.read_bytes(), "text/html")
        elif (self.server.maplibre / Path(last).name).is_file():
            file = self.server.maplibre / Path(last).name
            self._answer(file.read_bytes(), _TYPES.get(file.suffix, "application/octet-stream"))
        else:
            self._answer(b"", "text/plain", 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind, _, number = self.path.strip("/").partition("/")
        if kind == "picture":
            self.server.looks[int(number)].picture = decoded(body)[:, :, :3]
        elif kind == "trouble" and number:
            self.server.looks[int(number)].trouble = body.decode("utf-8", "replace")
        elif kind == "trouble":
            self.server.trouble = body.decode("utf-8", "replace")
        else:
            self.server.finished.set()
        self._answer(b"", "text/plain")
        self.server.arrived.release()

    def _glyphs(self, font: str, start: int) -> None:
        try:
            self._answer(self.server.renderer.glyphs(GlyphsRequest(font, start)), "application/x-protobuf")
        except GeoPubError:
            self._answer(b"", "text/plain", 404)

    def _answer(self, body: bytes, kind: str, status: int = 200, gzipped: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if gzipped:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)
