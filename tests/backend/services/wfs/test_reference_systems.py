"""Reference systems on the wire."""

from __future__ import annotations

import pytest

from geopub_plugin.backend.features.schema import Srs
from geopub_plugin.backend.services.owscommon import OwsError
from geopub_plugin.backend.services.reference_systems import bounds_of, default_srs, wire_srs
from geopub_plugin.backend.services.wms.exceptions import V130
from geopub_plugin.backend.services.wms.reference_systems import reference_system


@pytest.mark.parametrize(
    ("text", "name", "y_first", "decimals"),
    [
        ("urn:ogc:def:crs:EPSG::4326", "EPSG:4326", True, 7),
        ("urn:ogc:def:crs:EPSG:6.9:4326", "EPSG:4326", True, 7),
        ("urn:x-ogc:def:crs:EPSG:4326", None, None, None),  # no version at all
        ("urn:x-ogc:def:crs:EPSG::4326", "EPSG:4326", True, 7),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", "EPSG:4326", True, 7),
        ("EPSG:4326", "EPSG:4326", False, 7),
        ("epsg:4326", "EPSG:4326", False, 7),
        ("http://www.opengis.net/gml/srs/epsg.xml#4326", "EPSG:4326", False, 7),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84", False, 7),
        ("CRS:84", "OGC:CRS84", False, 7),
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "OGC:CRS84", False, 7),
        ("urn:ogc:def:crs:EPSG::2154", "EPSG:2154", False, 3),
        ("urn:ogc:def:crs:EPSG::3857", "EPSG:3857", False, 3),
        ("urn:ogc:def:crs:EPSG::31467", "EPSG:31467", True, 3),  # Gauß-Krüger: northing first
        ("urn:ogc:def:crs:EPSG::2263", "EPSG:2263", False, 3),  # US survey feet
        ("urn:ogc:def:crs:EPSG::3031", "EPSG:3031", False, 3),  # polar, easting first
        ("urn:ogc:def:crs:EPSG::32661", "EPSG:32661", True, 3),  # polar, northing first
        ("urn:ogc:def:crs:EPSG::999999", None, None, None),
        ("EPSG:4326; DROP TABLE x", None, None, None),
        ("+proj=longlat", None, None, None),
        ("", None, None, None),
    ],
)
def test_spelling(text, name, y_first, decimals):
    if name is None:
        with pytest.raises(OwsError) as caught:
            wire_srs(text)
        assert (caught.value.code, caught.value.locator) == ("InvalidParameterValue", "srsName")
        return
    srs = wire_srs(text)
    assert (srs.text, srs.name, srs.y_first, srs.decimals) == (text, name, y_first, decimals)


@pytest.mark.parametrize("code", [4326, 2154, 31467, 3031, 32661, 2263, 5513, 5514, 3844, 2193])
def test_order_of_axes_is_where_proj_turns_them_round(code):
    import pyproj

    srs = wire_srs(f"urn:ogc:def:crs:EPSG::{code}")
    near = pyproj.CRS(code).area_of_use
    x, y = (near.west + near.east) / 2, (near.south + near.north) / 2
    xy = pyproj.Transformer.from_crs(4326, code, always_xy=True).transform(x, y)
    own = pyproj.Transformer.from_crs(pyproj.CRS("OGC:CRS84"), code).transform(x, y)
    assert own == pytest.approx(xy[::-1] if srs.y_first else xy, rel=1e-2)


@pytest.mark.parametrize("code", [4326, 2154, 31467, 32661, 5514, 5513])  # the last counts southwards, then westwards
def test_maps_are_asked_for_in_the_order_of_features(code):
    first = wire_srs(f"urn:ogc:def:crs:EPSG::{code}").y_first
    assert reference_system(f"EPSG:{code}", V130).north_first is first


def test_default_system():
    assert default_srs(Srs("EPSG", 2154, "")).text == "urn:ogc:def:crs:EPSG::2154"
    assert default_srs(Srs("", 0, "LOCAL_CS")).text == "urn:ogc:def:crs:EPSG::4326"
    assert default_srs(Srs("EPSG", 987654, "")).text == "urn:ogc:def:crs:EPSG::4326"
    assert default_srs(None).text == "urn:ogc:def:crs:EPSG::4326"


def test_bounds():
    turned = wire_srs("urn:ogc:def:crs:EPSG::4326")
    plain = wire_srs("EPSG:4326")
    assert bounds_of(["48", "2", "49", "3"], turned) == (2, 48, 3, 49)
    assert bounds_of(["2", "48", "3", "49"], plain) == (2, 48, 3, 49)
    assert bounds_of(["2", "48", "0", "3", "49", "9"], plain) == (2, 48, 3, 49)
    for wrong in (["1", "2", "3"], ["a", "2", "3", "4"], ["nan", "0", "1", "1"], ["5", "0", "1", "1"], ["inf"] * 4):
        with pytest.raises(OwsError):
            bounds_of(wrong, plain)
