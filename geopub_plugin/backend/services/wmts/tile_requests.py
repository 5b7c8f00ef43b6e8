"""Requests for tiles (OGC 07-057r7 §7.2), by key and value or by path."""

from __future__ import annotations

from ...translation import tr
from ..owscommon import OwsError, Parameters, invalid
from ..publications import MapLayer, Publications
from .matrices import MATRICES, SET_NAMES, Tile

PNG = "image/png"


def layer_of(parameters: Parameters, publications: Publications) -> MapLayer:
    """Return the layer that a request names with the style that it names, having seen that the format is offered."""
    name = parameters.needed("LAYER")
    layer = next((layer for layer in publications.map_layers() if layer.name == name), None)
    if layer is None:
        raise invalid(
            "LAYER",
            name,
            tr("It was never published here, or not any more."),
            tr("Choose one of the layers that GetCapabilities lists."),
        )
    style = parameters.get("STYLE", "default")
    dressed = layer.dressed(style)
    if dressed is None:
        known = ", ".join(one.name for one in layer.styles)
        raise invalid("STYLE", style, cure=tr("It has: {styles}.", styles=known))
    form = parameters.get("FORMAT", PNG)
    if form.lower() != PNG:
        raise invalid("FORMAT", form, cure=tr("Ask for one of: {formats}.", formats=PNG))
    return dressed


def tile_of(parameters: Parameters) -> Tile:
    """Return the tile that a request names."""
    matrix_set = parameters.needed("TILEMATRIXSET")
    if matrix_set not in SET_NAMES:
        raise invalid("TILEMATRIXSET", matrix_set, cure=tr("Ask for one of: {formats}.", formats=", ".join(SET_NAMES)))
    level = parameters.needed("TILEMATRIX")
    level = level.rpartition(":")[2]  # GeoServer's clients write the set before it
    if not (level.isascii() and level.isdecimal()) or int(level) >= len(MATRICES):
        raise invalid("TILEMATRIX", level, tr("A whole number from 0 to {last}.", last=len(MATRICES) - 1))
    matrix = MATRICES[int(level)]
    return Tile(matrix, _place(parameters, "TILEROW", matrix.tiles), _place(parameters, "TILECOL", matrix.tiles))


def _place(parameters: Parameters, name: str, count: int) -> int:
    parameters.needed(name)
    place = parameters.whole(name) or 0
    if place >= count:
        raise OwsError(
            "TileOutOfRange",
            name,
            tr("There is no tile {place} on this level.", place=place),
            cure=tr("Give a whole number from 0 to {last}.", last=count - 1),
        )
    return place
