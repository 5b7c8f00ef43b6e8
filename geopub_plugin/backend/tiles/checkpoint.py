"""Finished blocks of a pyramid, noted in its work folder, and found again after a crash if they are whole."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import Any, Dict, Optional, Sequence, Tuple

import numpy as np

from ..about import __version__
from ..features.schema import Field
from .assemble import LevelTiles, digest
from .block import BlockResult, BlockTask
from .layer import LAYOUT
from .plan import PyramidPlan
from .remainder import is_whole

_NUMBERS = ("level", "features", "dropped")  # one of each level; what is left of `LevelTiles` are arrays
_ARRAYS = tuple(name for name in LevelTiles._fields if name not in _NUMBERS)


def fingerprint(plan: PyramidPlan, attributes: Sequence[Tuple[Field, ...]], block: int) -> str:
    """Return a name for everything that blocks depend on: the plan, the data as they are now, the engine."""
    files = [file for table in plan.tables for file in (table.data, table.data.with_name(f"{table.data.name}-wal"))]
    stamps = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.exists()]
    told = repr((__version__, LAYOUT, plan, tuple(attributes), block, stamps))
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def keep(result: BlockResult) -> None:
    """Note that a block is finished; the note is there as a whole or not at all."""
    arrays: Dict[str, Any] = {"owned": result.owned, "seconds": result.seconds}
    arrays.update({name: [getattr(tiles, name) for tiles in result.levels] for name in _NUMBERS})
    for name in _ARRAYS if result.levels else ():  # those of all levels in one: each entry takes 0.06 ms
        several = [getattr(tiles, name) for tiles in result.levels]
        arrays.update({name: np.concatenate(several), f"{name}.ends": np.cumsum([len(one) for one in several])})
    note = _note(result.output)
    with note.with_suffix(".new").open("wb") as file:
        np.savez(file, **arrays)
    note.with_suffix(".new").replace(note)


def kept(task: BlockTask) -> Optional[BlockResult]:
    """Return the result of a block that was finished and is whole; else None, and nothing of it is left."""
    note = _note(task.output)
    if note.exists():
        try:
            result = _read(task.output, note)
            if _whole(result) and (task.remainder is None or all(map(is_whole, task.remainder.iterdir()))):
                return result
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            pass  # what a power cut left
    for file in (note, task.output):
        file.unlink(missing_ok=True)
    if task.remainder is not None:
        shutil.rmtree(task.remainder, ignore_errors=True)
    return None


def _note(output: Path) -> Path:
    return output.with_suffix(".npz")


def _read(output: Path, note: Path) -> BlockResult:
    with np.load(note, allow_pickle=False) as stored:
        numbers = [stored[name].tolist() for name in _NUMBERS]
        arrays = [np.split(stored[name], stored[f"{name}.ends"][:-1]) for name in _ARRAYS if numbers[0]]
        levels = [LevelTiles(**dict(zip((*_NUMBERS, *_ARRAYS), told))) for told in zip(*numbers, *arrays)]
        return BlockResult(output, tuple(levels), int(stored["owned"]), tuple(stored["seconds"].tolist()))


def _whole(result: BlockResult) -> bool:
    """Say whether the contents of a block are those that its digests tell of."""
    with result.output.open("rb") as contents:
        for tiles in result.levels:
            for size, told in zip(tiles.sizes.tolist(), tiles.digests):
                if digest(contents.read(size)) != told.tobytes():
                    return False
        return not contents.read(1)
