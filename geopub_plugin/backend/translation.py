"""The user's language for every ring: English in the code, other languages in `i18n/geopub_<language>.ts`."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import Dict

from .locations import shipped


def _two_letters(code: str) -> str:
    """Return the language of a locale's name; English for those without one, such as "C.UTF-8" or ""."""
    letters = code[:2].lower()
    return letters if len(letters) == 2 and letters.isalpha() else "en"


_language = _two_letters(
    os.environ.get("GEOPUB_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
)  # fmt: skip


def use_language(code: str) -> None:
    """Speak the language of this code ("fr", "en_GB") from now on; English where there is no translation."""
    global _language
    _language = _two_letters(code)


def language() -> str:
    """Return the two letters of the language spoken now."""
    return _language


# French has spaces before these signs, and inside its quotation marks, at which no line may end.
_GLUED = {"fr": re.compile(" (?=[;:!?»])|(?<=«) ")}


@cache
def _texts(code: str) -> Dict[str, str]:
    path = shipped("i18n", f"geopub_{code}.ts")
    if not path.exists():
        return {}
    from .safe_xml import parse  # which says in the user's language what is wrong with a document

    messages = parse(path.read_bytes(), doctype=True).iter("message")
    glued = _GLUED.get(code, re.compile("(?!)"))
    return {m.findtext("source", ""): glued.sub("\N{NO-BREAK SPACE}", m.findtext("translation", "")) for m in messages}


def tr(text: str, **values: object) -> str:
    """Return a text in the user's language, with its `{named}` values filled in."""
    translated = _texts(_language).get(text) or text
    return translated.format(**values) if values else translated
