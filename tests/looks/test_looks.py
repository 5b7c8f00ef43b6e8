"""QGIS, our WMS and MapLibre draw generated styles alike: exactly, and but for a pixel's width."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Dict, Iterator, List

import numpy as np
import pytest

from geopub_plugin.backend.render.supervisor import Renderer

from ..conftest import unzipped_data
from .compare import LIMIT, Comparison, compare
from .generated import write_generated
from .page import summary, write_page
from .pictures import differing, unequal

PICTURES = os.environ.get("GEOPUB_TEST_PICTURES")  # a folder to look at what was drawn
MAPPED = ("fill-hatched", "star", "cross", "line-on-the-ground", "circle-on-the-ground")  # approximated, or pictures


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Renderer]:
    made = Renderer(tmp_path_factory.mktemp("looks"), threads=1)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory, renderer: Renderer, qgis_app: object) -> Dict[str, Comparison]:
    folder = tmp_path_factory.mktemp("generated")
    found = compare(write_generated(folder / "styles"), folder / "styles", folder, renderer)
    if PICTURES:
        write_page(found, Path(PICTURES))
    return {one.name.removesuffix(".qml"): one for one in found}


def test_our_wms_draws_what_qgis_draws(generated: Dict[str, Comparison]) -> None:
    assert {name: one.unequal for name, one in generated.items() if one.unequal or one.empty} == {}


def test_maplibre_draws_nearly_what_qgis_draws(generated: Dict[str, Comparison]) -> None:
    assert {name for name, one in generated.items() if not one.plain} == set(MAPPED)
    shares = {name: round(one.differing, 4) for name, one in generated.items()}
    assert {name: share for name, share in shares.items() if not share < LIMIT} == {}
    assert {name: one.look.trouble for name, one in generated.items() if one.look.trouble} == {}


@pytest.mark.slow
def test_a_page_shows_them(generated: Dict[str, Comparison], tmp_path: Path) -> None:
    page = write_page(list(generated.values()), tmp_path / "page").read_text("utf-8")
    assert page.count("<img") == 3 * len(generated) and "fill-categorised.qml" in page
    assert len(list((tmp_path / "page").glob("*.png"))) == 3 * len(generated)
    assert "0 of" in summary(list(generated.values()))[1]


def test_what_counts_as_a_difference() -> None:
    one = np.full((64, 64, 3), 255, np.uint8)
    one[:, 20:24] = (200, 0, 0)
    shifted = np.roll(one, 1, axis=1)
    assert unequal(one, shifted) > 0 and differing(one, shifted) == 0
    for other in (np.roll(one, 3, axis=1), np.where(one == 200, 120, one).astype(np.uint8), np.full_like(one, 255)):
        assert differing(one, other) > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_real_styles(part: int, tmp_path: Path, renderer: Renderer, qgis_app: object) -> None:
    root = unzipped_data() / "styles"
    paths: List[Path] = sorted(root.rglob("*.qml"))[part::4]
    found = compare(paths, root, tmp_path, renderer)
    write_page(found, Path(PICTURES) / f"real-{part}" if PICTURES else tmp_path / "page")
    drawn = [one for one in found if not one.refused]
    assert len(drawn) > 0.9 * len(paths)
    assert {one.name: one.unequal for one in drawn if one.unequal} == {}
    plain = [one for one in drawn if one.plain]
    assert len(plain) > 5
    assert {one.name: one.differing for one in plain if not one.differing < LIMIT} == {}
