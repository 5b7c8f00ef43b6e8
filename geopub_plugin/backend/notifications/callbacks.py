"""What a client asks for with an execution: to whom a message goes at its end (the platform's `callback`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Tuple
from urllib.parse import quote

from ..errors import InvalidInput
from ..translation import tr

MOST_ADDRESSES = 20
_ADDRESS = re.compile(r"[^\s@<>(),;:\\\"\[\]]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
_URL = re.compile(r"https?://[^\s<>\"]{1,1900}", re.IGNORECASE)
_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True)
class Callback:
    """A message that was asked for."""

    to: Tuple[str, ...]
    entity_url: str  # with {{ datastore }} and {{ output }} in it

    def link(self, datastore: str, output: str) -> str:
        """Return the address of what was made, with its places filled in; others stay as they are."""
        values = {"datastore": datastore, "output": output}

        def filled(place: re.Match[str]) -> str:
            return quote(values[place[1]], safe="") if place[1] in values else place[0]

        return _PLACE.sub(filled, self.entity_url)


def read_callback(asked: Optional[Mapping[str, Any]]) -> Optional[Callback]:
    """Return the message that a client asks for, None for none.

    Raises:
        InvalidInput: it is of another type than e-mail, or names no address that mail can go to. A client cannot have
            addresses on the web called: what is called by this computer is for its settings to say.
    """
    if not asked:
        return None
    if asked.get("type") != "email":
        raise _refusal(tr("Its type is “{type}”.", type=str(asked.get("type"))[:40]), tr("Give the type “email”."))
    addresses = asked.get("to_address") or []
    addresses = [addresses] if isinstance(addresses, str) else addresses
    if not isinstance(addresses, list) or not 1 <= len(addresses) <= MOST_ADDRESSES:
        raise _refusal(tr("It needs 1 to {most} addresses.", most=MOST_ADDRESSES))
    for address in addresses:
        if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
            raise _refusal(tr("“{address}” is no address for e-mail.", address=str(address)[:80]))
    url = asked.get("entity_url") or ""
    if url and not (isinstance(url, str) and _URL.fullmatch(_PLACE.sub("x", url))):
        raise _refusal(tr("Its “entity_url” is no address on the web."))
    return Callback(tuple(addresses), url)


def checked_callback(asked: Any) -> Optional[Dict[str, Any]]:
    """Return what is to be kept of a callback, once it is known that it can be followed."""
    if asked is not None and not isinstance(asked, dict):
        raise _refusal(tr("It is no object."))
    read_callback(asked)
    return asked or None


def _refusal(why: str, cure: str = "") -> InvalidInput:
    return InvalidInput(
        tr("The field “callback” cannot be followed."),
        why,
        cure or tr("Write it as: {example}", example='{"type": "email", "to_address": ["someone@example.org"]}'),
    )
