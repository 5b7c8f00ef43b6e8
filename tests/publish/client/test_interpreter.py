"""The right Python, wherever QGIS comes from."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pyproj
import pytest
from osgeo import gdal
from pyproj.exceptions import DataDirError

from geopub_plugin.backend.errors import Unavailable
from geopub_plugin.publish import interpreter
from geopub_plugin.publish.interpreter import Host, backend_environment, candidates, find_interpreter, first_that_works

LINUX = Host("linux", "/usr/bin/python3", "/usr/bin/python3.11", "/usr", (3, 11), True)


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def existing(host: Host):
    return [path for path in dict.fromkeys(candidates(host)) if path.exists()]


def test_osgeo4w(tmp_path):
    right, other = tmp_path / "apps/Python312/python.exe", tmp_path / "apps/Python39/python.exe"
    beside = tmp_path / "bin/python3.exe"
    touch(right, other, tmp_path / "bin/qgis-bin.exe")
    host = Host("win32", str(tmp_path / "bin/qgis-bin.exe"), "", str(tmp_path / "apps/Python312"), (3, 12), True)
    assert existing(host) == [right, other]
    touch(beside)
    assert existing(host)[0] == beside


def test_macos_bundles(tmp_path):
    contents = tmp_path / "QGIS.app/Contents"
    framework = contents / "Frameworks/Python.framework/Versions/3.12/bin/python3"
    old = contents / "MacOS/bin/python3"
    touch(framework, contents / "MacOS/QGIS")
    host = Host("darwin", str(contents / "MacOS/QGIS"), "", str(contents / "Frameworks"), (3, 12), True)
    assert existing(host) == [framework]
    touch(old)
    assert existing(host)[0] == old


@pytest.mark.parametrize("platform", ["win32", "darwin", "linux"])
def test_qgis_itself_is_never_started(tmp_path, platform):
    qgis = tmp_path / "bin" / "qgis-bin.exe"
    touch(qgis)
    host = Host(platform, str(qgis), str(qgis), str(tmp_path), (3, 12), True)
    assert qgis not in list(candidates(host))


def test_the_one_that_a_person_names_comes_first(monkeypatch):
    monkeypatch.setenv("GEOPUB_PYTHON", "/opt/python")
    assert next(candidates(LINUX)) == Path("/opt/python")


def test_probing_refuses_another_version_and_what_is_no_python(tmp_path):
    liar = tmp_path / "python3"
    liar.write_text("#!/bin/sh\necho 2.7\n")
    liar.chmod(0o755)
    host = replace(LINUX, executable=str(liar), base_executable=sys.executable, version=sys.version_info[:2])
    assert first_that_works(host) == Path(sys.executable)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there it is not named so")
def test_the_interpreter_of_this_process_needs_no_probe(monkeypatch):
    tried = []
    monkeypatch.setattr(interpreter, "run", lambda command, **_: tried.append(command[0]) or 1 / 0)
    own = Path(sys.base_prefix, "bin", "python{}.{}".format(*sys.version_info[:2]))
    host = replace(LINUX, executable=str(own), prefix=sys.base_prefix, version=sys.version_info[:2])
    assert first_that_works(host) == own and tried == []
    with pytest.raises(ZeroDivisionError):  # of another installation
        first_that_works(replace(host, prefix="/opt/other"))


def test_nothing_works(tmp_path):
    host = Host("win32", str(tmp_path / "bin/qgis-bin.exe"), "", str(tmp_path), (3, 12), True)
    with pytest.raises(Unavailable) as caught:
        first_that_works(host)
    assert "GEOPUB_PYTHON" in caught.value.cure


def test_outside_qgis_it_is_this_one():
    if "qgis" not in sys.modules:
        assert find_interpreter() == Path(sys.executable)


def test_environment():
    made = backend_environment(LINUX, {"PYTHONPATH": "/mine", "PATH": "/bin"})
    package = Path(sys.modules["geopub_plugin"].__file__).parent.parent
    assert made["PYTHONPATH"].split(os.pathsep)[0] == str(package)
    assert made["PYTHONPATH"].split(os.pathsep)[-1] == "/mine"
    assert "PYTHONHOME" not in made
    assert made["PATH"] == "/bin"


def test_folders_of_modules_are_not_those_of_the_folder_one_works_in(downloads):
    made = backend_environment(LINUX, {"PYTHONPATH": os.pathsep.join(["", "own", ""])})
    assert made["PYTHONPATH"].split(os.pathsep)[-1] == str(downloads / "own")
    assert "" not in made["PYTHONPATH"].split(os.pathsep)


def test_an_interpreter_is_tried_elsewhere_than_one_works(downloads):
    assert interpreter._probed(Path(sys.executable), replace(LINUX, version=sys.version_info[:2]))
    assert not (downloads / "imported").exists()


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_inside_a_bundle_python_proj_and_gdal_are_told_where_they_are(platform, monkeypatch):
    monkeypatch.setattr(pyproj.datadir, "get_data_dir", lambda: "/bundle/proj")
    gdal.SetConfigOption("GDAL_DATA", "/bundle/gdal")
    try:
        made = backend_environment(replace(LINUX, platform=platform, prefix="/bundle"), {"PROJ_DATA": "/own"})
    finally:
        gdal.SetConfigOption("GDAL_DATA", None)
    assert made["PYTHONHOME"] == "/bundle"
    assert (made["PROJ_LIB"], made["PROJ_DATA"], made["GDAL_DATA"]) == ("/bundle/proj", "/own", "/bundle/gdal")


def test_a_data_folder_compiled_into_proj_needs_no_variable(monkeypatch):
    def unknown():
        raise DataDirError("none")

    monkeypatch.setattr(pyproj.datadir, "get_data_dir", unknown)
    assert "PROJ_LIB" not in backend_environment(replace(LINUX, platform="darwin"), {})
