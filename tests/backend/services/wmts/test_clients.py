"""The clients that people use read the tiles: GDAL, OWSLib, QGIS."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.backend.render.conftest import decoded
from tests.backend.services.seen_by_qgis import assert_france_is_shown


@pytest.mark.parametrize("document", ["/wmts?SERVICE=WMTS&REQUEST=GetCapabilities", "/wmts/1.0.0/WMTSCapabilities.xml"])
def test_gdal(address: str, document: str) -> None:
    gdal = pytest.importorskip("osgeo.gdal")
    gdal.UseExceptions()
    source = gdal.Open(f"WMTS:{address}{document},layer=countries,tilematrixset=PM,zoom_level=4")
    assert source.GetSpatialRef().GetAuthorityCode(None) == "3857"
    west, pixel, _, north, _, _ = source.GetGeoTransform()
    assert pixel == pytest.approx(40075016.6855784 / 256 / 16)
    column, row = int((-1e6 - west) / pixel), int((north - 8e6) / pixel)
    picture = source.ReadAsArray(column, row, 400, 400)
    assert picture.shape == (4, 400, 400)
    assert len(np.unique(picture.reshape(4, -1), axis=1).T) > 20


def test_owslib(address: str) -> None:
    wmts = pytest.importorskip("owslib.wmts")
    from owslib.util import ServiceException

    service = wmts.WebMapTileService(f"{address}/wmts")
    assert service.identification.type == "OGC WMTS"
    assert list(service.contents) == ["countries", "world"]
    assert set(service.tilematrixsets) == {"GoogleMapsCompatible", "PM"}
    asked = {"layer": "countries", "tilematrixset": "PM", "tilematrix": "5", "row": 11, "column": 16}
    tile = decoded(service.gettile(**asked, format="image/png").read())
    assert tile.shape == (256, 256, 4)
    with pytest.raises(ServiceException, match="never published"):
        service.gettile(**{**asked, "layer": "nope"}, style="default", format="image/png")


def test_qgis(address: str, qgis_app: Any) -> None:
    document = f"{address}/wmts?SERVICE%3DWMTS%26REQUEST%3DGetCapabilities".replace("?", "%3F")
    uri = (
        "contextualWMSLegend=0&crs=EPSG:3857&format=image/png&layers=countries&styles=plain"
        f"&tileMatrixSet=GoogleMapsCompatible&url={document}"
    )
    assert_france_is_shown(uri)
