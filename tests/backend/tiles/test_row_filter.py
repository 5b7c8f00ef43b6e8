"""Filters: what they mean, what they refuse, and that nothing of them is pasted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.features.geopackage import GeoPackageTable
from geopub_plugin.backend.tiles.row_filter import checked_filter, condition_of

from .conftest import write_table

FIELDS = {"pop": int, "Name": str, "share": float, "open": bool, 'it\'s "odd"': str, "day": "date", "at": "datetime"}
ROWS = [  # fids 1 to 5
    {"pop": 10, "Name": "Lille", "share": 0.5, "open": True, 'it\'s "odd"': "a", "day": "2024-02-29"},
    {"pop": 200, "Name": "lillers", "share": 1.5, "open": False, "at": "2024-02-29T12:30:00.000Z"},
    {"pop": -3, "Name": "Écaillon 50%", "share": None, "open": None, "day": "2023-01-01"},
    {"pop": None, "Name": None, "share": 2.0, "open": True},
    {"pop": 7, "Name": "O'Neil [x]*?", "share": 7.0, "open": False, "at": "2024-03-01T00:00:00.000Z"},
]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("filter") / "towns.gpkg"
    write_table(path, "towns", [(f"POINT ({n} 0)", row) for n, row in enumerate(ROWS)], FIELDS)
    with GeoPackageTable(path, "towns") as opened:
        yield opened


def kept(table: GeoPackageTable, text: str):
    condition = condition_of(text, table.schema)
    return table.fids_where(condition).tolist()


@pytest.mark.parametrize(
    "text, expected",
    [
        ("pop = 10", [1]),
        ("pop <> 10", [2, 3, 5]),  # NULL is neither
        ("pop != 10", [2, 3, 5]),
        ("POP >= 7 and Pop < 200", [1, 5]),
        ("pop > '7'", [1, 2]),  # PostgreSQL reads the text as a number
        ("pop = -3", [3]),
        ("share <= .5e0", [1]),
        ("5 < pop", [1, 2, 5]),
        ("pop = share", [5]),
        ("pop > 100 OR pop < 0 AND share > 1", [2]),  # AND first
        ("(pop > 100 OR pop < 0) AND share IS NULL", [3]),
        ("NOT pop > 7", [3, 5]),
        ("not (pop > 7 or open is true)", [3, 5]),
        ("\"Name\" = 'Lille'", [1]),
        ("name = 'O''Neil [x]*?'", [5]),
        ('"it\'s ""odd""" = \'a\'', [1]),
        ("name < 'M'", [1]),
        ("pop IN (10, 7, 3.5)", [1, 5]),
        ("pop NOT IN (10, 7)", [2, 3]),
        ("name in ('Lille', 'lillers')", [1, 2]),
        ("pop BETWEEN 7 AND 10", [1, 5]),
        ("pop NOT BETWEEN 7 AND 10 AND open = false", [2]),
        ("8 between pop and share", []),
        ("name LIKE 'Lill%'", [1]),
        ("name ILIKE 'LILL%'", [1, 2]),
        ("name ilike 'éCAILLON%'", [3]),
        ("name NOT LIKE '%l%'", []),
        ("name not ilike '%l%'", []),
        ("name LIKE '%50\\%'", [3]),
        ("name LIKE '%50!%' ESCAPE '!'", [3]),
        ("name LIKE '_ille'", [1]),
        ("name LIKE '%[x]*?'", [5]),
        ("name LIKE '%'", [1, 2, 3, 5]),
        ("pop IS NULL", [4]),
        ("name IS NOT NULL AND share is null", [3]),
        ("open", [1, 4]),
        ("NOT open", [2, 5]),
        ("open = 't'", [1, 4]),
        ("open IS NOT TRUE", [2, 3, 5]),
        ("open IS FALSE", [2, 5]),
        ("open is not false", [1, 3, 4]),
        ("TRUE", [1, 2, 3, 4, 5]),
        ("1 = 1 AND true is true", [1, 2, 3, 4, 5]),
        ("day >= DATE '2024-01-01'", [1]),
        ("day < '2024-01-01 10:00'", [3]),
        ("at > '2024-02-29 13:00:00+01:00'", [2, 5]),
        ("at = TIMESTAMP '2024-03-01'", [5]),
        ("fid IN (2, 3)", [2, 3]),
        ("  pop\n=\t10  ", [1]),
    ],
)
def test_meaning(table, text, expected):
    assert kept(table, text) == expected


@pytest.mark.parametrize("text", ["", "  \n"])
def test_nothing_is_no_condition(table, text):
    assert condition_of(text, table.schema) is None


@pytest.mark.parametrize(
    "text, told",
    [
        ("pop::text = '10'", "::"),
        ("lower(name) = 'a'", "lower(…)"),
        ("pop + 1 > 2", "“+”"),
        ("pop = 1; DROP TABLE towns", "“;”"),
        ("pop = 1 -- all", "“--”"),
        ("pop = 1 /* all */", "“/*”"),
        ("name || 'x' = 'y'", "“||”"),
        ("name ~ 'x'", "“~”"),
        ("pop IN (SELECT 1)", "SELECT"),
        ("EXISTS (SELECT 1)", "EXISTS"),
        ("CASE WHEN pop THEN 1 END", "CASE"),
        ("towns.pop = 1", "“towns.”"),
        ("pop = NULL", "IS NULL"),
        ("pop = ?", "“?”"),
        ("pop = $1", "“$”"),
        ("pop == 1", "Write ="),
        ("pop = ‘10’", "‘"),
        ("pop =", "ends"),
        ("(pop = 1", "ends"),
        ("pop = 1)", "“)”"),
        ("pop 1", "“1”"),
        ("name = 'x", "quote"),
        ('"name = 1', "quote"),
        ("pop IN ()", "“)”"),
        ("name LIKE 5", "single quotes"),
        ("name LIKE 'a' ESCAPE 'ab'", "one character"),
        ("popp > 1", "“pop”"),
        ('"pop " > 1', "“pop”"),
        ('"POP" > 1', "“pop”"),
        ("zzzz = 1", "pop, Name, share"),
        ('name = "Lille"', "single quotes"),
        ("geom IS NULL", "geometry"),
        ("name > 5", "'5'"),
        ("pop > 'many'", "“many”"),
        ("pop = TRUE", "number"),
        ("open = 3", "true nor false"),
        ("pop", "true nor false"),
        ("name = pop", "kinds"),
        ("day = 'someday'", "“someday”"),
        ("(" * 60 + "pop = 1" + ")" * 60, "50"),
        (" OR ".join(["pop = 1"] * 401), "400"),
        ("pop = 1\0", "NUL"),
    ],
)
def test_refusals_say_what_and_what_to_do(table, text, told):
    with pytest.raises(InvalidInput) as refused:
        condition_of(text, table.schema)
    assert told in refused.value.why + refused.value.cure
    assert refused.value.what and refused.value.cure


def test_as_large_as_allowed(table):
    assert kept(table, " OR ".join(["pop BETWEEN 7 AND 10"] * 400)) == [1, 5]
    assert kept(table, f"pop IN ({', '.join(map(str, range(5000)))})") == [1, 2, 5]
    assert kept(table, "pop = 99999999999999999999999 OR pop < " + "9" * 400) == [1, 2, 3, 5]


def test_values_are_bound_and_names_quoted(table):
    evil = "x'; DROP TABLE towns; --"
    condition = condition_of(
        f'name = \'{evil.replace(chr(39), chr(39) * 2)}\' AND "it\'s ""odd""" LIKE \'b\'', table.schema
    )
    assert condition.values == (evil, "b")
    assert condition.sql == '("Name" = ? AND "it\'s ""odd""" GLOB ?)'


@given(st.text(alphabet=" ()'\"%_=<>!-+.,;:~*ABpopnameinlikeotisdr0123\0é", max_size=40))
def test_any_text_is_understood_or_refused(text):
    try:
        checked_filter(text)
    except InvalidInput as error:
        assert error.why


@given(st.text(alphabet="ab%_*?[]\\é", max_size=6), st.text(alphabet="ab%_*?[]\\É", max_size=6))
def test_like_is_that_of_postgresql(pattern, value):
    import re
    import sqlite3

    from geopub_plugin.backend.tiles.row_filter.condition import glob_of

    regular, escaped = "", False
    for letter in pattern:
        if escaped or letter not in "%_\\":
            regular, escaped = regular + re.escape(letter), False
        elif letter == "\\":
            escaped = True
        else:
            regular += ".*" if letter == "%" else "."
    for any_case in (False, True):
        glob = glob_of(pattern, "\\", any_case)
        (found,) = sqlite3.connect(":memory:").execute("SELECT ? GLOB ?", (value, glob)).fetchone()
        flags = re.DOTALL | (re.IGNORECASE if any_case else 0)
        assert bool(found) == bool(re.fullmatch(regular, value, flags)), (pattern, value, glob)


def test_a_table_without_a_key(tmp_path: Path):
    import sqlite3

    path = write_table(tmp_path / "v.gpkg", "towns", [(f"POINT ({n} 0)", row) for n, row in enumerate(ROWS)], FIELDS)
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE VIEW seen AS SELECT geom, pop, "Name" FROM towns')
        for list_ in ("gpkg_contents", "gpkg_geometry_columns"):
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({list_})")]
            taken = ", ".join("'seen'" if name in ("table_name", "identifier") else name for name in names)
            connection.execute(f"INSERT INTO {list_} SELECT {taken} FROM {list_} WHERE table_name = 'towns'")
    with GeoPackageTable(path, "seen") as view:
        assert view.schema.fid == ""
        assert kept(view, "pop > 7") == [1, 2]
        assert kept(view, "pop = 7") == [5]
