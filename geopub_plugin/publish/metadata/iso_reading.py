"""What an ISO 19139 document fills into the form: read by local names, so that 19115-3 is understood, too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional, Tuple

from ...backend.errors import InvalidInput
from ...backend.safe_xml import Element, all_named, first_named, local_name, parse
from ...backend.translation import tr
from .code_lists import CHARSETS, TWO_LETTERS, categories, frequencies, languages, theme_codes
from .description import Description

ROOTS = ("MD_Metadata", "MI_Metadata")


@dataclass(frozen=True)
class ReadRecord:
    """What a document says."""

    title: str
    description: Description


def read_record(document: bytes, known: Optional[Description] = None) -> ReadRecord:
    """Return what a document says; what it does not say stays as in `known`.

    Raises:
        InvalidInput: it is no ISO record, or no XML that can be read safely.
    """
    root = parse(document)
    if local_name(root) not in ROOTS:
        raise InvalidInput(
            tr("The metadata cannot be used."),
            tr("It is a document of {name}, and no ISO 19115 record.", name=local_name(root)),
            tr("Give an ISO 19139 document: gmd:MD_Metadata."),
        )
    data = first_named(root, "identificationInfo")
    found = {
        "abstract": _text(first_named(data, "abstract"), lines=True),
        "identifier": _identifier(root),
        "contact_email": _text(first_named(first_named(root, "contact"), "electronicMailAddress")),
        "genealogy": _text(first_named(first_named(root, "LI_Lineage"), "statement"), lines=True),
        "creation_date": _date(data),
        "frequency": _frequency(data),
        "organisation": _text(first_named(first_named(data, "pointOfContact"), "organisationName")),
        "organisation_email": _text(first_named(first_named(data, "pointOfContact"), "electronicMailAddress")),
        "level": "series" if _code(first_named(root, "hierarchyLevel", "metadataScope")) == "series" else "dataset",
        "language": _language(root),
        "charset": _known(_code(first_named(root, "characterSet")), CHARSETS),
        "resolution": _resolution(data),
        "categories": tuple(one for one in _texts(data, "MD_TopicCategoryCode") if one in categories()),
    }
    words = _texts(data, "keyword")
    themes = theme_codes()
    found["keywords"] = tuple(word for word in words if word in themes)
    found["free_keywords"] = tuple(word for word in words if word not in themes)
    said = {field: value for field, value in found.items() if value}
    return ReadRecord(
        _text(first_named(first_named(data, "citation"), "title")), replace(known or Description(), **said)
    )


def _identifier(root: Element) -> str:
    return _text(first_named(root, "fileIdentifier")) or _text(
        first_named(first_named(root, "metadataIdentifier"), "code")
    )


def _date(data: Optional[Element]) -> str:
    """Return the date of creation, else the first date of the citation."""
    dates = list(all_named(first_named(data, "citation"), "CI_Date"))
    ordered = sorted(dates, key=lambda one: _code(first_named(one, "dateType")) != "creation")
    return next((_text(first_named(one, "Date", "DateTime"))[:10] for one in ordered), "")


def _frequency(data: Optional[Element]) -> str:
    code = _code(first_named(data, "maintenanceAndUpdateFrequency"))
    return _known({"quarterly": "quaterly"}.get(code, code), tuple(frequencies()))


def _language(root: Element) -> str:
    element = first_named(root, "language", "defaultLocale")
    said = (_code(element) or _text(element)).lower()
    return _known(TWO_LETTERS.get(said, said), tuple(languages()))


def _resolution(data: Optional[Element]) -> Optional[int]:
    digits = _text(first_named(first_named(data, "spatialResolution"), "denominator"))
    return int(digits) if digits.isdigit() and int(digits) > 0 else None


def _known(value: str, allowed: Tuple[str, ...]) -> str:
    return value if value in allowed else ""


def _text(element: Optional[Element], lines: bool = False) -> str:
    said = "".join(element.itertext()) if element is not None else ""
    return said.strip() if lines else " ".join(said.split())


def _texts(element: Optional[Element], name: str) -> Tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (_text(one) for one in all_named(element, name)))))


def _code(element: Optional[Element]) -> str:
    values = (one.get("codeListValue", "") for one in (element.iter() if element is not None else ()))
    return next(filter(None, values), "")
