"""OWSLib, and curl with requests in XML."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import List
from xml.etree import ElementTree

import pytest

from geopub_plugin.backend.features.schema import ColumnKind

from .served import Served

POST = """<wfs:GetFeature xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:fes="http://www.opengis.net/fes/2.0"
  xmlns:gml="http://www.opengis.net/gml/3.2" service="WFS" version="2.0.0" {told}>
  <wfs:Query typeNames="{name}">{inside}</wfs:Query></wfs:GetFeature>"""


def test_owslib(served: List[Served]) -> None:
    from owslib.ogcapi.features import Features
    from owslib.wfs import WebFeatureService

    service = WebFeatureService(served[0].wfs, version="2.0.0", timeout=60)
    api = Features(served[0].api)
    assert set(service.contents) == {table.name for table in served} == set(api.feature_collections())
    for table in served:
        body = service.getfeature(typename=[table.name], maxfeatures=50, outputFormat="application/json").read()
        told = json.loads(body)
        assert (told["numberMatched"], len(told["features"])) == (table.count, min(50, table.count))
        items = api.collection_items(table.name, limit=50)
        assert (items["numberMatched"], items["numberReturned"]) == (table.count, min(50, table.count))
        _same_values(table, items["features"])
        ours = {one["id"]: one["properties"] for one in items["features"]}
        assert {one["id"].rpartition(".")[2]: one["properties"] for one in told["features"]} == {
            str(key): properties for key, properties in ours.items()
        }


def _same_values(table: Served, features: List[dict]) -> None:
    """Hold the values that GDAL does not hand through to the file: bytes and JSON, every digit of reals."""
    theirs = {feature.GetFID(): table.values(feature) for feature in table.features(50)}
    for one in features:
        for field in table.schema.fields:
            found, wanted = one["properties"][field.name], theirs[one["id"]][field.name]
            if field.kind is ColumnKind.BLOB and wanted is not None:
                assert base64.b64decode(found) == wanted
            elif field.kind is ColumnKind.JSON and wanted is not None:
                assert found == json.loads(wanted)
            elif field.kind in (ColumnKind.REAL, ColumnKind.INTEGER, ColumnKind.TEXT, ColumnKind.BOOLEAN):
                assert found == wanted or (found is None and wanted != wanted), (table.name, one["id"], field.name)


def test_curl_posts_xml(served: List[Served], tmp_path: Path) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not here")

    def posted(name: str, told: str, inside: str = "") -> ElementTree.Element:
        request = tmp_path / "request.xml"
        request.write_text(POST.format(name=name, told=told, inside=inside), "utf-8")
        command = [curl, "-sS", "-f", "-H", "Content-Type: text/xml", "--data-binary", f"@{request}", served[0].wfs]
        return ElementTree.fromstring(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)

    for table in served:
        hits = posted(table.name, 'resultType="hits"')
        assert hits.get("numberMatched") == str(table.count)
        page = posted(table.name, 'count="7" startIndex="3"')
        assert len(page) == int(page.get("numberReturned", "")) == max(0, min(7, table.count - 3))
        missing = f"<fes:Filter><fes:Not><fes:PropertyIsNull><fes:ValueReference>{table.schema.geometry}"
        missing += "</fes:ValueReference></fes:PropertyIsNull></fes:Not></fes:Filter>"
        placed = posted(table.name, 'resultType="hits"', missing)
        assert 0 <= int(placed.get("numberMatched", "")) <= table.count
