"""Snapshots: everything that is published at one commit, as values that services read without any query."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Mapping, Sequence, Tuple

from ..services.publications import FeatureType, MapLayer, ServiceInfo, TileLayer


@dataclass(frozen=True)
class Part:
    """What one offering shows."""

    offering: str
    type: str  # "WFS", "WMS-VECTOR", "WMTS-TMS"
    layer_name: str
    private: bool  # it is on an endpoint that asks for a key
    public: bool  # everybody sees it
    available: bool
    revision: str
    feature_types: Tuple[FeatureType, ...] = ()
    map_layers: Tuple[MapLayer, ...] = ()
    tile_layers: Tuple[TileLayer, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """What is published, or a choice of it, at one commit."""

    service: ServiceInfo
    revision: str
    feature_types: Tuple[FeatureType, ...]
    map_layers: Tuple[MapLayer, ...]
    tile_layers: Tuple[TileLayer, ...]

    @classmethod
    def of(cls, service: ServiceInfo, parts: Sequence[Part]) -> Snapshot:
        """Return the snapshot of some parts."""
        return cls(
            service,
            digest([part.revision for part in parts] + [repr(service)]),
            tuple(one for part in parts for one in part.feature_types),
            tuple(one for part in parts for one in part.map_layers),
            tuple(one for part in parts for one in part.tile_layers),
        )


@dataclass(frozen=True)
class Whole:
    """Everything at one commit: what is public, and each offering by itself, in the order of publication."""

    public: Snapshot
    parts: Mapping[str, Part]
    named: Mapping[Tuple[str, str], Sequence[Part]]  # by type and layer name


def digest(value: Any) -> str:
    """Return a short text that changes whenever a JSON value does."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
