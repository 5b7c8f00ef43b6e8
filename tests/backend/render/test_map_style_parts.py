"""Sprites and glyphs, as map styles need them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.render.requests import GlyphsRequest, SpritesRequest
from geopub_plugin.backend.render.supervisor import Renderer
from geopub_plugin.backend.styles.sprites import Sprite
from geopub_plugin.backend.tiles.varint import read_varints

from .conftest import decoded

MARKER = """<symbol type="marker" name="0" alpha="1"><layer class="SimpleMarker" enabled="1" pass="0">
<prop k="name" v="square"/><prop k="color" v="255,0,0,255"/><prop k="outline_style" v="no"/>
<prop k="size" v="{size}"/><prop k="size_unit" v="Pixel"/></layer></symbol>"""
HATCH = """<symbol type="fill" name="0" alpha="1"><layer class="SimpleFill" enabled="1" pass="0">
<prop k="color" v="0,0,255,255"/><prop k="style" v="vertical"/><prop k="outline_style" v="no"/></layer></symbol>"""


def square(size: int, name: str = "a") -> Sprite:
    return Sprite(name, MARKER.format(size=size), 0, 0, size)


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_marker_stands_in_the_middle_of_its_picture(renderer: Renderer, ratio: float) -> None:
    index, sheet = renderer.sprites(SpritesRequest((square(10),), ratio))
    entry = json.loads(index)["a"]
    pixels = decoded(sheet)[: entry["height"], : entry["width"]]
    assert entry["pixelRatio"] == ratio and (entry["x"], entry["y"]) == (0, 0)
    rows, columns = np.nonzero(pixels[..., 3] > 127)
    sides = (rows.max() - rows.min() + 1, columns.max() - columns.min() + 1)
    assert sides == (9 * ratio, 9 * ratio)  # what QGIS draws of a square of ten pixels
    middle = (rows.min() + rows.max() + 1) / 2, (columns.min() + columns.max() + 1) / 2
    assert middle == pytest.approx((entry["height"] / 2, entry["width"] / 2), abs=0.5 * ratio)  # whole pixels
    assert (pixels[rows[0], columns[0], :3] == (255, 0, 0)).all()


def test_pictures_of_a_sheet_do_not_overlap(renderer: Renderer) -> None:
    sprites = tuple(square(size, f"s{size}") for size in range(20, 120, 3))
    index, sheet = renderer.sprites(SpritesRequest(sprites))
    taken = np.zeros(decoded(sheet).shape[:2], int)
    for entry in json.loads(index).values():
        taken[entry["y"] : entry["y"] + entry["height"], entry["x"] : entry["x"] + entry["width"]] += 1
    assert taken.max() == 1 and len(json.loads(index)) == len(sprites)


def test_a_filling_repeats_without_a_seam(renderer: Renderer) -> None:
    index, sheet = renderer.sprites(SpritesRequest((Sprite("h", HATCH, 8, 8, repeats=True),)))
    entry = json.loads(index)["h"]
    pixels = decoded(sheet)[: entry["height"], : entry["width"], 3].astype(int)
    assert (entry["width"], entry["height"]) == (8, 8)
    assert pixels.max() > 200 and np.ptp(pixels, axis=0).max() == 0  # vertical lines: all rows are alike


def test_what_is_no_symbol_is_refused(renderer: Renderer) -> None:
    with pytest.raises(InvalidInput, match="symbol"):
        renderer.sprites(SpritesRequest((Sprite("x", "<nothing/>", 0, 0),)))


def fields(message: bytes) -> dict[int, list[object]]:
    """Read a protocol buffer's message: numbers, and bytes of what has a length."""
    found: dict[int, list[object]] = {}
    position = 0

    def number() -> int:
        nonlocal position
        end = position
        while message[end] > 127:
            end += 1
        value = int(read_varints(message[position : end + 1])[0])
        position = end + 1
        return value

    while position < len(message):
        key = number()
        value: object = number()
        if key & 7 == 2:
            length = int(value)  # type: ignore[call-overload]
            value, position = message[position : position + length], position + length
        found.setdefault(key >> 3, []).append(value)
    return found


def test_glyphs_are_distance_fields(renderer: Renderer) -> None:
    (stack,) = fields(renderer.glyphs(GlyphsRequest("DejaVu Sans Bold", 0)))[1]
    head = fields(stack)  # type: ignore[arg-type]
    assert head[1] == [b"DejaVu Sans Bold"] and head[2] == [b"0-255"]
    glyphs = {one[1][0]: one for one in (fields(glyph) for glyph in head[3])}  # type: ignore[arg-type]
    assert set(map(ord, "AZaz09éß ")) <= set(glyphs)
    bar = glyphs[ord("I")]
    width, height = bar[3][0], bar[4][0]
    field = np.frombuffer(bar[2][0], np.uint8).reshape(height + 6, width + 6)  # type: ignore[call-overload]
    assert 17 <= height <= 19 and field[height // 2].argmax() in ((width + 6) // 2, (width + 5) // 2)
    assert field[0].max() < 140 and field[height // 2].max() > 192  # below the edge outside, above it inside
    step = np.diff(field[height // 2, :4].astype(int))
    assert (abs(step - 255 / 8) < 4).all()  # a pixel outwards is an eighth of the range
    assert 2 not in glyphs[ord(" ")] and glyphs[ord(" ")][7][0] > 4


def test_characters_that_a_font_lacks_are_left_out(renderer: Renderer) -> None:
    (stack,) = fields(renderer.glyphs(GlyphsRequest("DejaVu Sans", 0xD800)))[1]
    assert 3 not in fields(stack)  # type: ignore[arg-type]
