"""Where the files that come with GeoPub are: in the plugin's folder, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def shipped(*parts: str) -> Path:
    """Return the path of a file that comes with GeoPub, such as `shipped("i18n", "geopub_fr.ts")`."""
    inside = PACKAGE.joinpath(*parts)
    return inside if inside.exists() else PACKAGE.parent.joinpath(*parts)
