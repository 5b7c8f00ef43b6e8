"""Archives stay open while their files are there, whoever asks, and not more than a few at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from geopub_plugin.backend.services.publications import TileLayer
from geopub_plugin.backend.services.tms import open_archives
from geopub_plugin.backend.services.tms.open_archives import MOST, OpenArchives


def layer(place: Path) -> TileLayer:
    place.touch()
    return TileLayer(place.stem, "", "", (), place, 0, 1, (0.0, 0.0, 1.0, 1.0), "r")


class Shown:
    """Shows other layers to each asker, as the private door does."""

    asker = ""

    def __init__(self, layers: Dict[str, Tuple[TileLayer, ...]]) -> None:
        self.layers = layers

    def revision(self) -> str:
        return self.asker

    def tile_layers(self) -> Tuple[TileLayer, ...]:
        return self.layers[self.asker]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> List[Path]:
    """Return the files that are opened, in their order."""
    found: List[Path] = []
    monkeypatch.setattr(open_archives, "Archive", lambda place: found.append(place) or object())
    return found


def test_askers_who_see_different_layers_open_each_archive_once(tmp_path: Path, opened: List[Path]) -> None:
    one, two = layer(tmp_path / "one.pmtiles"), layer(tmp_path / "two.pmtiles")
    shown = Shown({"ada": (one,), "eve": (two,), "": ()})
    archives = OpenArchives(shown)  # type: ignore[arg-type]
    for _ in range(3):
        for shown.asker, mine, other in (("ada", one, two), ("eve", two, one)):
            assert archives.layer(mine.name) == mine
            assert archives.layer(other.name) is None
            archives.archive(mine)
    assert opened == [one.archive, two.archive]


def test_an_archive_whose_file_has_gone_is_let_go(tmp_path: Path, opened: List[Path]) -> None:
    one, two = layer(tmp_path / "one.pmtiles"), layer(tmp_path / "two.pmtiles")
    shown = Shown({"before": (one, two), "after": (two,)})
    archives = OpenArchives(shown)  # type: ignore[arg-type]
    shown.asker = "before"
    archives.layer("one")
    kept = archives.archive(one)
    one.archive.unlink()
    shown.asker = "after"
    assert archives.layer("one") is None
    one.archive.touch()
    assert archives.archive(one) is not kept


def test_a_few_archives_are_open_at_a_time(tmp_path: Path, opened: List[Path]) -> None:
    layers = [layer(tmp_path / f"{number}.pmtiles") for number in range(MOST + 5)]
    archives = OpenArchives(Shown({"": tuple(layers)}))  # type: ignore[arg-type]
    for one in layers:
        archives.archive(one)
    for one in layers[-MOST:]:
        archives.archive(one)
    assert len(opened) == MOST + 5
    archives.archive(layers[0])
    assert len(opened) == MOST + 6
