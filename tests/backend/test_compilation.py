"""An installation is completed once: Python's compiled form of the engine is there, or made before anybody waits."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from geopub_plugin.backend import compilation
from geopub_plugin.backend.compilation import compiled
from geopub_plugin.backend.locations import PACKAGE


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "backend" / "tiles").mkdir(parents=True)
    (tmp_path / "backend" / "tiles" / "tile_process.py").touch()
    return tmp_path


def test_it_is_compiled_when_the_last_module_is(package: Path) -> None:
    assert not compiled(package)
    kept = Path(importlib.util.cache_from_source(str(package / "backend" / "tiles" / "tile_process.py")))
    kept.parent.mkdir()
    kept.touch()
    assert compiled(package)


def test_nothing_is_tried_where_nothing_can_be_kept(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation.os, "access", lambda *_: False)
    assert compiled(package)


@pytest.mark.slow
def test_it_compiles_what_serves(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PACKAGE.parent / "metadata.txt", tmp_path)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", f"{PACKAGE.name}.backend.compilation"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=300)
    source = tmp_path / PACKAGE.name / "backend" / "server.py"
    assert Path(importlib.util.cache_from_source(str(source))).exists() and compiled(tmp_path / PACKAGE.name)
