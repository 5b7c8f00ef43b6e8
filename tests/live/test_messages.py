"""A message that waits when the backend is killed is delivered by the next one."""

from __future__ import annotations

import json
from pathlib import Path

from geopub_plugin.publish.client.store import open_store
from geopub_plugin.publish.publication import Publication, PublicationRequest

from ..backend.notifications.receivers import PATIENCE, Listener, free_port
from .small_tables import make_table


def test_a_killed_backend_owes_no_message(serve, tmp_path: Path) -> None:
    port = free_port()
    told = {"GEOPUB_WEBHOOK_URL": f"http://127.0.0.1:{port}/hook", "GEOPUB_NOTIFY_SECONDS": "0"}
    former = serve(environment=told)
    former.ready()
    make_table(tmp_path / "small.gpkg", 1)
    store = open_store(former.announcement.url, former.announcement.token)
    Publication(store, PublicationRequest.proposed(tmp_path / "small.gpkg")).run()
    former.kill()
    listener = Listener(port=port)
    try:
        serve(environment=told).ready()
        bodies = [json.loads(listener.received.get(timeout=PATIENCE)[2]) for _ in range(2)]
    finally:
        listener.close()
    assert len({body["execution"] for body in bodies}) == 2
    assert {body["status"] for body in bodies} == {"SUCCESS"}
