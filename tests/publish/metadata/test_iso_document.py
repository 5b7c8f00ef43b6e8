"""Records: valid against ISO's schema, and read back to what they were made of."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.translation import language, use_language
from geopub_plugin.publish.metadata.code_lists import CHARSETS, RESOLUTIONS, categories, frequencies, languages, themes
from geopub_plugin.publish.metadata.description import Description, description_faults, own_identifier
from geopub_plugin.publish.metadata.iso_document import Online, iso_document
from geopub_plugin.publish.metadata.iso_reading import read_record


@pytest.fixture(autouse=True)
def english():
    before = language()
    use_language("en")
    yield
    use_language(before)


FULL = Description(
    abstract="Ponds & lakes\n\n**deep** ones <only>",
    identifier="fr-town-ponds.1",
    categories=("inlandWaters", "environment"),
    keywords=("Hydrography",),
    free_keywords=("pond", "étang"),
    contact_email="gis@town.fr",
    genealogy="Drawn from photographs of 2024.",
    creation_date="2024-05-06",
    frequency="quaterly",
    organisation="Town of Étang",
    organisation_email="water@town.fr",
    attribution_text="Town",
    attribution_url="https://town.fr",
    level="series",
    language="ger",
    charset="8859part15",
    resolution=5000,
)
LIVE = (
    Online("http://h/wfs?a=1&b=2", "OGC:WFS", "ponds", offering="o1", open=False),
    Online("http://h/tms", "TMS", "t"),
)


def document(description: Description = FULL, **more) -> bytes:
    return iso_document("Ponds", description, "2026-01-02", **{"srs": "EPSG:2154", "bounds": (1, 43, 2, 44), **more})


def test_what_is_written_is_read_back():
    read = read_record(document(online=LIVE))
    assert read.title == "Ponds"
    assert read.description == replace(FULL, attribution_text="", attribution_url="")


def test_what_a_document_does_not_say_stays():
    bare = b'<MD_Metadata xmlns="http://www.isotc211.org/2005/gmd"><fileIdentifier>a</fileIdentifier></MD_Metadata>'
    assert read_record(bare, FULL).description == replace(FULL, identifier="a", level="dataset")


@pytest.mark.parametrize("description", [FULL, Description(identifier="a", creation_date="2024-01-01"),
                                         replace(FULL, keywords=(), genealogy="", resolution=None)])  # fmt: skip
def test_the_document_is_valid(ogc_schemas, description):
    # The marks of the platform's clients on onLine are beyond the schema.
    plain = re.sub(rb"<gmd:onLine [^>]*>", b"<gmd:onLine>", document(description, online=LIVE))
    assert ogc_schemas.faults(plain, "http://www.isotc211.org/2005/gmd/gmd.xsd") == []


def test_the_services_are_named_as_the_platform_names_them():
    assert b'<gmd:onLine type="offering" offeringId="o1" offeringOpen="false">' in document(online=LIVE)
    assert b"http://h/wfs?a=1&amp;b=2" in document(online=LIVE)
    assert b"http://www.opengis.net/def/crs/EPSG/0/2154" in document()


@pytest.mark.parametrize(
    "foreign", [b"<html/>", b"no xml", b'<!DOCTYPE a [<!ENTITY b "c">]><MD_Metadata>&b;</MD_Metadata>']
)
def test_what_is_no_record_is_refused(foreign):
    with pytest.raises(InvalidInput):
        read_record(foreign)


@pytest.mark.parametrize(
    "change, field",
    [
        ({"abstract": "  "}, "abstract"),
        ({"identifier": "a b"}, "identifier"),
        ({"identifier": "é"}, "identifier"),
        ({"categories": ()}, "categories"),
        ({"contact_email": "town.fr"}, "contact_email"),
        ({"organisation_email": ""}, "organisation_email"),
        ({"creation_date": "yesterday"}, "creation_date"),
        ({"organisation": ""}, "organisation"),
        ({"attribution_url": ""}, "attribution"),
        ({"attribution_url": "town"}, "attribution"),
    ],
)
def test_each_fault_belongs_to_its_field(change, field):
    assert description_faults(FULL) == {}
    assert list(description_faults(replace(FULL, **change))) == [field]


def test_identifiers_begin_with_the_prefix_of_the_datastore():
    assert "town" in description_faults(FULL, "town")["identifier"]
    assert description_faults(replace(FULL, identifier="town.x"), "town") == {}
    assert description_faults(replace(FULL, identifier="town."), "town")
    assert description_faults(replace(FULL, identifier=""), "town") == {}, "it is made of the technical name"
    assert (own_identifier("ponds"), own_identifier("ponds", "town")) == ("ponds", "town.ponds")
    assert own_identifier("town.ponds", "town") == "town.ponds"


def test_the_lists_are_complete_in_both_languages():
    sizes = (len(categories()), len(frequencies()), len(CHARSETS), len(RESOLUTIONS), len(themes()), len(languages()))
    assert sizes == (19, 12, 28, 14, 34, 486)
    english = (languages()["fre"], themes(), categories()["biota"])
    use_language("fr")
    assert languages()["fre"] == "français" and english[0] == "French"
    assert len(themes()) == 34
