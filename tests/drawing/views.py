"""What is drawn: a level of an archive about a corner of its tiles, in one flat style, as classes of pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Tuple

import numpy as np

SIDE = 512  # pixels of a tile, and of a picture: so a picture shows the quarters of four tiles that meet in a corner
WORLD = 40_075_016.685578488  # metres: side of the world in Web Mercator
BACKGROUND, POLYGON, LINE, POINT = range(4)
COLOURS = np.array([[255, 255, 255], [0, 200, 0], [0, 0, 255], [255, 0, 0]])  # of these classes
WIDTH = 2  # pixels: of lines
RADIUS = 2  # pixels: of points


@dataclass(frozen=True)
class View:
    """The tiles of a level around the corner at the north-west of a tile."""

    level: int
    column: int
    row: int

    @property
    def bounds(self) -> Tuple[float, float, float, float]:
        """West, south, east, north in metres of Web Mercator."""
        tile = WORLD / 2**self.level
        x, y = self.column * tile - WORLD / 2, WORLD / 2 - self.row * tile
        return x - tile / 2, y - tile / 2, x + tile / 2, y + tile / 2

    @property
    def centre(self) -> Tuple[float, float]:
        """Longitude and latitude."""
        side = 2**self.level
        return self.column / side * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * self.row / side))))

    @property
    def tiles(self) -> Tuple[Tuple[int, int], ...]:
        """Columns and rows of the four tiles."""
        return tuple((self.column + dx, self.row + dy) for dx in (-1, 0) for dy in (-1, 0))


def classes(picture: np.ndarray) -> np.ndarray:
    """Return the class of each pixel, the one with the nearest colour: uint8 (h, w) of uint8 (h, w, 3)."""
    away = np.abs(picture[:, :, None, :3].astype(int) - COLOURS[None, None]).sum(axis=3)  # (h, w, 4)
    return away.argmin(axis=2).astype(np.uint8)


def differing(one: np.ndarray, other: np.ndarray) -> float:
    """Return the share of pixels whose class is nowhere among the nine pixels at their place in the other picture."""
    return max(_missed(one, other), _missed(other, one))


def _missed(one: np.ndarray, other: np.ndarray) -> float:
    around = np.pad(other, 1, mode="edge")
    height, width = one.shape
    found = np.zeros(one.shape, bool)
    for dy in range(3):
        for dx in range(3):
            found |= around[dy : dy + height, dx : dx + width] == one
    return float((~found).mean())
