"""Drawn metatiles on disk: one file each, so many bytes at most, those of the newest revision of a layer only."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import shutil
import struct
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import AbstractSet, Dict, List, Optional, Tuple

from ...about import __version__
from ...errors import GeoPubError
from ...render.requests import as_json
from ...render.supervisor import Renderer
from .matrices import Tile
from .metatiles import Metatile

_log = logging.getLogger(__name__)
_KEPT = 0.8  # of the limit, after the oldest have gone
_PART = ".part"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8")).hexdigest()[:32]


class TileCache:
    """Has tiles drawn, keeps them, and forgets the oldest. Thread-safe; requests for the same metatile draw once."""

    def __init__(self, renderer: Renderer, folder: Path, limit: int) -> None:
        """Use a folder of the cache's own; `limit` is in bytes, 0 to keep nothing."""
        self._renderer, self._folder, self._limit = renderer, folder, limit
        self._lock = threading.Lock()
        self._under_way: Dict[str, Future[bytes]] = {}
        self._current: Dict[str, str] = {}  # by folder of a layer: that of its revision
        self._size = -1  # of all files, not known yet

    def mark(self, metatile: Metatile, tile: Tile) -> str:
        """Return a text that changes whenever the picture of a tile may."""
        return f"{self._key(metatile)}-{metatile.position(tile)}"

    def tile(self, metatile: Metatile, tile: Tile) -> bytes:
        """Return the PNG of a tile."""
        position = metatile.position(tile)
        path = self._path(metatile)
        block = _read(path)
        if block is None:
            block = self._drawn_once(metatile, path)
        return _piece(block, position)

    def keep_only(self, layers: AbstractSet[str]) -> None:
        """Drop what was drawn of layers that are not among these."""
        kept = {_digest(name) for name in layers}
        with self._lock, contextlib.suppress(OSError):  # nothing was ever drawn
            for gone in [folder for folder in self._folder.iterdir() if folder.name not in kept]:
                shutil.rmtree(gone, ignore_errors=True)
                self._current.pop(gone.name, None)
                self._size = -1

    def _key(self, metatile: Metatile) -> str:
        return _digest(json.dumps(as_json(metatile.request), sort_keys=True), __version__)

    def _path(self, metatile: Metatile) -> Path:
        layer = _digest(metatile.layer.name)
        revision = _digest(metatile.layer.revision, __version__)  # of all its styles; the key tells them apart
        self._forget_older(layer, revision)
        return self._folder / layer / revision / self._key(metatile)

    def _forget_older(self, layer: str, revision: str) -> None:
        """Drop what was drawn of other revisions, when one is seen for the first time."""
        with self._lock:
            if self._current.get(layer) == revision:
                return
            self._current[layer] = revision
            with contextlib.suppress(OSError):
                for old in (self._folder / layer).iterdir():
                    if old.name != revision:
                        shutil.rmtree(old, ignore_errors=True)
                        self._size = -1

    def _drawn_once(self, metatile: Metatile, path: Path) -> bytes:
        key = path.name
        with self._lock:
            under_way = self._under_way.get(key)
            mine: Optional[Future[bytes]] = None
            if under_way is None:
                mine = under_way = self._under_way[key] = Future()
        if mine is None:
            return under_way.result()
        try:
            block = _read(path)  # another request may have kept it since we looked
            if block is None:
                block = self._renderer.metatile(metatile.request)
                self._keep(path, block)
            mine.set_result(block)
            return block
        except GeoPubError as error:
            mine.set_exception(error)
            raise
        finally:
            mine.cancel()  # lets nobody wait for ever after an error that nobody knows; else it changes nothing
            with self._lock:
                del self._under_way[key]

    def _keep(self, path: Path, block: bytes) -> None:
        """Write a block beside its place, then rename it; a disk that is full costs the cache only."""
        if len(block) > self._limit:
            return
        part = path.with_name(path.name + _PART)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.write_bytes(block)
            os.replace(part, path)
        except OSError as error:
            _log.warning("Tiles are not kept: %s", error)
            with contextlib.suppress(OSError):
                part.unlink()
            return
        with self._lock:
            if self._size < 0:
                self._size = sum(size for _time, size, _path in self._files())
            else:
                self._size += len(block)
            if self._size > self._limit:
                self._forget_oldest()

    def _files(self) -> List[Tuple[float, int, Path]]:
        found = []
        for path in self._folder.glob("*/*/*"):
            with contextlib.suppress(OSError):
                state = path.stat()
                found.append((state.st_mtime, state.st_size, path))
        return found

    def _forget_oldest(self) -> None:
        files = sorted(self._files())
        self._size = sum(size for _time, size, _path in files)
        for _time, size, path in files:
            if self._size <= self._limit * _KEPT:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                self._size -= size


def _piece(block: bytes, position: int) -> bytes:
    """Return one tile of a block: a count, so many lengths, so many PNGs."""
    (count,) = struct.unpack_from(">I", block)
    lengths = struct.unpack_from(f">{count}I", block, 4)
    start = 4 + 4 * count + sum(lengths[:position])
    return block[start : start + lengths[position]]


def _read(path: Path) -> Optional[bytes]:
    """Return a kept block, None when there is none or not the whole of it, as after a power cut."""
    try:
        block = path.read_bytes()
        (count,) = struct.unpack_from(">I", block)
        lengths = struct.unpack_from(f">{count}I", block, 4)
    except (OSError, struct.error):
        return None
    return block if len(block) == 4 + 4 * count + sum(lengths) else None
