"""Bad input: never an error inside the service, never long, nothing of it executed."""

from __future__ import annotations

import json
import time
from typing import Dict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import application

WORDS = (
    "AND", "OR", "NOT", "LIKE", "BETWEEN", "IN", "IS", "NULL", "(", ")", ",", "=", "<>", "<", ">=", "+", "number",
    "geom", '"number"', '"', "'", "'a'", "'%'", "'; DROP TABLE grid; --", "1", "-1.5e308", "1e999", "TRUE", "CASEI(",
    "DATE('2024-01-01')", "INTERVAL('..','2024-01-01')", "TIMESTAMP(", "BBOX(0,0,1,1)", "POINT(0 0)",
    "POLYGON((0 0,1 1,0 1,0 0))", "POINT EMPTY", "POINT Z (", "S_INTERSECTS(", "S_WITHIN(", "T_AFTER(", "T_DURING(",
    "A_EQUALS(", "avg(", "\x00", "\ud7ff", "💥", "{", "[",
)  # fmt: skip
KEYS = ("op", "args", "property", "bbox", "date", "interval", "type")
PARAMETERS = (
    "f", "limit", "offset", "bbox", "bbox-crs", "datetime", "crs", "filter", "filter-lang", "filter-crs", "properties",
    "skipGeometry", "sortby", "number", "apikey",
)  # fmt: skip
VALUES = (
    "", "0", "1", "-1", "1e309", "NaN", "9" * 40, "json", "html", "cql2-json", "true", "0,0,2,2", "170,0,-170,5",
    "-1e299,-1e299,1e299,1e299", "5,5,1,1", "http://www.opengis.net/def/crs/EPSG/0/3857", "EPSG:4326", "number",
    "-number", "+number", "number,number", "2024-01-01", "../..", "/", "2024-01-01/..", "number = 1", '{"op":"not"}',
    '{"op":"and","args":[true,false]}', "[" * 5000, "'; DROP TABLE grid; --", "../../etc/passwd", "\x00", "{{7*7}}",
)  # fmt: skip
RUN = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def fuzzed(collections):
    return application(collections).test_client()


def answered(client, **parameters: str) -> None:
    begun = time.process_time()
    response = client.get("/ogc/features/collections/catalogue:grid/items", query_string=parameters)
    assert response.status_code in (200, 400), (parameters, response.text)
    assert time.process_time() - begun < 10, parameters
    if response.status_code == 400:
        assert response.json["detail"] and "Traceback" not in response.text
    else:
        assert response.data


@RUN
@given(words=st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=12))
def test_filters_made_of_words(fuzzed, words):
    answered(fuzzed, filter=" ".join(words), limit="1")


@RUN
@given(
    document=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(("op", "args", "property", "bbox", "date", "interval", "type")), inner, max_size=3
            )
        ),
        max_leaves=12,
    )
)
def test_filters_in_json(fuzzed, document):
    answered(fuzzed, **{"filter": json.dumps(document), "filter-lang": "cql2-json", "limit": "1"})


@RUN
@given(asked=st.dictionaries(st.sampled_from(PARAMETERS), st.sampled_from(VALUES) | st.text(max_size=20), max_size=4))
def test_parameters(fuzzed, asked: Dict[str, str]):
    answered(fuzzed, **asked)


def test_the_table_is_still_there(fuzzed):
    assert fuzzed.get("/ogc/features/collections/catalogue:grid/items").json["numberMatched"] == 1000
