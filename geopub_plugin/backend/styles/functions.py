"""Functions of QGIS expressions that a published style may not call: they read what is not the map's."""

from __future__ import annotations

import re
from typing import FrozenSet, Iterator, Tuple

from ..safe_xml import local_name
from .recognition import StyleDocument

# `eval` and `eval_template` could spell any of the others; QGIS offers no way to take a built-in function away.
FORBIDDEN: FrozenSet[str] = frozenset(
    {
        "env",
        "eval",
        "eval_template",
        "exif",
        "exif_geotag",
        "file_exists",
        "file_size",
        "is_directory",
        "is_file",
        "load_layer",
        "raster_value",
        "raster_statistic",
    }
)
_ASIDE = r"(?:\s|/\*.*?\*/|--[^\n]*\n)*"  # what may stand between a function's name and its parenthesis
_CALLS = re.compile(rf"(?<!\w)({'|'.join(sorted(FORBIDDEN))}){_ASIDE}\(", re.IGNORECASE | re.DOTALL)


def forbidden_calls(style: StyleDocument) -> Tuple[str, ...]:
    """Return the names of the forbidden functions that a style calls, each once."""
    return tuple(dict.fromkeys(name.lower() for name in _called(style)))


def _called(style: StyleDocument) -> Iterator[str]:
    for element in style.root.iter():
        for text in (*element.attrib.values(), element.text or ""):
            yield from _CALLS.findall(text)
        if local_name(element) == "Function" and element.get("name", "").lower() in FORBIDDEN:
            yield element.get("name", "")
