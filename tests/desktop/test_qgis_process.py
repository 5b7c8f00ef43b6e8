"""`qgis_process` finds the algorithms in the plugin's zip, and publishes without a screen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Callable

import pytest

from .conftest import install, processes_with

pytestmark = pytest.mark.desktop
PROGRAM = "/usr/bin/qgis_process.bin"  # Debian's wrapper hands it an option that it does not know


@pytest.fixture
def qgis_process(plugin_zip: Path, tmp_path: Path) -> Callable[..., dict]:
    """Return what runs qgis_process in a profile with the plugin and returns the JSON that it prints."""
    program = PROGRAM if os.access(PROGRAM, os.X_OK) else shutil.which("qgis_process")
    if program is None:
        pytest.skip("qgis_process is not on this machine")
    profiles = tmp_path / "profiles"
    install(plugin_zip, profiles / "profiles" / "default", "en")
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "QGIS_CUSTOM_CONFIG_PATH": str(profiles),
        "QT_QPA_PLATFORM": "offscreen",
        "LANG": "C.UTF-8",
    }

    def run(*arguments: str) -> dict:
        command = [program, "--json", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=150, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
        return json.loads(done.stdout[done.stdout.index("{") :])

    return run


def test_publish_and_export_headless(qgis_process, world_map, tmp_path):
    listed = qgis_process("list")["providers"]["geopub"]["algorithms"]
    assert set(listed) == {
        f"geopub:{name}" for name in ("publish", "update", "unpublish", "exportstyles", "generatetiles", "checklayer")
    }
    source = f"{shutil.copy(world_map, tmp_path / 'world.gpkg')}|layername=countries"
    live = qgis_process("run", "geopub:publish", "--", f"INPUT={source}", "TITLE=The world", "SERVICES=0,2")["results"]
    assert live["LAYER_NAME"] == "the_world" and live["WFS"].startswith("http://127.0.0.1:")
    folder = tmp_path / "styles"
    made = qgis_process("run", "geopub:exportstyles", "--", f"INPUT={source}", f"OUTPUT={folder}")["results"]
    assert len(list(folder.iterdir())) >= 4 and made["FILES"]
    assert not processes_with(str(tmp_path)), "the backend outlived qgis_process"
