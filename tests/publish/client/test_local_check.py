"""What is found here is what a store finds."""

from __future__ import annotations

import json
from pathlib import Path

from geopub_plugin.cli import main
from geopub_plugin.publish.local_check import check_files

CSV = "lon,lat,name,name\n2,48,a,b\n2,x,a,b\n"


def test_findings(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    assert {fault.id for fault in check_files([tmp_path / "a.csv"])} == {
        "csv.columns",
        "csv.coordinates",
        "geometry.null",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_the_command(tmp_path: Path, capsys) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    (tmp_path / "b.csv").write_text("x,y\n1,2\n")
    assert main(["check", str(tmp_path / "a.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"]
    assert main(["check", str(tmp_path / "b.csv"), "--json"]) == 1
    assert [fault["id"] for fault in json.loads(capsys.readouterr().out)["faults"]] == ["table.no-srs"]
    assert main(["check", str(tmp_path / "b.csv"), "--srs", "EPSG:2154"]) == 0
    assert main(["check", str(tmp_path / "none.csv")]) == 2
