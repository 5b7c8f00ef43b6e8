"""What the services see of the catalogue: values, and the one protocol through which they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional, Protocol, Tuple

from ..features.schema import Bounds


@dataclass(frozen=True)
class MetadataLink:
    """A link to metadata or a style, as configurations carry it."""

    format: str  # media type
    url: str
    type: str  # "ISO19115:2003", "Other", …


@dataclass(frozen=True)
class FeatureType:
    """One table published over WFS."""

    name: str  # "<layer_name>:<public name>", the wire name
    title: str
    abstract: str
    keywords: Tuple[str, ...]
    data: Path  # GeoPackage revision
    table: str  # table inside it
    bounds: Bounds  # longitude and latitude, WGS 84
    revision: str  # changes whenever data changes
    metadata: Tuple[MetadataLink, ...] = ()
    srs: str = ""  # of the data, "EPSG:2154"; "" where only the table itself says it


@dataclass(frozen=True)
class DrawnTable:
    """One table of a map layer, and the style it is drawn with (QML or SLD; None: the default style)."""

    data: Path
    table: str
    style: Optional[Path]


@dataclass(frozen=True)
class MapStyle:
    """A style that a map layer may be asked for by its name, and its tables with it."""

    name: str
    title: str
    tables: Tuple[DrawnTable, ...]


@dataclass(frozen=True)
class MapLayer:
    """One layer published over WMS; the first table is drawn on top."""

    name: str
    title: str
    abstract: str
    keywords: Tuple[str, ...]
    tables: Tuple[DrawnTable, ...]
    srs: str  # of the data, "EPSG:2154"
    bounds: Bounds  # longitude and latitude, WGS 84
    revision: str
    metadata: Tuple[MetadataLink, ...] = ()
    style_name: str = "default"  # of the style that is drawn when none is named
    style_title: str = ""
    further_styles: Tuple[MapStyle, ...] = ()

    @property
    def styles(self) -> Tuple[MapStyle, ...]:
        """Every style, the one that is drawn when none is named first."""
        return (MapStyle(self.style_name, self.style_title or self.style_name, self.tables), *self.further_styles)

    def dressed(self, style: str) -> Optional[MapLayer]:
        """Return the layer as it is drawn with a style of its own, None for a style that it does not have."""
        if style in ("", "default", self.style_name) and style not in (one.name for one in self.further_styles):
            return self
        found = next((one for one in self.further_styles if one.name == style), None)
        if found is None:
            return None
        return replace(self, tables=found.tables, style_name=found.name, style_title=found.title, further_styles=())


@dataclass(frozen=True)
class TileLayer:
    """One pyramid published over TMS."""

    name: str
    title: str
    abstract: str
    keywords: Tuple[str, ...]
    archive: Path  # PMTiles revision; not there yet while it is made
    top_level: int
    bottom_level: int
    bounds: Bounds  # longitude and latitude, WGS 84
    revision: str
    metadata: Tuple[MetadataLink, ...] = ()
    making: str = ""  # while the archive is made: what `tiles.pyramid_job.run` was told, as JSON
    bounds_given: bool = True  # by the publisher, or by the archive; else `bounds` is no more than a guess
    style_url: str = ""  # of the current style for browsers (Mapbox), as its publisher has listed it; "" for none


@dataclass(frozen=True)
class ServiceInfo:
    """What the capabilities documents say of the service as a whole."""

    title: str
    abstract: str
    provider: str
    contact: str  # e-mail, "" for none


class Publications(Protocol):
    """The published things, as they are at this moment."""

    def service(self) -> ServiceInfo:
        """Return what the capabilities say of the whole."""

    def revision(self) -> str:
        """Return a text that changes whenever anything published changes (the update sequence)."""

    def feature_types(self) -> Tuple[FeatureType, ...]:
        """Return every published feature type."""

    def map_layers(self) -> Tuple[MapLayer, ...]:
        """Return every published map layer."""

    def tile_layers(self) -> Tuple[TileLayer, ...]:
        """Return every published tile layer."""
