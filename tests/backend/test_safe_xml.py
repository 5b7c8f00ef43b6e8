"""XML from outside is read, or refused with the line, with lxml and without."""

from __future__ import annotations

import pytest

from geopub_plugin.backend import safe_xml
from geopub_plugin.backend.errors import InvalidInput

QML_DOCTYPE = b"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
BILLION_LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]>
<lolz x="&b;">&b;</lolz>"""
EXTERNAL = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>'
EXTERNAL_DTD = b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd"><r/>'


@pytest.fixture(params=["lxml", "defusedxml"], autouse=True)
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "lxml":
        pytest.importorskip("lxml")
    else:
        monkeypatch.setattr(safe_xml, "lxml_etree", None)
    return request.param


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (b"<a>caf\xc3\xa9</a>", "café"),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><a>caf\xe9</a>", "café"),
        ("<?xml version='1.0' encoding='UTF-16'?><a>café</a>".encode("utf-16"), "café"),
        (b"\xef\xbb\xbf<a>x</a>", "x"),
        (b"<a><!-- said aside --><?php no?>&lt;&#233;</a>", "<é"),
    ],
)
def test_reads(document: bytes, text: str) -> None:
    root = safe_xml.parse(document)
    assert root.tag == "a"
    assert "".join(root.itertext()) == text
    assert list(root) == []


def test_namespaces_are_in_clark_notation() -> None:
    assert safe_xml.parse(b'<x:a xmlns:x="urn:x"><x:b/></x:a>').find("{urn:x}b") is not None


@pytest.mark.parametrize("document", [BILLION_LAUGHS, EXTERNAL, EXTERNAL_DTD, QML_DOCTYPE + b"<qgis/>"])
def test_document_types_are_refused(document: bytes) -> None:
    with pytest.raises(InvalidInput, match="DOCTYPE"):
        safe_xml.parse(document)


def test_bare_doctype_of_qml_is_admitted_when_asked_for() -> None:
    assert safe_xml.parse(QML_DOCTYPE + b"<qgis version='3.22'/>", doctype=True).get("version") == "3.22"


@pytest.mark.parametrize("document", [BILLION_LAUGHS, EXTERNAL])
def test_entities_are_refused_even_where_a_doctype_is_admitted(document: bytes) -> None:
    with pytest.raises(InvalidInput, match="refused"):
        safe_xml.parse(document, doctype=True)


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (b"", 1),
        (b"<a>\n<b>\n</a>", 3),
        (b"no xml", 1),
        (b"<a/>\n<b/>", 2),
        (b"<a>&undeclared;</a>", 1),
        (b"\x00\x01", 1),
    ],
)
def test_malformed_documents_are_refused_with_the_line(document: bytes, line: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        safe_xml.parse(document)
    assert caught.value.why.startswith(f"Line {line}:")


@pytest.mark.parametrize("document", [b"<?xml version='1.0' encoding='klingon'?><a/>", b"<a>\xff\xfe</a>"])
def test_unknown_encodings_are_refused(document: bytes) -> None:
    with pytest.raises(InvalidInput):
        safe_xml.parse(document)


@pytest.mark.parametrize("depth", [251, 300, 20_000])
def test_huge_depth_is_refused(depth: int) -> None:
    with pytest.raises(InvalidInput):
        safe_xml.parse(b"<a>" * depth + b"</a>" * depth)


def test_depth_of_real_documents_is_admitted() -> None:
    assert safe_xml.parse(b"<a>" * 250 + b"</a>" * 250).tag == "a"


def attributes(count: int, made_of: str = 'a{0}="1"') -> bytes:
    return f"<r>\n<a {' '.join(made_of.format(number) for number in range(count))}/></r>".encode()


@pytest.mark.parametrize(
    "document",
    [attributes(100_000), attributes(20_000).decode().encode("utf-16"), attributes(20_000, 'xmlns:a{0}="u{0}"')],
)
def test_an_element_with_attributes_without_end_is_refused_before_it_costs_minutes(document: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"Line 2: .* attributes"):
        safe_xml.parse(document)


def test_many_attributes_and_long_ones_are_admitted() -> None:
    assert len(safe_xml.parse(attributes(2000))[0].attrib) == 2000
    long = " OR ".join(f"a = {number}" for number in range(10_000))
    assert safe_xml.parse(f'<a filter="{long}">{long}</a>'.encode()).get("filter") == long
