"""An update over the API: features keep their keys, and tiles that nothing has touched are the ones that were there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict

import requests
from osgeo import ogr

from geopub_plugin.backend.tiles.archive_reader import Archive
from geopub_plugin.publish.publication import Publication, PublicationRequest

from .conftest import Serving
from .small_tables import make_table
from .test_interruption import store_of
from .test_tiles_at_once import place_at


def keys(serving: Serving, data: str) -> Dict[str, int]:
    """Return the key of each feature of the newest revision, by its name."""
    newest = max((serving.data / "stored" / data).glob("*.gpkg"), key=lambda path: int(path.stem))
    layer_source = ogr.Open(str(newest))
    return {feature.GetField("nom_d_usage"): feature.GetFID() for feature in layer_source.GetLayer(0)}


def edit(file: Path) -> None:
    """Delete, move, rename and add one feature each."""
    source = ogr.Open(str(file), 1)
    layer = source.GetLayer(0)
    layer.DeleteFeature(3)
    moved = layer.GetFeature(50)
    moved.SetGeometry(ogr.CreateGeometryFromWkt("POLYGON ((2.15 48.15, 2.16 48.15, 2.16 48.16, 2.15 48.15))"))
    layer.SetFeature(moved)
    named = layer.GetFeature(60)
    named.SetField(0, "autre nom")
    layer.SetFeature(named)
    added = ogr.Feature(layer.GetLayerDefn())
    added.SetField(0, "nouveau")
    added.SetGeometry(ogr.CreateGeometryFromWkt("POLYGON ((2.03 48.03, 2.04 48.03, 2.04 48.04, 2.03 48.03))"))
    layer.CreateFeature(added)


def test_an_update_keeps_keys_and_untouched_tiles(serve, tmp_path):
    file = tmp_path / "areas.gpkg"
    make_table(file, 2, 2_000)
    serving = serve()
    serving.ready()
    store = store_of(serving)
    request = replace(PublicationRequest.proposed(file), services=("wfs", "tms"), top_level=6, bottom_level=13)
    result = Publication(store, request).run()
    data = result.data
    url = next(one.url for one in result.urls if one.service.lower() == "tms")
    pyramid = next(one for one in store.stored_data.list() if one.type == "ROK4-PYRAMID-VECTOR").id
    before = keys(serving, data.id)
    (archive,) = (serving.data / "stored" / pyramid).glob("*.pmtiles")
    with Archive(archive) as former:
        places = [place for place, _ in former.tiles()]
        marks = {place: mark(url, place) for place in places[-30:]}

    edit(file)
    assert Publication(store, request).run().updated
    after = keys(serving, data.id)
    renamed, gone = {"objet 59 é"}, {"objet 2 é"}
    assert {name: key for name, key in before.items() if name not in renamed | gone} == {
        name: key for name, key in after.items() if name in before
    }
    assert after["autre nom"] == before["objet 59 é"]
    assert after["nouveau"] == 2_001

    logs = ["\n".join(store.executions.logs(one.id)) for one in store.executions.list() if one.stored_data == pyramid]
    assert len(logs) == 2 and any("tiles were built" in log for log in logs), logs
    newest = max((serving.data / "stored" / pyramid).glob("*.pmtiles"), key=lambda path: int(path.stem))
    with Archive(archive) as former, Archive(newest) as latter:
        stored = {place: former.tile(*place) for place in marks}
        same = [place for place, content in stored.items() if latter.tile(*place) == content]
        changed = latter.tile(*place_at(13, 2.155, 48.155))
    assert len(same) > 5 and changed is not None
    assert all(mark(url, place) == marks[place] for place in same)


def mark(url: str, place: Any) -> str:
    z, x, y = place
    return requests.get(f"{url}/{z}/{x}/{y}.pbf", timeout=30).headers["ETag"]
