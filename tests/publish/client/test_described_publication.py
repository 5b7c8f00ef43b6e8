"""What is said of data is published with them: record, titles, composition of tiles, restricted access."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterator

import pytest
import requests

from geopub_plugin.backend.errors import NotFound
from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.client.configurations import TMS, WFS, WMS
from geopub_plugin.publish.client.datastores import Datastore
from geopub_plugin.publish.embedded import Backend, start_backend
from geopub_plugin.publish.map_style import TileStyling, keep_map_style
from geopub_plugin.publish.metadata.description import Description
from geopub_plugin.publish.metadata.iso_reading import read_record
from geopub_plugin.publish.proposal import TableStyle
from geopub_plugin.publish.publication import Publication, PublicationRequest, Step
from geopub_plugin.publish.table_plan import Access, TablePlan
from tests.towns import make_geopackage

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


def test_restricted_services_want_a_key_and_open_ones_do_not(store, asked, tmp_path, monkeypatch):
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

    with monkeypatch.context() as full:
        full.setattr(Datastore, "endpoint", lambda *_asked, **_named: None)
        with pytest.raises(NotFound, match="no open endpoint with room"):
            Publication(store, replace(hidden, access=Access())).run()
    assert requests.get(live.url, timeout=20).status_code == 401, "it was taken off for a place that there is not"

    (open_now,) = Publication(store, replace(hidden, access=Access())).run().urls
    assert "/private/" not in open_now.url and requests.get(open_now.url, timeout=20).status_code == 200


QML = b"""<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'><qgis version="3.22">
<renderer-v2 type="singleSymbol">
<symbols><symbol type="marker" name="0" alpha="1"><layer class="SimpleMarker" enabled="1"><Option type="Map">
<Option name="color" value="255,0,0,255" type="QString"/><Option name="name" value="circle" type="QString"/>
<Option name="size" value="3" type="QString"/></Option></layer></symbol></symbols></renderer-v2></qgis>"""


def test_the_style_of_a_restricted_layer_stands_where_nobody_guesses(store, backend, asked, tmp_path):
    request = replace(
        asked, file=make_geopackage(tmp_path / "hidden.gpkg"), layer_name="hidden", datasheet="Hidden",
        services=("tms",), description=None, styles=(TableStyle("towns", "towns.qml", QML),),
    )  # fmt: skip
    styling = TileStyling(request.styles)
    host = backend.api.rpartition("/api")[0]
    plain = f"{host}/annexes/{store.describe().technical_name}/styles/hidden.json"

    def kept(access: Access) -> str:
        result = Publication(store, replace(request, access=access)).run()
        for _ in range(2):  # the second time it stays where it is
            keep_map_style(store, request.title, result, styling)
        (configuration,) = store.configurations.list(layer_name="hidden")
        (style,) = store.configurations.get(configuration.id).extra["styles"]
        return str(style["layers"][0]["url"])

    assert kept(Access()) == plain and requests.get(plain, timeout=20).ok
    secret = kept(Access(True))
    assert requests.get(plain, timeout=20).status_code == 404
    document = requests.get(secret, timeout=20).json()
    (source,) = document["sources"].values()
    assert source["url"] == f"{host}/private/tms/1.0.0/hidden/metadata.json"
    assert requests.get(source["url"], timeout=20).status_code == 401
