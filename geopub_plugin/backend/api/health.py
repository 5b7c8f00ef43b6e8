"""Whether the backend is there: the one thing of the API that needs no token."""

from __future__ import annotations

from flask import Blueprint, Response

from ..about import __title__, __version__
from .answers import answer
from .operation import gives, operation
from .schema import TEXT, shape

blueprint = Blueprint("health", __name__)


@blueprint.get("/health", endpoint="health")
@blueprint.get("/api/health", endpoint="api_health")
@operation(gives(shape({"name": TEXT, "version": TEXT, "status": TEXT})), public=True)
def health() -> Response:
    """Say who answers."""
    return answer({"name": __title__, "version": __version__, "status": "ready"})
