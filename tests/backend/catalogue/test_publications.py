"""What the services see: values, at once, and only what is live."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict

from geopub_plugin.backend.catalogue import offerings, processings
from geopub_plugin.backend.catalogue.configurations import configurations, create_configuration
from geopub_plugin.backend.catalogue.outcomes import Outcomes
from geopub_plugin.backend.catalogue.programs import PYRAMID
from geopub_plugin.backend.catalogue.published_records import PublishedRecords
from geopub_plugin.backend.catalogue.records import create_record, records
from geopub_plugin.backend.catalogue.seeds import ENDPOINTS
from geopub_plugin.backend.catalogue.spaces import datastores
from geopub_plugin.backend.catalogue.store import Store
from geopub_plugin.backend.services.publications import MetadataLink, Publications

from ..api.test_metadata import record as described
from .test_recovery import CONTENT, integrated

WFS, TMS = ENDPOINTS[0]["id"], ENDPOINTS[2]["id"]


def published(store: Store, body: Dict[str, Any], endpoint: str) -> offerings.Offering:
    with store.reading() as connection:
        (space,) = datastores.find(connection)
    return offerings.publish(store, create_configuration(store, space, body), endpoint)


def wfs(data: str, **more: Any) -> Dict[str, Any]:
    relation = {"native_name": "roads", "title": "Roads", "abstract": "All roads.", "keywords": ["road"]}
    infos = {"used_data": [{"stored_data": data, "relations": [relation]}], **more}
    link = {"format": "text/html", "url": "https://example.org", "type": "Other"}
    return {"type": "WFS", "name": "roads", "layer_name": "roads", "type_infos": infos, "metadata": [link]}


def test_a_feature_type_says_what_its_configuration_says(store: Store) -> None:
    data = integrated(store)
    shown: Publications = store.publications
    assert shown.feature_types() == ()
    published(store, wfs(data), WFS)
    (one,) = shown.feature_types()
    assert (one.name, one.title, one.abstract, one.keywords) == ("roads:roads", "Roads", "All roads.", ("road",))
    assert (one.table, one.bounds) == ("roads", (0, 0, 1, 1))
    assert one.data.read_bytes() == CONTENT
    assert one.metadata == (MetadataLink("text/html", "https://example.org", "Other"),)
    assert shown.service().title


def test_a_given_extent_wins_over_the_computed_one(store: Store) -> None:
    bbox = {"west": -1, "south": "-2", "east": 3, "north": 4.5}
    published(store, wfs(integrated(store), bbox=bbox), WFS)
    assert store.publications.feature_types()[0].bounds == (-1, -2, 3, 4.5)


def test_the_revision_changes_with_what_is_shown_and_only_then(store: Store) -> None:
    data = integrated(store)
    shown = store.publications
    seen = [shown.revision()]
    offering = published(store, wfs(data), WFS)
    seen.append(shown.revision())
    with store.writing() as connection:
        configurations.change(connection, offering.configuration, tags={"a": "b"}, extra={"c": 1})
    assert shown.revision() == seen[-1]
    with store.writing() as connection:
        offerings.offerings.change(connection, offering.id, available=False)
    seen.append(shown.revision())
    assert shown.feature_types() == ()
    assert seen[0] == seen[2] != seen[1]


def overtaken(reader: Any, method: str, read: Callable[[], Any], write: Callable[[], Any]) -> None:
    """Read, and have something written before what was read is kept."""
    original, has_read, go = getattr(reader, method), threading.Event(), threading.Event()

    def slow() -> Any:
        found = original()
        setattr(reader, method, original)
        has_read.set()
        assert go.wait(20)
        return found

    setattr(reader, method, slow)
    reading, writing = threading.Thread(target=read), threading.Thread(target=write)
    reading.start()
    assert has_read.wait(20)
    writing.start()
    writing.join(0.3)  # it may have to wait for the other
    go.set()
    reading.join(20)
    writing.join(20)


def test_what_is_hidden_while_others_read_stays_hidden(store: Store) -> None:
    offering = published(store, wfs(integrated(store)), WFS)

    def hide() -> None:
        with store.writing() as connection:
            offerings.offerings.change(connection, offering.id, available=False)

    shown = store.publications
    overtaken(shown, "_read", shown.refresh, hide)
    assert shown.feature_types() == ()


def test_a_record_that_is_withdrawn_while_others_read_stays_withdrawn(store: Store) -> None:
    shown = PublishedRecords(store.database)
    with store.reading() as connection:
        (space,) = datastores.find(connection)
    record = create_record(store, space, described("fr-roads"), "METADATA", True)

    def place(*endpoints: str) -> None:
        with store.writing() as connection:
            records.change(connection, record.id, endpoints=list(endpoints))

    place(WFS)
    overtaken(shown, "_all", shown, place)
    assert shown() == ()


def test_a_pyramid_is_a_tile_layer(store: Store, tmp_path: Path) -> None:
    data = integrated(store)
    with store.reading() as connection:
        (space,) = datastores.find(connection)
    levels = {"top_level": 0, "bottom_level": 2}
    execution = processings.create(store, space.id, PYRAMID, {"stored_data": [data]}, {"name": "tiles"}, levels)
    processings.launch(store, execution)
    outcomes, job = Outcomes(store), store.queue.jobs[-1]
    assert Path(job.parameters["data"]).read_bytes() == CONTENT
    outcomes.started(execution.id)
    (job.work / "pyramid.pmtiles").write_bytes(b"tiles")
    made = {"file": "pyramid.pmtiles", "levels": ["0", "1", "2"], "bounds": [5, 6, 7, 8], "size": 5, "report": {}}
    outcomes.finished(execution.id, made)
    infos = {"title": "Tiles", "used_data": [{"stored_data": execution.output, "top_level": "1", "bottom_level": "2"}]}
    published(store, {"type": "WMTS-TMS", "layer_name": "roads", "type_infos": infos}, TMS)
    (one,) = store.publications.tile_layers()
    assert (one.name, one.title, one.top_level, one.bottom_level) == ("roads", "Tiles", 1, 2)
    assert one.bounds == (5, 6, 7, 8)
    assert one.archive.read_bytes() == b"tiles"


def test_asking_costs_next_to_nothing(store: Store) -> None:
    published(store, wfs(integrated(store)), WFS)
    shown, times = store.publications, 100_000
    start = time.perf_counter()
    for _ in range(times):
        shown.feature_types()
    assert (time.perf_counter() - start) / times < 20e-6
