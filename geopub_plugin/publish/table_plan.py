"""What is to become of one table of a publication, and who may see the services: values without QGIS."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional, Tuple

LAYER, NAMED, FILE, NONE = "layer", "named", "file", "none"  # where a style comes from


@dataclass(frozen=True)
class StyleChoice:
    """The style that a table is drawn with: the layer's, another one of the layer's styles, a file's, or none."""

    kind: str = LAYER
    value: str = ""  # name of the style, or path of the file


@dataclass(frozen=True)
class TablePlan:
    """How one table is published."""

    table: str  # as named in the delivered file
    title: str = ""
    abstract: str = ""
    keywords: Tuple[str, ...] = ()
    public_name: str = ""  # in the WFS; "" for the table's own
    attributes: Optional[Tuple[str, ...]] = None  # in the tiles; None for all of them
    top_level: Optional[int] = None  # None for that of the plan
    bottom_level: Optional[int] = None
    style: StyleChoice = field(default_factory=StyleChoice)
    layer: str = ""  # id of the layer in QGIS

    @property
    def shown_name(self) -> str:
        """The name under which people know the table."""
        return self.public_name or self.table


@dataclass(frozen=True)
class Access:
    """Who may see the services."""

    restricted: bool = False
    licence: str = ""  # on what terms; "" for the platform's own words
    end_date: str = ""  # ISO 8601, until when the own community may; "" for no end
