"""PNG files are what another decoder reads the same pixels from."""

from __future__ import annotations

import numpy as np
import pytest

from geopub_plugin.backend.deflate import deflated
from geopub_plugin.backend.render import png
from geopub_plugin.backend.render.palette import reduce_colours
from geopub_plugin.backend.render.png import write_palette_png, write_png

from .conftest import decoded

NOISE = np.random.default_rng(7)


@pytest.mark.parametrize("size", [(1, 1), (3, 7), (64, 33), (256, 256)])
def test_rgba(size: tuple) -> None:
    pixels = NOISE.integers(0, 256, (*size, 4), dtype=np.uint8)
    assert (decoded(write_png(pixels)) == pixels).all()


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (64, 33)])
def test_rgb(size: tuple) -> None:
    pixels = NOISE.integers(0, 256, (*size, 3), dtype=np.uint8)
    found = decoded(write_png(pixels))
    assert (found[:, :, :3] == pixels).all()
    assert (found[:, :, 3] == 255).all()


@pytest.mark.parametrize("samples", [3, 4])
def test_flat_pictures_are_compressed_at_another_level(samples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    levels = []
    monkeypatch.setattr(png, "deflated", lambda lines, level: levels.append(level) or deflated(lines, level))
    flat = np.full((100, 300, samples), 255, np.uint8)
    flat[:, ::40] = NOISE.integers(0, 256, (100, 8, samples), dtype=np.uint8)
    busy = np.full((100, 300, samples), 255, np.uint8)
    busy[:, ::4] = NOISE.integers(0, 256, (100, 75, samples), dtype=np.uint8)
    for pixels in (flat, busy):
        assert (decoded(write_png(pixels))[:, :, :samples] == pixels).all()
    assert levels == [2, 1]


@pytest.mark.parametrize("colours", [1, 2, 100])
def test_palette_of_few_distinct_colours_is_exact(colours: int) -> None:
    # 24 apart in red: no two share a bin of the reduction
    some = np.zeros((colours, 4), np.uint8)
    some[:, 0] = (np.arange(colours) % 10) * 24
    some[:, 1] = (np.arange(colours) // 10) * 24
    some[:, 3] = 255
    pixels = some[NOISE.integers(0, colours, (40, 30))]
    assert (decoded(write_palette_png(*reduce_colours(pixels))) == pixels).all()


def test_palette_of_many_colours_is_near() -> None:
    ramp = np.linspace(0, 255, 120).astype(np.uint8)
    pixels = np.zeros((120, 120, 4), np.uint8)
    pixels[:, :, 0], pixels[:, :, 1], pixels[:, :, 3] = ramp[:, None], ramp[None, :], 255
    indices, palette = reduce_colours(pixels)
    assert 200 < len(palette) <= 256
    error = np.abs(palette[indices].astype(int) - pixels)
    assert error.mean() < 6
    assert error.max() <= 32


def test_palette_keeps_transparency() -> None:
    pixels = np.zeros((10, 10, 4), np.uint8)
    pixels[5:] = (200, 100, 50, 255)
    found = decoded(write_palette_png(*reduce_colours(pixels)))
    assert (found[:5, :, 3] == 0).all()
    assert (found[5:] == (200, 100, 50, 255)).all()
