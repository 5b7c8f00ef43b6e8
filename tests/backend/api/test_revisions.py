"""Revisions of data, styles and metadata: made by updates, listed, compared, brought back, and a few of them kept."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from geopub_plugin.backend.catalogue.content_revisions import contents

from .conversation import Backend, Client, wfs_infos, wms_infos
from .test_metadata import record
from .test_whole_life import STYLE, count, halved_world


def update(client: Client, source: Path, data: str) -> None:
    upload = client.deliver(source)
    client.integrate(upload["_id"], id=data)
    client.ask("DELETE", f"uploads/{upload['_id']}")


def shown_rows(backend: Backend, table: str = "world:countries") -> int:
    feature_type = next(one for one in backend.store.publications.feature_types() if one.name == table)
    return count(feature_type.data, feature_type.table)


def test_data_is_updated_compared_and_rolled_back(world, world_map, tmp_path: Path) -> None:
    backend, data, _ = world
    client, identifier = backend.client(), data["_id"]
    client.publish("WFS", "world", wfs_infos(data))
    whole = shown_rows(backend)
    half = halved_world(world_map, tmp_path / "half.gpkg")
    update(client, half, identifier)
    assert shown_rows(backend) < whole

    listed = client.get(f"stored_data/{identifier}/revisions")
    assert [(one["number"], one["current"], one["published"]) for one in listed] == [(2, True, True), (1, False, False)]
    difference = client.get(f"stored_data/{identifier}/revisions/1/compare/2")
    tables = {table["name"]: table for table in difference["tables"]}
    assert tables["states_provinces"]["state"] == "kept"
    gone = tables["countries"]["rows"]["removed"]
    assert gone["count"] == whole - shown_rows(backend)
    assert (len(gone["examples"]), tables["countries"]["matched_by"]) == (10, "ogc_fid")
    assert tables["countries"]["rows"]["changed"]["count"] == tables["countries"]["rows"]["added"]["count"] == 0

    before = backend.store.publications.revision()
    restored = client.post(f"stored_data/{identifier}/revisions/1/rollback")
    assert (restored["status"], restored["extra"]["geopub"]["revision"]) == ("GENERATED", 1)
    assert restored["type_infos"] == data["type_infos"]
    assert shown_rows(backend) == whole
    assert backend.store.publications.revision() != before
    listed = client.get(f"stored_data/{identifier}/revisions")
    assert [(one["number"], one["current"]) for one in listed] == [(2, False), (1, True)]

    update(client, half, identifier)
    assert [one["number"] for one in client.get(f"stored_data/{identifier}/revisions")] == [3, 2, 1]
    assert shown_rows(backend) < whole
    same = client.get(f"stored_data/{identifier}/revisions/2/compare/3")
    assert {table["state"] for table in same["tables"]} == {"kept"}


def test_only_the_last_few_are_kept(world, world_map) -> None:
    backend, data, _ = world
    backend.store.kept_revisions = 2
    client, identifier = backend.client(), data["_id"]
    for _ in range(2):
        update(client, world_map, identifier)
    assert [one["number"] for one in client.get(f"stored_data/{identifier}/revisions")] == [3, 2]
    files = sorted(path.name for path in backend.store.folder.stored(identifier).iterdir())
    assert files == ["2.gpkg", "3.gpkg"]


def test_what_services_show_is_kept_besides(world, world_map, tmp_path) -> None:
    """A service that cannot follow goes on showing its revision."""
    backend, data, _ = world
    backend.store.kept_revisions = 1
    client, identifier = backend.client(), data["_id"]
    client.publish("WFS", "world", wfs_infos(data))
    smaller = tmp_path / "smaller.gpkg"
    smaller.write_bytes(world_map.read_bytes())
    with sqlite3.connect(smaller) as database:
        for name in ("gpkg_contents", "gpkg_geometry_columns"):
            database.execute(f"DELETE FROM {name} WHERE table_name = 'disputed_borders'")
    database.close()
    update(client, smaller, identifier)
    listed = client.get(f"stored_data/{identifier}/revisions")
    assert [(one["number"], one["published"]) for one in listed] == [(2, False), (1, True)]
    assert shown_rows(backend, "world:disputed_borders") > 0


def test_what_cannot_be_brought_back_or_compared(world) -> None:
    backend, data, pyramid = world
    client = backend.client()
    client.ask("POST", f"stored_data/{data['_id']}/revisions/7/rollback", status=404)
    client.ask("GET", f"stored_data/{data['_id']}/revisions/1/compare/7", status=404)
    client.ask("GET", f"stored_data/{pyramid['_id']}/revisions/1/compare/1", status=400)
    client.ask("GET", "stored_data/00000000-0000-0000-0000-000000000000/revisions", status=404)
    assert [one["number"] for one in client.get(f"stored_data/{pyramid['_id']}/revisions")] == [1]


def test_a_style_alone_is_updated_compared_and_rolled_back(world) -> None:
    backend, data, _ = world
    client = backend.client()
    style = client.send_file("statics", STYLE, "countries.sld", name="countries", type="GEOSERVER-STYLE")
    root = f"statics/{style['_id']}"
    client.publish("WMS-VECTOR", "world", wms_infos(data, style["_id"]))
    red = drawn_with(backend)
    blue = STYLE.replace(b"#ff0000", b"#0000ff")
    client.send_file(root, blue, "countries.sld", method="PUT")
    assert b"#0000ff" in drawn_with(backend)

    listed = client.get(f"{root}/revisions")
    assert [(one["number"], one["current"], one["format"]) for one in listed] == [(2, True, "sld"), (1, False, "sld")]
    difference = client.get(f"{root}/revisions/1/compare/2")
    assert not difference["same"]
    assert [line[0] for line in difference["difference"] if "CssParameter" in line] == ["-", "+"]

    by_another_hand = blue.replace(b"<Fill>", b"<Fill  >\n\n").replace(b"\n", b"\r\n") + b"<!-- saved -->"
    client.send_file(root, by_another_hand, "countries.sld", method="PUT")
    same = client.get(f"{root}/revisions/2/compare/3")
    assert same["same"] and same["difference"] == [], "the same style, written in another way"

    client.post(f"{root}/revisions/1/rollback")
    assert drawn_with(backend) == red
    assert client.get(f"{root}/revisions/1/compare/4") == {"before": 1, "after": 4, "same": True, "difference": []}
    assert [one["number"] for one in client.get(f"{root}/revisions")] == [4, 3, 2, 1]
    client.ask("POST", f"{root}/revisions/9/rollback", status=404)


def drawn_with(backend: Backend) -> bytes:
    (layer,) = backend.store.publications.map_layers()
    return layer.tables[0].style.read_bytes()


@pytest.mark.sqlite
def test_metadata_alone_is_updated_compared_and_rolled_back(client: Client, backend: Backend) -> None:
    backend.store.kept_revisions = 3
    made = client.send_file("metadata", record("fr.roads", "Les routes"), "m.xml")
    root = f"metadata/{made['_id']}"
    for title in ("Les rues", "Les chemins"):
        client.send_file(root, record("fr.roads", title), "m.xml", method="PUT")
    assert [(one["number"], one["current"]) for one in client.get(f"{root}/revisions")] == [
        (3, True),
        (2, False),
        (1, False),
    ]
    lines = client.get(f"{root}/revisions/1/compare/3")["difference"]
    assert any(line.startswith("-") and "Les routes" in line for line in lines)
    client.post(f"{root}/revisions/1/rollback")
    assert b"Les routes" in client.raw("GET", f"/api/datastores/local/{root}/file").data
    assert [one["number"] for one in client.get(f"{root}/revisions")] == [4, 3, 2]
    client.ask("DELETE", root)
    with backend.store.reading() as connection:
        assert contents(connection, made["_id"]) == []
