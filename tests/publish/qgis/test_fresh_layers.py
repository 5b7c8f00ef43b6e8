"""QGIS opens what was published since it asked last: it keeps no capabilities that may be out of date."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from qgis.core import QgsRasterLayer, QgsVectorLayer

from geopub_plugin.publish.client import open_store
from geopub_plugin.publish.embedded import start_backend
from geopub_plugin.publish.live_layers import LiveService, live_layer
from geopub_plugin.publish.publication import Publication, PublicationRequest


def test_a_layer_published_after_another_one_was_opened_opens(world_map, qgis_app, tmp_path):
    file = Path(shutil.copy(world_map, tmp_path / "world.gpkg"))
    proposed = PublicationRequest.proposed(file, ["disputed_borders"])
    with start_backend(tmp_path / "data") as backend:
        store = open_store(backend.api, backend.token)
        for name in ("first", "second"):
            asked = replace(proposed, title=name, datasheet=name, layer_name=name, services=("wfs", "wms"))
            urls = {live.type: live.url for live in Publication(store, asked).run().urls}
            features = live_layer(LiveService("WFS", name, urls["WFS"]))
            maps = live_layer(LiveService("WMS", name, urls["WMS"]))
            assert isinstance(features, QgsVectorLayer) and features.isValid(), f"the WFS of the {name} layer"
            assert len(list(features.getFeatures())) == 46
            assert isinstance(maps, QgsRasterLayer) and maps.isValid(), f"the WMS of the {name} layer"
            del features, maps
