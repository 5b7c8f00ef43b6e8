"""Which maps are drawn of collections: those of which it was seen that they are, to the pixel, what QGIS draws."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import List, Optional, Tuple

from qgis.core import QgsMapSettings
from qgis.PyQt.QtGui import QImage

from ...errors import GeoPubError
from ..layers import Layers
from ..maps import blank_map
from ..requests import MapRequest, MapView
from ..workload import kind_of
from .drawing import CollectedLayer, collected_layer, draw
from .features import NotCollectable
from .tables import ReadTables

FEWEST = 400  # features that take less time as collections than one by one
_REMEMBERED = 500  # kinds of maps


class Collections:
    """Knows of each kind of map whether it may be drawn of collections. Thread-safe."""

    def __init__(self, fewest: int = FEWEST) -> None:
        self._tables, self._fewest = ReadTables(), fewest
        self._same: OrderedDict[Tuple[object, ...], bool] = OrderedDict()
        self._lock = threading.Lock()

    def layers(self, view: MapView, settings: QgsMapSettings, layers: List[Layers]) -> List[CollectedLayer]:
        """Return the layers of a map, top first, as collections; none where QGIS has to draw them one by one."""
        if any(len(kinds) != 1 for kinds in layers):
            return []
        found: List[CollectedLayer] = []
        for table, (layer,) in zip(view.layers, layers):
            try:
                read = self._tables.table(table)
            except GeoPubError:  # whoever draws it tells what is wrong
                return []
            collected = collected_layer(settings, layer, read)
            if collected is None:
                return []
            found.append(collected)
        return found

    def enough(self, layers: List[CollectedLayer]) -> bool:
        """Return whether a map shows so many features that it is drawn sooner of collections."""
        return sum(layer.count() for layer in layers) >= self._fewest

    def same(self, view: MapView) -> Optional[bool]:
        """Return whether maps of this kind are what QGIS draws, None while that is not known."""
        with self._lock:
            return self._same.get(kind_of(view))

    def compare(self, request: MapRequest, settings: QgsMapSettings, layers: List[Layers], drawn: QImage) -> None:
        """Learn whether maps of a kind are the same by drawing one that QGIS has drawn."""
        collected = self.layers(request.view, settings, layers)
        if not collected:
            self.learn(request.view, False)
        elif self.enough(collected):
            again = blank_map(request, drawn.size())
            try:
                draw(settings, collected, again)
                self.learn(request.view, again == drawn)
            except NotCollectable:
                self.learn(request.view, False)

    def learn(self, view: MapView, same: bool) -> None:
        """Remember whether maps of a kind are the same."""
        with self._lock:
            self._same[kind_of(view)] = same
            if len(self._same) > _REMEMBERED:
                self._same.popitem(last=False)
