"""The code lists of metadata records (ISO 19115:2003, INSPIRE), with their words in the user's language."""

from __future__ import annotations

from functools import cache
from typing import Dict, Tuple

from ...backend.locations import shipped
from ...backend.translation import language, tr

# Denominators of scales that the platform's form offers.
RESOLUTIONS = (
    200, 500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000, 10_000_000,
)  # fmt: skip
CHARSETS = (
    "utf8", "utf7", "utf16", "ucs2", "ucs4", "usAscii", "8859part1", "8859part2", "8859part3", "8859part4", "8859part5",
    "8859part6", "8859part7", "8859part8", "8859part9", "8859part10", "8859part11", "8859part13", "8859part14",
    "8859part15", "8859part16", "jis", "shiftJIS", "eucJP", "eucKR", "big5", "GB2312", "ebcdic",
)  # fmt: skip
# ISO 639-1 to ISO 639-2 (bibliographic), for what QGIS says of a layer or a project.
TWO_LETTERS = {
    "fr": "fre", "en": "eng", "de": "ger", "es": "spa", "it": "ita", "nl": "dut", "pt": "por", "ca": "cat", "eu": "baq",
    "br": "bre", "co": "cos", "oc": "oci", "ga": "gle", "da": "dan", "sv": "swe", "fi": "fin", "no": "nor", "pl": "pol",
    "cs": "cze", "sk": "slo", "sl": "slv", "hr": "hrv", "hu": "hun", "ro": "rum", "bg": "bul", "el": "gre", "et": "est",
    "lv": "lav", "lt": "lit", "mt": "mlt", "lb": "ltz", "ar": "ara", "zh": "chi", "ja": "jpn", "ru": "rus", "uk": "ukr",
}  # fmt: skip


def frequencies() -> Dict[str, str]:
    """Return the frequencies of maintenance (MD_MaintenanceFrequencyCode) by code, as the platform spells them."""
    return {
        "unknown": tr("Unknown"),
        "continual": tr("Continual"),
        "daily": tr("Daily"),
        "weekly": tr("Weekly"),
        "fortnightly": tr("Every two weeks"),
        "monthly": tr("Monthly"),
        "quaterly": tr("Every three months"),
        "biannually": tr("Twice a year"),
        "annually": tr("Yearly"),
        "asNeeded": tr("When needed"),
        "irregular": tr("Irregular"),
        "notPlanned": tr("Not planned"),
    }


def categories() -> Dict[str, str]:
    """Return the topic categories (MD_TopicCategoryCode) by code."""
    return {
        "biota": tr("Fauna and flora"),
        "boundaries": tr("Boundaries"),
        "climatologyMeteorologyAtmosphere": tr("Climate, weather, atmosphere"),
        "economy": tr("Economy"),
        "elevation": tr("Elevation"),
        "environment": tr("Environment"),
        "farming": tr("Farming"),
        "geoscientificInformation": tr("Geosciences"),
        "health": tr("Health"),
        "imageryBaseMapsEarthCover": tr("Imagery, base maps, land cover"),
        "intelligenceMilitary": tr("Military"),
        "inlandWaters": tr("Inland waters"),
        "location": tr("Location"),
        "oceans": tr("Oceans"),
        "planningCadastre": tr("Planning, cadastre"),
        "society": tr("Society"),
        "structure": tr("Buildings and structures"),
        "transportation": tr("Transport"),
        "utilitiesCommunication": tr("Utilities, communication"),
    }


def levels() -> Dict[str, str]:
    """Return the kinds of resource (MD_ScopeCode) that a record describes here."""
    return {"dataset": tr("Data set"), "series": tr("Collection of data sets")}


def themes() -> Tuple[str, ...]:
    """Return the themes of INSPIRE (GEMET, 2008-06-01) in the user's language, sorted."""
    return tuple(sorted(_themes().values(), key=str.casefold))


def theme_codes() -> Dict[str, str]:
    """Return the code of each theme by its title in the user's language."""
    return {title: code for code, title in _themes().items()}


def languages(spoken: str = "") -> Dict[str, str]:
    """Return the languages of ISO 639-2 by bibliographic code, named in the language `spoken` (the user's)."""
    return _languages(2 if (spoken or language()) == "fr" else 1)


@cache
def _languages(column: int) -> Dict[str, str]:
    lines = shipped("resources", "metadata", "languages.tsv").read_text("utf-8").splitlines()
    named = {row[0]: row[column] for row in (line.split("\t") for line in lines)}
    return dict(sorted(named.items(), key=lambda item: item[1].casefold()))


def _themes() -> Dict[str, str]:
    return {
        "ad": tr("Addresses"),
        "au": tr("Administrative units"),
        "af": tr("Agricultural and aquaculture facilities"),
        "am": tr("Area management/restriction/regulation zones and reporting units"),
        "ac": tr("Atmospheric conditions"),
        "br": tr("Bio-geographical regions"),
        "bu": tr("Buildings"),
        "cp": tr("Cadastral parcels"),
        "rs": tr("Coordinate reference systems"),
        "el": tr("Elevation"),
        "er": tr("Energy resources"),
        "ef": tr("Environmental monitoring facilities"),
        "gg": tr("Geographical grid systems"),
        "gn": tr("Geographical names"),
        "ge": tr("Geology"),
        "hb": tr("Habitats and biotopes"),
        "hh": tr("Human health and safety"),
        "hy": tr("Hydrography"),
        "lc": tr("Land cover"),
        "lu": tr("Land use"),
        "mf": tr("Meteorological geographical features"),
        "mr": tr("Mineral resources"),
        "nz": tr("Natural risk zones"),
        "of": tr("Oceanographic geographical features"),
        "oi": tr("Orthoimagery"),
        "pd": tr("Population distribution — demography"),
        "pf": tr("Production and industrial facilities"),
        "ps": tr("Protected sites"),
        "sr": tr("Sea regions"),
        "so": tr("Soil"),
        "sd": tr("Species distribution"),
        "su": tr("Statistical units"),
        "tn": tr("Transport networks"),
        "us": tr("Utility and governmental services"),
    }
