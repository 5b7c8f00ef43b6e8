"""Finished blocks of a pyramid, noted in its work folder, and found again after a crash if they are whole."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from ..about import __version__
from ..features.schema import Field
from .assemble import LevelTiles
from .block import BlockResult, BlockTask
from .layer import LAYOUT
from .plan import PyramidPlan
from .remainder import is_whole

_NAMES = LevelTiles._fields


def fingerprint(plan: PyramidPlan, attributes: Sequence[Tuple[Field, ...]], block: int) -> str:
    """Return a name for everything that blocks depend on: the plan, the data as they are now, the engine."""
    files = [file for table in plan.tables for file in (table.data, table.data.with_name(f"{table.data.name}-wal"))]
    stamps = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.exists()]
    told = repr((__version__, LAYOUT, plan, tuple(attributes), block, stamps))
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def keep(result: BlockResult) -> None:
    """Note that a block is finished; the note is there as a whole or not at all."""
    arrays: Dict[str, Any] = {"owned": result.owned, "seconds": result.seconds}
    for place, tiles in enumerate(result.levels):
        arrays.update({f"{place}.{name}": getattr(tiles, name) for name in _NAMES})
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
    levels: List[LevelTiles] = []
    with np.load(note, allow_pickle=False) as stored:
        while f"{len(levels)}.level" in stored:
            values = {name: stored[f"{len(levels)}.{name}"] for name in _NAMES}
            levels.append(LevelTiles(**{name: value if value.ndim else value.item() for name, value in values.items()}))
        return BlockResult(output, tuple(levels), int(stored["owned"]), tuple(stored["seconds"].tolist()))


def _whole(result: BlockResult) -> bool:
    """Say whether the contents of a block are those that its digests tell of."""
    with result.output.open("rb") as contents:
        for tiles in result.levels:
            for size, digest in zip(tiles.sizes.tolist(), tiles.digests):
                if hashlib.blake2b(contents.read(size), digest_size=16).digest() != digest.tobytes():
                    return False
        return not contents.read(1)
