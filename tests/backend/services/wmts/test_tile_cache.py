"""Metatiles are drawn once, kept within the limit, and forgotten with their revision."""

from __future__ import annotations

import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import List, Optional

import pytest

from geopub_plugin.backend.errors import Unavailable
from geopub_plugin.backend.render.requests import MetatileRequest
from geopub_plugin.backend.services.publications import DrawnTable, MapLayer
from geopub_plugin.backend.services.wmts.matrices import MATRICES, Tile
from geopub_plugin.backend.services.wmts.metatiles import Metatile
from geopub_plugin.backend.services.wmts.tile_cache import TileCache

LAYER = MapLayer("roads", "", "", (), (DrawnTable(Path("/d/a.gpkg"), "a", None),), "EPSG:2154", (0, 0, 1, 1), "r1")


class Counting:
    """Draws each tile as its number, and counts; a gate lets requests wait."""

    def __init__(self, fault: Optional[Exception] = None) -> None:
        self.drawn: List[MetatileRequest] = []
        self.gate = threading.Event()
        self.gate.set()
        self.fault = fault

    def metatile(self, request: MetatileRequest) -> bytes:
        self.drawn.append(request)
        self.gate.wait(5)
        if self.fault:
            raise self.fault
        tiles = [b"tile %03d" % number + b"." * 992 for number in range(request.across**2)]
        return struct.pack(f">{len(tiles) + 1}I", len(tiles), *map(len, tiles)) + b"".join(tiles)


def tile_of(cache: TileCache, row: int, column: int, level: int = 6, layer: MapLayer = LAYER) -> bytes:
    tile = Tile(MATRICES[level], row, column)
    return cache.tile(Metatile.around(layer, tile), tile)


def files(folder: Path) -> List[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_block_is_drawn_once(tmp_path: Path) -> None:
    renderer = Counting()
    cache = TileCache(renderer, tmp_path, 10**6)
    assert [tile_of(cache, 8 + number // 4, 4 + number % 4)[:8] for number in range(16)] == [
        b"tile %03d" % number for number in range(16)
    ]
    assert len(renderer.drawn) == len(files(tmp_path)) == 1
    tile_of(cache, 12, 4)
    assert len(renderer.drawn) == 2
    assert tile_of(TileCache(renderer, tmp_path, 10**6), 8, 5)[:8] == b"tile 001"  # also after a new start
    assert len(renderer.drawn) == 2


@pytest.mark.parametrize(("level", "across"), [(0, 1), (1, 2), (2, 4), (3, 4)])
def test_few_tiles_make_a_smaller_block(tmp_path: Path, level: int, across: int) -> None:
    renderer = Counting()
    last = MATRICES[level].tiles - 1
    assert tile_of(TileCache(renderer, tmp_path, 10**6), last, last, level)[:8] == b"tile %03d" % (across**2 - 1)
    assert renderer.drawn[0].across == across
    assert renderer.drawn[0].view.width == 256 * across + 2 * renderer.drawn[0].margin


def test_requests_at_once_draw_once(tmp_path: Path) -> None:
    renderer = Counting()
    renderer.gate.clear()
    cache = TileCache(renderer, tmp_path, 10**6)
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(tile_of, cache, 8, 4 + number % 4) for number in range(8)]
        renderer.gate.set()
        assert [answer.result(5)[:8] for answer in answers] == [b"tile %03d" % (number % 4) for number in range(8)]
    assert len(renderer.drawn) == 1


def test_a_failure_is_told_and_not_kept(tmp_path: Path) -> None:
    renderer = Counting(Unavailable("The map could not be drawn."))
    cache = TileCache(renderer, tmp_path, 10**6)
    for _ in range(2):
        with pytest.raises(Unavailable):
            tile_of(cache, 0, 0)
    renderer.fault = None
    assert tile_of(cache, 0, 0)[:8] == b"tile 000"
    assert len(renderer.drawn) == 3


def test_a_new_revision_drops_the_old_one(tmp_path: Path) -> None:
    renderer = Counting()
    cache = TileCache(renderer, tmp_path, 10**6)
    other = replace(LAYER, name="rails")
    tile_of(cache, 0, 0)
    tile_of(cache, 0, 0, layer=other)
    before = set(files(tmp_path))
    tile_of(cache, 0, 0, layer=replace(LAYER, revision="r2"))
    after = set(files(tmp_path))
    assert len(before) == len(after) == 2
    assert len(before & after) == 1  # that of the other layer
    assert len(renderer.drawn) == 3


def test_the_disk_holds_no_more_than_the_limit(tmp_path: Path) -> None:
    limit = 100_000  # a block has 16 kB
    cache = TileCache(Counting(), tmp_path, limit)
    for column in range(0, 64, 4):
        tile_of(cache, 0, column)
        assert sum(path.stat().st_size for path in files(tmp_path)) <= limit
    assert len(files(tmp_path)) >= 4
    nothing = TileCache(Counting(), tmp_path / "none", 0)
    assert tile_of(nothing, 0, 0)[:8] == b"tile 000"
    assert files(tmp_path / "none") == []


def test_a_disk_that_cannot_be_written_costs_the_cache_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert tile_of(TileCache(Counting(), tmp_path / "file", 10**6), 0, 0)[:8] == b"tile 000"


@pytest.mark.parametrize("left", [b"", b"\xff\xff\xff\xff", b"\0\0\0\x01\0\0\0\x09half"])
def test_half_a_file_is_drawn_again(tmp_path: Path, left: bytes) -> None:
    cache = TileCache(Counting(), tmp_path, 10**6)
    whole = tile_of(cache, 0, 0)
    (path,) = files(tmp_path)
    path.write_bytes(left)
    assert tile_of(cache, 0, 0) == whole
    assert path.stat().st_size > 1000


def test_tiles_of_layers_that_are_gone_go(tmp_path: Path) -> None:
    renderer = Counting()
    cache = TileCache(renderer, tmp_path, 10**6)
    other = replace(LAYER, name="rivers")
    tile_of(cache, 8, 4)
    tile_of(cache, 8, 4, layer=other)
    cache.keep_only({"rivers", "towns"})
    assert len(files(tmp_path)) == 1
    tile_of(cache, 8, 4, layer=other)
    assert len(renderer.drawn) == 2
    tile_of(cache, 8, 4)  # published again
    assert len(renderer.drawn) == 3 and len(files(tmp_path)) == 2


def test_the_styles_of_a_layer_are_kept_side_by_side(tmp_path: Path) -> None:
    renderer = Counting()
    cache = TileCache(renderer, tmp_path, 10**6)
    night = replace(LAYER, tables=(DrawnTable(Path("/d/a.gpkg"), "a", Path("/d/night.sld")),), style_name="night")
    for layer in (LAYER, night, LAYER, night):
        tile_of(cache, 8, 4, layer=layer)
    assert len(renderer.drawn) == len(files(tmp_path)) == 2
