"""CQL2 in text and JSON (OGC 21-065r2): the same features by both, and what a reading of the table finds."""
# ruff: noqa: E501 - what is refused is long

from __future__ import annotations

from pathlib import Path
from typing import Any, List

import pytest
import shapely

from geopub_plugin.backend.features.geopackage import GeoPackageTable
from geopub_plugin.backend.services.filters.cql2 import condition_of_json
from geopub_plugin.backend.services.filters.cql2_text import json_of
from geopub_plugin.backend.services.filters.sqlite import FilteredType, sql_condition
from geopub_plugin.backend.services.owscommon import OwsError
from geopub_plugin.backend.services.wfs.reference_systems import wire_srs

from .test_fes import POLYGON, ROWS, create, shapes, truly

LAMBERT = wire_srs("EPSG:2154")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> GeoPackageTable:
    path = create(tmp_path_factory.mktemp("cql") / "a.gpkg", 2154, [f"POINT({i} 0)" for i in range(5)], ROWS)
    return GeoPackageTable(path, "t")


@pytest.fixture(scope="module")
def squares(tmp_path_factory: pytest.TempPathFactory) -> GeoPackageTable:
    return GeoPackageTable(create(tmp_path_factory.mktemp("cql") / "b.gpkg", 2154, shapes(1)), "t")


def found(table: GeoPackageTable, document: Any, srs: Any = LAMBERT) -> List[int]:
    fields = {field.name: field.name for field in table.schema.fields}
    filtered = FilteredType(table.schema, fields, frozenset({"geom"}), lambda _: ())
    return table.fids_where(sql_condition(condition_of_json(document, srs), filtered)).tolist()


@pytest.mark.parametrize(
    "text, document, expected",
    [
        ("n = 5", {"op": "=", "args": [{"property": "n"}, 5]}, [1]),
        ("5 < n", {"op": "<", "args": [5, {"property": "n"}]}, [2, 4]),
        ("n <> 5", {"op": "<>", "args": [{"property": "n"}, 5]}, [2, 3, 4]),
        ("h >= 1.5e0", {"op": ">=", "args": [{"property": "h"}, 1.5]}, [1, 2]),
        ("n < h", {"op": "<", "args": [{"property": "n"}, {"property": "h"}]}, [3]),
        ("n = -1", {"op": "=", "args": [{"property": "n"}, -1]}, [3]),
        ("\"name\" = 'a*b'", {"op": "=", "args": [{"property": "name"}, "a*b"]}, [4]),
        (
            "CASEI(name) = casei('éCLAIR')",
            {"op": "=", "args": [{"op": "casei", "args": [{"property": "name"}]}, {"op": "casei", "args": ["éCLAIR"]}]},
            [1, 2],
        ),
        ("name LIKE 'a\\%b%'", {"op": "like", "args": [{"property": "name"}, "a\\%b%"]}, [3]),
        ("name LIKE 'a_b'", {"op": "like", "args": [{"property": "name"}, "a_b"]}, [4]),
        (
            "name NOT LIKE 'a%'",
            {"op": "not", "args": [{"op": "like", "args": [{"property": "name"}, "a%"]}]},
            [1, 2],
        ),
        ("n BETWEEN 5 AND 7", {"op": "between", "args": [{"property": "n"}, 5, 7]}, [1, 4]),
        (
            "n NOT BETWEEN 5 AND 7 AND n > 0",
            {
                "op": "and",
                "args": [
                    {"op": "not", "args": [{"op": "between", "args": [{"property": "n"}, 5, 7]}]},
                    {"op": ">", "args": [{"property": "n"}, 0]},
                ],
            },
            [2],
        ),
        ("n IN (5, 7, 8)", {"op": "in", "args": [{"property": "n"}, [5, 7, 8]]}, [1, 4]),
        ("n NOT IN (5, 7)", {"op": "not", "args": [{"op": "in", "args": [{"property": "n"}, [5, 7]]}]}, [2, 3]),
        ("name IS NULL", {"op": "isNull", "args": [{"property": "name"}]}, [5]),
        ("h IS NOT NULL", {"op": "not", "args": [{"op": "isNull", "args": [{"property": "h"}]}]}, [1, 2, 3]),
        ("yes = TRUE", {"op": "=", "args": [{"property": "yes"}, True]}, [1, 3]),
        ("false = yes", {"op": "=", "args": [False, {"property": "yes"}]}, [2, 4]),
        ("TRUE", True, [1, 2, 3, 4, 5]),
        ("FALSE OR n = 5", {"op": "or", "args": [False, {"op": "=", "args": [{"property": "n"}, 5]}]}, [1]),
        (
            "NOT (n = 5 OR n = 7) AND yes = FALSE",
            {
                "op": "and",
                "args": [
                    {
                        "op": "not",
                        "args": [
                            {
                                "op": "or",
                                "args": [
                                    {"op": "=", "args": [{"property": "n"}, 5]},
                                    {"op": "=", "args": [{"property": "n"}, 7]},
                                ],
                            }
                        ],
                    },
                    {"op": "=", "args": [{"property": "yes"}, False]},
                ],
            },
            [2],
        ),
        ("day = DATE('2024-02-29')", {"op": "=", "args": [{"property": "day"}, {"date": "2024-02-29"}]}, [1]),
        (
            "moment > TIMESTAMP('2024-02-29T12:00:00.2Z')",
            {"op": ">", "args": [{"property": "moment"}, {"timestamp": "2024-02-29T12:00:00.2Z"}]},
            [2],
        ),
        (
            "T_AFTER(day, DATE('2000-01-01'))",
            {"op": "t_after", "args": [{"property": "day"}, {"date": "2000-01-01"}]},
            [1, 2],
        ),
        (
            "t_before(DATE('2000-01-01'), day)",
            {"op": "t_before", "args": [{"date": "2000-01-01"}, {"property": "day"}]},
            [1, 2],
        ),
        (
            "T_INTERSECTS(day, INTERVAL('2024-02-29', '..'))",
            {"op": "t_intersects", "args": [{"property": "day"}, {"interval": ["2024-02-29", ".."]}]},
            [1, 2],
        ),
        (
            "T_INTERSECTS(INTERVAL('..', '..'), day)",
            {"op": "t_intersects", "args": [{"interval": ["..", ".."]}, {"property": "day"}]},
            [1, 2, 3],
        ),
        (
            "T_DURING(day, INTERVAL('1999-12-31', '2024-03-01'))",
            {"op": "t_during", "args": [{"property": "day"}, {"interval": ["1999-12-31", "2024-03-01"]}]},
            [1],
        ),
        (
            "T_DISJOINT(day, INTERVAL('2024-01-01', '2024-02-29'))",
            {"op": "t_disjoint", "args": [{"property": "day"}, {"interval": ["2024-01-01", "2024-02-29"]}]},
            [2, 3],
        ),
        (
            "T_STARTS(day, INTERVAL('2024-02-29', '2025-01-01'))",
            {"op": "t_starts", "args": [{"property": "day"}, {"interval": ["2024-02-29", "2025-01-01"]}]},
            [1],
        ),
        (
            "T_FINISHES(day, INTERVAL('2024-02-29', '2024-03-01'))",
            {"op": "t_finishes", "args": [{"property": "day"}, {"interval": ["2024-02-29", "2024-03-01"]}]},
            [2],
        ),
        (
            "T_EQUALS(day, INTERVAL('2024-02-29', '2024-03-01'))",
            {"op": "t_equals", "args": [{"property": "day"}, {"interval": ["2024-02-29", "2024-03-01"]}]},
            [],
        ),
        (
            "S_INTERSECTS(geom, BBOX(0.5, -1, 2.5, 1))",
            {"op": "s_intersects", "args": [{"property": "geom"}, {"bbox": [0.5, -1, 2.5, 1]}]},
            [2, 3],
        ),
        (
            "s_contains(POLYGON((0.5 -1, 2.5 -1, 2.5 1, 0.5 1, 0.5 -1)), geom) AND n > 0",
            {
                "op": "and",
                "args": [
                    {
                        "op": "s_contains",
                        "args": [
                            {
                                "type": "Polygon",
                                "coordinates": [[[0.5, -1], [2.5, -1], [2.5, 1], [0.5, 1], [0.5, -1]]],
                            },
                            {"property": "geom"},
                        ],
                    },
                    {"op": ">", "args": [{"property": "n"}, 0]},
                ],
            },
            [2],
        ),
    ],
)
def test_both_languages(table: GeoPackageTable, text: str, document: Any, expected: List[int]) -> None:
    assert found(table, document) == expected
    assert found(table, json_of(text)) == expected


@pytest.mark.parametrize("shape", [POLYGON, "LINESTRING(0 0,5 5)", "POINT(3 3)", "MULTIPOINT((3 3),(4 4))"])
@pytest.mark.parametrize(
    "relation", ["Intersects", "Equals", "Disjoint", "Touches", "Crosses", "Within", "Contains", "Overlaps"]
)
def test_relations_are_those_of_geos(squares: GeoPackageTable, relation: str, shape: str) -> None:
    expected = [place + 1 for place, wkt in enumerate(shapes(1)) if truly(relation, shape, wkt)]
    assert found(squares, json_of(f"S_{relation.upper()}(geom, {shape})")) == expected


def test_the_order_of_axes_is_that_of_the_system(tmp_path: Path) -> None:
    path = create(tmp_path / "c.gpkg", 4326, ["POINT(10 50)", "POINT(50 10)"])
    near = "S_INTERSECTS(geom, POLYGON((49 9, 51 9, 51 11, 49 11, 49 9)))"
    with GeoPackageTable(path, "t") as table:
        assert found(table, json_of(near), wire_srs("http://www.opengis.net/def/crs/EPSG/0/4326")) == [1]
        assert found(table, json_of(near), wire_srs("http://www.opengis.net/def/crs/OGC/1.3/CRS84")) == [2]


def test_geometries_in_text_keep_their_last_digit() -> None:
    made = json_of("S_EQUALS(geom, POINT(0.1234567890123456 123456789.12345678))")["args"][1]
    assert made["coordinates"] == [0.1234567890123456, 123456789.12345678]
    assert shapely.from_geojson(str(made).replace("'", '"')).x == 0.1234567890123456


@pytest.mark.parametrize(
    "text, names",
    [
        ("n + 1 = 5", "+"), ("5 = n * 2", "*"), ("avg(n) = 5", "avg"), ("ACCENTI(name) = 'a'", "ACCENTI"),
        ("A_EQUALS(name, ('a'))", ""), ("S_NEAR(geom, POINT(1 1))", "s_near"), ("T_NEVER(day, DATE('2000-01-01'))", "t_never"),
        ("n =", "its end"), ("n", "its end"), ("= 5", "= 5"), ("n = 5 n", "n"), ("(n = 5", ")"), ("n IN ()", ")"),
        ("n IS 5", "NULL"), ("n BETWEEN 1 OR 2", "AND"), ("AND n = 5", "AND n"), ("5 = 5", "="), ("name LIKE n", "like"),
        ("S_INTERSECTS(geom, POINT(1))", ""), ("S_INTERSECTS(geom, POLYGON((0 0", ""), ("S_INTERSECTS(geom, geom)", "s_intersects"),
        ("S_INTERSECTS(geom, BBOX(5, 5, 1, 1))", "bbox"), ("T_AFTER(day, n)", "t_after"), ("DATE(1, 2) = day", "DATE"),
        ("nothing = 5", "nothing"), ("n = 'x'", "x"), ("day = DATE('soon')", "soon"), ("geom = 5", "geom"), ("n = 5;", ";"),
        ("", "its end"), ("'", "'"), ("NOT " * 500 + "n = 5", ""), ("(" * 500, ""), ("n=1 OR " * 3000 + "n=1", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_named(table: GeoPackageTable, text: str, names: str) -> None:
    with pytest.raises(OwsError) as refused:
        found(table, json_of(text))
    assert names in str(refused.value) and refused.value.locator == "filter"


@pytest.mark.parametrize(
    "document",
    [
        None, 5, "n = 5", [], {}, {"op": "="}, {"op": 5, "args": []}, {"op": "=", "args": [1]}, {"op": "and", "args": []},
        {"op": "=", "args": [{"property": 5}, 5]}, {"op": "in", "args": [{"property": "n"}, 5]},
        {"op": "=", "args": [{"property": "n"}, {"op": "+", "args": [1, 2]}]},
        {"op": "s_intersects", "args": [{"property": "geom"}, {"type": "Point"}]},
        {"op": "s_intersects", "args": [{"property": "geom"}, {"type": "Point", "coordinates": ["a", {}]}]},
        {"op": "s_intersects", "args": [{"property": "geom"}, None]},
        {"op": "s_intersects", "args": [{"property": "geom"}, {"bbox": [1, 2, 3]}]},
        {"op": "s_intersects", "args": [{"property": "geom"}, {"bbox": [True, 0, 1, 1]}]},
        {"op": "t_after", "args": [{"property": "day"}, {"interval": [{"property": "day"}, ".."]}]},
        {"op": "t_after", "args": [{"property": "day"}, {"date": None}]},
        {"op": "isNull", "args": [5]}, {"op": "casei", "args": ["a"]}, {"op": "like", "args": [{"property": "name"}, 5, 5]},
    ],
)  # fmt: skip
def test_documents_that_say_nothing_are_refused(table: GeoPackageTable, document: Any) -> None:
    with pytest.raises(OwsError) as refused:
        found(table, document)
    assert refused.value.locator == "filter"


def test_long_lists_are_no_deep_trees(table: GeoPackageTable) -> None:
    values = ", ".join(map(str, range(1900)))
    assert found(table, json_of(f"n IN ({values})")) == [1, 2, 4]
    assert found(table, json_of(" OR ".join(f"n = {value}" for value in range(1900)))) == [1, 2, 4]
