"""Maps that take long, drawn in bands beside each other while processors have nothing else to do.

Each band is drawn as a part of the whole map, on a sheet of the whole map's size, but of those features only that reach
the band. So its pixels are those of the whole: where Qt has to clip, it computes the blending of thin lines otherwise.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple, Union

from qgis.core import (
    QgsFeatureFilterProvider,
    QgsFeatureRequest,
    QgsMapSettings,
    QgsRectangle,
    QgsRenderContext,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QRect
from qgis.PyQt.QtGui import QImage

from .collected.drawing import CollectedLayer, draw
from .collected.features import NotCollectable
from .collected.maps import FEWEST, Collections
from .grounds import grounds_near, grounds_to_read
from .layers import Layers, OpenedLayers
from .maps import blank_map, fitted, paint, paste, request_settings
from .metatiles import cut
from .pictures import encoded
from .reach import reach_of_layer
from .requests import PNG, MapRequest, MetatileRequest
from .workload import DrawingTimes, Processors

WORTH = 0.012  # seconds of drawing that are worth a thread more: to look for bands takes 2 ms and more
COLLECTING = 0.003  # seconds of drawing that are worth collecting features: what takes less QGIS does as quickly


class BandedMaps:
    """Draws maps, each with as many threads as it is worth and as there are processors free. Thread-safe."""

    def __init__(
        self, layers: OpenedLayers, processors: int = os.cpu_count() or 1, worth: float = WORTH,
        collecting: float = COLLECTING, fewest: int = FEWEST,
    ) -> None:  # fmt: skip
        self._layers, self._worth, self._collecting = layers, worth, collecting
        self._times, self._processors = DrawingTimes(), Processors(processors)
        self._helpers = ThreadPoolExecutor(max(1, processors - 1), "band")
        self._collections = Collections(fewest)

    def picture(self, request: MapRequest, layers: List[Layers]) -> bytes:
        """Return the picture of a map."""
        return encoded(self.image(request, layers), request.format, request.transparent)

    def metatile(self, request: MetatileRequest, layers: List[Layers]) -> bytes:
        """Return the tiles of a square, as `metatiles.cut` writes them."""
        return cut(request, self.image(MapRequest(request.view, PNG, True), layers))

    def image(self, request: MapRequest, layers: List[Layers]) -> QImage:
        """Return a map as an image that is not written yet; `layers` are the calling thread's copies."""
        settings, view = request_settings(request, layers), request.view
        image, same = blank_map(request, settings.outputSize()), self._collections.same(view)
        collects = same and self._times.expected(view) >= self._collecting
        collected = self._collections.layers(view, settings, layers) if collects else []
        if not self._collections.enough(collected):
            collected = []
        try:
            seconds = self._shared(request, settings, image, collected)
        except NotCollectable:
            self._collections.learn(view, False)
            image = blank_map(request, settings.outputSize())
            seconds = self._shared(request, settings, image, [])
        self._times.took(view, seconds)
        if same is None and seconds >= self._collecting:
            self._collections.compare(request, settings, layers, image)
        return fitted(image, view)

    def _shared(
        self, request: MapRequest, settings: QgsMapSettings, image: QImage, collected: List[CollectedLayer]
    ) -> float:
        """Draw a map with as many processors as it is worth; return the seconds of all together."""
        wished = 1 + int(self._times.expected(request.view) / self._worth)
        with self._processors.lent(wished) as count:
            bands = bands_of(settings, count, strays=not collected) if count > 1 else []
            if bands:
                return self._drawn_in_bands(request, settings, image, bands, collected)
            return _drawn(settings, image, None, collected)

    def _drawn_in_bands(
        self, request: MapRequest, settings: QgsMapSettings, image: QImage, bands: List[Band],
        collected: List[CollectedLayer],
    ) -> float:  # fmt: skip
        """Draw the first band in this thread and the others in their own; return the seconds of all together."""

        def draw(band: Band) -> Tuple[QImage, float]:
            sheet = blank_map(request, settings.outputSize())
            with self._layers.lent(request.view.layers) as copies:
                own = request_settings(request, copies)
                again = self._collections.layers(request.view, own, copies) if collected else []
                if len(again) != len(collected):
                    raise NotCollectable
                return sheet, _drawn(own, sheet, band, again)

        others = [self._helpers.submit(draw, band) for band in bands[1:]]
        seconds = _drawn(settings, image, bands[0], collected)
        for band, other in zip(bands[1:], others):
            sheet, more = other.result()
            paste(sheet, image, band.rows)
            seconds += more
        return seconds


@dataclass(frozen=True)
class Band:
    """Some rows of a map, and the ground of each layer, by its table and kind, whose features reach them."""

    rows: QRect
    grounds: Tuple[QgsRectangle, ...]  # in the order of the map's layers, in the system of each

    def filter_of(self, settings: QgsMapSettings) -> _InBand:
        """Return what has QGIS read nothing but the features that reach the band."""
        return _InBand(dict(zip((layer.id() for layer in settings.layers()), self.grounds)))


class _InBand(QgsFeatureFilterProvider):
    """Narrows what QGIS reads of each layer for a map to a part of its ground."""

    def __init__(self, grounds: Dict[str, QgsRectangle]) -> None:
        super().__init__()
        self._grounds = grounds

    def filterFeatures(self, layer: Union[QgsVectorLayer, str], request: QgsFeatureRequest) -> None:
        """Narrow what is asked for; later versions of QGIS give the id of the layer."""
        ground = self._grounds[layer if isinstance(layer, str) else layer.id()]
        narrowed = request.filterRect().intersect(ground)
        if narrowed.isEmpty():
            request.setFilterFids([])
        else:
            request.setFilterRect(narrowed)

    def layerAttributes(self, _layer: QgsVectorLayer, attributes: List[str]) -> List[str]:
        """Return the attributes that may be seen: all."""
        return attributes

    def clone(self) -> _InBand:
        """Return a copy, which QGIS keeps for a drawing."""
        return _InBand(self._grounds)


def bands_of(settings: QgsMapSettings, count: int, strays: bool = True) -> List[Band]:
    """Return so many bands of equal height that make a map up, none where one might lack something of the whole.

    `strays` are what comes near a band only from beyond the map's edge: who reads the ground of a band alone may not
    know that they lie on the map.
    """
    context = QgsRenderContext.fromMapSettings(settings)
    layers, size = settings.layers(), settings.outputSize()
    reaches = [reach_of_layer(layer, context) for layer in layers]
    if None in reaches or size.height() < count:
        return []
    edges = [size.height() * number // count for number in range(count + 1)]
    rows = [QRect(0, top, size.width(), bottom - top) for top, bottom in zip(edges, edges[1:])]
    found = grounds_to_read if strays else grounds_near
    grounds = [found(settings, layer, rows, reach) for layer, reach in zip(layers, reaches)]
    return [] if None in grounds else [Band(*band) for band in zip(rows, zip(*grounds))]


def _drawn(
    settings: QgsMapSettings, image: QImage, band: Optional[Band] = None, collected: Sequence[CollectedLayer] = ()
) -> float:  # fmt: skip
    """Draw a map, or a band of it, and return the seconds of the processor that it took."""
    begun = time.thread_time()
    if collected:
        draw(settings, collected, image, band.grounds if band else ())
    else:
        paint(settings, image, band.filter_of(settings) if band else None)
    return time.thread_time() - begun
