"""What a person says of published data: the fields of its metadata record, and what is wrong with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Dict, Optional, Tuple
from urllib.parse import urlsplit

from ...backend.translation import tr

IDENTIFIER_RULE = re.compile(r"[\w\-.]+", re.ASCII)
EMAIL_RULE = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
FRENCH = "fre"


@dataclass(frozen=True)
class Description:
    """The fields of a record that a person fills in; codes are those of ISO 19115."""

    abstract: str = ""  # Markdown
    identifier: str = ""  # "" for the technical name of the services, which nobody else has
    categories: Tuple[str, ...] = ()  # topic categories
    keywords: Tuple[str, ...] = ()  # INSPIRE themes
    free_keywords: Tuple[str, ...] = ()
    contact_email: str = ""
    genealogy: str = ""
    creation_date: str = ""  # ISO 8601
    frequency: str = "unknown"
    organisation: str = ""
    organisation_email: str = ""
    attribution_text: str = ""
    attribution_url: str = ""
    level: str = "dataset"  # or "series"
    language: str = FRENCH  # ISO 639-2, bibliographic
    charset: str = "utf8"
    resolution: Optional[int] = None  # denominator of a scale

    @property
    def every_keyword(self) -> Tuple[str, ...]:
        """Categories, themes and free keywords, as services carry them."""
        return tuple(dict.fromkeys((*self.categories, *self.keywords, *self.free_keywords)))

    @property
    def attribution(self) -> Optional[Dict[str, str]]:
        """The attribution as configurations carry it, None where there is none."""
        if not (self.attribution_text and self.attribution_url):
            return None
        return {"title": self.attribution_text, "url": self.attribution_url}


def description_faults(description: Description, prefix: str = "") -> Dict[str, str]:
    """Return what is wrong, by the name of the field; `prefix` is what identifiers of the datastore begin with."""
    found = {
        "abstract": "" if description.abstract.strip() else tr("A summary is needed: what is in the data?"),
        "identifier": identifier_fault(description.identifier, prefix),
        "categories": "" if description.categories else tr("Choose one theme at least."),
        "contact_email": email_fault(description.contact_email),
        "creation_date": _date_fault(description.creation_date),
        "organisation": "" if description.organisation.strip() else tr("Who is responsible for the data?"),
        "organisation_email": email_fault(description.organisation_email),
        "attribution": attribution_fault(description.attribution_text, description.attribution_url),
    }
    return {field: fault for field, fault in found.items() if fault}


def identifier_fault(identifier: str, prefix: str = "") -> str:
    """Return what is wrong with the identifier of a record, "" when nothing is."""
    if not identifier:
        return ""  # one is made of the technical name
    if not IDENTIFIER_RULE.fullmatch(identifier):
        return tr("It can contain only a-z, A-Z, 0-9, _, - and .")
    return prefix_fault(identifier, prefix)


def own_identifier(layer_name: str, prefix: str = "") -> str:
    """Return the identifier of a record that states none: the technical name, with the prefix of the datastore."""
    return layer_name if not prefix or layer_name.startswith(f"{prefix}.") else f"{prefix}.{layer_name}"


def prefix_fault(name: str, prefix: str) -> str:
    """Return what is wrong with a name that must begin with the prefix of its datastore, "" when nothing is."""
    if prefix and (not name.startswith(f"{prefix}.") or name == f"{prefix}."):
        return tr("Here it must begin with “{prefix}.”, followed by a name.", prefix=prefix)
    return ""


def email_fault(address: str) -> str:
    """Return what is wrong with an e-mail address, "" when nothing is."""
    if not address:
        return tr("An e-mail address is needed.")
    return "" if EMAIL_RULE.fullmatch(address) else tr("This is no e-mail address, such as name@town.fr.")


def attribution_fault(text: str, url: str) -> str:
    """Return what is wrong with an attribution, which has a text and an address, or neither."""
    if bool(text) != bool(url):
        return tr("Give both the text and the address of the attribution, or neither.")
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.netloc):
        return tr("This is no address of the web: it begins with https://")
    return ""


def _date_fault(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        return tr("When was the data made? Give a date.")
    return ""
