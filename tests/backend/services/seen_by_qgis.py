"""What QGIS makes of a raster service of the world; for the tests of WMS and of WMTS."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.backend.render.conftest import pixels_of


def drawn(layer: Any) -> Any:
    """Draw Europe as a layer shows it; return the job of QGIS, which has ended."""
    from qgis.core import QgsMapRendererParallelJob, QgsMapSettings, QgsRectangle
    from qgis.PyQt.QtCore import QSize

    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(QgsRectangle(-1e6, 4e6, 3e6, 8e6))
    settings.setOutputSize(QSize(300, 300))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    return job


def assert_france_is_shown(uri: str) -> None:
    """Open a service, draw Europe, and ask for what is in the middle of France."""
    from qgis.core import QgsPointXY, QgsRaster, QgsRasterLayer, QgsRectangle

    layer = QgsRasterLayer(uri, "world", "wms")
    assert layer.isValid(), layer.error().message()
    job = drawn(layer)
    assert job.errors() == []
    assert len(np.unique(pixels_of(job.renderedImage()).reshape(-1, 4), axis=0)) > 20
    extent = QgsRectangle(-1e6, 4e6, 3e6, 8e6)
    found = layer.dataProvider().identify(
        QgsPointXY(230_000, 5_940_000), QgsRaster.IdentifyFormatFeature, extent, 300, 300
    )
    ((store,),) = found.results().values()
    assert [feature["NAME"] for feature in store.features()] == ["France"]
