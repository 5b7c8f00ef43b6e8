"""A pyramid that follows an earlier one: only tiles that a change touches are made, all others are copied.

The archive is byte for byte the one that building everything would give. Where that cannot be promised, or would be no
faster, `rebuild` makes nothing and the log says why.
"""

from __future__ import annotations

import gzip
import sqlite3
import time
import zlib
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from ..disk import storing
from ..errors import InvalidInput, NotFound
from ..features.schema import Field
from ..jobs.progress import Progress, Silent
from ..translation import tr
from .archive import ArchiveWriter
from .archive_reader import Archive
from .assemble import Content
from .block import TableState, contents_at, read_state, tiles_at
from .blocks import Spread, TableShare, spreads_of
from .changes import changes_of
from .few_tiles import FewTiles, by_level
from .grid import WORLD, first_id, tile_of
from .layer import LayerName
from .neighbours import Neighbours, neighbours_of
from .on_demand import TileSource
from .patch import LayerEdit, patched
from .plan import PyramidPlan
from .provenance import Provenance, data_digests, plan_digest
from .pyramid import metadata_of, tile_fields
from .report import PyramidReport, level_report_of
from .succession import Succession, succession
from .tile_rows import feature_count
from .unreadable import unreadable_told
from .work_folders import work_folder

_SHARE = 0.25  # of the features, of the vertices, of the tiles: when more of them change, building all is as fast
_MOST = 4_000_000  # vertices of what changed, which are in memory at once
_READING = 0.35  # of the work is reading; the rest goes with the bytes of tiles
_WORTH = 0.6  # of the work: what takes more is not worth comparing for
_FEW = 50  # tiles: always worth it
_DAMAGE = (ValueError, IndexError, KeyError, EOFError, zlib.error, gzip.BadGzipFile)


@dataclass(frozen=True)
class Previous:
    """An earlier revision of the data, and the pyramid that was made of it."""

    data: Path
    archive: Path


class _Everything(Exception):
    """All tiles have to be built; the text says why."""


@dataclass(frozen=True)
class _Edit:
    """One table: what was shown and is not any more, and what is shown instead."""

    name: LayerName
    fids: np.ndarray  # int64 (n,) ascending
    before: Optional[TableState]
    after: Optional[TableState]


@dataclass
class _Made:
    """What became of the tiles that were touched."""

    contents: Dict[int, bytes]  # by number, compressed, b"" where nothing is left
    features: Dict[int, int]  # by level: in its tiles
    short: Dict[int, int]  # tiles that have no room for everything, and what each leaves out
    seconds: Dict[int, float]  # by level


def rebuild(
    plan: PyramidPlan, previous: Previous, out: Path, progress: Optional[Progress] = None
) -> Optional[PyramidReport]:
    """Write the archive of a plan from an earlier one, or return None where all has to be built."""
    begun = time.monotonic()
    progress = progress or Silent()
    try:
        with storing(out.parent), unreadable_told(plan.tables), ExitStack() as stack:
            former = stack.enter_context(_opened(previous.archive))
            return _Rebuilding(plan, previous.data, former, progress).write(out, begun)
    except _Everything as reason:
        progress.log(tr("All tiles are built: {reason}", reason=str(reason)))
    return None


def _opened(archive: Path) -> Archive:
    try:
        return Archive(archive)
    except (OSError, InvalidInput) as error:
        raise _Everything(tr("the previous pyramid cannot be read.")) from error


class _Rebuilding:
    """One archive on its way from the other."""

    def __init__(self, plan: PyramidPlan, data: Path, former: Archive, progress: Progress) -> None:
        self._plan, self._former, self._progress = plan, former, progress
        progress.step(tr("Looking for what changed"), 0, "features")
        self._source = TileSource(plan)
        self._told, self._before = self._agreeing(data)
        self._weight = sum(float(spread.weights.sum()) for spread in self._source.spreads)

    def write(self, out: Path, begun: float) -> PyramidReport:
        """Make what has to be made, and write the archive."""
        plan, told = self._plan, self._told
        try:
            made = self._made(self._edits())
            ids = sorted(made.contents)
            whole = succession(self._former, np.array(ids, np.int64), [made.contents[number] for number in ids])
        except _DAMAGE as error:
            raise _damaged() from error
        dropped = {level: 0 for level, _, _ in told.levels}
        for number, left_out in made.short.items():
            dropped[tile_of(number)[0]] += left_out
        counts = tuple((level, made.features[level], dropped[level]) for level in sorted(dropped))
        now = Provenance(told.plan, data_digests(self._source.spreads), counts, tuple(sorted(made.short.items())))
        self._progress.step(tr("Writing the archive"), 0, "bytes")
        with work_folder(out, None, "") as work:
            partial = work / "archive.pmtiles"
            with ArchiveWriter(partial) as archive:
                whole.write(self._former, archive)
                levels = (plan.top_level, plan.bottom_level)
                archive.finish(levels, self._source.bounds, metadata_of(plan, self._source.fields, now))
            partial.replace(out)
        return self._report(whole, made, counts, out.stat().st_size, begun)

    def _agreeing(self, data: Path) -> Tuple[Provenance, List[Spread]]:
        """Return what the former archive tells of itself, and its features, if it was made as this one is to be."""
        try:
            told = Provenance.told_by(self._former.metadata())
        except _DAMAGE as error:
            raise _damaged() from error
        if told is None:
            raise _Everything(tr("the previous pyramid does not tell how it was made."))
        if plan_digest(self._plan, self._source.fields, self._source.spreads) != told.plan:
            raise _Everything(tr("the previous pyramid was made with other settings, columns or another version."))
        tables = tuple(replace(table, data=data) for table in self._plan.tables)
        plan = replace(self._plan, tables=tables)
        try:
            fields = tuple(tile_fields(table) for table in tables)
            spreads = spreads_of(plan, plan.near)
            digest = plan_digest(plan, fields, spreads)
        except (InvalidInput, NotFound, sqlite3.Error) as error:
            raise _Everything(tr("the previous data cannot be read.")) from error
        if digest != told.plan or data_digests(spreads) != told.data:
            raise _Everything(tr("the previous data are not those of the previous pyramid."))
        return told, spreads

    def _edits(self) -> List[_Edit]:
        """Compare the revisions, and read what changed as it was and as it is."""
        edits, vertices = [], 0.0
        for old, new, fields in zip(self._before, self._source.spreads, self._source.fields):
            nodes = self._plan.options.needs_nodes
            changes = changes_of(old, new, fields, nodes, max(int(_SHARE * len(new.fids)), 1000))
            if changes is None:
                raise _Everything(tr("too much of “{table}” changed.", table=new.plan.table))
            near = neighbours_of(old, new, changes, self._plan.options) if nodes else None
            remade = np.zeros(0, np.int64) if near is None else near.remade
            before = np.intersect1d(np.union1d(changes.before, remade), old.fids)
            after = np.intersect1d(np.union1d(changes.after, remade), new.fids)
            vertices += _weight(old, before) + _weight(new, after)
            if vertices > min(_MOST, max(_SHARE * self._weight, 10_000)) or self._too_many_tiles(
                old, new, before, after
            ):
                raise _Everything(tr("too much of “{table}” changed.", table=new.plan.table))
            edits.append(self._edit(old, new, fields, before, after, near))
        return edits

    def _too_many_tiles(self, old: Spread, new: Spread, before: np.ndarray, after: np.ndarray) -> bool:
        """Say whether the boxes of what changed meet a large part of all tiles of the bottom level."""
        side = 2.0**new.plan.bottom_level
        boxes = np.concatenate([one.boxes[np.isin(one.fids, fids)] for one, fids in ((old, before), (new, after))])
        tiles = ((boxes[:, 2:] - boxes[:, :2]) * side + 1).prod(axis=1).sum()
        return bool(tiles > max(_SHARE * self._former.tile_count, 1000))

    def _edit(
        self, old: Spread, new: Spread, fields: Sequence[Field], before: np.ndarray, after: np.ndarray,
        near: Optional[Neighbours],
    ) -> _Edit:  # fmt: skip
        states = []
        for spread, fids, nodes in (
            (old, before, None if near is None else near.before), (new, after, None if near is None else near.after),
        ):  # fmt: skip
            share = TableShare(spread.plan, fids, np.ones(len(fids), bool))
            level = spread.plan.bottom_level
            state = read_state(share, fields, spread.thinning, self._plan, level, nodes) if len(fids) else None
            states.append(state)
        name = LayerName.of(new.plan.layer, [field.name for field in fields])
        return _Edit(name, np.union1d(before, after), *states)

    def _made(self, edits: Sequence[_Edit]) -> _Made:
        """Make all tiles that are not as they were."""
        told, options = self._told, self._plan.options
        made = _Made({}, {level: features for level, features, _ in told.levels}, dict(told.short), {})
        crowded = np.array([number for number, _ in told.short], np.int64)
        levels = range(self._plan.bottom_level, self._plan.top_level - 1, -1)
        touched = {level: self._touched(edits, level) for level in levels}  # the shapes lose detail on the way
        tiles = np.sort(np.concatenate([tiles for tiles, _ in touched.values()]))
        whole = np.isin(tiles, crowded) | options.coalesce
        few = FewTiles(self._source, by_level(tiles[whole].tolist()))
        self._refuse_slow(tiles, crowded, few.weight)
        self._progress.step(tr("Rebuilding tiles"), len(tiles), "tiles")
        left: List[int] = []
        for level, (own, layers) in touched.items():
            begun = time.monotonic()
            done = patched(self._former, own[~(np.isin(own, crowded) | options.coalesce)], layers, self._plan.budget)
            made.contents.update(zip(done.ids, done.contents))
            made.features[level] += done.features
            left += done.left
            self._progress.advance(len(done.ids))
            made.seconds[level] = time.monotonic() - begun
        self._build(tiles[whole].tolist(), few, made)
        if left:  # have become too large
            self._build(left, FewTiles(self._source, by_level(left)), made)
        return made

    def _refuse_slow(self, tiles: np.ndarray, crowded: np.ndarray, weight: float) -> None:
        """Raise where making these tiles, with so many vertices read, takes about as long as making all."""
        entries = self._former.directory()
        place = np.searchsorted(entries.tile, tiles, "right") - 1  # what is in no tile yet weighs as what is before it
        sizes = entries.length[np.maximum(place, 0)] * (1 + np.isin(tiles, crowded))
        more = entries.length[np.searchsorted(entries.tile, crowded, "right") - 1].sum()
        share = float(sizes.sum()) / max(float((entries.length * entries.run).sum() + more), 1.0)
        if share + _READING * weight / max(self._weight, 1.0) > _WORTH and len(tiles) > _FEW:
            raise _Everything(tr("tiles that changed hold most of the data."))

    def _touched(self, edits: Sequence[_Edit], level: int) -> Tuple[np.ndarray, List[LayerEdit]]:
        """Return the tiles of a level that hold what changed, before or after, and what changes in each layer."""
        limits = tiles_at(WORLD, level, self._plan.near)
        tiles = [np.zeros(0, np.int64)]
        layers: List[LayerEdit] = []
        for edit in edits:
            before, after = (self._content(state, level, limits) for state in (edit.before, edit.after))
            tiles += [content.geometry.tiles for content in (before, after) if content is not None]
            layers.append(LayerEdit(edit.name, edit.fids, after))
        return np.unique(np.concatenate(tiles)), layers

    def _content(
        self, state: Optional[TableState], level: int, limits: Tuple[int, int, int, int]
    ) -> Optional[Content]:  # fmt: skip
        found = contents_at([state], self._plan, level, limits) if state is not None else []
        return found[0] if found else None

    def _build(self, numbers: Sequence[int], few: FewTiles, made: _Made) -> None:
        """Build tiles from the data: those that have no room for everything, and those where features are one."""
        for number in numbers:
            stored = self._former.numbered(number)
            made.features[tile_of(number)[0]] -= feature_count(zlib.decompress(stored, 31)) if stored else 0
            made.contents[number] = b""
            made.short.pop(number, None)
        begun = time.monotonic()
        for level, contents in few.built():
            made.contents.update(zip(level.ids.tolist(), (contents[place] for place in level.content.tolist())))
            made.features[level.level] += level.features
            made.short.update(level.short.tolist())
            self._progress.advance(len(level.ids))
            made.seconds[level.level] += time.monotonic() - begun
            begun = time.monotonic()

    def _report(
        self, whole: Succession, made: _Made, counts: Sequence[Tuple[int, int, int]], size: int, begun: float
    ) -> PyramidReport:
        levels = []
        for (level, features, dropped), (ids, sizes) in zip(counts, _by_level(whole, [one[0] for one in counts])):
            levels.append(level_report_of(level, ids, sizes, features, dropped, made.seconds[level]))
        rebuilt = sum(bool(data) for data in made.contents.values())
        return PyramidReport(
            tuple(levels), sum(len(spread.fids) for spread in self._source.spreads), len(whole.ids), size,
            self._source.bounds, time.monotonic() - begun, len(whole.ids) - rebuilt,
        )  # fmt: skip


def _damaged() -> _Everything:
    return _Everything(tr("the previous pyramid is damaged."))


def _weight(spread: Spread, fids: np.ndarray) -> float:
    return float(spread.weights[np.isin(spread.fids, fids)].sum())


def _by_level(whole: Succession, levels: Sequence[int]) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
    """Yield numbers and sizes of the tiles of each level: int64 (n,) each."""
    edges = np.searchsorted(whole.ids, [(first_id(level), first_id(level + 1)) for level in levels])
    for low, high in edges.tolist():
        yield whole.ids[low:high], whole.sizes[whole.content[low:high]]
