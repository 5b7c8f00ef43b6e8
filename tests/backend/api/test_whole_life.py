"""The life of a publication: delivered, checked, integrated, published, updated, unpublished, deleted."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from .conversation import Backend, tms_infos, wfs_infos, wms_infos

STYLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc">
 <NamedLayer><Name>countries</Name><UserStyle><FeatureTypeStyle><Rule><PolygonSymbolizer>
  <Fill><CssParameter name="fill">#ff0000</CssParameter></Fill>
 </PolygonSymbolizer></Rule></FeatureTypeStyle></UserStyle></NamedLayer>
</StyledLayerDescriptor>"""


def halved_world(source: Path, place: Path) -> Path:
    """Write a copy of the world of which half of the countries are left."""
    place.write_bytes(source.read_bytes())
    with sqlite3.connect(place) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("DELETE FROM countries WHERE fid % 2")
    database.close()
    return place


def count(place: Path, table: str) -> int:
    with sqlite3.connect(place) as database:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_a_layer_goes_in_and_live_services_come_out(backend: Backend, world_map: Path, tmp_path: Path) -> None:
    client, shown = backend.client(), backend.store.publications
    upload = client.deliver(world_map, chunk=300_001)
    assert upload["status"] == "CLOSED"
    assert upload["size"] == world_map.stat().st_size
    checks = client.get(f"uploads/{upload['_id']}/checks")
    assert [len(checks[room]) for room in ("asked", "in_progress", "passed", "failed")] == [0, 0, 2, 0]

    data = client.integrate(upload["_id"], name="world")
    assert (data["type"], data["status"]) == ("VECTOR-DB", "GENERATED")
    relations = {relation["name"]: relation for relation in data["type_infos"]["relations"]}
    assert set(relations) == {"countries", "states_provinces", "disputed_borders"}
    assert relations["countries"]["primary_key"] == ["ogc_fid"]
    assert data["extent"]["type"] == "Feature"
    assert data["size"] > 0
    pyramid = client.make_pyramid(data["_id"], name="world tiles")
    assert pyramid["type_infos"]["levels"] == ["0", "1", "2"]

    style = client.send_file("statics", STYLE, "countries.sld", name="countries", type="GEOSERVER-STYLE")
    before = shown.revision()
    wfs = client.publish("WFS", "world", wfs_infos(data))
    wms = client.publish("WMS-VECTOR", "world", wms_infos(data, style["_id"]))
    tms = client.publish("WMTS-TMS", "world", tms_infos(pyramid))
    assert [one["status"] for one in (wfs, wms, tms)] == ["PUBLISHED"] * 3
    assert shown.revision() != before

    assert {one.name for one in shown.feature_types()} == {f"world:{name}" for name in relations}
    assert {url["type"] for url in wfs["urls"]} == {"WFS"}
    assert any(url["url"].endswith("&typeNames=world:countries") for url in wfs["urls"])
    features = client.raw("GET", wfs["urls"][0]["url"] + "&resultType=hits")
    assert features.status_code == 200, features.text
    (drawn,) = shown.map_layers()
    assert drawn.tables[0].style is not None
    assert drawn.tables[0].style.read_bytes() == STYLE
    (tiled,) = shown.tile_layers()
    assert (tiled.top_level, tiled.bottom_level) == (0, 2)
    assert tms["urls"] == [{"type": "TMS", "url": "http://localhost/tms/1.0.0/world"}]
    assert client.raw("GET", tms["urls"][0]["url"]).status_code == 200
    assert client.raw("GET", tms["urls"][0]["url"] + "/metadata.json").status_code == 200
    tile = client.raw("GET", tms["urls"][0]["url"] + "/0/0/0.pbf")
    assert tile.status_code == 200
    assert len(tile.data) > 1000

    # an update: the same id, a new revision, the same URLs
    first = {one.name: one for one in shown.feature_types()}["world:countries"]
    halved = halved_world(world_map, tmp_path / "halved.gpkg")
    second_upload = client.deliver(halved, name="halved")
    updated = client.integrate(second_upload["_id"], id=data["_id"])
    assert updated["_id"] == data["_id"]
    assert updated["extra"]["geopub"]["revision"] == 2
    second = {one.name: one for one in shown.feature_types()}["world:countries"]
    assert second.data != first.data
    assert second.revision != first.revision
    assert first.data.exists()  # kept, to go back to
    counts = {one["name"]: one["count"] for one in updated["type_infos"]["relations"]}
    assert counts["countries"] == count(halved, "countries") < relations["countries"]["count"]
    assert client.ask("PUT", f"offerings/{wfs['_id']}")["urls"] == wfs["urls"]

    # the end: nothing is left
    for offering in (wfs, wms, tms):
        client.ask("DELETE", f"offerings/{offering['_id']}")
        client.get(f"offerings/{offering['_id']}", status=404)
        configuration = client.get(f"configurations/{offering['configuration']['_id']}")
        assert configuration["status"] == "UNPUBLISHED"
        client.ask("DELETE", f"configurations/{configuration['_id']}")
    assert shown.feature_types() == shown.map_layers() == shown.tile_layers() == ()
    client.ask("DELETE", f"statics/{style['_id']}")
    for entity in (pyramid, data):
        client.ask("DELETE", f"stored_data/{entity['_id']}")
    for entity in (upload, second_upload):
        client.ask("DELETE", f"uploads/{entity['_id']}")
    folder = backend.store.folder.path
    left = [p for room in ("uploads", "stored", "statics", "work") for p in (folder / room).rglob("*") if p.is_file()]
    assert left == []


def test_an_update_that_loses_a_table_leaves_its_service_as_it_was(
    world: tuple, world_map: Path, tmp_path: Path
) -> None:
    backend, data, _ = world
    client, shown = backend.client(), backend.store.publications
    client.publish("WFS", "world", wfs_infos(data))
    before = shown.feature_types()
    poorer = halved_world(world_map, tmp_path / "poorer.gpkg")
    with sqlite3.connect(poorer) as database:
        for table in ("states_provinces", "disputed_borders"):
            for place in ("gpkg_contents", "gpkg_geometry_columns"):
                database.execute(f"DELETE FROM {place} WHERE table_name = ?", (table,))
            database.execute("DELETE FROM gpkg_extensions WHERE table_name = ?", (table,))
            database.execute(f"DROP TABLE {table}")
    database.close()
    upload = client.deliver(poorer, name="poorer")
    assert upload["status"] == "CLOSED", client.get(f"uploads/{upload['_id']}/checks")
    updated = client.integrate(upload["_id"], id=data["_id"])
    assert len(updated["type_infos"]["relations"]) == 1
    assert shown.feature_types() == before
    execution = client.get("processings/executions", query_string={"output_stored_data": data["_id"]})[-1]
    log = client.get(f"processings/executions/{execution['_id']}/logs")
    assert any(line.startswith("WARNING") and "world" in line for line in log)


def test_a_failed_update_leaves_the_data_as_it_was(world: tuple) -> None:
    backend, data, _ = world
    client = backend.client()
    with backend.store.reading() as connection:
        from geopub_plugin.backend.catalogue.stored_data import revisions

        before = revisions(connection, data["_id"])
    upload = client.get("uploads")[0]
    body = {
        "processing": "0de8c60b-9938-4be9-aa36-9026b77c3c96",
        "inputs": {"upload": [upload["_id"]]},
        "output": {"stored_data": {"id": data["_id"]}},
        "parameters": {"srs": "EPSG:999999"},
    }
    execution = client.post("processings/executions", body)
    client.post(f"processings/executions/{execution['_id']}/launch")
    ended = client.wait(f"processings/executions/{execution['_id']}")
    assert ended["status"] == "FAILURE"
    after = client.get(f"stored_data/{data['_id']}")
    assert (after["status"], after["type_infos"]) == ("GENERATED", data["type_infos"])
    with backend.store.reading() as connection:
        assert revisions(connection, data["_id"]) == before
    assert any("999999" in line for line in client.get(f"processings/executions/{execution['_id']}/logs"))
