"""The clients that people use read the service: GDAL, OWSLib, QGIS."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest

from tests.backend.render.conftest import decoded
from tests.backend.services.seen_by_qgis import assert_france_is_shown, drawn

EUROPE = (-10, 35, 30, 65)


def gdal_map(address: str, layer: str) -> str:
    parameters = {
        "SERVICE": "WMS",
        "VERSION": "1.3.0",
        "REQUEST": "GetMap",
        "LAYERS": layer,
        "CRS": "EPSG:3857",
        "BBOX": "-1000000,4000000,3000000,8000000",
        "FORMAT": "image/png",
        "OVERVIEWCOUNT": "2",
        "RESOLUTION": "10000",
    }
    return f"WMS:{address}?{urlencode(parameters, safe=':,/')}"


def test_gdal_lists_and_reads(address: str) -> None:
    gdal = pytest.importorskip("osgeo.gdal")
    gdal.UseExceptions()
    listed = gdal.Open(f"WMS:{address}").GetSubDatasets()
    assert [title for _name, title in listed] == ["Pays & états", "World"]
    picture = gdal.Open(gdal_map(address, "countries")).ReadAsArray(0, 0, 400, 400)
    assert picture.shape == (3, 400, 400)
    assert len(np.unique(picture.reshape(3, -1), axis=1).T) > 20


def test_gdal_shows_the_message(address: str) -> None:
    gdal = pytest.importorskip("osgeo.gdal")
    gdal.UseExceptions()
    with pytest.raises(RuntimeError, match="There is no layer “nope”"):
        gdal.Open(gdal_map(address, "nope")).ReadAsArray(0, 0, 400, 400)


@pytest.mark.parametrize("version", ["1.1.1", "1.3.0"])
def test_owslib(address: str, version: str) -> None:
    wms = pytest.importorskip("owslib.wms")
    from owslib.util import ServiceException

    service = wms.WebMapService(address, version=version)
    assert service.identification.title == "Cartes & plans <test>"
    assert list(service.contents) == ["countries", "world"]
    assert service["countries"].boundingBoxWGS84 == (-180.0, -90.0, 180.0, 83.64)
    assert {"GetMap", "GetFeatureInfo"} <= {operation.name for operation in service.operations}
    view = {"layers": ["countries"], "srs": "EPSG:4326", "bbox": EUROPE, "size": (200, 150), "format": "image/png"}
    assert decoded(service.getmap(**view).read()).shape == (150, 200, 4)
    found = service.getfeatureinfo(
        **view,
        query_layers=["countries"],
        info_format="text/plain",
        xy=(60, 90),  # 47°N, 2°E
    )
    assert b"France" in BytesIO(found.read()).getvalue()
    with pytest.raises(ServiceException, match="There is no layer"):
        service.getmap(**{**view, "layers": ["nope"]})


def test_qgis(address: str, qgis_app: Any) -> None:
    assert_france_is_shown(
        f"contextualWMSLegend=0&crs=EPSG:3857&format=image/png&layers=countries&styles=&url={address}"
    )


def test_qgis_shows_the_message(address: str, qgis_app: Any, qtbot: Any) -> None:
    from qgis.core import QgsApplication, QgsRasterLayer

    uri = f"contextualWMSLegend=0&crs=EPSG:3857&format=image/png&layers=countries&styles=nope&url={address}"
    said = []
    QgsApplication.messageLog().messageReceived.connect(lambda text, *_rest: said.append(text))
    drawn(QgsRasterLayer(uri, "world", "wms"))
    qtbot.waitUntil(lambda: any("has no style “nope”" in text for text in said), timeout=5000)
