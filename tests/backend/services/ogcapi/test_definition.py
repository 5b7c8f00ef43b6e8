"""The definition of the API: a valid OpenAPI 3.0 document, and answers that are as it says, whatever is asked."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


def test_the_definition_is_where_clients_look_for_it(client, read):
    told = read("/api").json
    assert told["openapi"].startswith("3.0.") and told["servers"] == [{"url": "http://localhost/ogc/features"}]
    limit = told["components"]["parameters"]["limit"]["schema"]  # QGIS and GDAL take their page size from it
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 10_000, 1000)
    assert "catalogue:grid" in told["components"]["parameters"]["collectionId"]["schema"]["enum"]
    for path in told["paths"]:
        filled = path.format(collectionId="catalogue:grid", featureId=1)
        assert client.get("/ogc/features" + filled).status_code == 200, path


def test_answers_are_as_defined_whatever_is_asked(service):
    schema = schemathesis.openapi.from_url(f"{service}/api")
    for operation in schema.get_all_operations():

        @given(case=operation.ok().as_strategy())
        @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        def held(case):
            case.call_and_validate(checks=CHECKS)

        held()
