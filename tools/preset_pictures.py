"""Draw one picture for each generalisation preset: the same tile without it and with it, into docs/images/presets/, and
half as large into resources/generalisation/, where the wizard finds it.

The data is made here: a coverage of parcels, a network of roads, contours. Everything is drawn by Pillow from the tiles
that the engine writes, decoded by GDAL, so the pictures show what a map would show.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence, Tuple

import numpy as np
from osgeo import gdal, ogr, osr
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from geopub_plugin.backend.tiles.archive_reader import Archive  # noqa: E402
from geopub_plugin.backend.tiles.options import parse_options  # noqa: E402
from geopub_plugin.backend.tiles.plan import PyramidPlan, TablePlan  # noqa: E402
from geopub_plugin.backend.tiles.presets import PRESETS  # noqa: E402
from geopub_plugin.backend.tiles.pyramid import build  # noqa: E402

FOLDER = ROOT / "docs" / "images" / "presets"
SMALL = ROOT / "resources" / "generalisation"  # these go into the zip
SIDE, GAP, FINER = 400, 12, 3  # pixels of a picture, between two, and drawn for each of them
COLOURS = ("#8dd3c7", "#ffed6f", "#bebada", "#fb8072", "#80b1d3", "#fdb462", "#b3de69", "#fccde5")
PLAIN = "-S1"
Points = List[Tuple[float, float]]
Row = Tuple[str, Dict[str, Any]]


def parcels(side: int, size: float, kinds: int, spread: float, seed: int = 3) -> Iterator[Row]:
    """Yield polygons of a wriggling grid with borders in common; `kinds` of land use in patches."""
    rng = np.random.default_rng(seed)
    corner = np.stack(np.meshgrid(np.arange(side + 1), np.arange(side + 1), indexing="ij"), axis=-1) * size
    corner = corner + rng.uniform(-0.2, 0.2, corner.shape) * size + (2.0, 48.0)

    def border(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
        along = np.linspace(0, 1, 26)[:, None]
        line = a * (1 - along) + b * along
        line[:, 1 - axis] += rng.normal(0, spread * size, 26) * np.sin(np.pi * along[:, 0])
        return line

    across = [[border(corner[i, j], corner[i + 1, j], 0) for j in range(side + 1)] for i in range(side)]
    upwards = [[border(corner[i, j], corner[i, j + 1], 1) for j in range(side)] for i in range(side + 1)]
    patches = rng.integers(0, kinds, (side // 3 + 1, side // 3 + 1))
    for i in range(side):
        for j in range(side):
            ring = [across[i][j], upwards[i + 1][j], across[i][j + 1][::-1], upwards[i][j][::-1]]
            points = np.roll(np.concatenate([edge[:-1] for edge in ring]), 7 * i + j, axis=0).tolist()
            yield f"POLYGON (({text([*points, points[0]])}))", {"kind": int(patches[i // 3, j // 3])}


def network(size: float, seed: int = 4) -> Iterator[Row]:
    """Yield roads that end on each other's vertices: a main one that winds, and lanes from its vertices."""
    rng = np.random.default_rng(seed)
    for main in range(12):
        t = np.linspace(0, 1, 300)
        x, y = t * size, (main + 0.5) / 12 * size + 0.02 * size * np.sin(20 * t + main) + rng.normal(0, size / 450, 300)
        road = np.stack([x + 2.0, y + 48.0], axis=1)
        yield f"LINESTRING ({text(road.tolist())})", {"kind": 0}
        for start in range(6, 290, 7):
            step = rng.normal((0, size / 400 * (-1) ** start), size / 600, (12, 2))
            lane = [road[start].tolist(), *(road[start] + step.cumsum(axis=0)).tolist()]
            yield f"LINESTRING ({text(lane)})", {"kind": 1}


def contours(size: float, count: int, seed: int = 5) -> Iterator[Row]:
    """Yield closed and open lines of many lengths."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        radius = size * (0.004 + 0.1 * rng.random() ** 6)
        angle = np.linspace(0, 2 * np.pi * (0.6 + 0.4 * rng.random()), 60)
        r = radius * (1 + 0.08 * np.sin(7 * angle + number) + rng.normal(0, 0.02, 60))
        x, y = rng.uniform(0, size, 2)
        points = np.stack([2 + x + r * np.cos(angle), 48 + y + 0.7 * r * np.sin(angle)], axis=1)
        yield f"LINESTRING ({text(points.tolist())})", {"kind": 0, "name": f"contour {number}"}


def text(points: Sequence[Sequence[float]]) -> str:
    """Return points as WKT has them."""
    return ",".join(f"{x!r} {y!r}" for x, y in points)


def written(path: Path, rows: Iterator[Row]) -> Path:
    """Write rows into a GeoPackage, table "a"."""
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = source.CreateLayer("a", srs, ogr.wkbUnknown)
    layer.CreateField(ogr.FieldDefn("kind", ogr.OFTInteger))
    layer.CreateField(ogr.FieldDefn("name", ogr.OFTString))
    layer.StartTransaction()
    for wkt, values in rows:
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
        for name, value in values.items():
            feature.SetField(name, value)
        layer.CreateFeature(feature)
    layer.CommitTransaction()
    return path


def tile(data: Path, options: str, place: Tuple[int, int, int], budget: int) -> List[Tuple[ogr.Geometry, int]]:
    """Return the shapes of a tile, in its 4096 units, and the kind of each."""
    out = data.with_suffix(".pmtiles")
    table = TablePlan(data, "a", "a", place[0], place[0] + 3, ("kind",) if budget > 400_000 else ("kind", "name"))
    build(PyramidPlan((table,), parse_options(options), budget=budget), out)
    found = Archive(out).tile(*place)
    folder = data.parent / str(place[0])
    folder.mkdir(exist_ok=True)
    (folder / "tile.pbf").write_bytes(gzip.decompress(found or b""))
    opened = ["METADATA_FILE=", "CLIP=NO"]
    source = gdal.OpenEx(str(folder / "tile.pbf"), gdal.OF_VECTOR, allowed_drivers=["MVT"], open_options=opened)
    return [(one.GetGeometryRef().Clone(), one.GetField("kind")) for one in source.GetLayer(0)]


def drawn(shapes: Sequence[Tuple[ogr.Geometry, int]], window: Tuple[int, int, int]) -> Image.Image:
    """Draw a square of a tile (x, y from the north-west and side, in units): what is white is empty."""
    size = SIDE * FINER
    picture = Image.new("RGB", (size, size), "white")
    pen = ImageDraw.Draw(picture)
    for shape, kind in shapes:
        for path in paths_of(shape):
            at = [((x - window[0]) / window[2] * size, (4096 - y - window[1]) / window[2] * size) for x, y in path]
            if shape.GetDimension() == 2:
                pen.polygon(at, fill=COLOURS[kind % len(COLOURS)])
                pen.line(at, fill="#555555", width=FINER)
            else:
                pen.line(at, fill="#b03020" if kind == 0 else "#305080", width=2 * FINER, joint="curve")
    return picture.resize((SIDE, SIDE), Image.LANCZOS)


def paths_of(shape: ogr.Geometry) -> Iterator[Points]:
    """Yield the lines or rings of a shape, outer ones first."""
    if shape.GetGeometryCount():
        for place in range(shape.GetGeometryCount()):
            yield from paths_of(shape.GetGeometryRef(place))
    else:
        yield [point[:2] for point in shape.GetPoints() or ()]


def pair(
    data: Path, flags: str, against: str, place: Tuple[int, int, int], window: Tuple[int, int, int], budget: int
) -> Image.Image:
    """Return both pictures side by side: without the preset's particular flags on the left, with them on the right."""
    both = Image.new("RGB", (2 * SIDE + GAP, SIDE), "#202020")
    for number, options in enumerate((against, flags)):
        both.paste(drawn(tile(data, options, place, budget), window), (number * (SIDE + GAP), 0))
    return both


def main() -> None:
    """Draw the seven pictures."""
    flags = {one.name: one.flags for one in PRESETS}
    FOLDER.mkdir(parents=True, exist_ok=True)
    SMALL.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        place = (8, 129, 88)
        fields = written(Path(folder) / "fields.gpkg", parcels(24, 0.05, 8, 0.06))
        patches = written(Path(folder) / "patches.gpkg", parcels(150, 0.008, 5, 0.06))
        roads = written(Path(folder) / "roads.gpkg", network(1.3))
        lines = written(Path(folder) / "lines.gpkg", contours(1.3, 1500))
        plenty = 500_000
        jobs = {
            "mixed": (fields, PLAIN, (2400, 1800, 600), plenty),
            "network": (roads, "-S15", (2400, 1600, 400), plenty),
            "lines": (lines, "-S15", (2400, 1800, 1000), 12_000),
            "grid": (fields, "-S15", (2400, 1800, 300), plenty),
            "selection": (patches, "-an -S15", (2400, 1600, 900), 60_000),
            "fusion": (patches, "-an -S10", (2400, 1800, 500), plenty),
            "borders": (fields, "-S20", (2400, 1800, 300), plenty),
        }
        for name, (data, against, window, budget) in jobs.items():
            enough = 10_000_000 if name == "lines" else budget
            picture = pair(data, flags[name], against, place, window, budget)
            if name == "lines":
                picture.paste(drawn(tile(data, against, place, enough), window), (0, 0))
            picture.quantize(48).save(FOLDER / f"{name}.png", optimize=True)
            half = picture.resize((picture.width // 2, picture.height // 2), Image.LANCZOS)
            half.quantize(48).save(SMALL / f"{name}.png", optimize=True)
            print(name, (FOLDER / f"{name}.png").stat().st_size)


if __name__ == "__main__":
    main()
