"""Requests as XML documents, read as the key-value parameters they stand for."""

from __future__ import annotations

from typing import Dict, Iterator, List, Tuple

from ...errors import InvalidInput
from ...safe_xml import Element, local_name, parse, serialise
from ...translation import tr
from ..owscommon import OwsError, Parameters

_MOST_ATTRIBUTES = 1000  # of an element; an equals sign in its text counts as one, too


def posted_parameters(document: bytes) -> Parameters:
    """Return the parameters of a posted request (09-025r2 §6.2.5.3, and 04-094 for version 1.1.0)."""
    try:
        root = read_xml(document)
    except InvalidInput as error:
        raise OwsError("OperationParsingFailed", "", error.what, error.why, error.cure) from error
    pairs: Dict[str, str] = {"request": local_name(root)}
    pairs.update({_bare(name): value for name, value in root.attrib.items()})
    lists: Dict[str, List[str]] = {}
    for name, value in _children(root):
        lists.setdefault(name, []).append(value)
    pairs.update({name: ",".join(values) for name, values in lists.items()})
    namespaces = {prefix or "": uri for prefix, uri in getattr(root, "nsmap", {}).items()}  # lxml alone keeps them
    pairs["namespaces"] = ",".join(f"xmlns({prefix},{uri})" for prefix, uri in namespaces.items() if prefix)
    return Parameters.of(pairs.items())


def read_xml(document: bytes) -> Element:
    """Return the root of a document from outside; raise InvalidInput for one that would take long to read.

    The time that libxml2 takes for an element is quadratic in the number of its attributes.
    """
    if any(part.count(b"=") > _MOST_ATTRIBUTES for part in document.split(b"<")):
        raise InvalidInput(
            tr("The document cannot be read."),
            tr("One of its elements has too many attributes."),
            tr("Correct the document, and send the request again."),
        )
    return parse(document)


def _bare(name: str) -> str:
    return name.rpartition("}")[2]


def _text(element: Element) -> str:
    return (element.text or "").strip()


def _children(root: Element) -> Iterator[Tuple[str, str]]:
    queries = [child for child in root if local_name(child) == "Query"]
    stored = sum(local_name(child) == "StoredQuery" for child in root)
    if stored > 1 or (stored and queries):
        raise OwsError(
            "OptionNotSupported",
            "StoredQuery",
            tr("This service answers one stored query at a time."),
            tr("The request holds {count}.", count=stored + len(queries)),
            tr("Send a request for each of them."),
        )
    if len(queries) > 1:
        yield from _several(queries)
    for child in root:
        name = local_name(child)
        if name == "Query" and len(queries) == 1:
            yield from _query(child)
        elif name == "StoredQuery":
            yield "storedQuery_Id", child.get("id", "")
            yield from ((part.get("name", ""), _text(part)) for part in child if local_name(part) == "Parameter")
        elif name in ("AcceptVersions", "Sections", "AcceptFormats"):
            yield from ((name, _text(part)) for part in child)
        elif name in ("TypeName", "StoredQueryId"):
            yield ("typeNames" if name == "TypeName" else "storedQuery_Id"), _text(child)


def _several(queries: List[Element]) -> Iterator[Tuple[str, str]]:
    """Yield the parameters of several queries: a list in brackets for each, as key-value requests write them."""
    lists: List[Dict[str, List[str]]] = []
    for query in queries:
        lists.append({})
        for name, value in _query(query):
            lists[-1].setdefault(name, []).append(value)
    for name in dict.fromkeys(name for one in lists for name in one):
        yield name, "".join("(" + ",".join(one.get(name, [])) + ")" for one in lists)


def _query(query: Element) -> Iterator[Tuple[str, str]]:
    names = query.get("typeNames") or query.get("typeName") or ""
    yield "typeNames", ",".join(names.split())
    if query.get("srsName"):
        yield "srsName", query.get("srsName", "")
    for child in query:
        name = local_name(child)
        if name == "PropertyName":
            yield "propertyName", _text(child)
        elif name == "SortBy":
            for part in child:
                words = {local_name(word): _text(word) for word in part}
                reference = words.get("ValueReference") or words.get("PropertyName") or ""
                yield "sortBy", f"{reference} {words.get('SortOrder', 'ASC')}"
        elif name == "Filter":
            yield "filter", serialise(child).decode("utf-8")
