"""A Flask application behind waitress in a thread of the test, and its end in that thread."""

from __future__ import annotations

import threading
import warnings
from contextlib import contextmanager, suppress
from typing import Iterator

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from geopub_plugin.backend.services.freshness import keep_nothing_unsaid


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Yield the address of an application on a free port; it may still get its blueprints before it is first asked.

    QGIS keeps what does not say how long it holds, and a port is given to one server after the other.
    """
    keep_nothing_unsaid(app)
    channels: dict = {}
    server = create_server(app, host="127.0.0.1", port=0, threads=4, map=channels)
    thread = threading.Thread(target=server.run, daemon=True)

    def hang_up() -> None:
        for channel in list(server.active_channels.values()):
            channel.handle_close()  # unlike close(), wakes the thread that waits for its reader
        wasyncore.close_all(channels, ignore_all=True)

    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # In the thread that selects: a socket that another one closes is none any more when `select` gets it (EBADF).
        try:
            server.trigger.pull_trigger(hang_up)
        except OSError as gone:
            # Seen now and then in the middle of hundreds of other tests: somebody has closed the trigger's pipe.
            warnings.warn(f"the server's trigger was closed by somebody else: {gone}", stacklevel=2)
            with suppress(OSError):
                hang_up()
        else:
            thread.join(10)
            assert not thread.is_alive(), "the server goes on"
        server.task_dispatcher.shutdown(timeout=1)
