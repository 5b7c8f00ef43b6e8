"""Attribute values as text."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geopub_plugin.backend.features.batch import Column
from geopub_plugin.backend.features.bytestrings import Texts
from geopub_plugin.backend.features.schema import ColumnKind
from geopub_plugin.backend.services.wfs.values import json_values, quoted_in_json, xml_values

TYPES = {ColumnKind.INTEGER: np.int64, ColumnKind.REAL: np.float64, ColumnKind.BOOLEAN: bool}


def column(kind, values):
    array = np.empty(len(values), object)
    array[:] = values
    return Column(kind, array.astype(TYPES.get(kind, object)))


def xml(kind, values):
    return [text.decode() for text in xml_values(column(kind, values)).listed()]


def as_json(kind, values):
    return [text.decode() for text in json_values(column(kind, values)).listed()]


@pytest.mark.parametrize(
    ("kind", "value", "in_xml", "in_json"),
    [
        (ColumnKind.INTEGER, -(2**63), "-9223372036854775808", "-9223372036854775808"),
        (ColumnKind.REAL, 5.0, "5.0", "5.0"),
        (ColumnKind.REAL, 0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"),
        (ColumnKind.REAL, 1e300, "1e+300", "1e+300"),
        (ColumnKind.REAL, float("nan"), "NaN", "null"),
        (ColumnKind.REAL, float("inf"), "INF", "null"),
        (ColumnKind.REAL, float("-inf"), "-INF", "null"),
        (ColumnKind.BOOLEAN, True, "true", "true"),
        (ColumnKind.BOOLEAN, False, "false", "false"),
        (ColumnKind.TEXT, "", "", ""),
        (ColumnKind.TEXT, 'a<b>&"c"\\', 'a&lt;b&gt;&amp;"c"\\', 'a<b>&\\"c\\"\\\\'),
        (ColumnKind.TEXT, "a\tb\nc\rd", "a\tb\nc&#13;d", "a\\u0009b\\u000ac\\u000dd"),
        (ColumnKind.TEXT, "a\x00b\x01c\x1fd", "abcd", "a\\u0000bc\\u001fd"),
        (ColumnKind.TEXT, "\ufffe東京🦆", "東京🦆", "\ufffe東京🦆"),
        (ColumnKind.TEXT, "\ud800", "?", "?"),
        (ColumnKind.DATE, "2024-02-29", "2024-02-29", "2024-02-29"),
        (ColumnKind.BLOB, b"\x00\x01\xff", "0001FF", "AAH/"),
        (ColumnKind.BLOB, b"", "", ""),
        (ColumnKind.JSON, '{"a": [1, null]}', '{"a": [1, null]}', '{"a":[1,null]}'),
        (ColumnKind.JSON, "{not json", "{not json", '"{not json"'),
        (ColumnKind.JSON, "[NaN]", "[NaN]", '"[NaN]"'),
        (ColumnKind.JSON, "[" * 100_000, "[" * 100_000, '"' + "[" * 100_000 + '"'),
    ],
)
def test_value(kind, value, in_xml, in_json):
    assert xml(kind, [value]) == [in_xml]
    assert as_json(kind, [value]) == [in_json]
    assert xml(kind, []) == as_json(kind, []) == []


def admitted_in_xml(value):
    value = value.encode("utf-8", "replace").decode()  # lone surrogates
    return "".join(c for c in value if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))


@given(st.lists(st.text(), min_size=1))
def test_texts_are_read_back(values):
    texts = xml_values(column(ColumnKind.TEXT, values)).listed()
    document = b"<r>" + b"".join(b"<v>%s</v>" % text for text in texts) + b"</r>"
    read = [element.text or "" for element in ElementTree.fromstring(document)]
    admitted = [admitted_in_xml(value) for value in values]
    assert read == admitted
    quoted = [json.loads(b'"%s"' % text) for text in json_values(column(ColumnKind.TEXT, values)).listed()]
    assert quoted == [value.replace("\x01", "").encode("utf-8", "replace").decode() for value in values]


@given(st.lists(st.floats(), min_size=1))
def test_reals_are_read_back(values):
    read = [float(text.replace("INF", "inf")) for text in xml(ColumnKind.REAL, values)]
    np.testing.assert_array_equal(read, values)


def test_few_odd_reals_among_many():
    values = [place / 4 for place in range(100)] + [0.1 + 0.2, float("nan"), 1e-9]
    assert [float(text) for text in xml(ColumnKind.REAL, values)][:101] == values[:101]
    assert as_json(ColumnKind.REAL, values)[-2:] == ["null", "1e-09"]


def test_which_columns_are_strings_in_json():
    strings = {ColumnKind.TEXT, ColumnKind.DATE, ColumnKind.DATETIME, ColumnKind.TIME, ColumnKind.BLOB}
    assert {kind for kind in ColumnKind if quoted_in_json(kind)} == strings


def test_texts_as_the_file_has_them_are_made_sound():
    stored = [b"caf\xc3\xa9 & co", b"caf\xe9", b"\xc3", b"a\x01b", b""]
    column = Column(ColumnKind.TEXT, np.empty(0, object), np.array([False] * 4 + [True]), Texts.of(stored))
    assert xml_values(column).listed() == ["café &amp; co".encode(), b"caf\xef\xbf\xbd", b"\xef\xbf\xbd", b"ab", b""]
    assert json_values(column.taken(np.array([1, 3]))).listed() == [b"caf\xef\xbf\xbd", b"ab"]
