"""Pictures by MapLibre GL JS in a headless Chromium, with WebGL in software."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import List, Sequence

import numpy as np
import pytest
from osgeo import gdal

from ..conftest import CACHE, ROOT
from .tile_server import TileServer
from .views import View, classes

_PATIENCE = 240  # seconds: software WebGL on a busy machine
_FLAGS = (
    "--headless=new", "--no-sandbox", "--no-first-run", "--disable-extensions", "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader", "--force-device-scale-factor=1", "--hide-scrollbars", "--disable-dev-shm-usage",
)  # fmt: skip


def maplibre_folder() -> Path:
    """Return where MapLibre is, fetched by npm on first use; skip where neither is."""
    version = (ROOT / "tools" / "maplibre.txt").read_text("ascii").strip()
    place = CACHE / "maplibre" / version
    built = place / "node_modules" / "maplibre-gl" / "dist"
    if not built.is_dir():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not here to fetch MapLibre: make setup")
        place.mkdir(parents=True, exist_ok=True)
        command = [
            npm,
            "install",
            "--prefix",
            str(place),
            "--no-audit",
            "--no-fund",
            "--silent",
            f"maplibre-gl@{version}",
        ]
        if subprocess.run(command, check=False, timeout=300).returncode:
            pytest.skip("offline: npm cannot fetch MapLibre")
    return built


def drawn(archive: Path, views: Sequence[View]) -> List[np.ndarray]:
    """Return the classes of the pixels of each view: uint8 (512, 512)."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("chromium is not here: make setup")
    with TileServer(archive, maplibre_folder(), views) as server, tempfile.TemporaryDirectory() as profile:
        command = [chromium, *_FLAGS, f"--user-data-dir={profile}", "--window-size=600,600", server.url + "/"]
        with (Path(profile) / "log").open("wb") as log:
            browser = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
            try:
                server.finished.wait(_PATIENCE)
            finally:
                os.killpg(browser.pid, 9)  # the group that this browser made for its own processes
                browser.wait()
        assert not server.trouble, server.trouble
        assert len(server.pictures) == len(views), "the browser did not finish"
        return [classes(pixels(server.pictures[number])) for number in range(len(views))]


def pixels(png: bytes) -> np.ndarray:
    """Decode a PNG: uint8 (h, w, bands)."""
    gdal.FileFromMemBuffer("/vsimem/picture.png", png)
    array = gdal.Open("/vsimem/picture.png").ReadAsArray()
    gdal.Unlink("/vsimem/picture.png")
    return np.moveaxis(array, 0, 2)
