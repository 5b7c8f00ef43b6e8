"""What the services see: values made from the entities once per change, handed out without any query."""

from __future__ import annotations

from typing import AbstractSet, Callable, FrozenSet, List, Mapping, Optional, Tuple

from ..data_folder import DataFolder
from ..services.publications import FeatureType, MapLayer, ServiceInfo, TileLayer
from .database import Database
from .snapshot_reader import SnapshotReader
from .snapshots import Snapshot, Whole

SHOWN = frozenset({"offering", "configuration", "data_revision", "static", "community"})  # tables that services show


class CataloguePublications:
    """What a catalogue publishes for everybody; implements `services.publications.Publications`."""

    def __init__(self, database: Database, folder: DataFolder, making: Mapping[str, str] = {}) -> None:
        """Read the published things; `making` tells of stored data that are being made what their worker was told."""
        self._database, self._folder, self._making = database, folder, making
        self._whole = self._read()
        database.after_commit(self._refresh)

    def choice(self, chosen: Callable[[], AbstractSet[str]], private: bool) -> ChosenPublications:
        """Return a view of other offerings than the public ones: those that `chosen` names whenever it is asked.

        Args:
            chosen: returns ids of offerings; others are not there.
            private: whether only what is available on a private endpoint may be chosen, or whatever is published.
        """
        return ChosenPublications(lambda: self._whole, chosen, private)

    def service(self) -> ServiceInfo:
        """Return what the capabilities say of the whole."""
        return self._whole.public.service

    def revision(self) -> str:
        """Return a text that changes whenever anything published changes."""
        return self._whole.public.revision

    def feature_types(self) -> Tuple[FeatureType, ...]:
        """Return every published feature type."""
        return self._whole.public.feature_types

    def map_layers(self) -> Tuple[MapLayer, ...]:
        """Return every published map layer."""
        return self._whole.public.map_layers

    def tile_layers(self) -> Tuple[TileLayer, ...]:
        """Return every published tile layer."""
        return self._whole.public.tile_layers

    def offerings_of(self, kind: str, names: AbstractSet[str], seen: Optional[AbstractSet[str]]) -> List[str]:
        """Return the offerings of a type that names (of layers, or of tables in them) mean.

        Args:
            kind: "WFS", "WMS-VECTOR" or "WMTS-TMS".
            names: as requests hold them: "roads", "roads:paths".
            seen: ids of the offerings that may be meant; None for those that are public.
        """
        whole = self._whole
        parts = [
            part for name in {one.partition(":")[0] for one in names} for part in whole.named.get((kind, name), ())
        ]
        return [part.offering for part in parts if (part.public if seen is None else part.offering in seen)]

    def layers_drawn(self) -> FrozenSet[str]:
        """Return the names of all map layers that are live, for whomever."""
        return frozenset(layer.name for part in self._whole.parts.values() for layer in part.map_layers)

    def tiles_being_made(self) -> List[TileLayer]:
        """Return the tile layers, for whomever, whose pyramid is not there yet."""
        return [layer for part in self._whole.parts.values() for layer in part.tile_layers if layer.making]

    def refresh(self) -> None:
        """Read everything again."""
        with self._database.still():  # or what a commit hides meanwhile would be shown again
            self._whole = self._read()

    def _refresh(self, touched: FrozenSet[str]) -> None:
        if touched & SHOWN:
            self._whole = self._read()  # one assignment: a request sees the old or the new whole

    def _read(self) -> Whole:
        with self._database.reading() as connection:
            return SnapshotReader(connection, self._folder, self._making).whole()


class ChosenPublications:
    """The offerings that somebody may see, chosen anew at each question; implements `Publications`."""

    def __init__(self, whole: Callable[[], Whole], chosen: Callable[[], AbstractSet[str]], private: bool) -> None:
        self._whole, self._chosen, self._private = whole, chosen, private

    def service(self) -> ServiceInfo:
        """Return what the capabilities say of the whole."""
        return self._whole().public.service

    def revision(self) -> str:
        """Return a text that changes whenever anything changes that is seen, and with who sees it."""
        return self._snapshot().revision

    def feature_types(self) -> Tuple[FeatureType, ...]:
        """Return the feature types that are seen."""
        return self._snapshot().feature_types

    def map_layers(self) -> Tuple[MapLayer, ...]:
        """Return the map layers that are seen."""
        return self._snapshot().map_layers

    def tile_layers(self) -> Tuple[TileLayer, ...]:
        """Return the tile layers that are seen."""
        return self._snapshot().tile_layers

    def _snapshot(self) -> Snapshot:
        whole, chosen = self._whole(), self._chosen()
        named = [whole.parts[one] for one in sorted(chosen) if one in whole.parts]
        seen = [part for part in named if (part.private and part.available) or not self._private]
        return Snapshot.of(whole.public.service, seen)
