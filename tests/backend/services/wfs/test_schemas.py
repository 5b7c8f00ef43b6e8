"""Every XML answer is valid for the schemas of OGC."""

from __future__ import annotations

import pytest

from ....ogc_schemas import OgcSchemas
from .conftest import KINDS, application

WFS = {"2.0.0": "wfs/2.0/wfs.xsd", "1.1.0": "wfs/1.1.0/wfs.xsd"}
FEATURES = {**WFS, "1.0.0": "wfs/1.0.0/WFS-basic.xsd"}
TABLES = ["everything", *map(str.lower, KINDS), "建築物", "grid", "nothing"]


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


@pytest.fixture(scope="module")
def described(published):
    """The schema of every type in the catalogue's namespace, by version."""
    client = application(published).test_client()
    names = ",".join(f"catalogue:{table}" for table in TABLES)
    return {
        version: client.get(
            "/wfs/ows",
            query_string={"service": "WFS", "version": version, "request": "DescribeFeatureType", "typeName": names},
        ).data
        for version in FEATURES
    }


@pytest.mark.parametrize("version", FEATURES)
@pytest.mark.parametrize("table", TABLES)
def test_features(ask, ogc_schemas: OgcSchemas, described, version: str, table: str) -> None:
    """Each kind of geometry and of column is valid for the schema that DescribeFeatureType gives."""
    body = ask("GetFeature", version=version, typeName=f"catalogue:{table}", count=50).data
    assert ogc_schemas.faults(body, FEATURES[version], given=described[version]) == []


@pytest.mark.parametrize("version", FEATURES)
def test_a_wrong_value_would_be_found(ask, ogc_schemas: OgcSchemas, described, version: str) -> None:
    body = ask("GetFeature", version=version, typeName="catalogue:grid", count=1).data
    wrong = body.replace(b"<catalogue:number>0<", b"<catalogue:number>none<")
    assert wrong != body
    assert len(ogc_schemas.faults(wrong, FEATURES[version], given=described[version])) > 0
