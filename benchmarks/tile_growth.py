"""How time and memory grow with features and processes: `make bench-tiles ARGS=--growth`.

Larger sets are copies of one set, side by side.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import List

from osgeo import ogr
from process_meter import Usage, measured
from tile_data import DataSet
from tile_peers import JOBS, geopub_command

TIMES = (3, 10)
_GAP = 1.03  # of the width, so that copies never share a tile's content


@dataclass(frozen=True)
class Step:
    """One size, or one number of processes."""

    features: int
    jobs: int
    used: Usage


def grown(data: DataSet, folder: Path, runs: int) -> List[Step]:
    """Return what GeoPub takes for the set with one process and with two, so many times in turn, then for 3 and 10."""
    folder.mkdir(parents=True, exist_ok=True)
    turns = [_step(data.path, data.features, jobs, folder) for _ in range(runs) for jobs in (1, JOBS)]
    larger = [(multiplied(data, times, folder), data.features * times) for times in TIMES]
    return [*turns, *(_step(path, features, JOBS, folder) for path, features in larger)]


def _step(path: Path, features: int, jobs: int, folder: Path) -> Step:
    used = measured(geopub_command(path, folder / "grown.pmtiles", jobs), folder / "grown.log")
    print(f"   {features:>10,} features {jobs} jobs {used.wall:8.2f} s {used.memory / 1e6:6.0f} MB", flush=True)
    return Step(features, jobs, used)


def multiplied(data: DataSet, times: int, folder: Path) -> Path:
    """Return a GeoPackage with the set so many times side by side, made on first use."""
    path = folder / f"{data.name}-{times}.gpkg"
    if not path.exists():
        part = path.with_suffix(".part.gpkg")
        part.unlink(missing_ok=True)
        source = ogr.Open(str(data.path))
        layer = source.GetLayer(0)
        west, east, _, _ = layer.GetExtent()
        column = layer.GetGeometryColumn()
        for copy in range(times):
            moved = f'ShiftCoords("{column}", {copy * _GAP * (east - west)!r}, 0)'
            sql = f'SELECT {moved} AS "{column}", * FROM "{data.layer}"'
            create = ["-f", "GPKG", "-lco", "SPATIAL_INDEX=NO"] if copy == 0 else ["-append"]
            kind = ["-nln", data.layer, "-dialect", "SQLite", "-sql", sql, "-gt", "unlimited"]
            subprocess.run(["ogr2ogr", *create, *kind, str(part), str(data.path)], check=True)
        index = f"SELECT CreateSpatialIndex('{data.layer}', '{column}')"
        subprocess.run(["ogrinfo", "-q", "-sql", index, str(part)], check=True, stdout=subprocess.DEVNULL)
        part.rename(path)
    return path
