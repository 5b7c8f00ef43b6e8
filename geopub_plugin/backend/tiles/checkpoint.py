"""The work folder of a pyramid, and how its finished blocks outlive a crash.

With a place to keep them, the work folder has a name of its own there, made from everything that the blocks depend on.
It is removed when the pyramid is finished, refused or given up; only a death of the process, of a helper or for want of
memory leaves it behind. Whoever then asks for the same pyramid finds the blocks that are whole, and goes on from there.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
import zipfile
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from ..about import __version__
from ..errors import JobFailed
from ..features.schema import Field
from ..folder_lock import FolderLock
from ..translation import tr
from .assemble import LevelTiles
from .block import BlockResult, BlockTask
from .plan import PyramidPlan
from .remainder import is_whole

_DAY = 86_400.0  # seconds for which somebody may still come back for a work folder
_LOCK = ".lock"
_NAMES = [one.name for one in fields(LevelTiles)]


@contextmanager
def work_folder(out: Path, place: Optional[Path], name: str) -> Iterator[Path]:
    """Yield a folder to work in: beside `out`, or in `place` under a name, where it stays after a crash."""
    lock = _locked(place, name) if place is not None else None
    if place is None or lock is None:  # nothing to keep, or somebody else makes the same pyramid at this time
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return
    try:
        yield place / name
    except BrokenProcessPool as error:
        raise JobFailed(
            tr("A helper of this work was ended by the system."),
            tr("This happens most often when the memory is used up."),
            tr("Close other programs, then start again: what is done is kept."),
        ) from error
    except MemoryError:
        raise
    except BaseException:
        _remove(place, name)
        raise
    else:
        _remove(place, name)
    finally:
        lock.release()


def fingerprint(plan: PyramidPlan, attributes: Sequence[Tuple[Field, ...]], block: int) -> str:
    """Return a name for everything that blocks depend on: the plan, the data as they are now, the engine."""
    files = [file for table in plan.tables for file in (table.data, table.data.with_name(f"{table.data.name}-wal"))]
    stamps = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.exists()]
    told = repr((__version__, plan, tuple(attributes), block, stamps))
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def sweep(place: Path, age: float = _DAY) -> None:
    """Remove the work folders that nobody uses and that are older than `age` seconds."""
    for work in list(place.iterdir()) if place.is_dir() else ():
        if not work.is_dir() or time.time() - work.stat().st_mtime < age:
            continue
        lock = FolderLock(place / f"{work.name}{_LOCK}")
        if lock.acquire():
            _remove(place, work.name)
            lock.release()
    if place.is_dir() and not any(path.is_dir() for path in place.iterdir()):
        shutil.rmtree(place, ignore_errors=True)


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


def _locked(place: Path, name: str) -> Optional[FolderLock]:
    """Make a work folder and return its lock, None where another process holds it."""
    (place / name).mkdir(parents=True, exist_ok=True)
    lock = FolderLock(place / f"{name}{_LOCK}")
    return lock if lock.acquire() else None


def _remove(place: Path, name: str) -> None:
    shutil.rmtree(place / name, ignore_errors=True)
    (place / f"{name}{_LOCK}").unlink(missing_ok=True)
    if place.is_dir() and not any(place.iterdir()):
        place.rmdir()
