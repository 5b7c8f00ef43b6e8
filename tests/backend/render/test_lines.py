"""Messages arrive whole or not at all, and requests keep their values."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Iterator, Tuple

import pytest

from geopub_plugin.backend.render import requests
from geopub_plugin.backend.render.lines import ANSWER, ERROR, QUESTION, Line, handed_over, line_pair
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


@pytest.fixture
def ends() -> Iterator[Tuple[Line, Line]]:
    """Return both ends of a line."""
    own, end = line_pair()
    other = Line(end)
    yield own, other
    own.close()
    other.close()


@pytest.mark.parametrize("size", [0, 1, 11_000, 70_000, 9_000_000])
def test_messages_follow_one_another_whole(ends: Tuple[Line, Line], size: int) -> None:
    own, other = ends
    content = os.urandom(size)
    writer = threading.Thread(target=lambda: [other.send(ANSWER, content), other.receive(20), other.send(ERROR, b"!")])
    writer.start()
    assert own.receive(20) == (ANSWER, content)
    own.send(QUESTION, b"?")
    assert own.receive(20) == (ERROR, b"!")
    writer.join(20)


def test_who_waits_too_long_is_told(ends: Tuple[Line, Line]) -> None:
    with pytest.raises(TimeoutError):
        ends[0].receive(0.05)


@pytest.mark.parametrize("said", [b"", b"\x02\x00", b"\x02\x00\x00\x00\x05four"])
def test_a_cut_message_is_the_end(said: bytes) -> None:
    own, other = line_pair()
    other.sendall(said)
    other.close()
    with closing(own), pytest.raises(EOFError):
        own.receive(20)


def test_another_process_takes_its_end_over() -> None:
    own, end = line_pair()
    code = "from geopub_plugin.backend.render.lines import *; taken_over(input()).send(ANSWER, b'here')"
    inherited = {} if sys.platform == "win32" else {"pass_fds": [end.fileno()]}
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, text=True, **inherited) as process:
        process.communicate(handed_over(end, process.pid), timeout=60)
    end.close()
    with closing(own):
        assert own.receive(20) == (ANSWER, b"here")
        with pytest.raises(EOFError):
            own.receive(20)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda value: type(value).__name__)
def test_requests_travel_as_json(request_: requests.Request) -> None:
    assert requests.from_json(json.loads(json.dumps(requests.as_json(request_)))) == request_


@pytest.mark.parametrize("request_", REQUESTS[:3], ids=lambda value: type(value).__name__)
def test_descriptions_name_tables_and_no_paths(request_: requests.Request) -> None:
    assert "bâti" in requests.described(request_)
    assert "/d/" not in requests.described(request_)
