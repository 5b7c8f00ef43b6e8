"""QGIS expressions as trees, and in Mapbox's words."""

from __future__ import annotations

from typing import Any

import pytest

from geopub_plugin.backend.styles.expression_tree import Call, FieldValue, Literal, Unsupported, fields_of, parse
from geopub_plugin.backend.styles.mapbox_expressions import MapboxWords

WORDS = MapboxWords({"höhe": "hoehe"}, frozenset({"hoehe", "n"}))
A_FIELD, B_FIELD = FieldValue("a"), FieldValue("b")
A, N = ["get", "a"], ["get", "n"]
HAS_A, HAS_N = ["!=", A, None], ["!=", N, None]


@pytest.mark.parametrize(
    "expression, tree",
    [
        ("1", Literal(1)),
        ("-1.5e2", Literal(-150.0)),
        ("'it''s'", Literal("it's")),
        (r"'a\nb'", Literal("a\nb")),
        ('"a ""b"', FieldValue('a "b')),
        ("NULL", Literal(None)),
        ("a or b and not c", Call("or", (A_FIELD, Call("and", (B_FIELD, Call("not", (FieldValue("c"),))))))),
        ("1 + 2 * 3", Call("+", (Literal(1), Call("*", (Literal(2), Literal(3)))))),
        ("a != 1 -- why", Call("<>", (FieldValue("a"), Literal(1)))),
        ("a is not null", Call("not", (Call("is null", (FieldValue("a"),)),))),
        ("a NOT IN (1, 2)", Call("not", (Call("in", (FieldValue("a"), Literal(1), Literal(2))),))),
        ("a between 1 and 2", Call("and", (Call(">=", (A_FIELD, Literal(1))), Call("<=", (A_FIELD, Literal(2)))))),
        ("case when a then 1 end", Call("case", (FieldValue("a"), Literal(1), Literal(None)))),
    ],
)  # fmt: skip
def test_trees(expression: str, tree: Any) -> None:
    assert parse(expression) == tree


@pytest.mark.parametrize(
    "expression, named",
    [
        ("regexp_match(a, 'x')", "regexp_match()"),
        ("$area > 5", "$area"),
        ("@map_scale", "@map_scale"),
        ("a ~ 'x'", "~"),
        ("a = ", "…"),
        ("a b", "b"),
        ("(" * 200 + "a" + ")" * 200, "((((("),
        ("a[0]", "["),
        ("not " * 200 + "a", "((((("),
        ("- " * 200 + "a", "((((("),
    ],
)
def test_what_is_outside_of_the_subset_is_named(expression: str, named: str) -> None:
    with pytest.raises(Unsupported) as refusal:
        parse(expression)
    assert str(refusal.value).startswith(named)


def test_fields() -> None:
    assert fields_of(parse("coalesce(a, \"B c\") || 'd'")) == {"a", "B c"}


@pytest.mark.parametrize(
    "expression, written",
    [
        ("a = 'x'", ["==", A, "x"]),
        ("a <> 'x'", ["all", HAS_A, ["!=", A, "x"]]),
        ("not (a = 'x')", ["all", HAS_A, ["!=", A, "x"]]),
        ("n > '5'", ["all", HAS_N, [">", N, 5]]),
        ("a = 5", ["==", A, "5"]),
        ('"Höhe" <= 5.5', ["all", ["!=", ["get", "hoehe"], None], ["<=", ["get", "hoehe"], 5.5]]),
        ("n in (1, 2, 2)", ["match", N, [1, 2], True, False]),
        ("n not in (1)", ["all", HAS_N, ["match", N, [1], False, True]]),
        ("a is null", ["==", A, None]),
        ("a is not null and n = 1", ["all", ["!=", A, None], ["==", N, 1]]),
        ("not (a is null or n = 1)", ["all", ["!=", A, None], ["all", HAS_N, ["!=", N, 1]]]),
        ("a = null", False),
        ("a like 'x%'", ["all", HAS_A, ["==", ["slice", ["to-string", ["coalesce", A, ""]], 0, 1], "x"]]),
        ("a ilike '%X%'", ["all", HAS_A, ["in", "x", ["downcase", ["to-string", ["coalesce", A, ""]]]]]),
    ],
)
def test_conditions(expression: str, written: Any) -> None:
    assert WORDS.true(parse(expression)) == written


@pytest.mark.parametrize(
    "expression, written",
    [
        ("a", ["to-string", ["coalesce", A, ""]]),
        ("a || ' m'", ["case", ["all", HAS_A], ["concat", A, " m"], ""]),
        ("a + ' m'", ["case", ["all", HAS_A], ["concat", A, " m"], ""]),
        ("concat(a, n)", ["concat", A, N]),
        ("round(n, 1)", ["to-string", ["/", ["round", ["*", N, 10]], 10]]),
        ("if(n > 1, 'many', 'one')", ["to-string", ["case", ["all", HAS_N, [">", N, 1]], "many", "one"]]),
    ],
)
def test_labels(expression: str, written: Any) -> None:
    assert WORDS.text(parse(expression)) == written


@pytest.mark.parametrize("expression", ["a like 'x_y'", "a like n", "n in (a, 1)"])
def test_what_mapbox_cannot_say_is_refused(expression: str) -> None:
    with pytest.raises(Unsupported):
        WORDS.true(parse(expression))
