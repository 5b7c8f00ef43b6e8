"""Name and version, read from metadata.txt, the only place that states them."""

from __future__ import annotations

from configparser import ConfigParser

from .locations import shipped


def _metadata() -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.read(shipped("metadata.txt"), encoding="utf-8")
    return parser


__title__: str = _metadata().get("general", "name")
__version__: str = _metadata().get("general", "version")
