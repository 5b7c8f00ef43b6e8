"""What is written is read by others: the PMTiles reference reader, SQLite, GDAL."""

from __future__ import annotations

import errno
import gzip
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from osgeo import ogr
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, TileType, deserialize_directory

from geopub_plugin.backend.errors import Conflict, StorageFull
from geopub_plugin.backend.tiles import tile_folder
from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.backend.tiles.mbtiles import write_mbtiles
from geopub_plugin.backend.tiles.pyramid_job import run
from geopub_plugin.backend.tiles.tile_folder import write_folder

from .test_pyramid_job import Heard


@pytest.fixture(scope="module")
def built(world_map, tmp_path_factory) -> Path:
    """Two layers with levels of their own; the sea of Antarctica gives identical tiles."""
    work = tmp_path_factory.mktemp("archives")
    composition = [
        {"table": "countries", "layer": "land", "top_level": 0, "bottom_level": 6, "attributes": ["NAME", "WB_A2"]},
        {"table": "disputed_borders", "layer": "disputed", "top_level": 3, "bottom_level": 4},
    ]
    run({"data": str(world_map), "composition": composition, "options": "-S10", "name": "Été"}, work, Heard())
    return work / "pyramid.pmtiles"


def test_the_reference_reader_finds_every_tile(built):
    with built.open("rb") as file, Archive(built) as archive:
        source = MmapSource(file)
        reader = Reader(source)
        header, told = reader.header(), reader.metadata()
        ours = dict(archive.tiles())
        assert dict(all_tiles(source)) == ours
        assert header["addressed_tiles_count"] == len(ours) == archive.tile_count
        assert all(reader.get(*place) == data for place, data in list(ours.items())[::97])
        assert reader.get(6, 0, 20) is None
    assert (header["tile_type"], header["tile_compression"]) == (TileType.MVT, Compression.GZIP)
    assert (header["min_zoom"], header["max_zoom"]) == (0, 6)
    assert told["name"] == "Été"
    land, disputed = told["vector_layers"]
    assert (land["id"], land["minzoom"], land["maxzoom"]) == ("land", 0, 6)
    assert land["fields"] == {"NAME": "String", "WB_A2": "String"}
    assert (disputed["id"], disputed["minzoom"], disputed["maxzoom"]) == ("disputed", 3, 4)


def test_identical_tiles_are_stored_once_and_tiles_lie_in_the_order_of_their_numbers(built):
    with built.open("rb") as file:
        get = MmapSource(file)
        header = Reader(get).header()
        entries = []
        for entry in deserialize_directory(get(header["root_offset"], header["root_length"])):
            leaf = get(header["leaf_directory_offset"] + entry.offset, entry.length) if entry.run_length == 0 else b""
            entries.extend(deserialize_directory(leaf) if leaf else [entry])
        contents = {(entry.offset, entry.length) for entry in entries}
        tiles = [get(header["tile_data_offset"] + offset, length) for offset, length in contents]
    assert header["clustered"]
    assert len(set(tiles)) == len(tiles) == header["tile_contents_count"] < header["addressed_tiles_count"]
    assert len(entries) == header["tile_entries_count"]
    end = 0
    for entry in entries:  # clustered: what follows is new and comes next, or was there before
        assert entry.offset == end or entry.offset + entry.length <= end
        end = max(end, entry.offset + entry.length)
    assert end == header["tile_data_length"]


def test_mbtiles(built, tmp_path):
    place = tmp_path / "été.mbtiles"
    with Archive(built) as archive:
        write_mbtiles(archive, place)
        write_mbtiles(archive, place)  # replaces
        tiles = dict(archive.tiles())
    assert [path.name for path in tmp_path.iterdir()] == ["été.mbtiles"]
    with closing(sqlite3.connect(place)) as database:
        rows = database.execute("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles").fetchall()
        told = dict(database.execute("SELECT name, value FROM metadata"))
        (stored,) = database.execute("SELECT count(*) FROM images").fetchone()
    assert {(z, x, (1 << z) - 1 - y): data for z, x, y, data in rows} == tiles
    assert stored < len(tiles)
    assert (told["name"], told["format"], told["minzoom"], told["maxzoom"]) == ("Été", "pbf", "0", "6")
    assert len(told["bounds"].split(",")) == 4 and len(told["center"].split(",")) == 3
    assert [layer["id"] for layer in json.loads(told["json"])["vector_layers"]] == ["land", "disputed"]


READ_WITH_GDAL = """
import sys
from osgeo import gdal
source = gdal.OpenEx(sys.argv[1], gdal.OF_VECTOR, allowed_drivers=["MBTiles"])
land = source.GetLayerByName("land")
land.SetAttributeFilter("NAME = 'France'")
print(source.GetMetadataItem("ZOOM_LEVEL"))
print(*sorted(field.name for field in land.schema))
print(max(feature.GetGeometryRef().GetEnvelope()[3] for feature in land))
"""


def test_gdal_reads_mbtiles(built, tmp_path):
    with Archive(built) as archive:
        write_mbtiles(archive, tmp_path / "a.mbtiles")
    # A process of its own: other tests turn GDAL's exceptions on, and GEOS complains of rings that touch themselves.
    command = [sys.executable, "-c", READ_WITH_GDAL, str(tmp_path / "a.mbtiles")]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    level, names, north = told.splitlines()
    assert level == "6"
    assert set(names.split()) >= {"NAME", "WB_A2"}
    assert 6_500_000 < float(north) < 6_800_000  # metres: Dunkirk


def test_a_folder(built, tmp_path):
    place = tmp_path / "tiles"
    place.mkdir()  # empty: used
    with Archive(built) as archive:
        write_folder(archive, place)
        write_folder(archive, place)  # tiles: replaced
        tiles = dict(archive.tiles())
    assert [path.name for path in tmp_path.iterdir()] == ["tiles"]
    found = {tuple(map(int, path.with_suffix("").relative_to(place).parts)): path for path in place.rglob("*.pbf")}
    assert set(found) == set(tiles)
    assert all(path.read_bytes() == gzip.decompress(tiles[number]) for number, path in list(found.items())[::50])
    assert json.loads((place / "metadata.json").read_text("utf-8"))["format"] == "pbf"
    source = ogr.Open(str(place / "0"))
    assert source.GetDriver().GetName() == "MVT"
    assert source.GetLayerByName("land").GetFeatureCount() > 100


def test_nothing_but_tiles_is_replaced(built, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "thesis.odt").write_text("years of work")
    with Archive(built) as archive, pytest.raises(Conflict, match="own"):
        write_folder(archive, tmp_path / "own")
    assert (tmp_path / "own" / "thesis.odt").exists()


def test_a_full_disk_is_said_and_leaves_nothing(built, tmp_path, monkeypatch):
    def full(archive, place):
        place.mkdir()
        (place / "metadata.json").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tile_folder, "_write", full)
    with Archive(built) as archive, pytest.raises(StorageFull):
        write_folder(archive, tmp_path / "tiles")
    assert not list(tmp_path.iterdir())
