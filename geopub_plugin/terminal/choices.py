"""What the options of `geopub publish` ask for, and a place as several commands take it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Sequence, Tuple

import click

from ..backend.translation import tr

if TYPE_CHECKING:
    from ..publish.publication import PublicationRequest


def point(_: click.Context, parameter: click.Parameter, value: Optional[str]) -> Optional[Tuple[float, float]]:
    """Read LONGITUDE,LATITUDE."""
    if value is None:
        return None
    try:
        longitude, latitude = (float(part) for part in value.split(","))
    except ValueError:
        longitude, latitude = 999.0, 999.0
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise click.BadParameter(tr("Give a longitude and a latitude, such as 2.35,48.85."))
    return longitude, latitude


def publication_request(file: Path, tables: Sequence[str], styles: Sequence[Path], choices: Any) -> PublicationRequest:
    """Return what is asked for: the proposal, with what the person chose in its place."""
    from ..publish.proposal import SERVICES, match_styles, propose, slug
    from ..publish.publication import PublicationRequest

    proposal = propose(file, tables)
    proposed = PublicationRequest.proposed(file, tables, proposal)
    title = choices["title"] or proposed.title
    wanted = tuple(name.strip().lower() for name in (choices["services"] or "").split(",") if name.strip())
    unknown = [name for name in wanted if name not in SERVICES]
    if unknown or not wanted:
        raise click.UsageError(tr("--services takes names among {names}.", names=", ".join(SERVICES)))
    top = proposed.top_level if choices["min_zoom"] is None else choices["min_zoom"]
    bottom = proposed.bottom_level if choices["max_zoom"] is None else choices["max_zoom"]
    if None not in (choices["min_zoom"], choices["max_zoom"]) and choices["min_zoom"] > choices["max_zoom"]:
        raise click.UsageError(tr("--min-zoom must not be greater than --max-zoom."))
    return replace(
        proposed,
        title=title,
        datasheet=choices["datasheet"] or title,
        layer_name=choices["name"] or slug(title),
        services=tuple(name for name in SERVICES if name in wanted),
        styles=match_styles(styles, proposal.tables) if styles else proposed.styles,
        srs=choices["srs"] or proposed.srs,
        top_level=top,
        bottom_level=bottom,
        sample=choices["sample"],
    )
