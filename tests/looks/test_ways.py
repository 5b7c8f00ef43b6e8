"""However a map is drawn, whole, in bands or of collections, and however often: its pixels are the same."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Iterator, List, Sequence

import pytest

from geopub_plugin.backend.render.requests import MapRequest

from ..backend.render.test_bands import Draughtsman, differing
from ..conftest import unzipped_data
from .generated import write_generated
from .sample_maps import has_rules_for_labels, requests_of


@pytest.fixture
def ways(qgis_app: object) -> Iterator[List[Draughtsman]]:
    """Return who draws in bands, and who draws of collections, where they may."""
    made = [Draughtsman(math.inf), Draughtsman(0)]
    yield made
    for one in made:
        one.close()


def drawn_alike(paths: Sequence[Path], folder: Path, ways: List[Draughtsman]) -> Counter[str]:
    """Draw each style three times in each way, and return how often maps were so drawn."""
    found: Counter[str] = Counter()
    for name, request in requests_of(paths, folder):
        if not has_rules_for_labels(request.view.layers[0].style):
            compared(request, name, ways, found)
    return found


def compared(request: MapRequest, name: str, ways: List[Draughtsman], found: Counter[str]) -> None:
    first = ways[0].draw(request)
    for way in ways:
        for _ in range(2):
            found["drawn"] += 1
            if differing(first, way.draw(request)):
                found[f"differs: {name}"] += 1
        same = way.maps._collections.same(request.view)
        found[f"collected: {same}"] += 1
        way.forget()


def test_generated_styles(tmp_path: Path, ways: List[Draughtsman]) -> None:
    found = drawn_alike(write_generated(tmp_path / "styles")[::3], tmp_path, ways)
    assert [name for name in found if name.startswith("differs")] == []
    assert found["collected: True"] >= 4


@pytest.mark.slow
def test_real_styles(tmp_path: Path, ways: List[Draughtsman]) -> None:
    paths = sorted((unzipped_data() / "styles").rglob("*.qml"))
    found = drawn_alike(paths, tmp_path, ways)
    assert [name for name in found if name.startswith("differs")] == []
    assert found["drawn"] > 6 * len(paths)
    assert found["collected: True"] > 20
