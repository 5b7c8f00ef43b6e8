"""The whole flow against the real backend: published, updated, refused, cancelled, resumed."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from threading import Event
from typing import Iterator, Set, Tuple

import pytest
import requests

from geopub_plugin.backend.errors import Cancelled, Conflict, Unavailable
from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.embedded import Backend, start_backend
from geopub_plugin.publish.proposal import TableStyle
from geopub_plugin.publish.publication import Publication, PublicationRequest, Quiet, Refused, Step
from geopub_plugin.publish.requests_transport import RequestsTransport
from tests.towns import SLD, make_geopackage


@pytest.fixture(scope="module")
def backend(tmp_path_factory) -> Iterator[Backend]:
    with start_backend(tmp_path_factory.mktemp("publication") / "data") as started:
        yield started


@pytest.fixture
def store(backend):
    return open_store(backend.api, backend.token)


@pytest.fixture
def request_(tmp_path, request) -> PublicationRequest:
    """Publish a small file under a name of the test's own, without tiles."""
    name = "".join(c if c.isalnum() else "_" for c in request.node.name)
    file = make_geopackage(tmp_path / f"{name}.gpkg")
    return replace(PublicationRequest.proposed(file), services=("wfs", "wms"))


def held(store) -> Set[Tuple[str, str]]:
    """Return everything that a store holds."""
    return {
        (kind, entity.id)
        for kind in ("uploads", "stored_data", "configurations", "offerings", "statics")
        for entity in getattr(store, kind).list()
    }


def hits(url: str) -> int:
    counted = requests.get(f"{url}&resultType=hits", timeout=20)
    counted.raise_for_status()
    return int(counted.text.partition('numberMatched="')[2].partition('"')[0])


def test_a_file_becomes_services(store, request_):
    result = Publication(store, request_).run()
    assert not result.updated
    assert [url.type for url in result.urls] == ["WFS", "WMS", "WMTS"]
    assert hits(result.urls[0].url) == 30
    assert [step for step, _ in result.times] == [Step.DELIVERY, Step.CHECKS, Step.INTEGRATION, Step.WFS, Step.WMS]
    assert result.names["towns"]["fields"]["Name"] == "name"
    assert not store.uploads.list()
    sheet = next(sheet for sheet in store.datasheets.list() if sheet.name == request_.datasheet)
    assert sheet.state == "PUBLISHED"
    assert {service.type for service in sheet.services} == {"WFS", "WMS-VECTOR"}


def test_tiles_too(store, request_):
    result = Publication(store, replace(request_, services=("wfs", "wms", "tms"))).run()
    address = next(url.url for url in result.urls if url.type == "TMS")
    told = requests.get(f"{address}/metadata.json", timeout=20).json()
    assert [layer["id"] for layer in told["vector_layers"]] == ["towns"]
    assert (told["minzoom"], told["maxzoom"]) == (request_.top_level, request_.bottom_level)


def test_a_zip_gets_its_levels_from_the_integrated_data(store, request_, tmp_path):
    with zipfile.ZipFile(tmp_path / "packed towns.zip", "w") as packed:
        packed.write(request_.file, "folder/towns.gpkg")
    request = PublicationRequest.proposed(tmp_path / "packed towns.zip")
    result = Publication(store, replace(request, services=("tms",))).run()
    (url,) = result.urls
    told = requests.get(f"{url.url}/metadata.json", timeout=20).json()
    assert 4 <= told["minzoom"] < told["maxzoom"] <= 14


def test_publishing_again_updates_in_place(store, request_):
    first = Publication(store, request_).run()
    before = held(store)
    make_geopackage(request_.file, towns=41)
    second = Publication(store, request_).run()
    assert second.updated
    assert second.urls == first.urls
    assert hits(second.urls[0].url) == 41
    assert held(store) == before


def test_a_style_is_replaced_and_stays_when_none_is_given(store, request_):
    before = held(store)
    for mark in (b"circle", b"square"):
        style = TableStyle("towns", "towns.sld", SLD % mark)
        Publication(store, replace(request_, styles=(style,))).run()
    Publication(store, request_).run()
    (static,) = [identifier for kind, identifier in held(store) - before if kind == "statics"]
    wms = next(c for c in store.configurations.list(layer_name=request_.layer_name) if c.type == "WMS-VECTOR")
    (used,) = store.configurations.get(wms.id).type_infos["used_data"]
    assert used["relations"][0]["style"] == static
    kept = store.connection.send("GET", f"datastores/{store.id}/statics/{static}/file")
    assert b"square" in kept.body


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x05\x06" + bytes(18)])
def test_a_refused_file_leaves_nothing(store, tmp_path, content):
    file = tmp_path / "bad.gpkg"
    file.write_bytes(content)
    before = held(store)
    with pytest.raises(Refused) as caught:
        Publication(store, PublicationRequest.proposed(file)).run()
    assert caught.value.faults
    assert all(fault.what and fault.cure for fault in caught.value.faults)
    assert held(store) == before


def test_a_name_of_another_datasheet_is_refused(store, request_):
    Publication(store, request_).run()
    before = held(store)
    with pytest.raises(Conflict, match=request_.datasheet):
        Publication(store, replace(request_, datasheet="Another")).run()
    assert held(store) == before


class CancelAt(Quiet):
    """Changes its mind when a step begins."""

    def __init__(self, step: Step, cancel: Event) -> None:
        self.step, self.cancel = step, cancel

    def begun(self, step: Step) -> None:
        if step is self.step:
            self.cancel.set()


@pytest.mark.parametrize("step", [Step.DELIVERY, Step.CHECKS, Step.INTEGRATION, Step.WMS])
def test_cancelling_takes_everything_back(backend, request_, step):
    cancel = Event()
    store = open_store(backend.api, backend.token, cancel=cancel)
    before = held(store)
    with pytest.raises(Cancelled):
        Publication(store, request_, CancelAt(step, cancel)).run()
    assert held(store.sparing_cancel()) == before


class BrokenLine(RequestsTransport):
    """A network that breaks after some requests, before or after the server has heard the last one."""

    def __init__(self, requests_left: int, heard: bool) -> None:
        super().__init__()
        self.left, self.heard = requests_left, heard

    def send(self, request, sent=None, cancel=None):
        self.left -= 1
        if self.left >= 0:
            return super().send(request, sent, cancel)
        if self.left == -1 and self.heard:
            super().send(request, sent, cancel)
        raise Unavailable("The line broke.")


@pytest.mark.parametrize(
    ("after", "heard"),
    [(3, False), (5, True), (6, False), (8, True), (12, False), (17, True), (22, False), (26, True), (30, False)],
)
def test_an_interrupted_publication_is_resumed(backend, store, request_, after, heard):
    before = held(store)
    broken = open_store(backend.api, backend.token, transport=BrokenLine(after, heard))
    try:
        Publication(broken, request_).run()
    except Unavailable:
        result = Publication(store, request_).resume()
        assert hits(result.urls[0].url) == 30
    made = sorted(kind for kind, _ in held(store) - before)
    assert made == ["configurations", "configurations", "offerings", "offerings", "stored_data"]


def test_resuming_another_file_begins_anew(backend, store, request_):
    broken = open_store(backend.api, backend.token, transport=BrokenLine(8, False))
    with pytest.raises(Unavailable):
        Publication(broken, request_).run()
    make_geopackage(request_.file, towns=7)
    result = Publication(store, request_).resume()
    assert hits(result.urls[0].url) == 7
    assert not store.uploads.list()


def test_resuming_in_another_way_begins_anew(backend, store, request_):
    request = replace(request_, services=("wfs", "tms"))
    broken = open_store(backend.api, backend.token, transport=BrokenLine(40, False))
    try:
        Publication(broken, request).run()
    except Unavailable:
        left = store.uploads.list()
        assert left[0].tags["proc_int_id"]
    Publication(store, replace(request, top_level=9, bottom_level=10)).resume()
    pyramids = [d for d in store.stored_data.list() if d.type != "VECTOR-DB" and d.name.startswith(request.layer_name)]
    assert [store.stored_data.get(pyramid.id).levels for pyramid in pyramids] == [("9", "10")]
    assert not store.uploads.list()
