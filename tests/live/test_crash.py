"""Kill -9 at random moments of publications: nothing half-made is ever seen, and every publication can be resumed."""

from __future__ import annotations

import os
import random
import re
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Set

import pytest
import requests
from sqlalchemy import text

from geopub_plugin.backend.catalogue.audit import audit
from geopub_plugin.backend.catalogue.engines import open_engine
from geopub_plugin.backend.errors import Unavailable
from geopub_plugin.backend.features.geopackage import GeoPackageTable, feature_tables
from geopub_plugin.publish.client.store import open_store
from geopub_plugin.publish.publication import Publication, PublicationRequest, PublicationResult

from ..processes import descendants, gone_within
from .conftest import Serving
from .small_tables import make_table
from .witness import Witness

LATEST = 0.6  # of the time of an undisturbed publication; what is resumed takes less than that
KEPT = 3  # publications; older ones are deleted, or looking at all of them would take longer than making them
PATIENCE = 20  # seconds: the machine may be busy; test_interruption tells how fast it is otherwise
ROOMS = ("uploads", "stored", "statics", "annexes")
SEED = int(os.environ.get("GEOPUB_CRASH_SEED", "20261122"))  # printed, to go through the same ordeal again


class Ordeal:
    """A backend that is killed and started again while publications are made."""

    def __init__(self, serve: Callable[..., Serving], data: Path, seed: int) -> None:
        print(f"seed {seed}")
        self._serve, self._data = serve, data
        self._chance = random.Random(seed)
        self.kills = self.interrupted = 0
        self.expected: Dict[str, Dict[str, int]] = {}  # layer name: features of each table
        self.orphans = False
        self.seconds = 0.0  # that a publication takes when nothing happens to it
        self.witness = Witness()
        self.start()

    def start(self) -> None:
        self.serving = self._serve()
        self.url = self.serving.ready()

    def kill(self) -> None:
        """Kill the backend alone, and note whether whatever it had started ends by itself."""
        family = descendants(self.serving.process.pid)
        self.serving.kill()
        self.kills += 1
        self.orphans = not gone_within(family, PATIENCE)

    def publish(self, request: PublicationRequest, kills: int) -> PublicationResult:
        """Publish while the backend is killed at most so many times; after each look at what is there, and resume."""
        resume = False
        for _ in range(kills):
            killer = threading.Timer(self._chance.uniform(0, LATEST * self.seconds), self.kill)
            killer.start()
            result = self._attempt(request, resume)
            killer.cancel()
            killer.join()
            if result is not None and self.serving.process.poll() is None:
                return result
            assert not self.orphans, "a worker or a renderer outlives its backend"
            self.interrupted += result is None
            print(f"kill {self.kills}, {self.interrupted} in the middle", flush=True)
            self.look_at_ruins()
            self.start()
            self.look()
            resume = True
            if result is not None:
                return result
        result = self._attempt(request, resume)
        assert result is not None
        return result

    def _attempt(self, request: PublicationRequest, resume: bool) -> Any:
        try:
            store = open_store(self.url, self.serving.announcement.token, transport=self.witness)
            publication = Publication(store, request)
            return publication.resume() if resume else publication.run()
        except Unavailable:
            return None

    def delete(self, datasheet: str, layer_name: str) -> None:
        """Delete a datasheet with everything in it."""
        self.witness.forget_all()
        headers = {"Authorization": f"Bearer {self.serving.announcement.token}"}
        answer = requests.delete(f"{self.url}/api/datastores/local/datasheets/{datasheet}", headers=headers, timeout=20)
        answer.raise_for_status()
        del self.expected[layer_name]

    # What is there -----------------------------------------------------------------------------------------------

    def get(self, place: str, /, **query: str) -> Any:
        headers = {"Authorization": f"Bearer {self.serving.announcement.token}"}
        answer = requests.get(f"{self.url}/api/{place}", headers=headers, params={"limit": "100", **query}, timeout=20)
        answer.raise_for_status()
        return answer.json()

    @property
    def datastore(self) -> str:
        """The path of the datastore."""
        return "datastores/" + self.get("users/me")["communities_member"][0]["community"]["datastore"]

    def entities(self, family: str) -> List[Dict[str, Any]]:
        """Return the details of every entity of a family."""
        return [self.get(f"{self.datastore}/{family}/{it['_id']}") for it in self.get(f"{self.datastore}/{family}")]

    def look_at_ruins(self) -> None:
        """See that nothing is damaged while nobody has tidied up."""
        found = audit(self._data, self.serving.catalogue)
        assert found.sound, found.faults

    def look(self) -> None:
        """See that nothing is lost, and that whatever is visible is whole."""
        for path in self.witness.entities:
            self.get(path)
        for (upload, name), received in self.witness.received.items():
            assert self.get(f"{upload}/data", path=name)["received"] >= received
        for execution in self.entities("processings/executions"):
            self.look_at_execution(execution)
        for data in self.entities("stored_data"):
            if data["status"] in ("GENERATED", "MODIFYING"):
                self.look_at_data(data)
        for offering in self.entities("offerings"):
            early = offering["type"] == "WMTS-TMS" and offering["status"] == "PUBLISHING"  # its tiles are being made
            assert early or offering["status"] == "PUBLISHED", offering
            self.look_at_service(offering)

    def look_at_execution(self, execution: Dict[str, Any]) -> None:
        """See that an execution has ended as it was seen to, goes on, or says why it failed."""
        path = f"{self.datastore}/processings/executions/{execution['_id']}"
        seen = self.witness.ended.get(path)
        assert seen in (None, execution["status"])
        assert execution["status"] in ("CREATED", "WAITING", "PROGRESS", "SUCCESS", "FAILURE", "ABORTED")
        if execution["status"] == "FAILURE":
            assert self.get(f"{path}/logs")

    def look_at_data(self, data: Dict[str, Any]) -> None:
        revisions = sorted((self._data / "stored" / data["_id"]).iterdir())
        assert revisions
        for file in revisions:
            if data["type"] == "VECTOR-DB":
                counts = {}
                for schema in feature_tables(file):
                    with GeoPackageTable(file, schema.name) as table:
                        counts[schema.name] = table.count()
                assert counts == self.expected[data["name"]]  # tags come a moment later
            else:
                assert file.read_bytes()[:8] == b"PMTiles\x03"

    def look_at_service(self, offering: Dict[str, Any]) -> None:
        layer = offering["layer_name"]
        if offering["type"] == "WFS":
            query = {"service": "WFS", "version": "2.0.0", "request": "GetFeature", "resultType": "hits"}
            for table, count in self.expected[layer].items():
                answer = requests.get(
                    f"{self.url}/wfs/ows", params={**query, "typeNames": f"{layer}:{table}"}, timeout=20
                )
                assert re.search(r'numberMatched="(\d+)"', answer.text).group(1) == str(count), answer.text
        elif offering["type"] == "WMS-VECTOR":
            query = {"service": "WMS", "version": "1.3.0", "request": "GetCapabilities"}
            answer = requests.get(f"{self.url}/wms-v/ows", params=query, timeout=20)
            assert f"<Name>{layer}</Name>" in answer.text
        else:
            assert requests.get(f"{self.url}/tms/1.0.0/{layer}/metadata.json", timeout=20).ok

    def look_for_debris(self) -> None:
        """Compare the files on disk with those that the catalogue names."""
        rows = (
            "SELECT 'stored/' || stored_data || '/' || number || suffix FROM data_revision",
            "SELECT 'statics/' || id || '/' || revision || suffix FROM static",
        )
        engine = open_engine(self.serving.catalogue or f"sqlite:///{self._data / 'catalogue.sqlite'}")
        with engine.connect() as catalogue:
            named = {path for query in rows for path in catalogue.execute(text(query)).scalars()}
            uploads = catalogue.execute(text("SELECT count(*) FROM upload WHERE status <> 'DELETED'")).scalar_one()
            unended = "SELECT count(*) FROM execution WHERE status IN ('CREATED', 'WAITING', 'PROGRESS')"
            live = catalogue.execute(text(unended)).scalar_one()
        engine.dispose()
        files: Set[str] = {
            str(place.relative_to(self._data))
            for room in ROOMS
            for place in (self._data / room).rglob("*")
            if place.is_file()
        }
        assert files == named
        assert (uploads, live) == (0, 0)
        assert list((self._data / "work").iterdir()) == []


def ordeal_of(serve: Callable[..., Serving], tmp_path: Path, kills: int) -> None:
    """Publish small files until the backend has been killed so many times in the middle, and look at what is left."""
    ordeal = Ordeal(serve, tmp_path / "data", SEED)
    kept: List[PublicationRequest] = []
    number = 0
    while ordeal.interrupted < kills:
        file = tmp_path / f"small_{number}.gpkg"
        counts = make_table(file, number)
        request = PublicationRequest.proposed(file)
        ordeal.expected[request.layer_name] = {published_name(table): count for table, count in counts.items()}
        begin = time.monotonic()
        result = ordeal.publish(request, kills=min(kills - ordeal.interrupted, 20) if number > 1 else 0)
        ordeal.seconds = time.monotonic() - begin if number < 2 else ordeal.seconds  # the first one is slow
        assert {url.service for url in result.urls} == {"wfs", "wms", "tms"}
        kept.append(request)
        if len(kept) > KEPT:
            oldest = kept.pop(0)
            ordeal.delete(oldest.datasheet, oldest.layer_name)
        number += 1
    ordeal.look()
    sheets = ordeal.get("datastores/local/datasheets")
    assert [sheet["state"] for sheet in sheets] == ["PUBLISHED"] * len(kept)
    for family, each in {"stored_data": 2, "configurations": 3, "offerings": 3, "uploads": 0, "statics": 0}.items():
        assert len(ordeal.entities(family)) == each * len(kept), family
    ordeal.look_for_debris()
    ordeal.serving.close()
    assert audit(tmp_path / "data", ordeal.serving.catalogue).faults == ()
    print(f"{ordeal.kills} kills, {ordeal.interrupted} of them in the middle of one of {number} publications")


def published_name(table: str) -> str:
    """Return what a table of `small_tables` is called when it is published: "lines n° 1" becomes "lines_n_1"."""
    return re.sub(r"[^a-z0-9]+", "_", table.lower())


def test_three_kills(serve, tmp_path):
    ordeal_of(serve, tmp_path, kills=3)


@pytest.mark.slow
def test_two_hundred_kills(serve, tmp_path):
    ordeal_of(serve, tmp_path, kills=200)
