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


@pytest.mark.parametrize(
    ("version", "schema"),
    [
        ("2.0.0", "ows/1.1.0/owsAll.xsd"),
        ("1.1.0", "ows/1.0.0/owsExceptionReport.xsd"),
        ("1.0.0", "wfs/1.0.0/OGC-exception.xsd"),
    ],
)
def test_exception_reports(ask, ogc_schemas: OgcSchemas, version: str, schema: str) -> None:
    assert ogc_schemas.faults(ask("GetFeature", version=version, typeNames="no:such").data, schema) == []
