"""How many features a second the WFS writes: `python benchmarks/wfs_writer.py FILE.gpkg [TABLE]`.

Prints features per second for reading alone and for each format (best of three runs, processor time of one thread),
and the size of what was written.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geopub_plugin.backend.allocator import share_freed_memory
from geopub_plugin.backend.features.geopackage import GeoPackageTable, feature_tables
from geopub_plugin.backend.services.reference_systems import default_srs
from geopub_plugin.backend.services.wfs.geojson import GeoJsonWriter
from geopub_plugin.backend.services.wfs.gml import GML_32, GmlWriter
from geopub_plugin.backend.services.wfs.names import TypeName, ncname
from geopub_plugin.backend.services.wfs.selection import SIZE

RUNS = 3


def seconds(path: Path, name: str, form: str) -> tuple[float, int, int]:
    """Return the time, the features and the bytes of writing a whole table."""
    begun = time.process_time()
    features = written = 0
    with GeoPackageTable(path, name) as table:
        srs = default_srs(table.schema.srs)
        fields = [field.name for field in table.schema.fields]
        type_name = TypeName("bench", ncname(name))
        if form == "GML 3.2":
            write = GmlWriter(type_name, "http://127.0.0.1", table.schema, table.schema.fields, srs, GML_32).features
        elif form == "GeoJSON":
            write = GeoJsonWriter(type_name, table.schema.fields, srs).features
        else:
            write = lambda batch: b""  # noqa: E731
        for batch in table.batches(fields, size=SIZE, encoded=True):
            features += len(batch)
            written += len(write(batch))
    return time.process_time() - begun, features, written


def main() -> None:
    """Print the table of speeds."""
    share_freed_memory()  # as the backend does
    path = Path(sys.argv[1])
    name = sys.argv[2] if len(sys.argv) > 2 else feature_tables(path)[0].name
    for form in ("reading", "GML 3.2", "GeoJSON"):
        took, features, written = min(seconds(path, name, form) for _ in range(RUNS))
        print(f"{form:8} {features / took:10,.0f} features/s {took:6.2f} s {written / 1e6:7.1f} MB")


if __name__ == "__main__":
    main()
