"""What is published, managed against the real backend: seen, measured, compared, brought back, taken away."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterator

import pytest

from geopub_plugin.backend.errors import NotFound
from geopub_plugin.publish.client import Store, open_store
from geopub_plugin.publish.client.datasheets import Datasheet, _datasheet
from geopub_plugin.publish.client.tagged_datasheets import tagged_datasheets
from geopub_plugin.publish.embedded import Backend, start_backend
from geopub_plugin.publish.proposal import TableStyle
from geopub_plugin.publish.publication import Publication, PublicationRequest
from geopub_plugin.publish.removal import (
    consequences_of_datasheet,
    consequences_of_service,
    delete_datasheet,
    unpublish,
)
from geopub_plugin.publish.server_jobs import server_jobs
from geopub_plugin.publish.versions import DATA, STYLE, told_difference, versions
from tests.towns import SLD, make_geopackage


@pytest.fixture(scope="module")
def backend(tmp_path_factory) -> Iterator[Backend]:
    with start_backend(tmp_path_factory.mktemp("management") / "data") as started:
        yield started


@pytest.fixture
def store(backend) -> Store:
    return open_store(backend.api, backend.token)


@pytest.fixture
def sheet(store, tmp_path, request) -> Datasheet:
    """Publish 30 towns, then 25 with another style, under a name of the test's own."""
    name = request.node.name
    asked = replace(
        PublicationRequest.proposed(make_geopackage(tmp_path / f"{name}.gpkg", 30)),
        datasheet=name,
        services=("wfs", "wms"),
    )
    for towns, mark in ((30, b"circle"), (25, b"star")):
        make_geopackage(asked.file, towns)
        style = TableStyle("towns", "towns.sld", SLD % mark)
        Publication(store, replace(asked, styles=(style,))).run()
    return next(one for one in store.datasheets.list() if one.name == name)


def test_datasheets_are_put_together_where_no_list_is(store, sheet):
    composed = {one["name"]: _datasheet(one) for one in tagged_datasheets(store.connection, store.id)}
    other = composed[sheet.name]
    assert (
        (other.state, set(other.stored_data))
        == (sheet.state, set(sheet.stored_data))
        == ("PUBLISHED", set(other.stored_data))
    )
    assert {(s.type, s.offering, s.urls) for s in other.services} == {
        (s.type, s.offering, s.urls) for s in sheet.services
    }
    assert {service.status for service in sheet.services} == {"PUBLISHED"}


def test_versions_are_compared_and_brought_back(store, sheet):
    found = {one.kind: one for one in versions(store, sheet)}
    assert set(found) == {DATA, STYLE}
    data = found[DATA]
    newest, first = data.revisions
    assert newest.current and not first.current
    told = told_difference(DATA, store.revisions.compare(DATA, data.id, first.number, newest.number))
    assert told == ("Table “towns”: rows added 0, changed 0, removed 5",)
    style = found[STYLE]
    lines = told_difference(STYLE, store.revisions.compare(STYLE, style.id, 1, 2))
    assert any(line.startswith("-") and "circle" in line for line in lines)
    store.revisions.roll_back(DATA, data.id, first.number)
    (again,) = (one for one in versions(store, sheet) if one.kind == DATA)
    assert [one.number for one in again.revisions if one.current] == [first.number]
    assert told_difference(DATA, store.revisions.compare(DATA, data.id, 1, 1)) == ("No difference.",)


def test_unpublishing_leaves_the_data(store, sheet):
    wms = next(service for service in sheet.services if service.type == "WMS-VECTOR")
    kinds = [one.kind for one in consequences_of_service(store, wms)]
    assert kinds == ["offering", "configuration", "static"]
    unpublish(store, wms)
    left = next(one for one in store.datasheets.list() if one.name == sheet.name)
    assert [service.type for service in left.services] == ["WFS"] and left.stored_data == sheet.stored_data
    assert not [static for static in store.statics.list() if static.name.startswith(f"{wms.layer_name}_")]


@pytest.mark.parametrize("listed", [True, False])
def test_a_datasheet_goes_as_announced(store, sheet, monkeypatch, listed):
    if not listed:  # as on a store that knows no datasheets

        def none(*_name: str) -> None:
            raise NotFound("none")

        monkeypatch.setattr(store.datasheets, "consequences", none)
        monkeypatch.setattr(store.datasheets, "delete", none)
    kinds = {one.kind for one in consequences_of_datasheet(store, sheet)}
    assert kinds >= {"offering", "configuration", "stored_data", "static"}
    delete_datasheet(store, sheet)
    assert sheet.name not in {one.name for one in store.datasheets.list()}
    for identifier in sheet.stored_data:
        with pytest.raises(NotFound):
            store.stored_data.get(identifier)


def test_room_and_jobs(store, sheet):
    found = {one.kind: one for one in reversed(store.allowances())}  # the open endpoints come before the private ones
    assert found["WFS"].unit == "services" and found["WFS"].use >= 1
    assert found["data"].unit == "bytes" and found["data"].use > 0
    assert all(0 <= one.share <= 1 for one in found.values())
    jobs = server_jobs(store)
    assert not jobs.busy and not jobs.interrupted
    newest = jobs.executions[0]
    assert newest.status == "SUCCESS" and newest.output and newest.created
    assert [one.created for one in jobs.executions] == sorted((one.created for one in jobs.executions), reverse=True)
    assert store.executions.logs(newest.id)
