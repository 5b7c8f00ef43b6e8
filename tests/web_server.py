"""A Flask application behind GeoPub's own HTTP server in a thread of the test, and its end."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from flask import Flask

from geopub_plugin.backend.http_server import HttpServer
from geopub_plugin.backend.listening import bound_socket, url_of
from geopub_plugin.backend.services.freshness import keep_nothing_unsaid
from geopub_plugin.backend.settings import Settings
from geopub_plugin.backend.stopping import StopRequest


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Yield the address of an application on a free port; it may still get its blueprints before it is first asked.

    QGIS keeps what does not say how long it holds, and a port is given to one server after the other.
    """
    keep_nothing_unsaid(app)
    bound, stop = bound_socket("127.0.0.1", 0), StopRequest()
    server = HttpServer(app, bound, Settings(Path(), threads=4))
    thread = threading.Thread(target=server.run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield url_of(bound)
    finally:
        stop.utter()
        thread.join(10)
        assert not thread.is_alive(), "the server goes on"
