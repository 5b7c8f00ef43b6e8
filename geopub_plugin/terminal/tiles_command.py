"""`geopub tiles`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional

import click

from ..backend.translation import tr
from .choices import point
from .options import FILE, err, json_option, out, print_json
from .tiling import TilesRequest, estimated, flags_of, make_archive, place_of, write_report


@click.command(
    help=tr("Make vector tiles of a GeoPackage without any server: OUT.pmtiles, OUT.mbtiles or a folder OUT/.")
)
@click.argument("file", type=FILE)
@click.argument("archive", metavar="OUT")
@click.option("--table", "tables", multiple=True, help=tr("Only this table (may be repeated)."))
@click.option("--layer", "layers", multiple=True, help=tr("The table's name in the tiles (may be repeated)."))
@click.option("--min-zoom", "top", type=click.IntRange(0, 18), help=tr("The top level of the tiles."))
@click.option("--max-zoom", "bottom", type=click.IntRange(0, 18), help=tr("The bottom level of the tiles."))
@click.option("--preset", default="", help=tr("A generalisation by its name, see docs/tiles.md."))
@click.option("--options", default="", help=tr("A generalisation by its flags, such as -S10 -an."))
@click.option("--attributes", default="*", help=tr("The attributes of the tiles, with commas; all by default."))
@click.option("--where", default="", help=tr("Only rows for which this holds, as in SQL, such as pop > 1000."))
@click.option("--area", default="", help=tr("Only tiles that meet this POLYGON (WKT in longitude and latitude)."))
@click.option("--sample", "around", callback=point, help=tr("Only 10 × 10 tiles around LONGITUDE,LATITUDE."))
@click.option("--jobs", type=click.IntRange(1, 64), help=tr("The number of processes; one a core by default."))
@click.option(
    "--previous", nargs=2, type=FILE, metavar="OLD.gpkg OLD.pmtiles",
    help=tr("An earlier state of the file and its tiles: only what changed is built."),
)  # fmt: skip
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help=tr("Write the report into a JSON file.")
)
@click.option("--dry-run", is_flag=True, help=tr("Only say how many tiles, how large and how long."))
@json_option
def tiles(file: Path, archive: str, report: Optional[Path], dry_run: bool, as_json: bool, **choices: Any) -> None:
    """Make tiles beside their place and move them there when they are finished."""
    request = _request(file, archive, choices)
    if as_json:
        made = estimated(request, sample=True) if dry_run else make_archive(request)
        print_json(made)
    else:
        made = _shown(request, dry_run)
    if report is not None and not dry_run:
        write_report(report, made)


def _shown(request: TilesRequest, dry_run: bool) -> Dict[str, Any]:
    """Return what was made, or will be, and show a person how it goes."""
    from .tiling_display import bars, show_estimate, show_tiles

    show_estimate(out() if dry_run else err(), told := estimated(request, sample=dry_run))
    if dry_run:
        return told
    with bars(err()) as progress:
        made = make_archive(request, progress)
    show_tiles(out(), made)
    return made


def _request(file: Path, archive: str, choices: Dict[str, Any]) -> TilesRequest:
    """Return what is asked for; refuse options that contradict one another."""
    for one, other in (("options", "preset"), ("area", "around")):
        if choices[one] and choices[other]:
            names = {"around": "sample"}
            raise click.UsageError(tr("Give --{one} or --{other}, not both.", one=one, other=names.get(other, other)))
    if None not in (choices["top"], choices["bottom"]) and choices["top"] > choices["bottom"]:
        raise click.UsageError(tr("--min-zoom must not be greater than --max-zoom."))
    attributes = tuple(name.strip() for name in choices.pop("attributes").split(",") if name.strip())
    options = flags_of(choices.pop("options"), choices.pop("preset"))
    return TilesRequest(file, *place_of(archive), attributes=attributes, options=options, **choices)
