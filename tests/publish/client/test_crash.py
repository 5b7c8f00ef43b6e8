"""Kill -9 of the backend in the middle of publications: nothing half-made is seen, and each can be resumed."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from test_publication import hits

from geopub_plugin.backend.errors import GeoPubError
from geopub_plugin.publish.client import Store, open_store
from geopub_plugin.publish.embedded import Backend, start_backend
from geopub_plugin.publish.publication import Publication, PublicationRequest
from tests.towns import make_geopackage

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
USUAL = 4.0  # seconds that such a publication takes, about


def publish_and_kill(backend: Backend, request: PublicationRequest, after: float) -> bool:
    """Publish, kill the backend after some seconds, and return whether the publication was done before."""
    done = []

    def publish() -> None:
        try:
            done.append(Publication(open_store(backend.api, backend.token), request).resume())
        except GeoPubError:
            return  # the line broke

    thread = threading.Thread(target=publish)
    thread.start()
    time.sleep(after)
    os.kill(backend.pid, signal.SIGKILL)
    thread.join(60)
    assert not thread.is_alive()
    return bool(done)


def assert_whole(store: Store) -> None:
    """Everything that is visible works: live services answer, and no upload or data is in a state of work."""
    for offering in store.offerings.list():
        live = store.offerings.get(offering.id)
        if live.status == "PUBLISHED":
            for url in live.urls:
                answer = requests.get(f"{url.url}{'&resultType=hits' if url.type == 'WFS' else ''}", timeout=30)
                assert url.type == "WMS" or answer.ok, url
    for data in store.stored_data.list():
        assert data.status in ("CREATED", "GENERATING", "MODIFYING", "GENERATED", "UNSTABLE")
        if data.status == "GENERATED":
            assert store.stored_data.get(data.id).size > 0


def run(folder: Path, moments: int) -> None:
    data = folder / "data"
    for number in range(moments):
        file = make_geopackage(folder / f"crash_{number}.gpkg", towns=20 + number)
        request = replace(PublicationRequest.proposed(file), bottom_level=10)
        with start_backend(data) as backend:
            publish_and_kill(backend, request, USUAL * (number + 0.5) / moments)
        with start_backend(data) as again:
            store = open_store(again.api, again.token)
            assert_whole(store)
            result = Publication(store, request).resume()
            assert hits(result.urls[0].url) == 20 + number
            assert [url.type for url in result.urls] == ["WFS", "WMS", "WMTS", "TMS"]
            assert not store.uploads.list()
    with start_backend(data) as last:
        store = open_store(last.api, last.token)
        assert {sheet.state for sheet in store.datasheets.list()} == {"PUBLISHED"}
        assert len(store.datasheets.list()) == moments
        assert len(store.stored_data.list()) == 2 * moments
        assert len(store.offerings.list()) == 3 * moments


@pytest.mark.slow  # `live/test_crash` has its short form
def test_killed_now_and_then(tmp_path):
    run(tmp_path, 2)


@pytest.mark.slow
def test_killed_twenty_times(tmp_path):
    run(tmp_path, 20)
