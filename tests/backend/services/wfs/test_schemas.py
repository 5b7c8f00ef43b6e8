"""Every XML answer is valid for the schemas of OGC."""

from __future__ import annotations

import pytest

from ....ogc_schemas import OgcSchemas

WFS = {"2.0.0": "wfs/2.0/wfs.xsd", "1.1.0": "wfs/1.1.0/wfs.xsd"}


@pytest.mark.parametrize("version", WFS)
def test_capabilities(ask, ogc_schemas: OgcSchemas, version: str) -> None:
    assert ogc_schemas.faults(ask("GetCapabilities", version=version).data, WFS[version]) == []


@pytest.mark.parametrize("operation", ["ListStoredQueries", "DescribeStoredQueries"])
def test_stored_queries(ask, ogc_schemas: OgcSchemas, operation: str) -> None:
    assert ogc_schemas.faults(ask(operation).data, WFS["2.0.0"]) == []


def test_exception_reports(ask, ogc_schemas: OgcSchemas) -> None:
    assert ogc_schemas.faults(ask("GetFeature", typeNames="no:such").data, "ows/1.1.0/owsAll.xsd") == []
