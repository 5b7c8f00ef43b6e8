"""What is said of data is published with them: record, titles, composition of tiles, restricted access."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterator

import pytest
import requests
from test_publication import make_geopackage

from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.client.configurations import TMS, WFS, WMS
from geopub_plugin.publish.embedded import Backend, start_backend
from geopub_plugin.publish.metadata.description import Description
from geopub_plugin.publish.metadata.iso_reading import read_record
from geopub_plugin.publish.publication import Publication, PublicationRequest, Step
from geopub_plugin.publish.table_plan import Access, TablePlan

SAID = Description(
    "Towns of a small country.", "towns.record", ("location",), ("Addresses",), ("place",), "gis@town.fr", "",
    "2024-05-06", "annually", "Town", "info@town.fr", "Town of T", "https://town.fr",
)  # fmt: skip
PLAN = TablePlan("towns", "Towns", "Where people live.", ("city",), "places", ("Name",), 3, 6)


@pytest.fixture(scope="module")
def backend(tmp_path_factory) -> Iterator[Backend]:
    with start_backend(tmp_path_factory.mktemp("described") / "data") as started:
        yield started


@pytest.fixture
def store(backend):
    return open_store(backend.api, backend.token)


@pytest.fixture
def asked(tmp_path) -> PublicationRequest:
    made = PublicationRequest.proposed(make_geopackage(tmp_path / "said.gpkg"))
    return replace(
        made, title="Towns", abstract=SAID.abstract, keywords=SAID.every_keyword, description=SAID, plans=(PLAN,),
        flags="-S10", access=Access(), service_title="Town services",
    )  # fmt: skip


def test_everything_that_is_said_is_published(store, backend, asked):
    result = Publication(store, asked).run()
    assert Step.METADATA in dict(result.times)
    known = {it.type: store.configurations.get(it.id) for it in store.configurations.list(layer_name="said")}
    (relation,) = known[WFS].type_infos["used_data"][0]["relations"]
    assert (relation["public_name"], relation["title"], relation["abstract"]) == ("places", PLAN.title, PLAN.abstract)
    assert relation["keywords"] == ["location", "Addresses", "place", "city"]
    assert known[WMS].type_infos["abstract"] == SAID.abstract and known[WMS].attribution["title"] == "Town of T"
    assert {it.name for it in known.values()} == {known[WMS].type_infos["title"]} == {"Town services"}
    assert known[TMS].tags["theme"] == "location"
    used = known[TMS].type_infos["used_data"][0]
    assert (used["top_level"], used["bottom_level"]) == ("3", "6") or int(used["bottom_level"]) >= 6

    (record,) = store.records.list({"datasheet_name": "Said"}) or store.records.list()
    assert record.identifier == "towns.record" and len(record.endpoints) == 1
    document = store.records.document(record.id)
    assert read_record(document).description.organisation == "Town"
    assert document.count(b"<gmd:onLine ") == 3
    for configuration in known.values():
        links = [link["url"] for link in configuration.metadata if link["type"] == "ISO19115:2003"]
        assert len(links) == 1 and "towns.record" in links[0]
        assert b"Towns of a small country." in requests.get(links[0], timeout=20).content

    pyramid = store.stored_data.get(used["stored_data"])
    assert pyramid.tags["is_sample"] == "false"
    sample = replace(asked, area="POLYGON((2 48, 2.1 48, 2.1 48.1, 2 48.1, 2 48))", services=("tms",))
    Publication(store, sample).run()
    assert store.stored_data.get(used["stored_data"]).tags["is_sample"] == "true"

    changed = replace(asked, description=replace(SAID, identifier="towns.other", organisation="County"))
    again = Publication(store, changed).run()
    assert again.updated and {url.url for url in again.urls} == {url.url for url in result.urls}
    (record,) = store.records.list()
    assert record.identifier == "towns.other"
    links = store.configurations.get(known[WFS].id).metadata
    assert [("towns.other" in link["url"]) for link in links] == [True]

    Publication(store, replace(asked, description=None, access=None)).run()
    assert store.configurations.get(known[WMS].id).metadata and store.configurations.get(known[WMS].id).attribution


def test_restricted_services_want_a_key_and_open_ones_do_not(store, asked, tmp_path):
    file = make_geopackage(tmp_path / "secret.gpkg")
    hidden = replace(
        asked, file=file, layer_name="secret", datasheet="Secret", services=("wfs",), description=None,
        access=Access(True, "For us", "2030-01-01"),
    )  # fmt: skip
    (live,) = Publication(store, hidden).run().urls
    assert "/private/" in live.url and requests.get(live.url, timeout=20).status_code == 401
    (permission,) = store.permissions.list()
    assert (permission.licence, permission.end_date[:10]) == ("For us", "2030-01-01")

    (same,) = Publication(store, replace(hidden, access=None)).run().urls
    assert same.url == live.url, "an update that says nothing of access leaves it"

    (open_now,) = Publication(store, replace(hidden, access=Access())).run().urls
    assert "/private/" not in open_now.url and requests.get(open_now.url, timeout=20).status_code == 200
