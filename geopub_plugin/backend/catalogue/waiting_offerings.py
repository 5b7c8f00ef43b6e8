"""Tile services that show a pyramid while it is being made: what becomes of them with it, see `awaited`."""

from __future__ import annotations

from typing import List

from sqlalchemy import Connection

from .lifecycles import OFFERING, step
from .offerings import Offering, offerings


def waiting_for(connection: Connection, stored_data: str) -> List[Offering]:
    """Return the offerings that show a stored data which is being made, or was to be."""
    return [one for one in offerings.find(connection) if one.published.get("making") == stored_data]


def give_up(connection: Connection, stored_data: str) -> List[str]:
    """Take off the services what shows a stored data that will not come to be; return the offerings' ids."""
    ended = [one for one in waiting_for(connection, stored_data) if one.status != "UNSTABLE"]
    for one in ended:
        offerings.change(connection, one.id, status=step(OFFERING, one.id, one.status, "UNSTABLE"))
    return [one.id for one in ended]


def wait_again(connection: Connection, stored_data: str) -> None:
    """Let the offerings on a stored data that is made after all show it again."""
    for one in waiting_for(connection, stored_data):
        if one.status == "UNSTABLE":
            offerings.change(connection, one.id, status=step(OFFERING, one.id, one.status, "MODIFYING"))
