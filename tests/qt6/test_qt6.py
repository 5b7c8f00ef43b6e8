"""Ready for QGIS 4, which is Qt 6 only: names, widgets, every window, with PyQt6 in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGE = ROOT / "geopub_plugin"
PYTHON = ROOT / ".venv" / "qt6" / "bin" / "python"
FOR_OLDER_QGIS = {"QVariant.Type.String", "QVariant.Type.Int", "QVariant.Type.Bool"}  # in a branch for QGIS before 3.38

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="no PyQt6 here; `make setup` fetches it")


def with_qt6(script: str, *arguments: str) -> dict:
    """Return what a script of this folder says, run with PyQt6 and without QGIS."""
    paths = (HERE / "shim", ROOT, sysconfig.get_path("purelib"))  # the last for the backend's dependencies
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": os.pathsep.join(map(str, paths))}
    told = subprocess.run(
        [PYTHON, HERE / script, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout.splitlines()[-1])


def test_every_name_of_qt_is_there():
    said = with_qt6("names.py", str(PACKAGE))
    gone = [place for place in said["missing"] if place.rpartition(": ")[2] not in FOR_OLDER_QGIS]
    assert not gone, "Qt 6 has no such names:\n" + "\n".join(gone)
    assert said["names"] > 500, "hardly a name was looked up"


def test_a_name_that_qt_6_has_dropped_is_found(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "from qgis.PyQt.QtCore import Qt\nfrom qgis.PyQt.QtWidgets import QSizePolicy as Policy, QWidget\n"
        "a = Qt.AlignLeft\nb = Policy.Fixed\nc = Qt.AlignmentFlag.AlignLeft.value\nQWidget.exec_()\n",
        "utf-8",
    )
    found = [place.rpartition("wrong.py:")[2] for place in with_qt6("names.py", str(tmp_path))["missing"]]
    assert sorted(found) == ["3: Qt.AlignLeft", "4: Policy.Fixed", "6: QWidget.exec_"]


def test_every_window_opens_beside_stand_ins_of_qgis():
    said = with_qt6("windows.py", str(PACKAGE))
    assert said["modules"] > 200
    assert not said["unseen"], "no window shows these widgets of the plugin"
    assert len(said["colours"]) > 30 and all(count > 50 for count in said["colours"].values()), said["colours"]


def test_plain_widgets_hold_and_show_what_they_are_given():
    said = with_qt6("widgets.py")
    assert said["held"] == {
        "fault": "Give a name.", "name": "lakes", "chosen": ["b"], "words": ["lakes", "rivers"],
        "label": "It is too long.",
    }  # fmt: skip
    assert len(said["colours"]) == 9 and all(count > 1 for count in said["colours"].values()), said["colours"]
