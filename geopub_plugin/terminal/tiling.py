"""`geopub tiles`: the tile engine on a file, without catalogue or server."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..backend.disk import storing
from ..backend.errors import InvalidInput
from ..backend.features.schema import TableSchema
from ..backend.jobs.progress import Progress, Silent
from ..backend.translation import tr
from ..publish.proposal import chosen_tables, propose, slug

PMTILES, MBTILES, FOLDER = ".pmtiles", ".mbtiles", ""


@dataclass(frozen=True)
class TilesRequest:
    """What `geopub tiles` is asked for."""

    file: Path
    out: Path
    kind: str = PMTILES  # or MBTILES, or FOLDER
    tables: Tuple[str, ...] = ()  # all of them by default
    layers: Tuple[str, ...] = ()  # names in the tiles, in the order of `tables`
    top: Optional[int] = None
    bottom: Optional[int] = None
    options: str = ""  # flags
    attributes: Tuple[str, ...] = ("*",)
    where: str = ""
    area: str = ""  # WKT
    around: Optional[Tuple[float, float]] = None  # longitude and latitude of a sample, in place of an area
    jobs: Optional[int] = None
    previous: Optional[Tuple[Path, Path]] = None  # an earlier revision of the file, and the archive made of it


def place_of(out: str) -> Tuple[Path, str]:
    """Return where to write, and what: PMTILES, MBTILES or FOLDER; raise InvalidInput for other endings."""
    place = Path(out)
    suffix = place.suffix.lower()
    if out.endswith(("/", os.sep)) or suffix == "" or place.is_dir():
        return place, FOLDER
    if suffix not in (PMTILES, MBTILES):
        raise InvalidInput(
            tr("{file} is no kind of tile archive.", file=place.name),
            tr("Tiles are written as .pmtiles, as .mbtiles, or into a folder."),
            tr("Give a name that ends so, or with / for a folder."),
        )
    return place, suffix


def flags_of(options: str, preset_name: str) -> str:
    """Return the flags of a generalisation; raise InvalidInput for a flag or a preset that does not exist."""
    from ..backend.tiles.options import parse_options
    from ..backend.tiles.presets import preset

    flags = preset(preset_name).flags if preset_name else options
    parse_options(flags)
    return flags


def job_parameters(request: TilesRequest) -> Dict[str, Any]:
    """Return what the pyramid job is told; raise InvalidInput for a file, a table or an attribute that is not there."""
    from ..backend.tiles.sample import propose_area
    from ..backend.tiles.sources import tables_in

    known = {table.name: table for table in tables_in(request.file)}
    if not set(request.tables) <= set(known):
        chosen_tables(request.file, request.tables)  # says which there are
    tables = [known[name] for name in request.tables or known]
    if len(request.layers) > len(tables):
        raise InvalidInput(
            tr("There are more layer names than tables."),
            tr("The tables are: {names}.", names=", ".join(table.name for table in tables)),
            tr("Give --layer once for each table, in the order of --table."),
        )
    low, high = _levels(request)
    layers = (*request.layers, *(slug(table.name) for table in tables[len(request.layers) :]))
    composition = [
        {"table": table.name, "layer": layer, "top_level": low, "bottom_level": high,
         "attributes": _attributes(table, tables, request.attributes), "filter": request.where}
        for table, layer in zip(tables, layers)
    ]  # fmt: skip
    area = propose_area(*request.around, high) if request.around else request.area
    return {
        "data": str(request.file.absolute()), "composition": composition, "area": area, "options": request.options,
        "jobs": request.jobs, "name": request.file.stem, "previous": _previous(request), "offered": False,
    }  # fmt: skip


def make_archive(request: TilesRequest, progress: Optional[Progress] = None) -> Dict[str, Any]:
    """Make an archive, or a folder of tiles, and return what the engine reports.

    An interrupted run leaves a folder beside the archive, from which the same command goes on.
    """
    from ..backend.tiles import pyramid_job
    from ..backend.tiles.tile_folder import refuse_other_folder

    parameters, place, kind = job_parameters(request), request.out, request.kind
    if kind == FOLDER:
        refuse_other_folder(place)
    with storing(place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
        parameters["checkpoints"] = str(place.parent / f".{place.name}.geopub")
        with tempfile.TemporaryDirectory(prefix=".geopub-", dir=place.parent) as work:
            made = pyramid_job.run(parameters, Path(work), progress or Silent())
            archive = Path(work) / made["file"]
            if kind == PMTILES:
                os.replace(archive, place)
            else:
                _rewrite(archive, kind, place)
    size = made["size"] if kind == PMTILES else _size(place)
    return {**made, "file": str(place), "size": size, "area": parameters["area"]}


def estimated(request: TilesRequest, sample: bool) -> Dict[str, Any]:
    """Return what the pyramid will be, before it is made; with `sample`, a few blocks are built to know it better."""
    from ..backend.tiles.estimate import estimate
    from ..backend.tiles.executors import usual_count
    from ..backend.tiles.pyramid_job import plan_of

    return estimate(plan_of(job_parameters(request)), request.jobs or usual_count(), sample).as_json()


def write_report(place: Path, made: Mapping[str, Any]) -> None:
    """Write what was made as JSON."""
    with storing(place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(made, ensure_ascii=False, indent=2) + "\n", "utf-8")


def _rewrite(archive: Path, kind: str, place: Path) -> None:
    """Write the tiles of an archive as MBTILES or FOLDER."""
    from ..backend.tiles.archive_reader import Archive
    from ..backend.tiles.mbtiles import write_mbtiles
    from ..backend.tiles.tile_folder import write_folder

    with Archive(archive) as opened:
        (write_mbtiles if kind == MBTILES else write_folder)(opened, place)


def _levels(request: TilesRequest) -> Tuple[int, int]:
    """Return the levels asked for, or those to propose in their place; to propose, the file is looked through."""
    if request.top is not None and request.bottom is not None:
        return request.top, request.bottom
    proposed = propose(request.file, request.tables)
    top, bottom = proposed.top_level or 0, proposed.bottom_level or 0
    if request.top is not None:
        return request.top, max(request.top, bottom)
    return (top, bottom) if request.bottom is None else (min(top, request.bottom), request.bottom)


def _previous(request: TilesRequest) -> Optional[Dict[str, str]]:
    """Return the files that the pyramid follows, as the job is told."""
    if request.previous is None:
        return None
    data, archive = request.previous
    return {"data": str(data.absolute()), "archive": str(archive.absolute())}


def _attributes(table: TableSchema, tables: Sequence[TableSchema], asked: Sequence[str]) -> List[str]:
    """Return those of the attributes asked for that a table has; refuse one that no table has."""
    if "*" in asked:
        return ["*"]
    own = [field.name for field in table.fields] + [table.fid, table.geometry]
    every = {field.name for one in tables for field in one.fields} | {one.geometry for one in tables}
    unknown = next((name for name in asked if name not in every and name not in own), None)
    if unknown is not None:
        raise InvalidInput(
            tr("No table has an attribute “{name}”.", name=unknown),
            tr("There are: {names}.", names=", ".join(sorted(every))),
            tr("Choose among these, or * for all."),
        )
    return [name for name in asked if name in own]


def _size(place: Path) -> int:
    if place.is_file():
        return place.stat().st_size
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
