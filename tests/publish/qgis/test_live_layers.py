"""Addresses as the store gives them become sources that QGIS's providers understand."""

from __future__ import annotations

import pytest

from geopub_plugin.backend.errors import Unavailable
from geopub_plugin.publish.live_layers import LiveService, described, tms_source, wfs_source, wms_source
from geopub_plugin.publish.transport import Response

HOST = "http://127.0.0.1:8123"


def test_sources():
    assert wfs_source(f"{HOST}/wfs/ows?service=WFS&version=2.0.0&request=GetFeature&typeNames=a:b") == (
        f"pagingEnabled='true' restrictToRequestBBOX='1' typename='a:b' url='{HOST}/wfs/ows#a:b' version='auto'"
    )
    assert wms_source(f"{HOST}/wms-v/ows?service=WMS&layers=a") == (
        f"crs=EPSG:3857&format=image/png&layers=a&styles=&url={HOST}/wms-v/ows"
    )
    assert tms_source(f"{HOST}/tms/1.0.0/a/", (3, 9)) == (
        f"type=xyz&url={HOST}/tms/1.0.0/a/%7Bz%7D/%7Bx%7D/%7By%7D.pbf&zmin=3&zmax=9"
    )


def test_a_name_cannot_leave_its_quotes():
    assert "url='http://evil" not in wfs_source(f"{HOST}/wfs?typeNames=a'%20url='http://evil")


class Metadata:
    """A transport that answers with one document."""

    def __init__(self, status: int, body: bytes) -> None:
        self.answer = Response(status, {}, body)

    def send(self, request, sent=None, cancel=None):
        assert request.url == f"{HOST}/tms/1.0.0/a/metadata.json"
        return self.answer


TMS = LiveService("TMS", "A", f"{HOST}/tms/1.0.0/a")


@pytest.mark.parametrize("bounds", [b"[1, 2, 3, 4.5]", b'"1,2,3,4.5"'])
def test_tiles_state_their_levels_and_bounds(bounds):
    found = described(TMS, Metadata(200, b'{"minzoom": 2, "maxzoom": 7, "bounds": %s}' % bounds))
    assert found.levels == (2, 7) and found.bounds == (1, 2, 3, 4.5)


def test_tiles_that_do_not_answer():
    with pytest.raises(Unavailable):
        described(TMS, Metadata(404, b"{}"))
