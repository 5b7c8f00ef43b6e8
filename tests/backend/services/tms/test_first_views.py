"""The first view of a layer: the tiles that QGIS asks for, built once and before anybody asks."""

from __future__ import annotations

import queue
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

import pytest
from qgis.PyQt.QtCore import QSize

from geopub_plugin.backend.errors import Unavailable
from geopub_plugin.backend.services.publications import TileLayer
from geopub_plugin.backend.services.tms.first_views import MARGIN, PANEL, FirstViews, first_view
from geopub_plugin.backend.services.tms.fresh_tiles import FreshTiles
from geopub_plugin.backend.tiles.grid import HALF_WORLD, unit_bounds
from geopub_plugin.backend.tiles.tile_builders import Told

TOKYO = (139.69, 35.64, 139.79, 35.72)  # two tiles of level 11
LAYER = TileLayer("houses", "", "", (), Path("none"), 5, 15, TOKYO, "1", making="job")
SECONDS = 20


@pytest.mark.parametrize(
    ("bounds", "levels", "places"),
    [
        (TOKYO, (0, 15), [(11, 1818, 806), (11, 1819, 806)]),
        (TOKYO, (0, 9), [(9, 454, 201)]),
        ((-180.0, -85.0, 180.0, 85.0), (0, 15), [(0, 0, 0)]),
        ((-180.0, -85.0, 180.0, 85.0), (2, 15), None),  # sixteen, of which nine are enough
        ((2.0, 48.0, 2.0, 48.0), (0, 14), [(14, 8283, 5695)]),  # a point
    ],
)
def test_the_tiles_of_the_whole_layer(bounds, levels, places):
    found = first_view(bounds, levels)
    if places is None:
        assert len(found) == 9 and {place[0] for place in found} == {2}
    else:
        assert sorted(found) == sorted(places)


@pytest.fixture(scope="module")
def server() -> Iterator[Tuple[str, List[str]]]:
    """A server of empty tiles, and the paths that it was asked for."""
    asked: List[str] = []

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    served = HTTPServer(("127.0.0.1", 0), Empty)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}", asked
    served.shutdown()
    served.server_close()


@pytest.mark.parametrize("side", [0.001, 0.03, 0.07, 5.0])
def test_qgis_asks_for_these(server, side):
    core = pytest.importorskip("qgis.core")
    address, asked = server
    asked.clear()
    bounds = (2.0, 10.0, 2.0 + side, 10.0 + side / 2)
    west, north, east, south = ((share - 0.5) * 2 * HALF_WORLD for share in unit_bounds(bounds))
    seen = core.QgsRectangle(west, -south, east, -north)
    seen.scale(MARGIN)
    layer = core.QgsVectorTileLayer(f"type=xyz&url={address}/{{z}}/{{x}}/{{y}}&zmin=0&zmax=22", "")
    layer.loadDefaultStyle()
    settings = core.QgsMapSettings()
    settings.setDestinationCrs(core.QgsCoordinateReferenceSystem("EPSG:3857"))
    settings.setLayers([layer])
    settings.setOutputSize(QSize(PANEL, PANEL))
    settings.setExtent(seen)
    job = core.QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    places = {tuple(map(int, path.split("/")[1:])) for path in asked}
    expected = set(first_view(bounds, (0, 22)))
    assert expected <= places
    assert {place[0] for place in expected} == {place[0] for place in places}


class Builders:
    """Builders that tell what they build."""

    def __init__(self, error: Optional[Exception] = None) -> None:
        self.built: queue.Queue[Tuple[str, ...]] = queue.Queue()
        self._error = error

    def tile(self, job: str, z: int, x: int, y: int) -> Optional[bytes]:
        self.built.put((job, z, x, y))
        if self._error is not None:
            raise self._error
        return b"tile"

    def told(self, job: str) -> Told:
        self.built.put((job,))
        return Told(TOKYO, ())

    def taken(self, count: int) -> List[Tuple[str, ...]]:
        return [self.built.get(timeout=SECONDS) for _ in range(count)]


def test_they_are_built_once_and_are_there_when_somebody_asks():
    builders = Builders()
    fresh = FreshTiles(builders, waiting=1)
    layers = [LAYER, replace(LAYER, name="made", making="")]
    views = FirstViews(fresh, lambda: layers)
    views.look()
    views.look()
    told, *built = builders.taken(3)
    assert told == ("job",)
    assert sorted(built) == sorted(("job", *place) for place in first_view(TOKYO, (5, 15)))
    assert fresh.tile("job", 11, 1818, 806) == b"tile"
    assert builders.built.empty()
    layers[:] = [replace(LAYER, making="another job")]
    views.look()
    assert {one[0] for one in builders.taken(3)} == {"another job"}


def test_what_cannot_be_built_is_left_to_whoever_asks():
    builders = Builders(Unavailable("too much"))
    fresh = FreshTiles(builders)
    views = FirstViews(fresh, lambda: [LAYER])
    views.look()
    assert builders.taken(1) == [("job",)]
    assert 1 <= len(builders.taken(2)) <= 2
    with pytest.raises(Unavailable):
        fresh.tile("job", 11, 1818, 806)
