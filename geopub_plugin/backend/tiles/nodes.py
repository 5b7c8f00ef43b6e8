"""The vertices of a table at which its paths meet, found once for the whole table, before it is cut into blocks.

A vertex is known by a 64-bit hash of its coordinates in the table's own system, so that two features share it if their
coordinates are the same to the last bit. Hashes are sorted in buckets on disk: memory is bounded by a bucket. Were two
vertices ever to have one hash, one of them would be a node that need not be.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Iterable, List, Tuple

import numpy as np

from ..features.batch import LINE, POLYGON, Geometries
from ..features.geopackage import GeoPackageTable
from ..features.ragged import aranges, starts_of
from .options import Generalisation

_BUCKET = 64 << 20  # bytes of a GeoPackage, whose vertices make about one bucket
_MOST_BUCKETS = 256
_X, _Y, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0xFF51AFD7ED558CCD)
_HALF = np.uint64(32)


def vertex_keys(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return a hash of each vertex (float64 (V,) coordinates): uint64 (V,); the signs of zeros do not count."""
    key = (x + 0.0).view(np.uint64) * _X
    key ^= key >> _HALF
    key = (key + (y + 0.0).view(np.uint64)) * _Y  # wraps
    key ^= key >> _HALF
    key *= _MIX
    return key ^ (key >> _HALF)


def write_nodes(data: Path, table: str, options: Generalisation, out: Path) -> None:
    """Write the hashes of a table's nodes into a file, ascending (uint64).

    With -pn a node is a vertex that occurs more than once in lines and rings. For coverage it is one where rings of
    polygons part or meet: its neighbours along one ring are not those along another. The second are among the first.
    """
    buckets = 1
    while buckets < _MOST_BUCKETS and buckets * _BUCKET < data.stat().st_size:
        buckets *= 2
    kinds = _kinds(options)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as folder, ExitStack() as stack:
        paths = [Path(folder) / str(number) for number in range(buckets)]
        files = [stack.enter_context(path.open("w+b")) for path in paths]
        with GeoPackageTable(data, table) as source:
            for batch in source.batches(columns=()):
                _spread(_occurrences(batch.geometries, kinds), files)
        with out.open("wb") as found:
            for file in files:
                file.seek(0)
                bucket = np.fromfile(file, np.uint64).reshape(-1, 2)
                _found_nodes(bucket, options.keep_shared_nodes).tofile(found)


def nodes_among(geometries: Iterable[Geometries], options: Generalisation) -> np.ndarray:
    """Return the hashes of the nodes of some of a table's features: uint64 (n,), ascending.

    They are right for each feature all of whose neighbours are among the features.
    """
    kinds = _kinds(options)
    found = [np.zeros((0, 2), np.uint64), *(_occurrences(one, kinds) for one in geometries)]
    return _found_nodes(np.concatenate(found), options.keep_shared_nodes)


def load_nodes(path: Path) -> np.ndarray:
    """Return the hashes of a table's nodes: uint64 (n,), ascending, read from the disk where they are looked for."""
    if path.stat().st_size == 0:
        return np.zeros(0, np.uint64)
    return np.memmap(path, np.uint64, "r")


def are_nodes(nodes: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return which vertices, in the table's own system, are among the nodes: bool (V,)."""
    if len(nodes) == 0:
        return np.zeros(len(x), bool)
    keys = vertex_keys(x, y)
    at = np.minimum(np.searchsorted(nodes, keys), len(nodes) - 1)
    return np.asarray(nodes[at] == keys)


def _kinds(options: Generalisation) -> Tuple[int, ...]:
    return (LINE, POLYGON) if options.keep_shared_nodes else (POLYGON,)


def _occurrences(geometries: Geometries, kinds: Tuple[int, ...]) -> np.ndarray:
    """Return the hash of each vertex of the paths, and one of both its neighbours: uint64 (V', 2).

    Repeated vertices and the closing ones of rings do not count; ends of lines are their own neighbours.
    """
    kind = np.repeat(geometries.part_kind, np.diff(geometries.part_start))  # (Q,)
    counts = np.diff(geometries.path_start)
    paths = np.flatnonzero(np.isin(kind, kinds) & (counts > 0))
    rings, counts = kind[paths] == POLYGON, counts[paths]
    vertices = aranges(geometries.path_start[paths], counts)
    keys = vertex_keys(geometries.x[vertices], geometries.y[vertices])  # (V,)
    starts = starts_of(counts)
    keep = np.ones(len(keys), bool)
    keep[1:] = keys[1:] != keys[:-1]
    keep[starts[:-1]] = True
    closing = starts[1:] - 1
    keep[closing[rings & (counts > 1) & (keys[closing] == keys[starts[:-1]])]] = False
    left = np.add.reduceat(keep, starts[:-1], dtype=np.int64) if len(paths) else counts
    keys, starts = keys[keep], starts_of(left)
    before, after = np.arange(len(keys)) - 1, np.arange(len(keys)) + 1
    first, last = starts[:-1], starts[1:] - 1
    before[first], after[last] = np.where(rings, last, first), np.where(rings, first, last)
    one, other = keys[before], keys[after]
    pair = np.minimum(one, other) * _X + np.maximum(one, other)
    return np.stack([keys, pair], axis=1)


def _spread(found: np.ndarray, files: List[BinaryIO]) -> None:
    """Append the occurrences to the file of their bucket, by the leading bits of their hash."""
    if len(files) == 1:
        found.tofile(files[0])
        return
    bucket = (found[:, 0] >> np.uint64(64 - (len(files).bit_length() - 1))).astype(np.int64)
    order = np.argsort(bucket, kind="stable")
    edges = np.searchsorted(bucket[order], np.arange(len(files) + 1)).tolist()
    for file, low, high in zip(files, edges, edges[1:]):
        found[order[low:high]].tofile(file)


def _found_nodes(found: np.ndarray, shared: bool) -> np.ndarray:
    """Return the nodes among occurrences (uint64 (V', 2)), ascending: what occurs often, or whose neighbours differ."""
    if len(found) == 0:
        return found[:, 0]
    found = found[np.argsort(found[:, 0], kind="stable")]
    key, pair = found[:, 0], np.ascontiguousarray(found[:, 1])
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    if shared:
        return key[first[np.diff(np.append(first, len(key))) > 1]]
    return key[first[np.minimum.reduceat(pair, first) != np.maximum.reduceat(pair, first)]]
