"""Real tables, through the service and back."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from geopub_plugin.backend.features.geopackage import GeoPackageTable, feature_tables
from geopub_plugin.backend.services.wfs.names import type_name

from .conftest import Published, application, feature_type

FILES = [
    "osm_monaco_4326.gpkg", "urba_30014_PLU_20171013.gpkg", "cadastre_13029_l93.gpkg",
    "emsr790_reunion_routes_2975.gpkg",
    "odd/pyogrio__test_gpkg_nulls.gpkg", "odd/pyogrio__line_zm.gpkg",
    "odd/ets__null_geometry.gpkg", "odd/ets__uint16.gpkg",
]  # fmt: skip


@pytest.mark.parametrize("file", FILES)
def test_every_row_comes_out_in_both_formats(real_data, file):
    path = real_data / file
    types = [feature_type(path, table.name) for table in feature_tables(path)]
    client = application(Published(*types)).test_client()
    for one in types:
        asked = {"service": "WFS", "request": "GetFeature", "typeNames": type_name(one).text}
        root = ElementTree.fromstring(client.get("/wfs/ows", query_string=asked).data)
        body = json.loads(client.get("/wfs/ows", query_string={**asked, "outputFormat": "geojson"}).data)
        with GeoPackageTable(path, one.table) as table:
            count = sum(len(batch) for batch in table.batches())
            names = [field.name for field in table.schema.fields]
        assert len(root) == len(body["features"]) == body["numberMatched"] == int(root.get("numberMatched")) == count
        assert all(list(feature["properties"]) == names for feature in body["features"])
