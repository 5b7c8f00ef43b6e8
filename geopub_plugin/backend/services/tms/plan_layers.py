"""Layers that show what a plan would make of stored data, before anything is made or published.

Whoever has the address of one sees it; the address holds a secret, and is good until the backend ends or others have
taken its place.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Callable, Optional, Tuple

from flask import Blueprint, Response, request

from ...about import __title__
from ...features.schema import Bounds
from ...translation import tr
from ..publications import ServiceInfo, TileLayer
from .answers import error_answer
from .blueprint import tms_blueprint
from .fresh_tiles import FreshTiles

PLANS = "/plans"
MOST = 32  # layers at the same time
_WORLD: Bounds = (-180.0, -85.0, 180.0, 85.0)


class PlanLayers:
    """The layers, the latest last; what `tms_blueprint` asks of publications."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._layers: OrderedDict[str, TileLayer] = OrderedDict()

    def show(self, title: str, job: str, levels: Tuple[int, int]) -> str:
        """Show a plan (JSON, as `tiles.pyramid_job.run` is told); return the name of its layer, a secret."""
        name = secrets.token_urlsafe(24)
        nowhere = Path(os.devnull)
        layer = TileLayer(name, title, "", (), nowhere, *levels, _WORLD, name, making=job, bounds_given=False)
        with self._lock:
            self._layers[name] = layer
            while len(self._layers) > self._most:
                self._layers.popitem(last=False)
        return name

    def service(self) -> ServiceInfo:
        """Return what is said of the whole."""
        return ServiceInfo(__title__, "", __title__, "")

    def revision(self) -> str:
        """Return a text that changes whenever a layer comes or goes."""
        with self._lock:
            return next(reversed(self._layers), "")

    def tile_layers(self) -> Tuple[TileLayer, ...]:
        """Return every layer."""
        with self._lock:
            return tuple(self._layers.values())


def plans_door(layers: PlanLayers, fresh: FreshTiles, base_url: Callable[[], str]) -> Blueprint:
    """Return the routes of the layers; they are not listed."""
    door = Blueprint("plans", __name__, url_prefix=PLANS)
    door.register_blueprint(tms_blueprint(layers, lambda: base_url() + PLANS, fresh))

    @door.before_request
    def refuse_list() -> Optional[Response]:
        if request.endpoint == "plans.tms.service":
            return error_answer(tr("These layers are not listed."))
        return None

    @door.after_request
    def keep_to_yourself(response: Response) -> Response:
        """Let no cache between hand out to others what one may see."""
        response.cache_control.private = True
        response.headers["Referrer-Policy"] = "no-referrer"  # the address holds what opens
        return response

    return door
