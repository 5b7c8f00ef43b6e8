"""A backend of the tests with services that are not for everybody, and keys to them."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

from geopub_plugin.backend.catalogue.spaces import User

from .conversation import Backend, Client, Json, running, tms_infos, wfs_infos, wms_infos
from .team import group, person

SECRET = "hidden_treasure"  # the name of every restricted layer
SERVICES = {
    "WFS": "wfs/ows?service=WFS&version=2.0.0&",
    "WMS-VECTOR": "wms-v/ows?service=WMS&version=1.3.0&",
    "WMTS-TMS": "tms/1.0.0/",
}
WMS_PICTURE = "crs=EPSG:4326&bbox=-60,-60,60,60&width=64&height=64&format=image/png&styles=&"
SHOWING: Tuple[str, ...] = (  # what shows a layer, when one may see it
    f"{SERVICES['WFS']}request=DescribeFeatureType&typeNames={SECRET}:countries",
    f"{SERVICES['WFS']}request=GetFeature&typeNames={SECRET}:countries&count=1",
    f"{SERVICES['WFS']}request=GetFeature&typeNames={SECRET}:countries&count=1&outputFormat=application/json",
    f"{SERVICES['WFS']}request=GetFeature&typeNames={SECRET}:countries&resultType=hits",
    f"ogc/features/collections/{SECRET}:countries",
    f"ogc/features/collections/{SECRET}:countries/queryables",
    f"ogc/features/collections/{SECRET}:countries/items?limit=1",
    f"ogc/features/collections/{SECRET}:countries/items?limit=1&f=html",
    f"ogc/features/collections/{SECRET}:countries/items/1",
    f"ogc/features/collections/{SECRET}:countries?f=json",
    f"ogc/features/collections/{SECRET}:countries/items?limit=1&f=json",
    f"ogc/features/collections/{SECRET}:countries/queryables?f=json",
    f"{SERVICES['WMS-VECTOR']}request=GetMap&layers={SECRET}&{WMS_PICTURE}",
    f"{SERVICES['WMS-VECTOR']}request=GetFeatureInfo&layers={SECRET}&query_layers={SECRET}&{WMS_PICTURE}i=32&j=32",
    f"{SERVICES['WMS-VECTOR']}request=GetLegendGraphic&layer={SECRET}&format=image/png",
    f"{SERVICES['WMS-VECTOR']}request=GetStyles&layers={SECRET}",
    f"wmts?service=WMTS&request=GetTile&layer={SECRET}&tilematrixset=PM&tilematrix=0&tilerow=0&tilecol=0",
    f"wmts/1.0.0/{SECRET}/default/PM/0/0/0.png",
    f"wmts/1.0.0/{SECRET}/default/PM/0/0/0/128/128.json",
    f"tms/1.0.0/{SECRET}",
    f"tms/1.0.0/{SECRET}/metadata.json",
    f"tms/1.0.0/{SECRET}/0/0/0.pbf",
)
LISTING: Tuple[str, ...] = (  # what lists layers
    f"{SERVICES['WFS']}request=GetCapabilities",
    "wfs/ows?service=WFS&acceptVersions=1.1.0&request=GetCapabilities",
    f"{SERVICES['WFS']}request=DescribeFeatureType",
    f"{SERVICES['WFS']}request=ListStoredQueries",
    f"{SERVICES['WFS']}request=DescribeStoredQueries",
    "ogc/features?f=json",
    "ogc/features/collections?f=json",
    f"{SERVICES['WMS-VECTOR']}request=GetCapabilities",
    "wms-v/ows?service=WMS&version=1.1.1&request=GetCapabilities",
    "wmts?service=WMTS&request=GetCapabilities",
    "wmts/1.0.0/WMTSCapabilities.xml",
    "tms/1.0.0/",
    "ogc/features/api",
    "ogc/features/collections",
    "ogc/features/collections?f=html",
)
_BY_RENDERER = ("GetMap", "GetFeatureInfo", "Legend", "GetStyles", "wmts")
DRAWN = tuple(path for path in SHOWING if any(mark in path for mark in _BY_RENDERER))

Treasure = Tuple[Backend, Dict[str, Json], Dict[str, User]]


@contextmanager
def hidden(integrated: Any, place: Path) -> Iterator[Treasure]:
    """Run a backend that publishes the world three times for some only; the offerings by type; people."""
    data, stored, pyramid = integrated
    shutil.copytree(data, place)
    with running(place, login="local", trusted_proxies="127.0.0.1") as backend:
        client = backend.client()
        infos = {"WFS": wfs_infos(stored), "WMS-VECTOR": wms_infos(stored), "WMTS-TMS": tms_infos(pyramid)}
        offered = {kind: publish(client, kind, infos[kind], SECRET) for kind in infos}
        for kind, told in infos.items():
            client.publish(kind, "for_all", told)
        people = {name: person(backend, name) for name in ("ada", "eve", "bob")}
        group(backend, "club", people["bob"])
        yield backend, offered, people


def publish(client: Client, kind: str, infos: Json, name: str, **more: Any) -> Json:
    body = {"type": kind, "name": name, "layer_name": name, "type_infos": infos}
    configuration = client.post("configurations", body)
    private = next(
        one["endpoint"]["_id"]
        for one in client.get("endpoints")
        if one["endpoint"]["type"] == kind and not one["endpoint"]["open"]
    )
    return client.post(f"configurations/{configuration['_id']}/offerings", {"endpoint": private, **more})


def allow(treasure: Treasure, *users: User, **more: Any) -> List[Json]:
    """Permit the restricted offerings to users."""
    backend, offered, _ = treasure
    body = {
        "type": "ACCOUNT",
        "users": [user.id for user in users],
        "licence": "For tests",
        "offerings": [one["_id"] for one in offered.values()],
        **more,
    }
    return backend.client().post("permissions", body)


def make_key(client: Client, permission: Json, kind: str = "HASH", infos: Any = None, **limits: Any) -> Json:
    """Make a key that opens what a permission is for."""
    made = client.raw("POST", "/api/users/me/keys", json={"type": kind, "type_infos": infos or {}, **limits})
    assert made.status_code == 201, made.text
    key = made.get_json()
    give(client, key, permission)
    return key


def give(client: Client, key: Json, permission: Json, status: int = 200) -> Json:
    body = {"permission": permission["_id"], "offerings": [one["_id"] for one in permission["offerings"]]}
    answer = client.raw("POST", f"/api/users/me/keys/{key['_id']}/accesses", json=body)
    assert answer.status_code == status, answer.text
    return answer.get_json()


def get(backend: Backend, path: str, address: str = "192.0.2.9", **headers: str) -> Any:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return backend.app.test_client().get(path, headers=names, environ_base={"REMOTE_ADDR": address})


def opens(backend: Backend, address: str = "192.0.2.9", query: str = "", **headers: str) -> int:
    """Return the status of a tile of the restricted layer."""
    return get(backend, f"/private/tms/1.0.0/{SECRET}/0/0/0.pbf{query}", address, **headers).status_code
