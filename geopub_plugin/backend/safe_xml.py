"""XML: from outside, read without entities, without the network, within a bounded depth; and written.

The only module that imports the standard library's tree, so that nothing else can parse with it.
"""

from __future__ import annotations

import re
from typing import Any, Iterator, List, Mapping, Optional
from xml.etree import ElementTree  # nosec B405 - makes and writes trees; what parses is lxml, hardened, or defusedxml
from xml.parsers import expat

from .errors import InvalidInput
from .translation import tr

try:
    from lxml import etree as lxml_etree
except ImportError:  # absent from a plain OSGeo4W installation
    lxml_etree = None

Element = ElementTree.Element  # what `parse` returns can do the same, though lxml's is a class of its own
SubElement = ElementTree.SubElement

DEEPEST = 250  # elements inside one another; libxml2 itself stops at 256
MOST_ATTRIBUTES = 2000  # of one element: libxml2 compares each with all before it

_LONG_TAG = re.compile(rb"<[^<]{12000,}")  # may have more attributes than that


class _RootReached(Exception):
    """The prolog has been read."""


def parse(document: bytes, *, doctype: bool = False, plain: bool = False) -> Element:
    """Return the root element of a document, without comments and processing instructions.

    `doctype` admits the bare document type that QML files open with; its DTD is never read. `plain` gives elements that
    go into trees made with `Element`, and costs the time that lxml saves. Raises InvalidInput, with the line, for what
    is not well-formed, declares entities or an internal DTD, is nested deeper than `DEEPEST`, or has more than
    `MOST_ATTRIBUTES` at an element.
    """
    _examine_prolog(document, doctype)
    _examine_attributes(document)
    return _parse_with_expat(document) if plain or lxml_etree is None else _parse_with_lxml(document)


def serialise(root: Element) -> bytes:
    """Return the bytes of a tree that `parse` has made, in UTF-8."""
    if isinstance(root, Element):
        return ElementTree.tostring(root, encoding="utf-8")
    return lxml_etree.tostring(root, encoding="utf-8")


def indented_lines(document: bytes) -> List[str]:
    """Return a document with an element a line, the same for all that differ in nothing but the hand of a writer.

    Raises:
        InvalidInput: as `parse` does.
    """
    root = parse(document, doctype=True)
    for element in root.iter():
        element.text = element.text if element.text and element.text.strip() else None
        element.tail = element.tail if element.tail and element.tail.strip() else None
    (ElementTree if isinstance(root, Element) else lxml_etree).indent(root)
    return serialise(root).decode("utf-8").splitlines()


def write_document(root: Element, prefixes: Mapping[str, str], *, indented: bool = False) -> bytes:
    """Return a tree made with `Element` as a document with its declaration; `prefixes` are {prefix: namespace}."""
    for prefix, namespace in prefixes.items():
        ElementTree.register_namespace(prefix, namespace)
    if indented:
        ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def local_name(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def all_named(element: Optional[Element], name: str) -> Iterator[Element]:
    """Return an element and what is below it, as far as it has this local name; nothing of None."""
    return (one for one in (element.iter() if element is not None else ()) if local_name(one) == name)


def first_named(element: Optional[Element], *names: str) -> Optional[Element]:
    """Return the first descendant of one of these local names, the first name before the others."""
    return next((one for name in names for one in all_named(element, name)), None)


def escape(text: str) -> str:
    """Return a text as it stands between tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quoteattr(text: str) -> str:
    """Return a text as the value of an attribute, in double quotes; line breaks and tabs survive (XML 1.0 §3.3.3)."""
    kept = escape(text).replace('"', "&quot;")
    return '"{}"'.format(kept.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;"))


def _examine_prolog(document: bytes, doctype: bool) -> None:
    """Refuse declarations before any full parser sees them."""
    parser = expat.ParserCreate()

    def refuse_doctype(_name: str, _system: str | None, _public: str | None, has_internal_subset: int) -> None:
        if has_internal_subset or not doctype:
            raise _dangerous(parser.CurrentLineNumber)

    def reach_root(_name: str, _attributes: Any) -> None:
        raise _RootReached

    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.StartElementHandler = reach_root
    try:
        parser.Parse(document, True)
    except _RootReached:
        return
    except expat.ExpatError as error:
        raise _malformed(error.lineno, expat.ErrorString(error.code)) from error
    except (LookupError, ValueError) as error:  # an encoding that Python does not know
        raise _malformed(1, str(error)) from error


def _examine_attributes(document: bytes) -> None:
    """Refuse an element with so many attributes that libxml2 would take minutes; expat counts them in no time."""
    if not any(tag[0].count(b"=") > MOST_ATTRIBUTES for tag in _LONG_TAG.finditer(document)):
        return
    parser = expat.ParserCreate()
    parser.ordered_attributes = True

    def count(_name: str, attributes: List[str]) -> None:
        if len(attributes) > 2 * MOST_ATTRIBUTES:  # names and values
            raise _too_many_attributes(parser.CurrentLineNumber)

    parser.StartElementHandler = count
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise _malformed(error.lineno, expat.ErrorString(error.code)) from error


def _parse_with_lxml(document: bytes) -> Element:
    parser = lxml_etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = lxml_etree.fromstring(document, parser)
    except lxml_etree.XMLSyntaxError as error:
        raise _malformed(error.lineno or 1, error.msg or "") from error
    _examine_depth(root)
    return root


def _examine_depth(root: Any) -> None:
    depth = 0
    for event, _element in lxml_etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > DEEPEST:
            raise _too_deep()


class _BoundedBuilder(ElementTree.TreeBuilder):
    """Builds the tree, and stops where it gets too deep."""

    depth = 0

    def start(self, tag: str, attributes: dict) -> Element:  # type: ignore[override]
        self.depth += 1
        if self.depth > DEEPEST:
            raise _too_deep()
        return super().start(tag, attributes)

    def end(self, tag: str) -> Element:
        self.depth -= 1
        return super().end(tag)


def _parse_with_expat(document: bytes) -> Element:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    # The prolog has been examined: what is left to defend against is entities.
    parser = DefusedXMLParser(target=_BoundedBuilder(), forbid_dtd=False, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(document)
        return parser.close()
    except ElementTree.ParseError as error:
        raise _malformed(error.position[0], expat.ErrorString(error.code)) from error
    except DefusedXmlException as error:
        raise _dangerous(1) from error


def _malformed(line: int, reason: str) -> InvalidInput:
    return InvalidInput(
        tr("The XML cannot be read."),
        tr("Line {line}: {reason}.", line=line, reason=reason.rstrip(".")),
        tr("Open the file in a text editor or save it again from the program that made it."),
    )


def _dangerous(line: int) -> InvalidInput:
    return InvalidInput(
        tr("The XML was refused."),
        tr("Line {line}: it declares a document type or entities, which can be used to attack the reader.", line=line),
        tr("Remove the <!DOCTYPE …> declaration."),
    )


def _too_many_attributes(line: int) -> InvalidInput:
    return InvalidInput(
        tr("The XML was refused."),
        tr("Line {line}: an element has more than {count} attributes.", line=line, count=MOST_ATTRIBUTES),
        tr("Simplify the document."),
    )


def _too_deep() -> InvalidInput:
    return InvalidInput(
        tr("The XML was refused."),
        tr("Its elements are nested more than {count} deep.", count=DEEPEST),
        tr("Simplify the document."),
    )
