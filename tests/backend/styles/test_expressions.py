"""Names of fields are found in expressions, and nothing else is."""

from __future__ import annotations

import pytest

from geopub_plugin.backend.styles.expressions import translate_names


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ('"Nom"', ["Nom"]),
        ('"a ""b"" c"', ['a "b" c']),
        ("population > 10", ["population"]),
        ("\"x\" = 'y' AND z IS NOT NULL", ["x", "z"]),
        ("'it''s \"quoted\"' || 'a\\'b'", []),
        ("coalesce(name, @value, $area)", ["name"]),
        ("round ( 1e5 , 2.5)", []),
        ("aggregate(layer:='other', aggregate:='sum')", []),
        ("CASE WHEN type IN ('a') THEN 1 ELSE NULL END", ["type"]),
        ("a -- b\n + c /* d */", ["a", "c"]),
        ("hauteur_m*2+étage", ["hauteur_m", "étage"]),
        ("", []),
        ("'unclosed", ["unclosed"]),
    ],
)
def test_names(expression: str, names: list) -> None:
    found: list = []
    assert translate_names(expression, lambda name: found.append(name) or name) == expression
    assert found == names


def test_new_names_are_quoted() -> None:
    new = {"Nom": "nom", "a b": "a_b"}
    said = translate_names("Nom || \"a b\" || 'Nom' || Nom(1)", lambda name: new.get(name, name))
    assert said == '"nom" || "a_b" || \'Nom\' || Nom(1)'
