"""The memory of an answer is that of one batch, whatever the table holds and whichever format is asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from osgeo import ogr, osr

ROOT = Path(__file__).resolve().parents[4]
LIMIT = 250  # megabytes
SCRIPT = """
import sys
from pathlib import Path
from flask import Flask
import geopub_plugin.backend
from geopub_plugin.backend.services.ogcapi.blueprint import features_blueprint
from geopub_plugin.backend.services.wfs.blueprint import wfs_blueprint
from tests.backend.services.wfs.conftest import Published, feature_type

published = Published(feature_type(Path(sys.argv[1]), "heavy", "data"))
app = Flask("memory")
for blueprint in (wfs_blueprint, features_blueprint):
    app.register_blueprint(blueprint(published, lambda: "http://localhost"))
response = app.test_client().get(sys.argv[2], buffered=False, environ_base={"REMOTE_ADDR": "127.0.0.1"})
assert response.status_code == 200, response.text
size = sum(len(piece) for piece in response.response)
response.close()
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))  # since this program began
print(size // 2**20, int(peak.split()[1]) // 1024)
"""


@pytest.fixture(scope="module")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 600 lines of 20,000 vertices: 190 MB, three hundred times what most features have."""
    path = tmp_path_factory.mktemp("heavy") / "heavy.gpkg"
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(2154)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = source.CreateLayer("heavy", srs, ogr.wkbLineString, ["FID=ogc_fid"])
    layer.CreateField(ogr.FieldDefn("name", ogr.OFTString))
    random = np.random.default_rng(1)
    head = b"\x01\x02\x00\x00\x00" + (20_000).to_bytes(4, "little")
    layer.StartTransaction()
    for place in range(600):
        vertices = 700_000 + np.cumsum(random.uniform(-1, 1, (20_000, 2)), axis=0)
        vertices[:, 1] += 5_900_000
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(head + vertices.astype("<f8").tobytes()))
        feature.SetField("name", f"line {place}")
        layer.CreateFeature(feature)
    layer.CommitTransaction()
    del layer, source
    return path


WFS = "/wfs/ows?service=WFS&version=2.0.0&request=GetFeature&typeNames=data:heavy&outputFormat="


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak of memory")
@pytest.mark.parametrize(
    "address",
    [
        WFS + "application/gml%2Bxml;version=3.2", WFS + "application/json&srsName=EPSG:2154", WFS + "csv",
        WFS + "gpkg", WFS + "shapezip", WFS + "flatgeobuf", WFS + "json&bbox=700000,6600000,700100,6600100,EPSG:2154",
        WFS + "json&sortBy=name", "/ogc/features/collections/data:heavy/items?limit=10000",
    ],
)  # fmt: skip
def test_no_format_holds_the_table(heavy: Path, address: str) -> None:
    command = [sys.executable, "-c", SCRIPT, str(heavy), address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    _size, peak = map(int, done.stdout.split())
    assert peak < LIMIT, done.stdout
