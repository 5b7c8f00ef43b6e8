"""The tile matrix sets in which pyramids are made: the platform's PM, Web Mercator in tiles of 256 pixels."""

from __future__ import annotations

from typing import Any, Dict, List

from flask import Blueprint, Response

from ..catalogue.parameters import DEEPEST
from ..errors import NotFound
from ..translation import tr
from .answers import Json, answer, answer_all
from .operation import gives, gives_list, operation
from .schema import NUMBER, OBJECT, TEXT, list_of, shape

blueprint = Blueprint("tile_matrices", __name__, url_prefix="/api/statics/tms")

NAME = "PM"
SRS = "EPSG:3857"
_SIDE = 20037508.342789244  # metres, from the middle of the world to its edge
_PIXELS = 256
MATRICES = shape(
    {"_id": TEXT, "srs": TEXT, "levels": list_of(shape({"id": TEXT, "resolution": NUMBER}))}, "TileMatrixSet"
)


@blueprint.get("")
@operation(gives_list(MATRICES))
def list_matrices() -> Response:
    """List the tile matrix sets."""
    return answer_all([_form()])


@blueprint.get("/<entity>")
@operation(gives(MATRICES))
def one(entity: str) -> Response:
    """Return one tile matrix set."""
    _require(entity)
    return answer(_form())


@blueprint.get("/<entity>/file")
@operation(gives(OBJECT))
def file(entity: str) -> Response:
    """Return a tile matrix set as the platform's tile tools read it."""
    _require(entity)
    levels: List[Dict[str, Any]] = [
        {
            "id": level["id"],
            "cellSize": level["resolution"],
            "pointOfOrigin": [-_SIDE, _SIDE],
            "tileWidth": _PIXELS,
            "tileHeight": _PIXELS,
            "matrixWidth": 1 << int(level["id"]),
            "matrixHeight": 1 << int(level["id"]),
        }
        for level in _form()["levels"]
    ]
    return answer({"id": NAME, "crs": SRS, "orderedAxes": ["X", "Y"], "tileMatrices": levels})


def _form() -> Json:
    levels = [{"id": str(z), "resolution": 2 * _SIDE / _PIXELS / (1 << z)} for z in range(DEEPEST + 1)]
    return {"_id": NAME, "srs": SRS, "levels": levels}


def _require(entity: str) -> None:
    if entity != NAME:
        raise NotFound(tr("There is no tile matrix set {name}; there is {other}.", name=entity[:80], other=NAME))
