"""The published tile layers and their archives, kept open as long as their revision lasts; no lock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Optional

from ...tiles.archive_reader import Archive
from ..publications import Publications, TileLayer


@dataclass(frozen=True)
class _Shelf:
    """The layers at one revision of everything."""

    revision: str
    layers: Dict[str, TileLayer]


@dataclass(frozen=True)
class _Opened:
    revision: str
    archive: Archive


class OpenArchives:
    """Layers by name, archives by layer.

    Threads share it without a lock: each answer is looked up in a dictionary, and what two threads find missing at the
    same time both open, which costs a moment and harms nothing. A replaced archive closes when the last request that
    reads it is done.
    """

    def __init__(self, publications: Publications) -> None:
        self._publications = publications
        self._shelf = _Shelf("", {})
        self._opened: Dict[str, _Opened] = {}

    def layer(self, name: str) -> Optional[TileLayer]:
        """Return the layer of this name as it is published now, or None."""
        return self._current().layers.get(name)

    def archive(self, layer: TileLayer) -> Archive:
        """Return the open archive of a layer."""
        opened = self._opened.get(layer.name)
        if opened is None or opened.revision != layer.revision:
            opened = _Opened(layer.revision, Archive(layer.archive))
            self._opened[layer.name] = opened
        return opened.archive

    def _current(self) -> _Shelf:
        revision = self._publications.revision()
        shelf = self._shelf
        if shelf.revision != revision or not shelf.layers:
            shelf = _Shelf(revision, {layer.name: layer for layer in self._publications.tile_layers()})
            self._shelf = shelf
            for gone in set(self._opened) - set(shelf.layers):
                self._opened.pop(gone, None)
        return shelf
