"""CQL2 in text and JSON (OGC 21-065r2): the same features by both, and what a reading of the table finds."""
# ruff: noqa: E501 - what is refused is long

from __future__ import annotations

from pathlib import Path
from typing import Any, List

import pytest
import shapely
from osgeo import ogr

from geopub_plugin.backend.features.geopackage import GeoPackageTable
from geopub_plugin.backend.services.filters.cql2 import condition_of_json
from geopub_plugin.backend.services.filters.cql2_text import json_of
from geopub_plugin.backend.services.filters.sqlite import FilteredType, sql_condition
from geopub_plugin.backend.services.owscommon import OwsError
from geopub_plugin.backend.services.reference_systems import wire_srs

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
        ("avg(n) = 5", "avg"), ("5 = n * avg(n)", "avg"), ("A_EQUALS(name, ('a'))", "A_EQUALS"), ("A_OVERLAPS(name, ['a'])", "array"), ("S_NEAR(geom, POINT(1 1))", "s_near"), ("T_NEVER(day, DATE('2000-01-01'))", "t_never"),
        ("n =", "its end"), ("n", "its end"), ("= 5", "= 5"), ("n = 5 n", "n"), ("(n = 5", ")"), ("n IN ()", ")"),
        ("n IS 5", "NULL"), ("n BETWEEN 1 OR 2", "AND"), ("AND n = 5", "AND n"), ("name LIKE n", "like"),
        ("S_INTERSECTS(geom, POINT(1))", ""), ("S_INTERSECTS(geom, POINT(1e400 1))", "1e400"), ("S_INTERSECTS(geom, POLYGON((0 0", ""), ("S_INTERSECTS(geom, name)", "name"),
        ("S_INTERSECTS(geom, BBOX(5, 5, 1, 1))", "lower corner"), ("S_INTERSECTS(geom, BBOX(1e400, 0, 1, 1))", "numbers"), ("T_AFTER(day, n)", "n"), ("T_AFTER(n, h)", "n"), ("T_AFTER(day, 5)", "t_after"), ("DATE(1, 2) = day", "DATE"),
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
        {"op": "=", "args": [{"property": "n"}, {"op": "+", "args": [1]}]}, {"op": "a_equals", "args": [[1], [1]]},
        {"op": "=", "args": [{"property": "n"}, {"op": "+", "args": [1, "a"]}]}, {"op": "+", "args": [1, 2]},
        {"op": "like", "args": [{"property": "name"}, {"op": "casei", "args": [{"property": "name"}]}]},
        {"op": "s_intersects", "args": [{"property": "geom"}, {"type": "Point"}]},
        {"op": "s_intersects", "args": [{"property": "geom"}, {"type": "Point", "coordinates": ["a", {}]}]},
        {"op": "s_intersects", "args": [{"property": "geom"}, None]},
        {"op": "s_intersects", "args": [{"property": "geom"}, {"bbox": [1, 2, 3]}]},
        {"op": "s_intersects", "args": [{"property": "geom"}, {"bbox": [True, 0, 1, 1]}]},
        {"op": "s_intersects", "args": [{"property": "geom"}, {"bbox": [float("nan"), 0, 1, 1]}]},
        {"op": "s_intersects", "args": [{"property": "geom"}, {"type": "Point", "coordinates": [float("inf"), 0]}]},
        {"op": "t_after", "args": [{"property": "day"}, {"interval": [{"property": "name"}, ".."]}]},
        {"op": "t_after", "args": [{"property": "day"}, {"date": None}]},
        {"op": "isNull", "args": []}, {"op": "casei", "args": ["a"]}, {"op": "like", "args": [{"property": "name"}, 5, 5]},
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


@pytest.mark.parametrize(
    "text, expected",
    [
        ("n + 1 = 6", [1]), ("6 = 1 + n", [1]), ("n - 1 - 1 = 3", [1]), ("n -1 = 4", [1]), ("-n = 1", [3]), ("n = -(1)", [3]),
        ("n * 2 > 10 + 2", [2, 4]), ("(n + 1) * 2 = 12", [1]), ("((n)) = (5)", [1]), ("(n = 5 OR (n + 2) = 9)", [1, 4]),
        ("n / 2 = 2.5", [1]), ("n div 2 = 2", [1]), ("n div 2 = 0", [3]), ("n % 2 = 1", [1, 4]), ("n % 2 = -1", [3]),
        ("h * 2 % 2 = 1", [1, 2]), ("n ^ 2 = 25", [1]), ("2 ^ 3 ^ 2 = 512", [1, 2, 3, 4, 5]), ("n = 1038-1033*2^0", [1]),
        ("n BETWEEN 2 + 3 AND 14 / 2", [1, 4]), ("n IN (4 + 1, 21 div 3)", [1, 4]), ("n NOT IN (4 + 1)", [2, 3, 4]),
        ("n - h > 0", [1, 2]), ("n + h IS NULL", [4, 5]), ("n + h IS NOT NULL", [1, 2, 3]),
        # what has no result is NULL, and nothing compares with it
        ("n / 0 = 1", []), ("NOT n / 0 = 1", []), ("n div 0 IS NULL", [1, 2, 3, 4, 5]), ("n % 0 IS NULL", [1, 2, 3, 4, 5]),
        ("n ^ 0.5 IS NULL", [3, 5]), ("1e300 ^ n IS NULL", [1, 2, 4, 5]), ("9223372036854775807 + n > 9e18", [1, 2, 3, 4]),
        # of two values, and of two properties
        ("5 = 5", [1, 2, 3, 4, 5]), ("'a' <> 'a'", []), ("TRUE = TRUE", [1, 2, 3, 4, 5]), ("3.14 >= 3.14 AND n = 5", [1]),
        ("DATE('2022-04-14') < DATE('2022-04-15') AND n = 5", [1]), ("n = n", [1, 2, 3, 4]), ("'éclair' = name", [2]),
        ("TIMESTAMP('2022-04-14T14:48:46Z') > DATE('2022-04-14')", [1, 2, 3, 4, 5]), ("day = day", [1, 2, 3]),
        # a given time beside a column of dates counts as its day, a given date beside a column of times as its beginning
        ("day = TIMESTAMP('2024-02-29T12:34:56Z')", [1]), ("day < TIMESTAMP('2024-02-29T23:00:00Z')", [3]),
        ("moment > DATE('2024-02-29') AND moment < DATE('2024-03-01')", [1, 2]),
        ("'København' LIKE 'K_benhavn'", [1, 2, 3, 4, 5]), ("'København' NOT LIKE 'K_benhavn'", []), ("5 IS NULL", []),
        ("S_INTERSECTS(geom, geom)", [1, 2, 3, 4, 5]), ("S_DISJOINT(geom, geom)", []), ("S_TOUCHES(geom, geom)", []),
        ("S_WITHIN(POINT(1 1), BBOX(0, 0, 2, 2))", [1, 2, 3, 4, 5]), ("S_CONTAINS(POINT(1 1), BBOX(0, 0, 2, 2))", []),
        ("S_DISJOINT(POINT(1 1), BBOX(2, 2, 3, 3)) AND n = 5", [1]),
        ("T_BEFORE(DATE('2024-01-01'), INTERVAL('2024-01-02', '..')) AND n = 5", [1]), ("T_EQUALS(day, day)", [1, 2, 3]),
        ("T_AFTER(INTERVAL('..', '..'), day)", []), ("NOT T_AFTER(INTERVAL('..', '..'), day)", [1, 2, 3]),
        # case and accents
        ("ACCENTI(name) = ACCENTI('eclair')", [2]), ("ACCENTI(name) <> ACCENTI('éclair')", [1, 3, 4]), ("ACCENTI(name) = 'ÉCLAIR'", []),
        ("ACCENTI(CASEI(name)) = ACCENTI(CASEI('ECLAIR'))", [1, 2]), ("CASEI(ACCENTI(name)) LIKE casei(accenti('É%'))", [1, 2]),
        ("ACCENTI(name) LIKE ACCENTI('é%')", [2]), ("CASEI(name) IN (CASEI('Éclair'), CASEI('A*B'))", [1, 2, 4]),
        ("ACCENTI('København Łódź Straße œuf') = ACCENTI('Kobenhavn Lodz Strasse oeuf')", [1, 2, 3, 4, 5]),
        ("ACCENTI('がकी') = ACCENTI('かक')", []), ("CASEI('Οδος') = CASEI('ΟΔΟΣ')", [1, 2, 3, 4, 5]), ("ACCENTI(name) IS NULL", [5]),
    ],
)  # fmt: skip
def test_expressions(table: GeoPackageTable, text: str, expected: List[int]) -> None:
    assert found(table, json_of(text)) == expected


@pytest.mark.parametrize(
    "text, names",
    [
        ("name + 1 = 5", "name"), ("n + 'a' = 5", "“a”"), ("n + day = 5", "day"), ("-name = 1", "name"), ("yes * 2 = 2", "yes"),
        ("n + DATE('2024-01-01') = 5", "2024"), ("CASEI(n) = 'a'", "“n”"), ("ACCENTI(5) = '5'", "“5”"), ("CASEI(n + 1) = 'a'", "“…”"),
        ("name = 5", "“5”"), ("name < n", "“name, n”"), ("5 = 'a'", "kinds"), ("n = DATE('2024-01-01')", "2024"), ("name = n + 1", "kinds"),
        ("day < moment", "“day, moment”"), ("moment = day", "“moment, day”"), ("T_AFTER(day, moment)", "“day, moment”"),
        ("TIMESTAMP('2024-02-29T12:00:00Z') BETWEEN day AND moment", "no time zone"),
        ("CASEI(name) = 5", "5"), ("n + nothing = 5", "nothing"), ("geom + 1 = 5", "geom"), ("yes = 'perhaps'", "perhaps"),
        ("name = DATE('2024-01-01')", "kinds"), ("n + = 5", "= 5"), ("n + 1", "its end"), ("(n + 1", ")"), ("(n + 1) AND n = 5", "AND"),
        ("n = 5 AND (n)", "its end"), ("n ++ 5", "its end"), ("n div = 5", "= 5"), ("(n = 5) + 1 = 6", "value is needed"), ("S_DISJOINT(geom, geom) = TRUE", "value is needed"), ("CASEI(name)", "its end"),
        ("1" + " + 1" * 500 + " = n", ""), ("n = " + "-" * 500 + "1", ""), ("2" + " ^ 2" * 500 + " = n", ""), ("n = " + "(" * 500, ""),
        ("name LIKE n", "like"), ("name LIKE 5", "like"), ("S_INTERSECTS(name, geom)", "name"), ("S_WITHIN(POINT(1 1), name)", "name"),
    ],
)  # fmt: skip
def test_expressions_of_types_that_do_not_fit_are_refused(table: GeoPackageTable, text: str, names: str) -> None:
    with pytest.raises(OwsError) as refused:
        found(table, json_of(text))
    assert refused.value.status == 400 and names in str(refused.value)


def test_documents_are_told_where_values_and_conditions_belong(table: GeoPackageTable) -> None:
    for document, says in [
        ({"op": "+", "args": [1, 2]}, "comparison is needed"),
        ({"op": "casei", "args": ["a"]}, "comparison is needed"),
        ({"op": "=", "args": [{"op": "and", "args": [True]}, True]}, "value is needed"),
        ({"op": "=", "args": [{"op": "+", "args": 5}, 1]}, "operands"),
    ]:
        with pytest.raises(OwsError, match=says):
            found(table, document)


def test_brackets_may_be_deep(table: GeoPackageTable) -> None:
    assert found(table, json_of("(" * 28 + "n" + ")" * 28 + " = " + "(" * 28 + "5" + ")" * 28)) == [1]
    assert found(table, json_of("n = 0" + " + 1 - 1" * 25)) == []


PERIODS = [  # begin and end, as they stand in the test data of the standard (annex A)
    ("2022-04-16T10:15:10Z", "2022-04-16T10:16:06Z"),
    ("2021-04-16T10:15:59Z", "2022-04-16T10:16:06Z"),
    ("2022-04-16T10:13:19Z", "2023-04-16T10:15:10Z"),
    (None, None),
]


@pytest.fixture(scope="module")
def periods(tmp_path_factory: pytest.TempPathFactory) -> GeoPackageTable:
    path = tmp_path_factory.mktemp("cql") / "p.gpkg"
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = source.CreateLayer("t", None, ogr.wkbPoint)
    for name in ("begin", "end"):
        layer.CreateField(ogr.FieldDefn(name, ogr.OFTDateTime))
    for ends in PERIODS:
        feature = ogr.Feature(layer.GetLayerDefn())
        for name, moment in zip(("begin", "end"), ends):
            feature.SetField(name, moment)
        layer.CreateFeature(feature)
    del feature, layer, source
    return GeoPackageTable(path, "t")


@pytest.mark.parametrize(
    "function, period, expected",
    [  # how many features the standard's own tests expect (annex A, temporal functions)
        ("AFTER", "'..','2022-04-16T10:13:19Z'", 1), ("BEFORE", "'2023-01-01T00:00:00Z','..'", 2),
        ("DISJOINT", "'2022-04-16T10:13:19Z','2022-04-16T10:15:09Z'", 1), ("EQUALS", "'2021-04-16T10:15:59Z','2022-04-16T10:16:06Z'", 1),
        ("INTERSECTS", "'2022-04-16T10:13:19Z','2022-04-16T10:15:09Z'", 2), ("CONTAINS", "'2022-04-16T10:13:19Z','2022-04-16T10:15:10Z'", 1),
        ("DURING", "'2022-01-01T00:00:00Z','2022-12-31T23:59:59Z'", 1), ("FINISHES", "'2022-04-16T10:13:19Z','2022-04-16T10:16:06Z'", 1),
        ("FINISHEDBY", "'2022-04-16T10:13:19Z','2022-04-16T10:16:06Z'", 1), ("MEETS", "'2022-04-16T10:13:19Z','2022-04-16T10:15:10Z'", 0),
        ("METBY", "'2022-04-16T10:13:19Z','2022-04-16T10:15:10Z'", 1), ("OVERLAPPEDBY", "'2020-04-16T10:13:19Z','2022-04-16T10:15:10Z'", 2),
        ("OVERLAPS", "'2022-04-16T10:13:19Z','2023-04-16T10:15:10Z'", 1), ("STARTEDBY", "'2022-04-16T10:13:19Z','2022-04-16T10:15:10Z'", 1),
        ("STARTS", "'2022-04-16T10:13:19Z','2022-04-16T10:15:10Z'", 0),
    ],
)  # fmt: skip
def test_periods_of_features(periods: GeoPackageTable, function: str, period: str, expected: int) -> None:
    assert len(found(periods, json_of(f'T_{function}(INTERVAL(begin, "end"), INTERVAL({period}))'))) == expected
    mirrored = {
        "AFTER": "BEFORE",
        "CONTAINS": "DURING",
        "FINISHES": "FINISHEDBY",
        "MEETS": "METBY",
        "STARTS": "STARTEDBY",
    }
    mirrored["OVERLAPS"] = "OVERLAPPEDBY"
    mirrored.update({second: first for first, second in mirrored.items()})
    other = mirrored.get(function, function)
    assert len(found(periods, json_of(f'T_{other}(INTERVAL({period}), INTERVAL(begin, "end"))'))) == expected


def test_boxes_over_the_180th_meridian(tmp_path: Path) -> None:
    path = create(tmp_path / "d.gpkg", 4326, ["POINT(170 50)", "POINT(-170 10)", "POINT(0 0)"])
    with GeoPackageTable(path, "t") as table:
        asked = json_of("S_INTERSECTS(geom, BBOX(150, -90, -150, 90))")
        assert found(table, asked, wire_srs("http://www.opengis.net/def/crs/OGC/1.3/CRS84")) == [1, 2]
        asked = json_of("S_INTERSECTS(geom, BBOX(-90, 150, 90, -150))")
        assert found(table, asked, wire_srs("http://www.opengis.net/def/crs/EPSG/0/4326")) == [1, 2]
