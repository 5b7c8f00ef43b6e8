"""What a metadata record says of a resource: ISO 19139 (gmd, gmi) and ISO 19115-3 (mdb), read by local names.

The two standards place the same things at different depths under the same names, and producers mix the versions of
their namespaces: a reader that goes by local names understands all of them (ISO/TS 19139:2007, ISO 19115-3:2016).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional, Tuple

from ..errors import InvalidInput, Malformed
from ..features.schema import Bounds
from ..safe_xml import Element, all_named, first_named, local_name, parse
from ..translation import tr

ROOTS = ("MD_Metadata", "MI_Metadata")
LONGEST_IDENTIFIER = 250

_LEVELS = {"series": "SERIES"}  # all others are data sets here, as on the platform
_PRINTABLE = re.compile(r"[^\s\x00-\x1f]+")


@dataclass(frozen=True)
class Resource:
    """What a record says, as far as catalogues show it in brief."""

    identifier: str
    level: str  # "DATASET" or "SERIES"
    title: str
    abstract: str
    keywords: Tuple[str, ...]
    organisation: str
    language: str
    stamp: str  # date of the record
    bounds: Optional[Bounds]  # longitude and latitude, WGS 84


def read_resource(document: bytes) -> Resource:
    """Return what a record says.

    Raises:
        Malformed: it is no ISO record, or states no identifier that can be used.
    """
    try:
        root = parse(document)
    except InvalidInput as error:
        raise Malformed(error.what, error.why, error.cure) from error
    if local_name(root) not in ROOTS:
        raise Malformed(
            tr("The metadata cannot be used."),
            tr("It is a document of {name}, and no ISO 19115 record.", name=local_name(root)),
            tr("Give an ISO 19139 document: gmd:MD_Metadata."),
        )
    data = first_named(root, "identificationInfo")
    return Resource(
        identifier=_checked(_identifier(root)),
        level=_LEVELS.get(_code(first_named(root, "hierarchyLevel", "metadataScope")), "DATASET"),
        title=_text(first_named(first_named(data, "citation"), "title")),
        abstract=_text(_child(data, "abstract")),
        keywords=tuple(filter(None, map(_text, all_named(data, "keyword")))),
        organisation=_text(first_named(data, "organisationName")),
        language=_code(first_named(root, "language", "defaultLocale")) or _text(first_named(root, "language")),
        stamp=_text(first_named(root, "dateStamp", "dateInfo")),
        bounds=_bounds(first_named(data, "EX_GeographicBoundingBox")),
    )


def _identifier(root: Element) -> str:
    return _text(_child(root, "fileIdentifier")) or _text(first_named(_child(root, "metadataIdentifier"), "code"))


def _checked(identifier: str) -> str:
    if not _PRINTABLE.fullmatch(identifier) or len(identifier) > LONGEST_IDENTIFIER:
        raise Malformed(
            tr("The metadata cannot be used."),
            tr(
                "It states no fileIdentifier, or one with blanks or of more than {most} letters.",
                most=LONGEST_IDENTIFIER,
            ),
            tr("Give an ISO 19139 document with gmd:fileIdentifier."),
        )
    return identifier


def _bounds(box: Optional[Element]) -> Optional[Bounds]:
    sides = ("westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude")
    try:
        west, south, east, north = (float(_text(first_named(box, side))) for side in sides)
    except ValueError:
        return None
    return west, south, east, north


def _child(element: Optional[Element], name: str) -> Optional[Element]:
    """Return the first child of this name, of an element or of the one element that it wraps."""
    if element is None:
        return None
    own = [one for one in element if local_name(one) == name]
    wrapped = [one for child in element for one in child if local_name(one) == name]
    return (own or wrapped or [None])[0]


def _text(element: Optional[Element]) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def _code(element: Optional[Element]) -> str:
    values = (one.get("codeListValue", "") for one in (element.iter() if element is not None else ()))
    return next(filter(None, values), "")
