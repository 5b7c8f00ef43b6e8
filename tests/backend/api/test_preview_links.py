"""Preview links: what is not public yet, shown to who has the link."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from geopub_plugin.backend.access.previews import Previews, lasting_secret
from geopub_plugin.backend.catalogue.spaces import datastore_named

from .conversation import tms_infos
from .restricted import (
    LISTING,
    SECRET,
    Treasure,
    get,
)
from .team import as_user


def test_a_preview_link_shows_what_is_not_public_yet(treasure: Treasure) -> None:
    backend, _, _ = treasure
    client = backend.client()
    pyramid = client.get("stored_data?type=ROK4-PYRAMID-VECTOR")[0]
    body = {"type": "WMTS-TMS", "name": "soon", "layer_name": "soon", "type_infos": tms_infos(pyramid)}
    configuration = client.post("configurations", body)
    offer = {"endpoint": client.endpoint("WMTS-TMS"), "open": True, "available": False}
    offering = client.post(f"configurations/{configuration['_id']}/offerings", offer)
    assert get(backend, "/tms/1.0.0/soon").status_code == 404
    link = client.post(f"offerings/{offering['_id']}/previews", {"hours": 2})
    (url,) = link["urls"]
    path = urlsplit(url["url"]).path
    assert get(backend, path).status_code == 200
    tiles = get(backend, f"{path}/metadata.json").get_json()["tiles"][0]
    assert get(backend, urlsplit(tiles.format(z=0, x=0, y=0)).path).status_code == 200
    page = get(backend, urlsplit(link["url"]).path)
    assert page.status_code == 200
    assert "soon" in page.text
    base = urlsplit(link["url"]).path
    assert SECRET not in get(backend, f"{base}{LISTING[0]}").text
    assert get(backend, f"{base}tms/1.0.0/{SECRET}").status_code == 404
    assert page.headers["Referrer-Policy"] == "no-referrer"
    client.ask("PATCH", f"offerings/{offering['_id']}", json={"available": True})
    assert get(backend, "/tms/1.0.0/soon").status_code == 200


def test_a_preview_link_expires_and_cannot_be_forged(treasure: Treasure) -> None:
    backend, offered, _ = treasure
    identifier = offered["WMTS-TMS"]["_id"]
    clock = [1000.0]
    previews = Previews(b"secret" * 6, lambda: clock[0])
    ticket = previews.ticket(identifier, 2000)
    assert previews.offering(ticket) == identifier
    clock[0] = 2000.0
    assert previews.offering(ticket) is None
    signed = Previews(lasting_secret(backend.store.folder.path))
    good = signed.ticket(identifier, 1 << 40)
    assert get(backend, f"/preview/{good}/tms/1.0.0/{SECRET}").status_code == 200
    forged = [
        Previews(b"another secret of the same kind").ticket(identifier, 1 << 40),
        signed.ticket(identifier, 1),
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good.swapcase(),
        "x",
        "x" * 5000,
    ]
    for ticket in forged:
        for path in (f"tms/1.0.0/{SECRET}", LISTING[0], LISTING[5]):
            assert get(backend, f"/preview/{ticket}/{path}").status_code == 404
    assert (backend.store.folder.path / "secret").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("hours", [0, -1, 10_000, "x", 1.5, True])
def test_a_preview_link_is_good_for_a_while_only(treasure: Treasure, hours: Any) -> None:
    backend, offered, _ = treasure
    backend.client().post(f"offerings/{offered['WFS']['_id']}/previews", {"hours": hours}, status=400)


def test_a_public_layer_is_on_no_private_endpoint_of_the_sandbox(treasure: Treasure) -> None:
    backend, _, people = treasure
    client = as_user(backend, people["eve"], "decouverte")
    assert all(one["endpoint"]["open"] for one in client.get("endpoints"))
    with backend.store.reading() as connection:
        assert datastore_named(connection, "decouverte").id == "122b878c-aad8-4507-87b2-465e664467d3"
