"""Files handed over by a client on the same computer, see `catalogue.handovers`; a team server has no such route."""

from __future__ import annotations

from flask import Response

from ..catalogue.handovers import Handover, take_over
from .answers import answer
from .context import datastore_blueprint, store
from .fields import Body, text, whole
from .operation import makes, operation
from .uploads import FILE, file_form, refuse_too_large, upload_of

blueprint = datastore_blueprint("handovers")

GIVEN = Body(
    name=text("In the folder `handover` that `server.json` names: 32 hexadecimal digits.", required=True),
    path=text("Of the file in the upload, as in `data/roads.gpkg`.", required=True),
    size=whole("Bytes.", required=True),
    sha256=text("Of the content, in hexadecimal.", required=True),
)


@blueprint.post("/uploads/<entity>/handovers")
@operation(makes(FILE), body=GIVEN, refuses=(409,))
def take(entity: str) -> Response:
    """Take a file that lies in the folder of handovers."""
    given = GIVEN.read()
    refuse_too_large(given["size"])
    handover = Handover(given["name"], given["size"], given["sha256"])
    return answer(file_form(take_over(store(), upload_of(entity), given["path"], handover)), 201)
