"""A pyramid from its plan to its archive."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import Executor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Dict, List, Optional, Sequence, Tuple

from ..about import __title__, __version__
from ..disk import storing
from ..errors import InvalidInput
from ..features.geopackage import GeoPackageTable
from ..features.schema import Bounds, ColumnKind, Field
from ..jobs.progress import Progress, Silent
from ..translation import tr
from .archive import ArchiveWriter
from .block import BlockResult, BlockTask, UpperTask, build_block, build_upper
from .blocks import Cut, Spread, cut_of, sliced, spreads_of
from .checkpoint import fingerprint, keep, kept
from .executors import Crew, results_of
from .grid import HIGHEST, degrees
from .nodes import write_nodes
from .plan import ALL, PyramidPlan, TablePlan
from .provenance import KEY, Provenance, data_digests, plan_digest
from .records import written
from .report import PyramidReport, level_report
from .stages import left_of, stage
from .unreadable import unreadable_told
from .work_folders import work_folder

BLOCK = 400_000  # vertices: arrays of a few megabytes, that stay near the processor
_SLICES = 2  # of a block's vertices, where one square holds everything: enough for each process to have its share
_STAGE = 3  # times as many for squares of the levels above, where less is done with each
_SHARERS = 3  # processes at most that share the levels of a square: each reads the same
_JSON_TYPES = {ColumnKind.INTEGER: "Number", ColumnKind.REAL: "Number", ColumnKind.BOOLEAN: "Boolean"}


def build(
    plan: PyramidPlan,
    out: Path,
    progress: Optional[Progress] = None,
    executor: Optional[Executor] = None,
    jobs: int = 1,
    block: int = BLOCK,
    checkpoints: Optional[Path] = None,
) -> PyramidReport:
    """Build a pyramid into a PMTiles archive.

    The archive is written beside its place and renamed at the end; the same plan and data give the same bytes,
    whatever the executor, the number of jobs and the size of a block (vertices). With a folder for checkpoints, the
    blocks that were finished before a crash are not built again.
    """
    begun = time.monotonic()
    progress = progress or Silent()
    fields = tuple(tile_fields(table) for table in plan.tables)
    area = plan.near
    name = fingerprint(plan, fields, block)
    with storing(out.parent), unreadable_told(plan.tables), work_folder(out, checkpoints, name) as work:
        with ExitStack() as stack:
            crew = stack.enter_context(Crew(1 if executor else jobs))
            spreads = spreads_of(plan, area)
            blocks = sliced(cut_of(spreads, plan, block), spreads, plan, block // _SLICES)
            progress.step(tr("Building tiles"), blocks.features, "features")
            results = _blocks(plan, fields, blocks, area, work, executor, crew, progress)
            progress.step(tr("Building the upper levels"), 0, "tiles")
            results = _upper(plan, fields, blocks, area, work, executor, crew, block) + results
        bounds = bounds_told(blocks.bounds, plan)
        partial = work / "archive.pmtiles"
        progress.step(tr("Writing the archive"), 0, "bytes")
        levels = tuple(
            level_report(level, results) for level in range(plan.top_level, plan.bottom_level + 1) if results
        )
        _archive(partial, plan, results, bounds, metadata_of(plan, fields, _provenance(plan, fields, spreads, results)))
        partial.replace(out)
    return PyramidReport(
        levels, blocks.features, sum(level.tiles for level in levels), out.stat().st_size, bounds,
        time.monotonic() - begun,
    )  # fmt: skip


def tile_fields(table: TablePlan) -> Tuple[Field, ...]:
    """Return the attributes that a layer's tiles carry; raise InvalidInput that names one that does not exist."""
    with GeoPackageTable(table.data, table.table) as source:
        schema = source.schema
    if table.attributes == ALL or "*" in table.attributes:
        return written(schema.fields)
    names = [name for name in table.attributes if name not in (schema.geometry, schema.fid)]
    unknown = next((name for name in names if schema.field(name) is None), None)
    if unknown is not None:
        raise InvalidInput(
            tr("The table “{table}” has no attribute “{name}”.", table=table.table, name=unknown),
            tr("It has: {names}.", names=", ".join(field.name for field in schema.fields)),
            tr("Choose among these, or * for all."),
        )
    if not names:
        raise InvalidInput(
            tr("The tiles of “{table}” would carry no attribute.", table=table.table),
            tr("Only its key or its geometry was chosen, which tiles carry in any case."),
            tr("Choose attributes, or * for all."),
        )
    return written([field for field in schema.fields if field.name in names])


def _blocks(
    plan: PyramidPlan, fields: Tuple[Tuple[Field, ...], ...], blocks: Cut, area: Optional[Bounds], work: Path,
    executor: Optional[Executor], crew: Crew, progress: Progress,
) -> List[BlockResult]:  # fmt: skip
    up = blocks.split_level > plan.top_level
    nodes = _nodes(plan, work)
    levels = (blocks.split_level, plan.bottom_level)
    order = sorted(range(len(blocks.blocks)), key=lambda number: -blocks.blocks[number].weight)  # the small ones last
    tasks = [
        BlockTask(
            plan, fields, blocks.thinning, blocks.blocks[number], levels, area, work / f"block-{number}",
            work / f"up-{number}" if up else None, nodes,
        )
        for number in order
    ]  # fmt: skip
    results: Dict[int, BlockResult] = {}
    for number, task in zip(order, tasks):
        done = kept(task)
        if done is not None:
            results[number] = done
            progress.advance(done.owned)
    left = [(number, task) for number, task in zip(order, tasks) if number not in results]
    for place, result in results_of(executor, crew, build_block, [task for _, task in left]):
        results[left[place][0]] = result
        progress.advance(result.owned)
        keep(result)
    return [results[number] for number in sorted(results)]


def _nodes(plan: PyramidPlan, work: Path) -> Tuple[Optional[Path], ...]:
    """Return for each table a file of the vertices where its paths meet; None where no option asks for them."""
    if not plan.options.needs_nodes:
        return (None,) * len(plan.tables)
    files = tuple(work / f"nodes-{place}" for place in range(len(plan.tables)))
    for table, file in zip(plan.tables, files):
        write_nodes(table.data, table.table, plan.options, file)
    return files


def _upper(
    plan: PyramidPlan, fields: Tuple[Tuple[Field, ...], ...], blocks: Cut, area: Optional[Bounds], work: Path,
    executor: Optional[Executor], crew: Crew, limit: int,
) -> List[BlockResult]:  # fmt: skip
    """Build the levels above the split level, from the bottom up; of few squares processes share the levels."""
    bottom = blocks.split_level - 1
    if bottom < plan.top_level:
        return []
    made: List[BlockResult] = []
    left = [left_of(block.cell, work / f"up-{number}") for number, block in enumerate(blocks.blocks)]
    while left and bottom >= plan.top_level:
        now = stage(left, bottom, plan, _STAGE * limit)
        top = now.levels[0]
        up = top > plan.top_level
        sharers = 1 if up or len(now.squares) > crew.count else min(crew.count, bottom - top + 1, _SHARERS)
        tasks = [
            UpperTask(
                plan, fields, blocks.thinning, now.levels, area, work / f"upper-{bottom}-{number}-{sharer}", square,
                work / f"up-{bottom}-{number}" if up else None,
                _claims(work / f"claims-{bottom}-{number}") if sharers > 1 else None,
            )
            for number, square in enumerate(now.squares)
            for sharer in range(sharers)
        ]  # fmt: skip
        results = dict(results_of(executor, crew, build_upper, tasks))
        made += [results[place] for place in sorted(results)]
        if up:
            left = [left_of(task.square.cell, task.remainder) for task in tasks if task.remainder is not None]
        bottom = top - 1
    return made


def _claims(folder: Path) -> Path:
    """Return an empty folder; a crash may have left one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def bounds_told(bounds: Optional[Bounds], plan: PyramidPlan) -> Bounds:
    """Return what an archive says of the bounds of all features (unit square): degrees, within world and area."""
    if bounds is None:
        return (-180.0, -HIGHEST, 180.0, HIGHEST) if plan.area is None else plan.area.bounds
    left, top, right, bottom = (min(max(value, 0.0), 1.0) for value in bounds)
    (west, north), (east, south) = degrees(left, top), degrees(right, bottom)
    if plan.area is None:
        return west, south, east, north
    limits = plan.area.bounds
    return max(west, limits[0]), max(south, limits[1]), min(east, limits[2]), min(north, limits[3])


def _provenance(
    plan: PyramidPlan, fields: Sequence[Tuple[Field, ...]], spreads: Sequence[Spread], results: Sequence[BlockResult]
) -> Provenance:
    levels = {level: [0, 0] for level in range(plan.top_level, plan.bottom_level + 1)}
    short: List[Tuple[int, int]] = []
    for tiles in (tiles for one in results for tiles in one.levels):
        levels[tiles.level][0] += tiles.features
        levels[tiles.level][1] += tiles.dropped
        short += [(number, left_out) for number, left_out in tiles.short.tolist()]
    counts = tuple((level, features, dropped) for level, (features, dropped) in levels.items())
    return Provenance(plan_digest(plan, fields, spreads), data_digests(spreads), counts, tuple(sorted(short)))


def _archive(
    path: Path, plan: PyramidPlan, results: Sequence[BlockResult], bounds: Bounds, metadata: Dict[str, Any]
) -> None:
    with ArchiveWriter(path) as archive, ExitStack() as stack:
        files: List[BinaryIO] = [stack.enter_context(one.output.open("rb")) for one in results]
        for level in range(plan.top_level, plan.bottom_level + 1):
            for one, file in zip(results, files):
                _add(archive, one, file, level)
        archive.finish((plan.top_level, plan.bottom_level), bounds, metadata)


def _add(archive: ArchiveWriter, block: BlockResult, contents: BinaryIO, level: int) -> None:
    before = 0
    for tiles in block.levels:
        if tiles.level == level:
            contents.seek(before)
            archive.add(tiles, contents)
            return
        before += int(tiles.sizes.sum())


def vector_layers(plan: PyramidPlan, fields: Sequence[Tuple[Field, ...]]) -> List[Dict[str, Any]]:
    """Return what TileJSON says of the layers of the tiles; `fields` are those that each table's tiles carry."""
    return [
        {
            "id": table.layer,
            "description": "",
            "minzoom": table.top_level,
            "maxzoom": table.bottom_level,
            "fields": {field.name: _JSON_TYPES.get(field.kind, "String") for field in own},
        }
        for table, own in zip(plan.tables, fields)
    ]


def metadata_of(plan: PyramidPlan, fields: Sequence[Tuple[Field, ...]], made: Provenance) -> Dict[str, Any]:
    """Return what an archive tells of itself."""
    return {
        "name": plan.name,
        "description": plan.description,
        "format": "pbf",
        "type": "overlay",
        "generator": f"{__title__} {__version__}",
        "vector_layers": vector_layers(plan, fields),
        KEY: made.as_json(),
    }
