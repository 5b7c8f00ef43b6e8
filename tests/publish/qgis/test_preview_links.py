"""A temporary link shows a publication that nobody else sees, in QGIS as well."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from qgis.PyQt import sip

from geopub_plugin.backend.errors import NotFound
from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.embedded import start_backend
from geopub_plugin.publish.live_layers import LiveService, live_layer
from geopub_plugin.publish.preview_links import preview_links, reachable
from geopub_plugin.publish.publication import Publication, PublicationRequest
from geopub_plugin.publish.table_plan import Access


def test_a_restricted_publication_is_shown_through_its_links(qgis_new_project, world_map, tmp_path):
    file = Path(shutil.copy(world_map, tmp_path / "world_map.gpkg"))
    with start_backend(tmp_path / "data") as backend:
        store = open_store(backend.api, backend.token)
        asked = PublicationRequest.proposed(file, ["countries"])
        asked = replace(asked, services=("wfs", "tms"), bottom_level=1, access=Access(restricted=True))
        result = Publication(store, asked).run()
        closed = next(url.url for url in result.urls if url.type == "WFS")
        assert requests.get(closed, timeout=20).status_code in (401, 403, 404)
        links = preview_links(store, result.layer_name, "World")
        assert sorted(service.kind for service in links.services) == ["TMS", "WFS"] and links.expires > "2026"
        assert all(requests.get(page, timeout=20).ok for page in links.pages) and len(links.pages) == 2
        layer = live_layer(next(service for service in links.services if service.kind == "WFS"))
        assert layer.isValid() and layer.featureCount() == 240
        sip.delete(layer)
        plain = tuple(LiveService(url.type, "World", url.url) for url in result.urls if url.type in ("WFS", "TMS"))
        reached = reachable(store, plain)
        assert [one.kind for one in reached] == [one.kind for one in plain] and all(one.open for one in reached)
        features, tiles = sorted((one.url for one in reached), key=lambda url: "tms" in url)
        assert requests.get(features, timeout=20).ok and requests.get(f"{tiles}/metadata.json", timeout=20).ok
        assert not requests.get(f"{plain[1].url}/metadata.json", timeout=20).ok
        nothing = LiveService("WMS", "Elsewhere", "http://127.0.0.1:9/wms")
        assert reachable(store, (nothing,)) == (replace(nothing, open=True),)
        with pytest.raises(NotFound):
            preview_links(store, "nothing", "Nothing")
