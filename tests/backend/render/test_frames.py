"""Messages arrive whole or not at all, and requests keep their values."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from geopub_plugin.backend.render import requests
from geopub_plugin.backend.render.frames import read_frame, write_frame
from geopub_plugin.backend.services.publications import DrawnTable

TABLES = (DrawnTable(Path("/d/é a.gpkg"), "bâti", Path("/d/s.qml")), DrawnTable(Path("/d/b.gpkg"), "b", None))
VIEW = requests.MapView(TABLES, "EPSG:2154", (0.1, 2.0, 3.0, 4.5), 256, 128, 96.0, "r9")
REQUESTS = [
    requests.MapRequest(VIEW, requests.PNG8, True, "#00ff00"),
    requests.FeatureInfoRequest(VIEW, 1.5, 2.5, (3.0, 2.0, 1.0), 10, False),
    requests.LegendRequest(TABLES, ("a", ""), "r1", "application/json", True, 120.0, 20, 10),
    requests.MessageRequest("no", 10, 20),
    requests.MetatileRequest(VIEW, 4, 64),
    requests.SldRequest(TABLES[:1], "r1"),
]


def test_frames_follow_one_another() -> None:
    stream = io.BytesIO()
    write_frame(stream, {"id": 1, "é": "à"}, b"\x00body")
    write_frame(stream, {})
    stream.seek(0)
    assert read_frame(stream) == ({"id": 1, "é": "à"}, b"\x00body")
    assert read_frame(stream) == ({}, b"")
    assert read_frame(stream) is None


@pytest.mark.parametrize("cut", [1, 7, 9, 20])
def test_a_cut_frame_is_the_end(cut: int) -> None:
    stream = io.BytesIO()
    write_frame(stream, {"id": 1}, b"twelve bytes")
    assert read_frame(io.BytesIO(stream.getvalue()[:cut])) is None


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda value: type(value).__name__)
def test_requests_travel_as_json(request_: requests.Request) -> None:
    assert requests.from_json(json.loads(json.dumps(requests.as_json(request_)))) == request_


@pytest.mark.parametrize("request_", REQUESTS[:3], ids=lambda value: type(value).__name__)
def test_descriptions_name_tables_and_no_paths(request_: requests.Request) -> None:
    assert "bâti" in requests.described(request_)
    assert "/d/" not in requests.described(request_)
