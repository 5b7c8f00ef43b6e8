"""Our WMS's picture of a style, asked for as a client asks."""

from __future__ import annotations

from pathlib import Path
from typing import Tuple

import numpy as np
from flask import Flask

from geopub_plugin.backend.render.supervisor import Renderer
from geopub_plugin.backend.services.publications import DrawnTable, MapLayer, ServiceInfo
from geopub_plugin.backend.services.wms.blueprint import wms_blueprint

from .pictures import decoded
from .sample import SIDE, TABLE, Sample


class _OneLayer:
    """What a catalogue would publish."""

    def __init__(self, layer: MapLayer) -> None:
        self._layer = layer

    def map_layers(self) -> Tuple[MapLayer, ...]:
        return (self._layer,)

    def service(self) -> ServiceInfo:
        return ServiceInfo("", "", "", "")

    def revision(self) -> str:
        return "1"


class Refused(Exception):
    """The WMS has answered with an exception, whose text this is."""


def drawn(sample: Sample, style: Path, renderer: Renderer) -> np.ndarray:
    """Return the picture of a style on its sample: uint8 (512, 512, 3); raise Refused for what is not drawn."""
    west, south, east, north = sample.bounds
    asked = {"REQUEST": "GetMap", "LAYERS": "a", "STYLES": "", "CRS": "EPSG:3857", "WIDTH": SIDE, "HEIGHT": SIDE}
    answer = _ask(sample, style, renderer, {**asked, "BBOX": f"{west!r},{south!r},{east!r},{north!r}"})
    return decoded(answer)[:, :, :3]


def legend(sample: Sample, style: Path, renderer: Renderer) -> np.ndarray:
    """Return the legend of a style: uint8 (height, width, 3); raise Refused for what is not drawn."""
    return decoded(_ask(sample, style, renderer, {"REQUEST": "GetLegendGraphic", "LAYER": "a"}))[:, :, :3]


def _ask(sample: Sample, style: Path, renderer: Renderer, asked: dict) -> bytes:
    table = DrawnTable(sample.data, TABLE, style)
    layer = MapLayer("a", "", "", (), (table,), "EPSG:3857", (-1.0, -1.0, 1.0, 1.0), style.name)
    app = Flask("looks")
    app.register_blueprint(wms_blueprint(_OneLayer(layer), renderer, lambda: "http://127.0.0.1"))
    given = {"SERVICE": "WMS", "VERSION": "1.3.0", "FORMAT": "image/png", **asked}
    answer = app.test_client().get("/wms-v/ows", query_string=given)
    if answer.content_type != "image/png":
        raise Refused(answer.get_data(as_text=True))
    return answer.data
