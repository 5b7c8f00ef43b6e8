"""Permissions: who may use the restricted services of a datastore, on what terms and until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Sequence, Tuple

from .connection import Connection, segment
from .entity import Wire, mapping, objects, text

COMMUNITY, ACCOUNT = "COMMUNITY", "ACCOUNT"


@dataclass(frozen=True)
class Permission:
    """What a datastore allows one beneficiary."""

    id: str
    licence: str
    end_date: str  # ISO 8601, "" for no end
    beneficiary: str  # id of a community or user
    beneficiary_name: str
    offerings: Tuple[str, ...]


class Permissions:
    """The permissions of one datastore."""

    def __init__(self, connection: Connection, datastore: str) -> None:
        self._connection = connection
        self._root = f"datastores/{segment(datastore)}/permissions"

    def list(self, offering: str = "") -> Tuple[Permission, ...]:
        """Return the permissions, those for one offering if it is named."""
        query = {"offering": offering} if offering else {}
        return tuple(_permission(wire) for wire in self._connection.pages(self._root, query))

    def grant(
        self, kind: str, beneficiaries: Sequence[str], licence: str, offerings: Sequence[str], end_date: str = ""
    ) -> Tuple[Permission, ...]:
        """Let users (ACCOUNT) or communities (COMMUNITY) use offerings: one permission for each of them."""
        body: Dict[str, Any] = {"type": kind, "licence": licence, "offerings": list(offerings), "only_oauth": False}
        body["users" if kind == ACCOUNT else "communities"] = list(beneficiaries)
        if end_date:
            body["end_date"] = end_date
        return tuple(_permission(wire) for wire in self._connection.ask("POST", self._root, json=body))

    def delete(self, identifier: str) -> None:
        """Take a permission back."""
        self._connection.ask("DELETE", f"{self._root}/{segment(identifier)}")


def _permission(wire: Wire) -> Permission:
    who = mapping(wire, "beneficiary")
    name = text(who, "name") or " ".join(filter(None, (text(who, "first_name"), text(who, "last_name"))))
    offerings = tuple(text(one, "_id") for one in objects(wire, "offerings"))
    return Permission(
        text(wire, "_id"), text(wire, "licence"), text(wire, "end_date"), text(who, "_id"), name, offerings
    )
