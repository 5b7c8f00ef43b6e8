"""What drawings take of the processors: what one will take, and who has them."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from contextlib import contextmanager
from typing import Iterator, Tuple

from .requests import MapView

_REMEMBERED = 500  # times of drawings


def kind_of(view: MapView) -> Tuple[object, ...]:
    """Return what maps have in common that are alike to draw: what they show, and the scale to the power of two."""
    west, _south, east, _north = view.bounds
    return view.layers, view.srs, view.dpi, math.frexp((east - west) / view.width)[1]


class DrawingTimes:
    """How much of the processor maps took lately, by what they show and at which scale, to the power of two."""

    def __init__(self) -> None:
        self._of_a_pixel: OrderedDict[Tuple[object, ...], float] = OrderedDict()  # seconds
        self._lock = threading.Lock()

    def expected(self, view: MapView) -> float:
        """Return the seconds that a map will take by what the last one like it took, 0 when there was none."""
        with self._lock:
            return self._of_a_pixel.get(kind_of(view), 0.0) * view.width * view.height

    def took(self, view: MapView, seconds: float) -> None:
        """Remember what a map took."""
        with self._lock:
            key = kind_of(view)
            self._of_a_pixel[key] = seconds / (view.width * view.height)
            self._of_a_pixel.move_to_end(key)
            if len(self._of_a_pixel) > _REMEMBERED:
                self._of_a_pixel.popitem(last=False)


class Processors:
    """Lends processors to who draws. Thread-safe."""

    def __init__(self, count: int) -> None:
        self._free = count  # below 0 where more draw than there are
        self._lock = threading.Lock()

    @contextmanager
    def lent(self, wished: int) -> Iterator[int]:
        """Lend at most so many, and at least one, for which others may have to stand back."""
        with self._lock:
            count = max(1, min(wished, self._free))
            self._free -= count
        try:
            yield count
        finally:
            with self._lock:
                self._free += count
