"""What is asked of a publication, and what it leads to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Tuple

from ..backend.errors import InvalidInput
from ..backend.faults import Fault
from ..backend.features.schema import Bounds
from .client.stored_data import StoredData
from .metadata.description import Description
from .proposal import SERVICES, Proposal, TableStyle, propose
from .steps import Step
from .table_plan import Access, TablePlan


class Refused(InvalidInput):
    """Checks found what forbids the publication; `faults` lists everything they found."""

    def __init__(self, what: str, why: str = "", cure: str = "", faults: Sequence[Fault] = ()) -> None:
        super().__init__(what, why, cure)
        self.faults = tuple(faults)


@dataclass(frozen=True)
class PublicationRequest:
    """What is to be published, and how."""

    file: Path  # GeoPackage, or zip with one
    title: str
    datasheet: str
    layer_name: str
    services: Tuple[str, ...] = SERVICES
    tables: Tuple[str, ...] = ()  # none: all
    styles: Tuple[TableStyle, ...] = ()  # none: those of an earlier publication stay
    srs: str = ""  # declared; "" for what the file says
    top_level: Optional[int] = None
    bottom_level: Optional[int] = None
    abstract: str = ""
    keywords: Tuple[str, ...] = ()
    sample: Optional[Tuple[float, float]] = None  # longitude, latitude: only 10 × 10 tiles of the bottom level there
    area: str = ""  # WKT in EPSG:4326: only the tiles there, a sample
    flags: str = ""  # of the generalisation
    plans: Tuple[TablePlan, ...] = ()  # of single tables; none: titles of the tables, every attribute
    description: Optional[Description] = None  # None: no metadata record is made
    access: Optional[Access] = None  # None: as it is, for everybody at first
    service_title: str = ""  # of the services; "" for the title of the data
    map_styles: Tuple[TableStyle, ...] = ()  # `styles` as SLD 1.0.0, where a store reads only that

    @property
    def shown_title(self) -> str:
        """The title of the services."""
        return self.service_title or self.title

    @property
    def theme(self) -> str:
        """The topic categories, as configurations are tagged with them."""
        return ",".join(self.description.categories) if self.description else ""

    @classmethod
    def proposed(
        cls, file: Path, tables: Sequence[str] = (), proposal: Optional[Proposal] = None
    ) -> PublicationRequest:
        """Return the request that publishes a file with every default; `proposal` when it was made already."""
        it = proposal or propose(file, tables)
        return cls(
            file=file,
            title=it.title,
            datasheet=it.datasheet,
            layer_name=it.layer_name,
            services=it.services,
            tables=tuple(tables),
            styles=it.styles,
            srs=it.srs,
            top_level=it.top_level,
            bottom_level=it.bottom_level,
        )


@dataclass(frozen=True)
class LiveUrl:
    """One address of one service that now answers."""

    service: str  # "wfs", "wms" or "tms"
    type: str  # "WFS", "WMS", "TMS", "WMTS"
    url: str
    levels: Optional[Tuple[int, int]] = None  # top and bottom level of tiles that are still being made
    bounds: Optional[Bounds] = None  # of these, in longitude and latitude
    open: bool = True  # to everybody; else it asks for a key


@dataclass(frozen=True)
class PublicationResult:
    """What a publication led to."""

    datasheet: str
    layer_name: str
    updated: bool  # something of the same name was there and was replaced
    urls: Tuple[LiveUrl, ...]
    data: StoredData
    faults: Tuple[Fault, ...]  # what was found and did not forbid the publication
    times: Tuple[Tuple[Step, float], ...]  # seconds

    @property
    def names(self) -> Mapping[str, Any]:
        """The tables and fields whose names had to change."""
        return self.data.names or {}
