"""The contracts of the command line: exit codes, JSON documents, what goes to which stream, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator, List

import pytest
import requests
from osgeo import ogr, osr

from geopub_plugin.backend import errors
from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.cli import COMMANDS, cli, main
from geopub_plugin.publish.embedded import Backend, find_backend, open_backend, start_backend
from geopub_plugin.terminal.outcome import ExitCode, exit_code

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = {**os.environ, "GEOPUB_LANGUAGE": "en", "COLUMNS": "60"}


def geopub(*arguments: object, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "geopub_plugin.cli", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=ENGLISH, capture_output=True, text=True, timeout=90, check=False, **options
    )


def start(*arguments: object) -> subprocess.Popen:
    command: List[str] = [sys.executable, "-u", "-m", "geopub_plugin.cli", *map(str, arguments)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=ENGLISH,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def shapes(tmp_path_factory) -> Path:
    """Two tables, one with a name that services cannot carry."""
    path = tmp_path_factory.mktemp("cli") / "Été 2024.gpkg"
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    for name in ("Les Villes", "fields"):
        layer = source.CreateLayer(name, srs, ogr.wkbPolygon)
        layer.CreateField(ogr.FieldDefn("N", ogr.OFTInteger))
        for number in range(5):
            feature = ogr.Feature(layer.GetLayerDefn())
            feature["N"] = number
            feature.SetGeometry(
                ogr.CreateGeometryFromWkt(f"POLYGON (({number} 0, {number}.5 0, {number}.5 1, {number} 0))")
            )
            layer.CreateFeature(feature)
    return path


@pytest.fixture(scope="module")
def backend(tmp_path_factory) -> Iterator[Backend]:
    with start_backend(tmp_path_factory.mktemp("cli-data") / "data") as started:
        yield started


@pytest.fixture
def token_file(backend, tmp_path) -> Path:
    (tmp_path / "token").write_text(backend.token + "\n")
    return tmp_path / "token"


def test_publish_json_is_one_document_and_nothing_else(backend, shapes, token_file):
    told = geopub("publish", shapes, "--server", backend.url, "--token-file", token_file, "--json")
    assert (told.returncode, told.stderr) == (0, "")
    document = json.loads(told.stdout)
    assert document["datasheet"] == "Été 2024"
    assert document["layer_name"] == "ete_2024"
    assert {(t["native"], t["name"], t["count"]) for t in document["tables"]} == {
        ("Les Villes", "les_villes", 5),
        ("fields", "fields", 5),
    }
    assert [service["type"] for service in document["services"]] == ["WFS", "WFS", "WMS", "WMTS", "TMS"]
    assert document["names"]["Les Villes"]["fields"]["N"] == "n"
    assert set(document["times"]) == {"delivery", "checks", "integration", "wfs", "wms", "pyramid", "tms"}
    for service in document["services"]:
        if service["service"] != "wms":
            assert requests.get(service["url"], timeout=20).ok


def test_publish_prints_addresses_whole_and_changed_names(backend, shapes, token_file):
    options = ["--server", backend.url, "--token-file", token_file, "--services", "wfs", "--table", "Les Villes"]
    told = geopub("publish", shapes, *options, "--title", "Villes", "--name", "towns", "--datasheet", "My towns")
    assert told.returncode == 0
    assert "typeNames=towns:les_villes" in told.stdout
    assert "Les Villes" in told.stdout
    assert "les_villes" in told.stdout
    assert "My towns" in told.stdout
    assert "Integration" in told.stderr


def test_status(backend, shapes, token_file):
    geopub("publish", shapes, "--server", backend.url, "--token-file", token_file, "--services", "wms", "--title", "S")
    told = geopub("status", "--server", backend.url, "--token-file", token_file, "--json")
    assert told.returncode == 0
    sheet = next(sheet for sheet in json.loads(told.stdout)["datasheets"] if sheet["name"] == "S")
    assert sheet["state"] == "PUBLISHED"
    assert sheet["services"][0]["type"] == "WMS-VECTOR"
    shown = geopub("status", "--server", backend.url, "--token-file", token_file)
    assert sheet["services"][0]["urls"][0]["url"] in shown.stdout


def test_a_sample_is_published_and_completed_at_the_same_address(backend, shapes, token_file):
    server = ["--server", backend.url, "--token-file", token_file, "--json"]
    choices = ["--services", "tms", "--title", "Sample", "--min-zoom", 0, "--max-zoom", 12, "--sample", "2.25,0.5"]
    told = geopub("publish", shapes, *server, *choices)
    assert told.returncode == 0, told.stdout
    (tiles,) = json.loads(told.stdout)["services"]

    def there() -> List[int]:
        places = ("12/2075/2045", "12/2098/2045")  # the second lies two degrees east of the sample
        return [requests.get(f"{tiles['url']}/{place}.pbf", timeout=20).status_code for place in places]

    assert there() == [200, 204]
    completed = geopub("complete", "sample", *server)
    assert completed.returncode == 0, completed.stdout
    assert json.loads(completed.stdout)["urls"] == [{"service": "tms", "type": "TMS", "url": tiles["url"]}]
    assert there() == [200, 200]
    again = geopub("complete", "sample", *server)
    assert again.returncode != 0 and "not a sample" in json.loads(again.stdout)["error"]["what"]
    nobody = geopub("complete", "nobody", *server)
    assert nobody.returncode != 0 and "nobody" in json.loads(nobody.stdout)["error"]["what"]


def test_a_file_with_faults_ends_with_1_and_lists_them(backend, tmp_path, token_file):
    (tmp_path / "none.gpkg").touch()
    options = ["publish", tmp_path / "none.gpkg", "--server", backend.url, "--token-file", token_file]
    told = geopub(*options)
    assert (told.returncode, told.stdout) == (1, "")
    assert "none.gpkg" in told.stderr
    assert "●" in told.stderr
    document = json.loads(geopub(*options, "--json").stdout)
    assert document["error"]["kind"] == "Refused"
    assert document["faults"][0]["id"]
    assert document["faults"][0]["cure"]


def test_a_wrong_token_ends_with_5(backend, shapes, tmp_path):
    (tmp_path / "wrong").write_text("wrong")
    told = geopub("publish", shapes, "--server", backend.url, "--token-file", tmp_path / "wrong", "--json")
    assert told.returncode == 5
    assert json.loads(told.stdout)["error"]["kind"] == "NotAuthenticated"


def test_nobody_answers_ends_with_3(shapes, tmp_path):
    told = geopub("publish", shapes, "--server", "http://127.0.0.1:9", "--json")
    assert told.returncode == 3
    assert json.loads(told.stdout)["error"]["cure"]
    assert geopub("status", "--data", tmp_path / "nothing").returncode == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["publish"],
        ["publish", "no-such-file.gpkg"],
        ["nonsense"],
        ["publish", __file__, "--services", "wps"],
        ["publish", __file__, "--min-zoom", "9", "--max-zoom", "3"],
        ["publish", __file__, "--max-zoom", "40"],
    ],
)
def test_a_wrong_command_line_ends_with_2(arguments, capsys):
    assert main(arguments) == 2
    assert "Usage" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["publish", "--help"], ["--version"]])
def test_help(arguments, capsys):
    assert main(arguments) == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_where_the_table_says(name, capsys):
    assert cli.get_command(None, name).name == name
    assert main([name, "--help"]) == 0 and f"geopub {name}" in capsys.readouterr().out


def test_every_error_has_an_exit_code():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.GeoPubError)]
    codes = {kind.__name__: exit_code(kind("x")) for kind in kinds}
    assert codes["InvalidInput"] is codes["NotFound"] is codes["Conflict"] is ExitCode.REFUSED
    assert codes["Unavailable"] is codes["DataFolderLocked"] is codes["DataFolderNewer"] is ExitCode.UNREACHABLE
    assert codes["JobFailed"] is codes["StorageFull"] is ExitCode.FAILED
    assert codes["NotAuthenticated"] is codes["NotAllowed"] is ExitCode.FORBIDDEN
    assert codes["Cancelled"] is ExitCode.INTERRUPTED
    documented = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert all(f"| {int(code)} |" in documented for code in ExitCode)


def test_doctor(tmp_path):
    told = geopub("doctor", "--json", "--data", tmp_path / "new")
    document = json.loads(told.stdout)
    assert document["ok"] is (told.returncode == 0)
    found = {finding["name"]: finding for finding in document["findings"]}
    assert found["numpy"]["ok"]
    assert found["GDAL"]["found"]
    assert not (tmp_path / "new").exists()


def test_tiles(shapes, tmp_path):
    told = geopub("tiles", shapes, tmp_path / "out" / "x.pmtiles", "--min-zoom", "3", "--max-zoom", "5", "--json")
    assert told.returncode == 0, told.stderr
    document = json.loads(told.stdout)
    assert sorted(map(int, document["levels"])) == [3, 4, 5]
    archive = tmp_path / "out" / "x.pmtiles"
    assert archive.read_bytes()[:8] == b"PMTiles\x03"
    assert [path.name for path in archive.parent.iterdir()] == ["x.pmtiles"]
    (tmp_path / "text.gpkg").write_text("text")
    assert geopub("tiles", tmp_path / "text.gpkg", tmp_path / "y.pmtiles").returncode == 1


def test_tiles_load_nothing_of_the_other_commands(shapes, tmp_path):
    arguments = ["tiles", str(shapes), str(tmp_path / "x.pmtiles"), "--min-zoom", "3", "--max-zoom", "5", "--json"]
    script = f"""
import sys
from geopub_plugin.cli import main
assert main({arguments!r}) == 0
heavy = {{"flask", "sqlalchemy", "requests", "rich", "osgeo", "lxml", "jinja2", "geopub_plugin.publish.client"}}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


def tiles_json(*arguments: object) -> dict:
    told = geopub("tiles", *arguments, "--json")
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def test_tiles_as_asked(shapes, tmp_path):
    layers = ("--table", "fields", "--layer", "champs", "--table", "Les Villes", "--layer", "villes")
    levels = ("--min-zoom", 2, "--max-zoom", 6, "--jobs", 1, "--options", "-S10 -an")
    made = tiles_json(
        shapes, tmp_path / "x.pmtiles", *layers, *levels, "--attributes", "N,geom", "--where", "N IN (1, 2)",
        "--report", tmp_path / "report" / "r.json",
    )  # fmt: skip
    report = json.loads((tmp_path / "report" / "r.json").read_text("utf-8"))
    assert report == made
    levels_told = made["report"]["levels"]
    assert [level["level"] for level in levels_told] == [2, 3, 4, 5, 6]
    assert made["report"]["features"] == 4  # two of each table
    assert set(levels_told[0]) >= {"tiles", "features", "dropped", "bytes", "seconds", "largest"}
    assert levels_told[0]["largest"][0]["path"].endswith(".pbf")
    with Archive(tmp_path / "x.pmtiles") as archive:
        told = archive.metadata()["vector_layers"]
    assert [(layer["id"], list(layer["fields"])) for layer in told] == [("champs", ["N"]), ("villes", ["N"])]


def test_tiles_of_an_area_and_of_a_sample(shapes, tmp_path):
    area = "POLYGON ((0.1 0.1, 0.4 0.1, 0.4 0.2, 0.1 0.1))"
    levels = ("--min-zoom", 8, "--max-zoom", 8)
    whole = tiles_json(shapes, tmp_path / "w.pmtiles", *levels)["report"]["tiles"]
    assert 0 < tiles_json(shapes, tmp_path / "a.pmtiles", *levels, "--area", area)["report"]["tiles"] < whole
    sample = tiles_json(shapes, tmp_path / "s.pmtiles", "--max-zoom", 12, "--sample", "0.3,0.2")
    assert sample["area"].startswith("POLYGON((")
    assert sample["report"]["levels"][-1]["tiles"] <= 100


def test_tiles_into_mbtiles_and_a_folder(shapes, tmp_path):
    levels = ("--min-zoom", 0, "--max-zoom", 4)
    made = [tiles_json(shapes, f"{tmp_path}/{name}", *levels) for name in ("x.mbtiles", "tiles/", "x.pmtiles")]
    assert len({one["report"]["tiles"] for one in made}) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiles", "x.mbtiles", "x.pmtiles"]
    assert made[0]["size"] == (tmp_path / "x.mbtiles").stat().st_size
    assert len(list((tmp_path / "tiles").rglob("*.pbf"))) == made[0]["report"]["tiles"]
    assert ogr.Open(str(tmp_path / "x.mbtiles")).GetLayerByName("fields") is not None


def test_tiles_are_estimated_first(shapes, tmp_path):
    told = tiles_json(shapes, tmp_path / "x.pmtiles", "--dry-run", "--max-zoom", 6)
    assert set(told) == {"levels", "features", "tiles", "size", "seconds"}
    assert told["features"] == 10 and told["tiles"] > 0
    assert not list(tmp_path.iterdir())
    shown = geopub("tiles", shapes, tmp_path / "x.pmtiles", "--max-zoom", 6)
    assert "Tiles: about" in shown.stderr
    assert "levels" in shown.stdout and "Largest tile" in shown.stdout


@pytest.mark.parametrize(
    "arguments, code, told",
    [
        (("--where", "lower(N) = 'a'"), 1, "lower(…)"),
        (("--where", "M = 1"), 1, "“M”"),
        (("--attributes", "N,M"), 1, "“M”"),
        (("--attributes", "geom"), 1, "attribute"),
        (("--table", "nothing"), 1, "“nothing”"),
        (("--area", "POINT (0 0)"), 1, "POINT"),
        (("--options", "-zz"), 1, "“-zz”"),
        (("--preset", "best"), 1, "“best”"),
        (("--preset", "mixed", "--options", "-S10"), 2, "not both"),
        (("--area", "POLYGON ((0 0, 1 0, 1 1, 0 0))", "--sample", "0,0"), 2, "not both"),
        (("--sample", "Paris"), 2, "2.35,48.85"),
        (("--min-zoom", "5", "--max-zoom", "4"), 2, "--max-zoom"),
        (("--max-zoom", "19"), 2, "18"),
        (("--layer", "a", "--layer", "b", "--layer", "c"), 1, "layer"),
    ],
)
def test_tiles_refused(shapes, tmp_path, arguments, code, told):
    ended = geopub("tiles", shapes, tmp_path / "x.pmtiles", *arguments)
    assert ended.returncode == code
    assert told in " ".join(ended.stderr.split())
    assert not list(tmp_path.iterdir())


def test_tiles_go_nowhere_else(shapes, tmp_path):
    assert geopub("tiles", shapes, tmp_path / "x.zip").returncode == 1
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "thesis.odt").write_text("years of work")
    assert geopub("tiles", shapes, f"{tmp_path}/own/").returncode == 1
    assert (tmp_path / "own" / "thesis.odt").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("to_all", [False, True])
def test_ctrl_c_ends_the_making_of_tiles_within_a_second(tmp_path, to_all):
    """A million tiles of one box; the signal goes to the first process only, or as a terminal does to all."""
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(tmp_path / "in.gpkg"))
    layer = source.CreateLayer("boxes", srs, ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("N", ogr.OFTInteger))
    layer.StartTransaction()
    for number in range(3000):
        feature = ogr.Feature(layer.GetLayerDefn())
        x, y = number % 60, number // 60
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POLYGON (({x} {y}, {x + 1} {y}, {x + 1} {y + 1}, {x} {y}))"))
        layer.CreateFeature(feature)
    layer.CommitTransaction()
    del layer, source
    out = tmp_path / "out" / "x.pmtiles"
    begun = start("tiles", tmp_path / "in.gpkg", out, "--min-zoom", 0, "--max-zoom", 12, "--jobs", 2)
    deadline = time.monotonic() + 30
    while not list(out.parent.glob(".x.pmtiles.geopub/*/block-*")) and begun.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    sent = time.monotonic()
    if to_all:
        os.killpg(begun.pid, signal.SIGINT)
    else:
        begun.send_signal(signal.SIGINT)
    assert begun.wait(10) == ExitCode.INTERRUPTED
    assert time.monotonic() - sent < 5  # one second, on a machine that does nothing else
    assert not list(out.parent.iterdir())


def test_it_starts_a_backend_serves_until_ctrl_c_and_finds_everything_again(shapes, tmp_path):
    data = tmp_path / "data"
    first = start("publish", shapes, "--data", data, "--services", "wfs", "--json")
    document = ""
    while first.stdout and not document.endswith("\n}\n"):
        line = first.stdout.readline()
        assert line, first.stderr and first.stderr.read()
        document += line
    url = json.loads(document)["services"][0]["url"]
    assert requests.get(url, timeout=20).ok  # it serves

    running = find_backend(data)
    assert running is not None
    assert running.process is None
    second = geopub("publish", shapes, "--data", data, "--services", "wms", "--json")  # uses the one that runs
    assert second.returncode == 0
    assert json.loads(second.stdout)["services"][0]["url"].startswith(running.url)
    assert geopub("status", "--data", data).returncode == 0

    first.send_signal(signal.SIGINT)
    assert first.wait(20) == 0
    assert find_backend(data) is None

    with open_backend(data) as again:
        assert again.process is not None
        assert url.startswith(again.url)  # the same port
        assert requests.get(url, timeout=20).ok


def test_ctrl_c_takes_a_publication_back_and_ends_with_130(backend, world_map, token_file, tmp_path):
    process = start("publish", world_map, "--server", backend.url, "--token-file", token_file, "--title", "Interrupted")
    assert process.stderr is not None
    for line in iter(process.stderr.readline, ""):
        if "Integration" in line or "Checks" in line:
            break
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    document = json.loads(geopub("status", "--server", backend.url, "--token-file", token_file, "--json").stdout)
    assert "Interrupted" not in [sheet["name"] for sheet in document["datasheets"]]


def test_a_folder_that_cannot_be_used_is_refused_in_the_words_of_the_backend(shapes, tmp_path):
    (tmp_path / "mine.txt").write_text("not yours")
    told = geopub("publish", shapes, "--data", tmp_path, "--json")
    assert told.returncode == 1
    assert "mine.txt" in json.loads(told.stdout)["error"]["why"]
