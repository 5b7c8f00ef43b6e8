"""Work that is interrupted: by the end of the backend, by its death, and on demand."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable, Type

import pytest
import requests

from geopub_plugin.backend.errors import GeoPubError, NotFound, Unavailable
from geopub_plugin.publish.client.store import Store, open_store
from geopub_plugin.publish.publication import Publication, PublicationRequest
from geopub_plugin.publish.steps import Quiet, Step

from ..processes import descendants, gone_within
from .conftest import Serving
from .small_tables import make_table

LARGE = 120_000  # features: enough for an integration to be caught in the act, on a quick machine, too


class Trigger(Quiet):
    """A listener that has something done once, while an integration runs."""

    def __init__(self, store: Store, act: Callable[[], None]) -> None:
        """Watch `store`, by a connection of its own, from the moment that the integration is asked for."""
        self._thread = threading.Thread(target=self._watch, args=(store, act), daemon=True)

    def begun(self, step: Step) -> None:
        if step is Step.INTEGRATION:
            self._thread.start()

    def _watch(self, store: Store, act: Callable[[], None]) -> None:
        while not any(one["status"] == "PROGRESS" for one in integrations(store)):
            time.sleep(0.005)
        act()

    def join(self) -> None:
        self._thread.join(60)


def store_of(serving: Serving) -> Store:
    return open_store(serving.announcement.url, serving.announcement.token)


def integrations(store: Store) -> Any:
    """Return every execution of a processing, as the API shows it."""
    root = f"datastores/{store.id}/processings/executions"
    ask = store.connection.ask
    return [ask("GET", f"{root}/{one['_id']}") for one in ask("GET", root)]


@pytest.fixture
def large(tmp_path: Path) -> PublicationRequest:
    make_table(tmp_path / "large.gpkg", 0, LARGE)
    return PublicationRequest.proposed(tmp_path / "large.gpkg")


def interrupted(
    serving: Serving, request: PublicationRequest, act: Callable[[], None], kind: Type[GeoPubError] = GeoPubError
) -> None:
    """Publish, do something in the middle of the integration, and see the publication fail."""
    trigger = Trigger(store_of(serving), act)
    with pytest.raises(kind):
        Publication(store_of(serving), request, trigger).run()
    trigger.join()


def test_what_runs_when_the_backend_is_ended_goes_on_at_the_next_start(serve, large):
    first = serve()
    first.ready()
    seconds = []

    def end() -> None:
        first.process.send_signal(signal.SIGTERM)
        seconds.append(first.seconds_to_end())

    interrupted(first, large, end)
    assert seconds[0] < 5
    assert first.process.returncode == 0
    second = serve()
    second.ready()
    store = store_of(second)
    (execution,) = integrations(store)
    assert execution["status"] in ("WAITING", "PROGRESS", "SUCCESS")
    assert store.executions.ended(execution["_id"]).status == "SUCCESS"
    assert Publication(store, large).resume().data.relations[0].count == LARGE


def test_no_worker_and_no_renderer_outlives_a_killed_backend(serve, large, tmp_path):
    serving = serve()
    serving.ready()
    make_table(tmp_path / "small.gpkg", 1)
    small = Publication(store_of(serving), PublicationRequest.proposed(tmp_path / "small.gpkg")).run()
    picture = next(url.url for url in small.urls if url.service == "wms")
    assert get_map(picture).headers["Content-Type"] == "image/png"
    families = []

    def kill() -> None:
        families.append(descendants(serving.process.pid))
        serving.kill()

    interrupted(serving, large, kill, Unavailable)
    assert len(families[0]) >= 3  # the worker, the one kept ready, the renderer
    assert gone_within(families[0], 6)


def test_aborting_ends_the_worker_within_a_second_and_leaves_nothing(serve, large, tmp_path):
    serving = serve()
    serving.ready()
    store = store_of(serving)
    ended = threading.Event()

    def abort() -> None:
        (execution,) = integrations(store)
        begin = time.monotonic()
        store.executions.abort(execution["_id"])
        with suppress(NotFound):  # the publication, which fails of that, takes it away
            while any(one["status"] not in ("ABORTED", "SUCCESS") for one in integrations(store)):
                assert time.monotonic() - begin < 5
            assert all(one["status"] == "ABORTED" for one in integrations(store))
        ended.set()

    interrupted(serving, large, abort)
    assert ended.is_set()
    assert list((tmp_path / "data" / "work").iterdir()) == []
    assert [place for place in (tmp_path / "data" / "stored").rglob("*") if place.is_file()] == []


def get_map(url: str) -> requests.Response:
    query = {"styles": "", "crs": "EPSG:3857", "bbox": "0,5000000,1000000,6000000", "width": "64", "height": "64"}
    answer = requests.get(url, params={**query, "format": "image/png"}, timeout=60)
    answer.raise_for_status()
    return answer
