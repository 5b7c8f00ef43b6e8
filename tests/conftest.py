"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Callable, Iterator

import pytest

import geopub_plugin.backend  # noqa: F401 - first of all: it tells pyproj where its data are

from .catalogues import WITH_POSTGRESQL, database_for, drop_databases
from .ogc_schemas import OgcSchemas
from .postgresql import Cluster, running_cluster

ROOT = Path(__file__).resolve().parent.parent
_GDAL_TILES = tempfile.TemporaryDirectory(prefix="geopub-gdal-tiles-")  # GDAL would keep tiles in the working folder
os.environ.setdefault("GDAL_DEFAULT_WMS_CACHE_PATH", _GDAL_TILES.name)
SHARED_DATA = ROOT.parent / "shared" / "data"
CACHE = Path(os.environ.get("GEOPUB_TEST_CACHE", Path.home() / ".cache" / "geopub-tests"))


def pytest_collection_modifyitems(items: list) -> None:
    if WITH_POSTGRESQL:
        for item in items:
            if item.get_closest_marker("sqlite"):
                item.add_marker(pytest.mark.skip(reason="tells how SQLite keeps the catalogue"))


def unzipped_data() -> Path:
    """Return the folder with the unzipped real data, made on first use; skip where there is none."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real data of ../shared/data is not here")
    done = CACHE / "data" / ".done"
    if not done.exists():
        for archive in sorted(SHARED_DATA.glob("dev-*.zip")):
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(CACHE / "data")
        done.touch()
    return done.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real GeoPackages and styles, or skip."""
    return unzipped_data()


@pytest.fixture(scope="session")
def ogc_schemas() -> OgcSchemas:
    """Return the schemas of OGC, ISO and W3C, fetched on first use; skip where Maven cannot fetch them."""
    folder = CACHE / "schemas"
    command = [sys.executable, str(ROOT / "tools" / "schemas.py"), "--into", str(folder)]
    if not folder.is_dir() and subprocess.run(command, check=False, timeout=300).returncode:
        pytest.skip("the OGC schemas are not in the test cache, and Maven cannot fetch them")
    return OgcSchemas(folder)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """Return a running PostgreSQL, or skip."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def databases_go_with_their_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """Drop the databases of the data folders that a test has made for itself."""
    cluster = request.getfixturevalue("postgresql") if WITH_POSTGRESQL else None
    yield
    below = (getattr(request.node, "funcargs", None) or {}).get("tmp_path")
    if cluster is not None and below is not None:
        drop_databases(cluster, below)


@pytest.fixture
def catalogue_for(request: pytest.FixtureRequest) -> Callable[[Path], str]:
    """Return what gives the URL of a data folder's catalogue, "" for SQLite in the data folder."""
    if not WITH_POSTGRESQL:
        return lambda data: ""
    cluster = request.getfixturevalue("postgresql")
    return lambda data: database_for(cluster, data)


@pytest.fixture(scope="session")
def world_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the world map that every QGIS carries (QGIS and SQLite would write into the original)."""
    origin = Path("/usr/share/qgis/resources/data/world_map.gpkg")
    if not origin.exists():
        pytest.skip("QGIS's world_map.gpkg is not on this machine")
    return Path(shutil.copy(origin, tmp_path_factory.mktemp("world") / "world_map.gpkg"))


@pytest.fixture(scope="session")
def plugin_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the zip that people install, made by the tool that makes it for them; skip where pip reaches nothing."""
    out = tmp_path_factory.mktemp("package")
    command = [sys.executable, str(ROOT / "tools" / "package.py"), "--out", str(out)]
    told = subprocess.run(command, cwd=out, capture_output=True, text=True, check=False, timeout=120)
    if told.returncode and "pip" in told.stderr:
        pytest.skip("offline: pip cannot fetch the wheels that the zip carries")
    assert told.returncode == 0, told.stderr
    return next(out.glob("geopub-*.zip"))


VALIDATOR = "@maplibre/maplibre-gl-style-spec@26.6.0"
VALIDATE = """import {readFileSync} from 'node:fs';
import {validateStyleMin} from '@maplibre/maplibre-gl-style-spec';
let faults = 0;
for (const path of process.argv.slice(2)) {
  for (const fault of validateStyleMin(JSON.parse(readFileSync(path, 'utf8')))) {
    console.log(path + ': ' + fault.message);
    faults += 1;
  }
}
process.exit(faults ? 1 : 0);
"""


@pytest.fixture(scope="session")
def style_validator() -> Callable[..., str]:
    """Return what tells the faults of style files as MapLibre finds them; skip where npm cannot fetch its validator."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not here: it brings the validator of MapLibre")
    folder = CACHE / "style-validator"
    script = folder / "validate.mjs"
    if not script.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), VALIDATOR]
        if subprocess.run(command, check=False, timeout=120, capture_output=True).returncode:
            pytest.skip("npm cannot fetch the validator of MapLibre")
        script.write_text(VALIDATE, encoding="utf-8")

    def faults(*paths: Path) -> str:
        command = ["node", str(script), *map(str, paths)]
        told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        return told.stdout + told.stderr

    return faults


@pytest.fixture
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go into a folder with modules of somebody's that nothing of GeoPub may import."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    for module in ("flask", "json", "numpy", "geopub_plugin"):
        (folder / f"{module}.py").write_text(
            f"open({str(folder / 'imported')!r}, 'w').write('{module}')\nraise SystemExit(9)"
        )
    monkeypatch.chdir(folder)
    return folder
