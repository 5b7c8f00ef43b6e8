"""The plugin's zip: what plugins.qgis.org asks for, and a backend that starts from it with nothing installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path
from urllib.parse import urlparse

import pytest

from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.publication import Publication, PublicationRequest

ROOT = Path(__file__).resolve().parent.parent
REQUIRED = (
    "name", "description", "description[fr]", "version", "qgisMinimumVersion", "author", "email", "about", "about[fr]",
    "tracker", "repository", "homepage",
)  # fmt: skip
SYSTEM_PYTHON = Path("/usr/bin/python3")


@pytest.fixture(scope="module")
def names(plugin_zip):
    with zipfile.ZipFile(plugin_zip) as packed:
        assert packed.testzip() is None
        return packed.namelist()


def test_one_top_folder_of_a_modest_size(plugin_zip, names):
    assert {name.split("/")[0] for name in names} == {"geopub_plugin"}
    assert plugin_zip.stat().st_size < 25_000_000


@pytest.mark.parametrize(
    "name",
    [
        "__init__.py", "plugin.py", "metadata.txt", "LICENSE", "CHANGELOG.md", "resources/icons/geopub.svg",
        "i18n/geopub_fr.ts", "backend/__main__.py", "vendor/flask/__init__.py", "vendor/sqlalchemy/__init__.py",
    ],
)  # fmt: skip
def test_what_must_be_there(names, name):
    assert f"geopub_plugin/{name}" in names


@pytest.mark.skipif(shutil.which("lrelease") is None, reason="Qt's lrelease is not on this machine")
def test_translations_are_compiled(names):
    assert "geopub_plugin/i18n/geopub_fr.qm" in names


def test_metadata_as_the_site_and_qgis_read_them(plugin_zip, names):
    """Of the site's validator: with interpolation, which a lone % breaks; QGIS shows the French of what has any."""
    metadata = ConfigParser()
    metadata.optionxform = str
    with zipfile.ZipFile(plugin_zip) as packed:
        metadata.read_string(packed.read("geopub_plugin/metadata.txt").decode("utf-8"))
    told = dict(metadata.items("general"))
    assert all(told.get(key, "").strip() for key in REQUIRED)
    assert (told["qgisMinimumVersion"], told["qgisMaximumVersion"]) == ("3.22", "4.99")
    assert f"geopub_plugin/{told['icon']}" in names and "/" not in told["author"]
    assert {told[flag].lower() for flag in ("experimental", "deprecated", "server")} <= {"true", "false"}
    assert all(urlparse(told[key]).netloc for key in ("tracker", "repository", "homepage"))


def test_what_must_not_be_there(names):
    assert not [name for name in names if ".." in name or ".pyc" in name]
    compiled = (".pyc", ".so", ".pyd", ".dll", ".dylib", ".exe", ".bat", ".sh", ".cmd", ".pyx")
    assert not [name for name in names if name.endswith(compiled)]
    assert not [name for name in names if any(part.startswith(".") for part in name.split("/"))]
    assert not [name for name in names if "/tests/" in name or "__pycache__" in name or "/pending/" in name]


def test_licences_come_along(names):
    for package in ("flask", "sqlalchemy", "waitress", "werkzeug", "click"):
        of = [name.lower() for name in names if name.startswith(f"geopub_plugin/vendor/{package}-")]
        assert any("licen" in name.rsplit("/", 1)[-1] for name in of), package


def test_the_vendored_versions_are_those_of_development():
    wanted = {
        line.split("==")[0]: line
        for line in (ROOT / "tools" / "vendored.txt").read_text("utf-8").splitlines()
        if "==" in line
    }
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    for package in ("flask", "waitress", "sqlalchemy", "pmtiles", "defusedxml"):
        assert f'"{wanted[package]}"' in project


def test_the_same_sources_make_the_same_bytes(plugin_zip, tmp_path):
    command = [sys.executable, str(ROOT / "tools" / "package.py"), "--out", str(tmp_path)]
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    with zipfile.ZipFile(plugin_zip) as first, zipfile.ZipFile(next(tmp_path.glob("*.zip"))) as second:
        assert [(e.filename, e.date_time) for e in first.infolist()] == [
            (e.filename, e.date_time) for e in second.infolist()
        ]


@pytest.mark.skipif(not SYSTEM_PYTHON.exists(), reason="there is no /usr/bin/python3")
def test_the_backend_of_the_zip_publishes_with_a_bare_python(plugin_zip, world_map, tmp_path):
    with zipfile.ZipFile(plugin_zip) as packed:
        packed.extractall(tmp_path / "plugins")
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment = {**bare, "PYTHONPATH": str(tmp_path / "plugins"), "PYTHONNOUSERSITE": "1"}
    command = [str(SYSTEM_PYTHON), "-m", "geopub_plugin.backend", "serve", "--data", str(tmp_path / "data")]
    process = subprocess.Popen(
        [*command, "--until-stdin-closes"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("READY http://127.0.0.1:"), line
        token = (tmp_path / "data" / "server.json").read_text("utf-8").partition('"token": "')[2].partition('"')[0]
        request = PublicationRequest.proposed(world_map, ["disputed_borders"])
        result = Publication(open_store(line.split()[1], token), request).run()
        assert [url.type for url in result.urls] == ["WFS", "WMS", "WMTS", "TMS"]
    finally:
        process.stdin.close()
        assert process.wait(20) == 0
