"""The client of the store API: one module a family of resources, typed values out, one tree of errors."""

from __future__ import annotations

from .connection import Connection
from .store import Store, open_store

__all__ = ["Connection", "Store", "open_store"]
