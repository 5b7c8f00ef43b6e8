"""Read a layer of tiles over HTTP with GDAL's MVT driver, in a process of its own; print the fids that it finds."""

from __future__ import annotations

import json
import sys

from osgeo import gdal


def main(url: str, level: str) -> None:
    gdal.UseExceptions()
    options = [f"METADATA_FILE={url}/metadata.json", "CLIP=NO", "TILE_EXTENSION=pbf"]
    source = gdal.OpenEx(f"MVT:{url}/{level}", gdal.OF_VECTOR, open_options=options)
    found = {}
    for number in range(source.GetLayerCount()):
        layer = source.GetLayer(number)
        found[layer.GetName()] = sorted({feature["mvt_id"] for feature in layer})
    print(json.dumps(found))


main(*sys.argv[1:])
