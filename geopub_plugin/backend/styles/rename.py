"""Styles follow the names that integration gave to the columns."""

from __future__ import annotations

from typing import Mapping

from ..safe_xml import serialise
from .attributes import translate_attributes
from .recognition import read


def rename(style: bytes, names: Mapping[str, str], exact: bool = False) -> bytes:
    """Return a style whose attributes carry their new names, byte for byte the same when none of them changes.

    `names` maps the original name of each column to the published one. QGIS finds fields whatever their case, and so
    does this, unless `exact` asks for the very letters, which other programs want. Raises InvalidInput for what is no
    style.
    """
    new_names = {old.lower(): new for old, new in names.items()}
    changed = False

    def translate(name: str, _decisive: bool) -> str:
        nonlocal changed
        new = new_names.get(name.lower(), name)
        if new == name or (new.lower() == name.lower() and not exact):
            return name
        changed = True
        return new

    document = read(style)
    translate_attributes(document, translate, frozenset(new_names))
    return serialise(document.root) if changed else style
