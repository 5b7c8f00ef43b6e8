"""Links from services to the record of their datasheet, as configurations and capabilities carry them."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Sequence

from sqlalchemy import Connection

from . import tables
from .configurations import configurations
from .datasheets import TAG, configurations_of_datasheet
from .offerings import offerings
from .records import Record
from .snapshot_reader import LIVE
from .store import Store

Links = List[Dict[str, str]]


def link_records(store: Store, records: Sequence[Record], url: Callable[[str], str]) -> None:
    """Let the services of the records' datasheets tell where these are published, or that they no longer are.

    Args:
        store: where.
        records: that have just been put on an endpoint or taken off it.
        url: gives the address of the record with an identifier.
    """
    with store.writing() as connection:
        for record in records:
            address = url(record.file_identifier)
            for configuration in configurations_of_datasheet(connection, record.datastore, record.tags.get(TAG, "")):
                _show(connection, configuration.id, configuration.metadata, address, bool(record.endpoints))


def _show(connection: Connection, configuration: str, links: Links, address: str, published: bool) -> None:
    if published is any(link["url"] == address for link in links):
        return
    others = [link for link in links if link["url"] != address]
    changed = [*others, _link(address)] if published else others
    configurations.change(connection, configuration, metadata=changed)
    column = tables.offering.c
    for offering in offerings.find(connection, column.configuration == configuration, column.status.in_(LIVE)):
        shown: Dict[str, Any] = {**offering.published, "metadata": changed}
        offerings.change(connection, offering.id, published=shown)


def _link(address: str) -> Dict[str, str]:
    return {"format": "application/xml", "url": address, "type": "ISO19115:2003"}
