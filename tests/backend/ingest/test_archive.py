from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from geopub_plugin.backend.ingest.archive import DEFAULT, Limits, unpack
from geopub_plugin.backend.jobs.progress import Silent

DATA = b"SQLite format 3\0" + bytes(range(256)) * 40


def zipped(path: Path, entries: dict, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def outcome(archive: Path, limits: Limits = DEFAULT):
    """Return whether data came out, the faults, and the first file."""
    target = archive.parent / "out"
    parts, faults = unpack(archive, target, Silent(), limits=limits)
    assert bool(parts) == target.exists()
    assert {part.path for part in parts} == set(target.glob("*"))
    return bool(parts), {fault.id for fault in faults}, parts[0].path if parts else None


@pytest.mark.parametrize(
    ("names", "there", "ids"),
    [
        (["a.gpkg"], True, set()),
        (["folder/deep/A.GPKG"], True, set()),
        (["a.gpkg", "readme.txt", "a.qml"], True, {"archive.other-entries"}),
        (["a.gpkg", "__MACOSX/._a.gpkg", "__notes.txt", ".DS_Store", "__b.gpkg"], True, set()),
        (["readme.txt"], False, {"archive.no-data"}),
        ([], False, {"archive.no-data"}),
        (["a.gpkg", "b.gpkg"], True, set()),
        (["../a.gpkg"], False, {"archive.unsafe-path"}),
        (["x/../../a.gpkg"], False, {"archive.unsafe-path"}),
        (["/etc/a.gpkg"], False, {"archive.unsafe-path"}),
        (["C:\\a.gpkg"], False, {"archive.unsafe-path"}),
        (["..\\a.gpkg"], False, {"archive.unsafe-path"}),
        (["a.gpkg", "../passwd"], False, {"archive.unsafe-path", "archive.other-entries"}),
        (["a..b.gpkg"], True, set()),
        (["../a.gpkg", "b.txt"], False, {"archive.unsafe-path", "archive.other-entries"}),  # all at once
        (["a.gpkg", "more.zip"], True, {"archive.other-entries"}),  # archives within stay shut
        (["more.zip"], False, {"archive.no-data"}),
        (["a.shp", "a.dbf", "a.csv", "b.geojson"], True, {"archive.other-entries"}),
        (["data.csv", "about.json"], True, {"archive.other-entries"}),
        (["map.json"], True, set()),
    ],
)
def test_entries(tmp_path, names, there, ids):
    found = outcome(zipped(tmp_path / "a.zip", dict.fromkeys(names, DATA)))
    assert found[:2] == (there, ids)
    if there:
        assert found[2].read_bytes() == DATA
    assert sorted(path.name for path in tmp_path.iterdir()) == (["a.zip", "out"] if there else ["a.zip"])


def test_symbolic_link(tmp_path):
    link = zipfile.ZipInfo("a.gpkg")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert outcome(tmp_path / "a.zip")[:2] == (False, {"archive.link"})


def test_bomb(tmp_path):
    archive = zipped(tmp_path / "a.zip", {"a.gpkg": bytes(30_000_000)})
    assert archive.stat().st_size < 100_000
    assert outcome(archive)[:2] == (False, {"archive.bomb"})


def test_a_bomb_that_lies_about_its_size(tmp_path):
    archive = zipped(tmp_path / "a.zip", {"a.gpkg": bytes(30_000_000)})
    data = archive.read_bytes().replace(struct.pack("<I", 30_000_000), struct.pack("<I", 1000))
    archive.write_bytes(data)
    there, ids, _ = outcome(archive)
    assert not there
    assert ids <= {"archive.bomb", "archive.damaged"}


def test_the_highly_compressible_but_small_is_no_bomb(tmp_path):
    assert outcome(zipped(tmp_path / "a.zip", {"a.gpkg": bytes(5_000_000)}))[0]


def test_too_large_an_entry(tmp_path):
    archive = zipped(tmp_path / "a.zip", {"a.gpkg": DATA}, zipfile.ZIP_STORED)
    assert outcome(archive, Limits(entry_bytes=len(DATA) - 1))[1] == {"archive.entry-too-large"}
    assert outcome(archive, Limits(entry_bytes=len(DATA)))[0]


def test_too_many_entries(tmp_path):
    archive = zipped(tmp_path / "a.zip", {f"{i}.txt": b"" for i in range(20)})
    assert outcome(archive, Limits(entries=19))[1] == {"archive.too-many-entries"}


def test_encrypted(tmp_path):
    data = bytearray(zipped(tmp_path / "a.zip", {"a.gpkg": DATA}).read_bytes())
    central = data.rfind(b"PK\x01\x02")
    data[6] |= 1  # general purpose flags of the local header, bit 0
    data[central + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    assert outcome(tmp_path / "a.zip")[:2] == (False, {"archive.encrypted"})


@pytest.mark.parametrize("keep", [0.2, 0.6, 0.98])
def test_cut_off(tmp_path, keep):
    archive = zipped(tmp_path / "a.zip", {"a.gpkg": DATA})
    archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * keep)])
    assert outcome(archive)[:2] == (False, {"archive.damaged"})


def test_broken_bytes(tmp_path):
    archive = zipped(tmp_path / "a.zip", {"a.gpkg": DATA}, zipfile.ZIP_STORED)
    data = bytearray(archive.read_bytes())
    data[500] ^= 0xFF  # the checksum of the entry no longer fits
    archive.write_bytes(data)
    assert outcome(archive)[:2] == (False, {"archive.damaged"})
