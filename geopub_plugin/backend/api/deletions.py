"""Before a deletion: everything that it would take away. With `cascade=true`, a deletion takes it all."""

from __future__ import annotations

from typing import Any, List, Sequence

from flask import Blueprint, Response

from ..access.callers import caller
from ..access.rights import needs, require
from ..catalogue.deletions import KINDS, Doomed, consequences, delete_all
from ..catalogue.rows import Rows
from ..catalogue.spaces import communities
from .answers import Json, answer, present
from .context import space, store
from .fields import Parameter
from .operation import gives, operation
from .schema import COUNT, FLAG, ID, TEXT, list_of, one_of, shape

CASCADE = Parameter("cascade", FLAG, "Delete all that stands on it, too; ask `…/deletion` what that is.")

_WORDS = {"record": "metadata"}  # as the API calls it
_RESOURCES = {"record": "metadata", "stored_data": "stored_data", "execution": "processings"}
DOOMED = shape(
    {
        "kind": one_of(*(_WORDS.get(kind, kind) for kind in KINDS)),
        "_id": ID,
        "name": TEXT,
        "status?": TEXT,
        "type?": TEXT,
        "size": COUNT,
    }
)
DELETION = shape({"alone": FLAG, "goes": list_of(DOOMED), "size": COUNT}, "Deletion")


def add_deletion_route(blueprint: Blueprint, path: str, rows: Rows[Any]) -> None:
    """Add the route that says what the deletion of an entity would take away."""

    @operation(gives(DELETION))
    def deletion(entity: str) -> Response:
        """Say what would go, in this order, if this were deleted; nothing is."""
        with store().reading() as connection:
            rows.get(connection, entity, rows.table.c.datastore == space().id)
            return answer(deletion_form(consequences(connection, rows.table.name, entity)))

    blueprint.add_url_rule(f"{path}/<entity>/deletion", "deletion", deletion, methods=["GET"])


def cascaded(rows: Rows[Any], entity: str) -> bool:
    """Delete an entity with all that stands on it, if the request asks for that; say whether it did.

    Raises:
        NotAllowed: the caller may not delete something of that.
    """
    if not CASCADE.truth:
        return False
    with store().reading() as connection:
        doomed = consequences(connection, rows.table.name, entity)
        community = communities.get(connection, space().community)
        for kind in {one.kind for one in doomed}:
            require(connection, caller(), community, needs("DELETE", f"{_RESOURCES.get(kind, f'{kind}s')}/<entity>"))
    delete_all(store(), doomed)
    return True


def deletion_form(doomed: Sequence[Doomed]) -> Json:
    """Return what a deletion takes away as JSON."""
    goes: List[Json] = [
        present(
            {
                "kind": _WORDS.get(one.kind, one.kind),
                "_id": one.id,
                "name": one.name,
                "status": one.status or None,
                "type": one.type or None,
                "size": one.size,
            }
        )
        for one in doomed
    ]
    return {"alone": len(goes) == 1, "goes": goes, "size": sum(one.size for one in doomed)}
