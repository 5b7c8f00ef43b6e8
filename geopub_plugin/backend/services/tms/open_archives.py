"""The published tile layers and their archives, kept open as long as their files are there; no lock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Optional

from ...tiles.archive_reader import Archive
from ..publications import Publications, TileLayer

MOST = 64  # archives that are open at the same time


@dataclass(frozen=True)
class _Shelf:
    """The layers at one revision of everything that the asker may see."""

    revision: str
    layers: Dict[str, TileLayer]


class OpenArchives:
    """Layers by name, archives by file: a file is one revision, and never changes.

    Threads share it without a lock: each answer is looked up in a dictionary, and what two threads find missing at the
    same time both open, which costs a moment and harms nothing. An archive that is let go closes when the last request
    that reads it is done. Askers who see different layers take the shelf from each other, not the archives.
    """

    def __init__(self, publications: Publications) -> None:
        self._publications = publications
        self._shelf = _Shelf("", {})
        self._opened: Dict[Path, Archive] = {}

    def layer(self, name: str) -> Optional[TileLayer]:
        """Return the layer of this name as it is published now, or None."""
        return self._current().layers.get(name)

    def archive(self, layer: TileLayer) -> Archive:
        """Return the open archive of a layer."""
        archive = self._opened.get(layer.archive)
        if archive is None:
            archive = Archive(layer.archive)
            for oldest in list(self._opened)[: max(0, len(self._opened) + 1 - MOST)]:
                self._opened.pop(oldest, None)
            self._opened[layer.archive] = archive
        return archive

    def _current(self) -> _Shelf:
        revision = self._publications.revision()
        shelf = self._shelf
        if shelf.revision != revision or not shelf.layers:
            shelf = _Shelf(revision, {layer.name: layer for layer in self._publications.tile_layers()})
            self._shelf = shelf
            for gone in [place for place in list(self._opened) if not place.exists()]:
                self._opened.pop(gone, None)
        return shelf
