from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geopub_plugin.backend.ingest.names import RESERVED, is_standard, standard_names, standardised

STANDARD = [
    ("communes", "communes"),
    ("Communes", "communes"),
    ("Région d'Été", "region_d_ete"),
    ("Œuvres", "oeuvres"),
    ("straße", "strasse"),
    ("bâti-léger.2024", "bati_leger_2024"),
    ("a  b", "a_b"),
    ("10m_lakes", "_10m_lakes"),
    ("0", "_0"),
    ("_id", "_id"),
    ("建築物", "u5efa7bc97269"),
    ("建物ID", "u5efa7269_id"),
    ("さくら", "sakura"),
    ("がっこう", "gatukou"),
    ("トーキョー", "tokiyo"),
    ("ﾄｳｷｮｳ", "toukiyou"),
    ("서울시", "seoulsi"),
    ("Здания", "zdaniya"),
    ("Дорожная сеть", "dorozhnaya_set"),
    ("Κτίρια", "ktiria"),
    ("Łódź", "lodz"),
    ("Đường", "duong"),
    ("İstanbul", "istanbul"),
    ("مدن", "meemdalnoon"),
    ("🏠", "unnamed"),
    ("", "unnamed"),
    ("'; DROP TABLE x; --", "_drop_table_x_"),
    ("ﬁn", "fin"),
    ("m²", "m2"),
    ("Å", "a"),
    ("line\n", "line_"),
    ("x" * 80, "x" * 63),
]


@pytest.mark.parametrize(("name", "standard"), STANDARD)
def test_standard_form(name, standard):
    assert standardised(name) == standard


@pytest.mark.parametrize(
    ("names", "reserved", "expected"),
    [
        (["Nom", "nom", "NOM"], (), ["nom_2", "nom", "nom_3"]),  # a standard name keeps itself
        (["Nom", "nom_2", "NOM"], (), ["nom", "nom_2", "nom_3"]),
        (["été", "ete"], (), ["ete_2", "ete"]),
        (["ogc_fid", "geom", "GEOM"], RESERVED, ["ogc_fid_2", "geom_2", "geom_3"]),
        (["x" * 63, "X" * 63], (), ["x" * 63, "x" * 61 + "_2"]),
        (["建築物", "浸水"], (), ["u5efa7bc97269", "u6d786c34"]),  # neither depends on the other
        (["🏠", "🌳"], (), ["unnamed", "unnamed_2"]),
        ([], (), []),
    ],
)
def test_clashes(names, reserved, expected):
    assert list(standard_names(names, reserved).values()) == expected
    assert list(standard_names(names, reserved)) == names


@given(st.lists(st.text(max_size=70), unique=True, max_size=30))
def test_every_map_is_standard_and_reversible(names):
    given_names = standard_names(names, RESERVED)
    assert list(given_names) == names
    assert all(re.fullmatch("[a-z_][a-z0-9_]{0,62}", name) for name in given_names.values())
    assert len(set(given_names.values())) == len(names)
    assert not set(given_names.values()) & set(RESERVED)


@given(st.text(max_size=70))
def test_standard_names_stay(name):
    assert is_standard(standardised(name))
    assert standardised(standardised(name)) == standardised(name)
