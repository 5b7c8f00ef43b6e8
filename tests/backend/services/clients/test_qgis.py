"""QGIS's two providers: counts, attributes, geometries; paging on, restricted to the view."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest
from osgeo import ogr

from .served import Served

TABLES = 5  # of a data set
MOST = 20_000  # features of a table, so that this ends before long
SCRIPT = """
import json, os, sys
from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer
application = QgsApplication([], False)
application.initQgis()
told = json.loads(sys.stdin.read())
for one in told:
    for provider, uri in (
        ("WFS", f"url='{one['wfs']}' version='auto' typename='{one['name']}' srsname='{one['srs']}' "
                "restrictToRequestBBOX='1' pagingEnabled='true'"),
        ("OAPIF", f"url='{one['api']}' typename='{one['name']}' restrictToRequestBBOX='1'"),
    ):
        layer = QgsVectorLayer(uri, one["name"], provider)
        found = {"provider": provider, "name": one["name"], "valid": layer.isValid(), "count": layer.featureCount()}
        if layer.isValid():
            found["fields"] = [field.name() for field in layer.fields()]
            features = list(layer.getFeatures())
            found["read"] = len(features)
            found["texts"] = sorted(str(feature[name] or "") for feature in features[:50] for name in one["texts"]
                                    if name in found["fields"])
            if provider == "WFS" and one["box"]:
                view = QgsVectorLayer(uri, one["name"], provider)
                request = QgsFeatureRequest(QgsRectangle(*one["box"])).setFlags(QgsFeatureRequest.ExactIntersect)
                found["view"] = len(list(view.getFeatures(request)))
        print(json.dumps(found), flush=True)
os._exit(0)
"""


def view_of(table: Served) -> tuple:
    """Return a box in the middle of a table, and how many of its features meet it."""
    source = ogr.Open(str(table.path))
    layer = source.GetLayerByName(table.schema.name)
    west, east, south, north = layer.GetExtent()
    wide, high = (east - west) / 8, (north - south) / 8
    box = [(west + east) / 2 - wide, (south + north) / 2 - high, (west + east) / 2 + wide, (south + north) / 2 + high]
    area = ogr.CreateGeometryFromWkt(
        f"POLYGON(({box[0]} {box[1]},{box[2]} {box[1]},{box[2]} {box[3]},{box[0]} {box[3]},{box[0]} {box[1]}))"
    )
    layer.SetSpatialFilterRect(*box)
    met = [feature.GetGeometryRef() for feature in layer if feature.GetGeometryRef().Intersects(area)]
    return box, len(met)


def test_both_providers(served: List[Served], tmp_path: Path) -> None:
    pytest.importorskip("qgis.core")
    tables = [table for table in served if table.count <= MOST and table.schema.srs is not None][-TABLES:]
    views = {table.name: view_of(table) for table in tables if table.count and table.in_own_system}
    asked = [
        {
            "wfs": table.wfs, "api": table.api, "name": table.name, "srs": table.srs.name,
            "texts": [field.name for field in table.schema.fields if field.kind.value == "text"],
            "box": views[table.name][0] if table.name in views else None,
        }
        for table in tables
    ]  # fmt: skip
    environment = {
        "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path),
        "PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8", "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], input=json.dumps(asked), env=environment, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(lines) == 2 * len(tables), done.stderr[-2000:]
    by_name = {table.name: table for table in tables}
    for one in lines:
        table = by_name[one["name"]]
        assert one["valid"], one
        assert (one["count"], one["read"]) == (table.count, table.count), one
        if "view" in one:
            assert abs(one["view"] - views[table.name][1]) <= 1, (one, views[table.name])  # at a rounded edge
        told = [table.values(feature) for feature in table.features(50)]
        names = [field.name for field in table.schema.fields if field.kind.value == "text"]
        texts = [str(row[name] or "") for row in told for name in names if name in one["fields"]]
        assert _plain(one["texts"]) == _plain(texts), one["name"]


def _plain(texts: List[str]) -> List[str]:
    """Return texts whose blanks do not matter: readers of XML put them in order."""
    return sorted("".join(text.split()).replace("NULL", "") for text in texts)
