"""Names on the wire."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from geopub_plugin.backend.services.wfs.names import TypeName, ncname, ncnames, split_feature_id


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("roads", "roads"),
        ("Größe", "Größe"),
        ("建物ID", "建物ID"),
        ("町・丁目コード", "町_丁目コード"),  # expat, and so GDAL, admits no middle dot
        ("a b/c", "a_b_c"),
        ("2020", "_2020"),
        ("-x", "_-x"),
        ("a:b", "a_b"),
        ("<x>&\"'", "_x____"),
        ("", "_"),
        ("🦆", "_"),
        ("a\x00b", "a_b"),
        ("\ud800", "_"),
    ],
)
def test_xml_name(name, wire):
    assert ncname(name) == wire
    assert ElementTree.fromstring(f"<p:{wire} xmlns:p='u'/>").tag == f"{{u}}{wire}"


def test_names_of_a_table_are_all_different():
    assert ncnames(["a b", "a_b", "a/b", "geom"], taken=["geom"]) == {
        "a b": "a_b", "a_b": "a_b_2", "a/b": "a_b_3", "geom": "geom_2",
    }  # fmt: skip


def test_identifiers_of_features():
    name = TypeName("my.layer", "roads.2")
    assert name.text == "my.layer:roads.2"
    assert split_feature_id(f"{name.feature_prefix}.12") == (name.feature_prefix, "12")
    assert split_feature_id("nothing") == ("", "nothing")
