"""Names on the wire: XML names of types and attributes, identifiers of features.

A name in XML must be an NCName (Namespaces in XML 1.0 §4): letters of any script, digits, `_`, `-`, `.`, and no digit
first. Whatever does not fit is written as `_`; GeoJSON keeps every name as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Dict, Sequence, Tuple
from xml.parsers import expat  # reads names of ours, to see whether they are names

from ..publications import FeatureType


@lru_cache(maxsize=4096)
def _admitted(name: str) -> bool:
    """Return whether expat reads this as the name of an element.

    It follows XML's fourth edition, as most readers do; the fifth admits more, such as the middle dot of Japanese.
    """
    try:
        expat.ParserCreate().Parse(f"<{name}/>", True)
    except (expat.ExpatError, UnicodeEncodeError):
        return False
    return True


def _fits(character: str, before: str) -> bool:
    return character not in " \t\r\n:/>=\"'" and _admitted(before + character)


@lru_cache(maxsize=4096)
def ncname(name: str) -> str:
    """Return the nearest name that XML admits."""
    fitting = "".join(character if _fits(character, "a") else "_" for character in name) or "_"
    return fitting if _fits(fitting[0], "") else "_" + fitting


def ncnames(names: Sequence[str], taken: Sequence[str] = ()) -> Dict[str, str]:
    """Return an XML name for each name, all different and none of those taken."""
    used, found = set(taken), {}
    for name in names:
        wire, number = ncname(name), 1
        while wire in used:
            number += 1
            wire = f"{ncname(name)}_{number}"
        used.add(wire)
        found[name] = wire
    return found


@dataclass(frozen=True)
class TypeName:
    """The qualified name of a feature type."""

    prefix: str  # the layer name
    local: str  # an NCName

    @property
    def text(self) -> str:
        """Return the name with its prefix, as capabilities and documents write it."""
        return f"{self.prefix}:{self.local}"

    @property
    def feature_prefix(self) -> str:
        """Return what feature identifiers of this type begin with, before a dot and the key."""
        return f"{self.prefix}.{self.local}"

    def namespace(self, base: str) -> str:
        """Return the namespace that the prefix stands for."""
        return f"{base}/ns/{self.prefix}"


@lru_cache(maxsize=4096)
def _type_name(wire: str) -> TypeName:
    prefix, _colon, local = wire.partition(":")
    return TypeName(ncname(prefix), ncname(local or prefix))


def type_name(feature_type: FeatureType) -> TypeName:
    """Return the qualified name of a published type."""
    return _type_name(feature_type.name)


def split_feature_id(identifier: str) -> Tuple[str, str]:
    """Return the prefix and the key of a feature identifier ("" where there is no dot)."""
    prefix, _dot, key = identifier.rpartition(".")
    return prefix, key
