"""The ISO 19139 document of a record (ISO/TS 19139:2007, gmd), with the fields of the platform's own clients."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Iterator, Mapping, Optional, Sequence, Tuple

from .code_lists import languages, theme_codes
from .description import Description

_LISTS = (
    "http://standards.iso.org/ittf/PubliclyAvailableStandards/ISO_19139_Schemas/resources/codelist/gmxCodelists.xml"
)
_THESAURUS = "GEMET - INSPIRE themes, version 1.0"
_OPENING = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<gmd:MD_Metadata xmlns:gmd="http://www.isotc211.org/2005/gmd"'
    ' xmlns:gco="http://www.isotc211.org/2005/gco" xmlns:gml="http://www.opengis.net/gml"'
    ' xmlns:xlink="http://www.w3.org/1999/xlink">'
)
_LEVEL_NAMES = {"dataset": "Jeu de données", "series": "Collection des données"}  # words of the platform's records
Bounds = Tuple[float, float, float, float]


@dataclass(frozen=True)
class Online:
    """One address of a record: a service, its capabilities, a style or a document."""

    url: str
    protocol: str  # "OGC:WFS", "OGC:WMS", "TMS", …
    name: str
    description: str = ""
    kind: str = "offering"  # or "getcapabilities", "style", "document": attributes of the platform's records
    offering: str = ""
    open: bool = True


def iso_document(
    title: str,
    description: Description,
    stamp: str,
    srs: str = "",
    bounds: Optional[Bounds] = None,
    online: Sequence[Online] = (),
) -> bytes:
    """Return the record as a document.

    Args:
        title: of the resource.
        description: the fields of the form.
        stamp: today, ISO 8601.
        srs: "EPSG:2154", "" when it is not known.
        bounds: west, south, east, north in degrees.
        online: where it is to be had.
    """
    it = description
    contact = _contact(it.contact_email)
    parts = (
        _text("fileIdentifier", it.identifier),
        _wrap("language", _code("LanguageCode", it.language)),
        _wrap("characterSet", _code("MD_CharacterSetCode", it.charset)),
        _wrap("hierarchyLevel", _code("MD_ScopeCode", it.level)),
        _text("hierarchyLevelName", _LEVEL_NAMES.get(it.level, it.level)),
        _wrap("contact", _party(it.organisation, contact, "pointOfContact")),
        f"<gmd:dateStamp><gco:Date>{escape(stamp)}</gco:Date></gmd:dateStamp>",
        _text("metadataStandardName", "ISO 19115"),
        _text("metadataStandardVersion", "2003/Cor.1:2006"),
        _reference_system(srs),
        _wrap("identificationInfo", _identification(title, it, bounds)),
        _wrap("distributionInfo", _wrap("MD_Distribution", _transfer(online))) if online else "",
        _quality(it),
    )
    return (_OPENING + "".join(parts) + "</gmd:MD_Metadata>\n").encode("utf-8")


def _identification(title: str, it: Description, bounds: Optional[Bounds]) -> str:
    organisation = _contact(it.organisation_email)
    made = f"<gmd:date><gco:Date>{escape(it.creation_date)}</gco:Date></gmd:date>"
    dated = _wrap("date", _wrap("CI_Date", made + _wrap("dateType", _code("CI_DateTypeCode", "creation"))))
    codes = theme_codes()
    known = tuple(keyword for keyword in it.keywords if keyword in codes)
    others = (*(keyword for keyword in it.keywords if keyword not in codes), *it.free_keywords)
    upkeep = _wrap("maintenanceAndUpdateFrequency", _code("MD_MaintenanceFrequencyCode", it.frequency))
    return _wrap(
        "MD_DataIdentification",
        _wrap("citation", _wrap("CI_Citation", _text("title", title) + dated)),
        _text("abstract", it.abstract),
        _wrap("pointOfContact", _party(it.organisation, organisation, "owner")),
        _wrap("resourceMaintenance", _wrap("MD_MaintenanceInformation", upkeep)),
        _keywords(known, inspire=True),
        _keywords(others, inspire=False),
        _wrap("spatialRepresentationType", _code("MD_SpatialRepresentationTypeCode", "vector")),
        _resolution(it.resolution),
        _wrap("language", _code("LanguageCode", it.language)),
        _wrap("characterSet", _code("MD_CharacterSetCode", it.charset)),
        *(f"<gmd:topicCategory><gmd:MD_TopicCategoryCode>{escape(one)}</gmd:MD_TopicCategoryCode></gmd:topicCategory>"
          for one in it.categories),
        _extent(bounds),
    )  # fmt: skip


def _quality(it: Description) -> str:
    scope = _wrap("scope", _wrap("DQ_Scope", _wrap("level", _code("MD_ScopeCode", it.level))))
    lineage = _wrap("lineage", _wrap("LI_Lineage", _text("statement", it.genealogy)))
    return _wrap("dataQualityInfo", _wrap("DQ_DataQuality", scope, lineage)) if it.genealogy else ""


def _contact(email: str) -> str:
    address = _wrap("CI_Address", _text("electronicMailAddress", email))
    return _wrap("contactInfo", _wrap("CI_Contact", _wrap("address", address)))


def _party(organisation: str, contact: str, role: str) -> str:
    return _wrap(
        "CI_ResponsibleParty",
        _text("organisationName", organisation),
        contact,
        _wrap("role", _code("CI_RoleCode", role)),
    )


def _keywords(words: Sequence[str], inspire: bool) -> str:
    if not words:
        return ""
    dated = "<gmd:date><gco:Date>2008-06-01</gco:Date></gmd:date>" + _wrap(
        "dateType", _code("CI_DateTypeCode", "publication")
    )
    citation = _wrap("CI_Citation", _text("title", _THESAURUS) + _wrap("date", _wrap("CI_Date", dated)))
    kind = _wrap("type", _code("MD_KeywordTypeCode", "theme"))
    thesaurus = _wrap("thesaurusName", citation) if inspire else ""
    return _wrap(
        "descriptiveKeywords", _wrap("MD_Keywords", *(_text("keyword", word) for word in words), kind, thesaurus)
    )


def _resolution(denominator: Optional[int]) -> str:
    if not denominator:
        return ""
    number = f"<gmd:denominator><gco:Integer>{int(denominator)}</gco:Integer></gmd:denominator>"
    scale = _wrap("equivalentScale", _wrap("MD_RepresentativeFraction", number))
    return _wrap("spatialResolution", _wrap("MD_Resolution", scale))


def _extent(bounds: Optional[Bounds]) -> str:
    if bounds is None:
        return ""
    names = ("westBoundLongitude", "eastBoundLongitude", "southBoundLatitude", "northBoundLatitude")
    west, south, east, north = bounds
    sides = (
        f"<gmd:{name}><gco:Decimal>{value:.6f}</gco:Decimal></gmd:{name}>"
        for name, value in zip(names, (west, east, south, north))
    )
    box = _wrap("EX_GeographicBoundingBox", *sides)
    return _wrap("extent", _wrap("EX_Extent", _wrap("geographicElement", box)))


def _reference_system(srs: str) -> str:
    authority, _, code = srs.partition(":")
    if not code:
        return ""
    url = f"http://www.opengis.net/def/crs/{authority}/0/{code}"
    identifier = _wrap("referenceSystemIdentifier", _wrap("RS_Identifier", _text("code", url)))
    return _wrap("referenceSystemInfo", _wrap("MD_ReferenceSystem", identifier))


def _transfer(online: Sequence[Online]) -> str:
    return _wrap("transferOptions", _wrap("MD_DigitalTransferOptions", *_lines(online)))


def _lines(online: Sequence[Online]) -> Iterator[str]:
    for one in online:
        marks = {"type": one.kind}
        if one.offering:
            marks.update(offeringId=one.offering, offeringOpen="true" if one.open else "false")
        yield (
            f"<gmd:onLine{_attributes(marks)}>"
            + _wrap(
                "CI_OnlineResource",
                f"<gmd:linkage><gmd:URL>{escape(one.url)}</gmd:URL></gmd:linkage>",
                _text("protocol", one.protocol),
                _text("name", one.name),
                _text("description", one.description) if one.description else "",
            )
            + "</gmd:onLine>"
        )


def _attributes(values: Mapping[str, str]) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in values.items())


def _wrap(name: str, *parts: str) -> str:
    return f"<gmd:{name}>{''.join(parts)}</gmd:{name}>"


def _text(name: str, text: str) -> str:
    return _wrap(name, f"<gco:CharacterString>{escape(text)}</gco:CharacterString>")


def _code(name: str, value: str) -> str:
    said = languages("en").get(value, value) if name == "LanguageCode" else value
    place = f"{_LISTS}#{name}"
    return f'<gmd:{name} codeList="{place}" codeListValue="{escape(value)}">{escape(said)}</gmd:{name}>'
