"""What the tile benchmark measures with: its counts against a second decoder, its pictures, its meter."""

from __future__ import annotations

import sys
from pathlib import Path

import mapbox_vector_tile
import numpy as np
import pytest
import tile_pictures
from process_meter import ProgramFailed, Usage, measured
from tile_archives import contents_of, opened, raw
from tile_report import written

from geopub_plugin.backend.tiles.pyramid_job import build_pyramid_file


@pytest.fixture(scope="module")
def archive(world_map: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tiles") / "world.pmtiles"
    build_pyramid_file(world_map, made, (0, 3), tables=["states_provinces"], options="-S10")
    return made


def test_counts_are_those_of_a_second_decoder(archive: Path) -> None:
    counted = {level: found.features for level, found in contents_of(opened(archive)).items()}
    decoded = dict.fromkeys(counted, 0)
    for (level, _, _), data in opened(archive).tiles():
        layers = mapbox_vector_tile.decode(raw(data)).values()
        decoded[level] += sum(len(layer["features"]) for layer in layers)
    assert counted == decoded
    assert min(counted.values()) > 0


def test_paths_are_those_of_a_second_decoder(archive: Path) -> None:
    data = opened(archive).tile(2, 2, 1)
    assert data is not None
    layers = mapbox_vector_tile.decode(raw(data), default_options={"y_coord_down": True}).values()
    geometries = [feature["geometry"] for layer in layers for feature in layer["features"]]
    polygons = [one["coordinates"] if one["type"] == "MultiPolygon" else [one["coordinates"]] for one in geometries]
    vertices = sorted((x, y) for parts in polygons for part in parts for ring in part for x, y in ring[:-1])
    paths = tile_pictures.paths_of(raw(data))
    scale = tile_pictures.EXTENT / tile_pictures.PIXELS
    assert sorted(zip((paths.x * scale).tolist(), (paths.y * scale).tolist())) == vertices
    assert len(paths.kind) == sum(len(part) for parts in polygons for part in parts)


def test_a_hole_is_not_filled_and_borders_are_drawn() -> None:
    square = [(100, 100), (3000, 100), (3000, 3000), (100, 3000), (100, 100)]
    hole = [(1000, 1000), (1000, 2000), (2000, 2000), (2000, 1000), (1000, 1000)]
    shape = {"type": "Polygon", "coordinates": [square, hole]}
    layer = {"name": "one", "features": [{"geometry": shape, "properties": {}}]}
    tile = mapbox_vector_tile.encode(layer, default_options={"y_coord_down": True})
    drawn = tile_pictures.tile_picture(tile)
    assert drawn[30, 30] == tile_pictures.INSIDE
    assert drawn[90, 90] == drawn[200, 200] == tile_pictures.BACKGROUND
    assert drawn[6, 100] == drawn[62, 100] == tile_pictures.DRAWN


@pytest.mark.parametrize(("shift", "differs"), [(0, False), (1, False), (2, True)])
def test_one_pixel_is_forgiven(shift: int, differs: bool) -> None:
    one = np.zeros((32, 32), np.uint8)
    one[10:20, 10:20] = tile_pictures.INSIDE
    assert tile_pictures.difference(one, np.roll(one, shift, axis=1)).any() == differs


def test_children_count(tmp_path: Path) -> None:
    work = "x = bytearray(60_000_000); sum(range(10**6))"
    child = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r} + '; import time; time.sleep(.2)'])"
    )
    used = measured([sys.executable, "-c", child], tmp_path / "log")
    assert used.complete
    assert used.memory > 60_000_000
    assert 0.2 < used.wall < 20
    assert used.cpu > 0.02


def test_a_limit_ends_and_a_failure_is_told(tmp_path: Path) -> None:
    ended = measured([sys.executable, "-c", "import time; time.sleep(30)"], tmp_path / "log", limit=0.3)
    assert not ended.complete
    assert ended.wall < 10
    with pytest.raises(ProgramFailed, match="no such thing"):
        measured([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path / "log")


def test_usage_of_two_programs_adds_up() -> None:
    both = Usage(1.0, 1.5, 300, 0.1).then(Usage(2.0, 0.5, 200, 0.2))
    assert (both.wall, both.cpu, both.memory, round(both.others, 6)) == (3.0, 2.0, 300, 0.3)


def test_sections_of_others_stay(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    for section, name in (("a1", "a"), ("b1", "b"), ("a2", "a")):
        written(section, results, name)
    text = results.read_text("utf-8")
    assert "a1" not in text
    assert text.index("a2") < text.index("b1")
