"""The styles that a configuration lists in `extra.styles`, in the form in which the platform's clients keep them.

Clients may write there what they want: what has another form is passed over.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Tuple

Json = Dict[str, Any]


def listed_styles(extra: Mapping[str, Any]) -> List[Json]:
    """Return the styles in the order of the list."""
    return _objects(extra, "styles")


def layers_of(style: Mapping[str, Any]) -> List[Json]:
    """Return the layers of a style: what it draws, and with what."""
    return _objects(style, "layers")


def addresses_of(style: Mapping[str, Any]) -> List[Tuple[str, str]]:
    """Return name and address on the web of each file that clients draw with by themselves."""
    named = [(str(layer.get("name") or ""), layer.get("url")) for layer in layers_of(style)]
    return [(name, url) for name, url in named if isinstance(url, str) and url.startswith(("http://", "https://"))]


def _objects(document: Mapping[str, Any], name: str) -> List[Json]:
    listed = document.get(name)
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
