"""What a store says of itself that decides what may be published in it, asked for once before a form is filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import FrozenSet, Mapping, Tuple

from .client import Store
from .client.entity import text
from .client.records import Record
from .service_definitions import CONFIGURATION_TYPES


@dataclass(frozen=True)
class StoreFacts:
    """Names that are taken, prefixes, places for restricted services, records."""

    taken: Mapping[str, str]  # technical name: datasheet
    name_prefix: str
    identifier_prefix: str
    restrictable: FrozenSet[str]  # services
    records: Tuple[Record, ...]
    email: str  # of the user


def store_facts(store: Store) -> StoreFacts:
    """Ask a store."""
    datastore = store.describe()
    taken = {one.layer_name: one.tags.get("datasheet_name", one.name) for one in store.configurations.list()}
    closed = {name for name, kind in CONFIGURATION_TYPES.items() if datastore.endpoint(kind, open_to_all=False)}
    prefixes = (datastore.layer_name_prefix, datastore.identifier_prefix)
    email = text(store.connection.ask("GET", "users/me"), "email")
    return StoreFacts(taken, *prefixes, frozenset(closed), store.records.list(), email)
