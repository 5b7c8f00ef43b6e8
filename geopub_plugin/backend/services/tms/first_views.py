"""What people see first of a layer whose pyramid is being made: built before anybody asks.

From the moment that a layer is offered until somebody has opened it a second may pass, and what is shown then is all of
it. That is the dearest view: its tiles show the most features. So they are built at once, from the middle outwards.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from typing import Callable, List, Sequence, Set, Tuple

from ...errors import GeoPubError
from ...features.schema import Bounds
from ...tiles.grid import unit_bounds
from ..publications import TileLayer
from .fresh_tiles import FreshTiles

PANEL = 400  # pixels: width of the map in the panel of the plugin
MARGIN = 1.05  # of the extent that it shows
_TILE = 542  # pixels of a tile where QGIS keeps its level: 2 × 40,075,017 m / (559,082,264 × 0.2646 mm)
_MOST = 9  # tiles
_AT_ONCE = 2
_SECONDS = 8.0  # after which no tile is begun: the pyramid, which stands back, has to get on

_log = logging.getLogger(__name__)
Place = Tuple[int, int, int]


class FirstViews:
    """Has the first view of each layer built as soon as it is there."""

    def __init__(self, fresh: FreshTiles, layers: Callable[[], Sequence[TileLayer]]) -> None:
        """Use `fresh` for the tiles of `layers`, of which only those matter whose pyramid is being made."""
        self._fresh, self._layers = fresh, layers
        self._lock = threading.Lock()
        self._known: Set[str] = set()

    def look(self) -> None:
        """Begin with the layers that have come since the last look."""
        making = {layer.making: layer for layer in self._layers() if layer.making}
        with self._lock:
            new = [layer for job, layer in making.items() if job not in self._known]
            self._known = set(making)
        for layer in new:
            threading.Thread(target=self._build, args=(layer,), name="first view", daemon=True).start()

    def _build(self, layer: TileLayer) -> None:
        try:
            bounds = self._fresh.told(layer.making, served=False).bounds
        except GeoPubError:
            _log.debug("No first view of %s", layer.name, exc_info=True)
            return
        places = first_view(bounds, (layer.top_level, layer.bottom_level))
        halves = [places[start::_AT_ONCE] for start in range(_AT_ONCE)]
        others = [threading.Thread(target=self._tiles, args=(layer, half), daemon=True) for half in halves[1:]]
        for other in others:
            other.start()
        self._tiles(layer, halves[0])

    def _tiles(self, layer: TileLayer, places: Sequence[Place]) -> None:
        end = time.monotonic() + _SECONDS
        try:
            for place in places:
                if time.monotonic() < end:
                    self._fresh.tile(layer.making, *place, served=False)
        except GeoPubError:  # it holds too much, or the pyramid is there: whoever asks is told
            _log.debug("No first view of %s", layer.name, exc_info=True)


def first_view(bounds: Bounds, levels: Tuple[int, int]) -> List[Place]:
    """Return the tiles with which QGIS shows all of a layer in the panel, those in the middle first.

    Source: `QgsVectorTileUtils.scaleToZoomLevel`, which takes the level whose tiles are 512 pixels wide, about.
    """
    left, top, right, bottom = unit_bounds(bounds)
    width = max(right - left, bottom - top, 1e-9) * MARGIN
    level = min(max(round(math.log2(PANEL / (_TILE * width))), levels[0]), levels[1])
    side = 1 << level
    columns, rows = (
        range(max(int(low * side), 0), min(int(high * side), side - 1) + 1)
        for low, high in ((left, right), (top, bottom))
    )
    middle = ((left + right) / 2 * side - 0.5, (top + bottom) / 2 * side - 0.5)
    places = [(level, x, y) for x in columns for y in rows]
    return sorted(places, key=lambda place: math.hypot(place[1] - middle[0], place[2] - middle[1]))[:_MOST]
