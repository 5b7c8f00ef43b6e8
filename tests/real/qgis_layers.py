"""The layers that QGIS makes of a real file or project, as when a person drops it on the map."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Iterator, List, Tuple

from osgeo import gdal
from qgis.core import (
    Qgis,
    QgsFeatureRequest,
    QgsMapLayerType,
    QgsProject,
    QgsProviderRegistry,
    QgsProviderSublayerDetails,
    QgsVectorLayer,
)

from ..looks.sample import TABLE, sample_of

# What the projects ask for, by file name, and where the same data lie among the real ones.
KNOWN = {
    "network.gpkg": "odd/qgistraining__network.gpkg",
    "emptylayer.gpkg": "odd/geocat__emptylayer.gpkg",
    "lines.geojson": "odd/lizmap__points_lines.gpkg",
    "points.geojson": "odd/lizmap__points_lines.gpkg",
}


def layers_of_file(file: Path) -> Iterator[QgsVectorLayer]:
    """Give the vector layers of a file; a table of mixed shapes is one layer a kind of shape, as QGIS offers it."""
    resolved = Qgis.SublayerQueryFlags(Qgis.SublayerQueryFlag.ResolveGeometryType)
    options = QgsProviderSublayerDetails.LayerOptions(QgsProject.instance().transformContext())
    for found in QgsProviderRegistry.instance().querySublayers(str(file), resolved):
        if found.type() == QgsMapLayerType.VectorLayer:
            layer = found.toLayer(options)
            layer.setName(found.name())
            yield layer


def open_project(file: Path, data: Path, folder: Path) -> List[Tuple[QgsVectorLayer, str]]:
    """Open a project and return its vector layers, each with where its data come from.

    Args:
        file: the project.
        data: folder of the real data.
        folder: an empty one, in which the project finds what it looks for beside itself.
    """
    copy = Path(shutil.copy(file, folder / file.name))
    _lay_beside(folder, data)
    assert QgsProject.instance().read(str(copy))
    layers = [one for one in QgsProject.instance().mapLayers().values() if isinstance(one, QgsVectorLayer)]
    layers.sort(key=lambda layer: (layer.name(), layer.id()))
    return [(layer, "its own data" if layer.isValid() else _mended(layer, folder)) for layer in layers]


def _lay_beside(folder: Path, data: Path) -> None:
    for name, origin in KNOWN.items():
        if name.endswith(".geojson"):
            table = Path(name).stem
            gdal.VectorTranslate(str(folder / name), str(data / origin), format="GeoJSON", layers=[table])
        else:
            shutil.copy(data / origin, folder / name)


def _mended(layer: QgsVectorLayer, folder: Path) -> str:
    """Give a layer whose data are not here features that its style draws, as a repaired source would; say so."""
    written = layer.originalXmlProperties()
    if "<renderer-v2" not in written:
        return "no data"
    made = folder / f"{layer.id()}.gpkg"
    sample_of(_qml(written), made)
    layer.setDataSource(f"{made}|layername={TABLE}", layer.name(), "ogr")
    return "made for its style" if layer.isValid() else "no data"


def _qml(maplayer: str) -> bytes:
    """Return a layer of a project as a style file."""
    start, end = maplayer.index("<maplayer"), maplayer.rindex("</maplayer>")
    return f"<qgis{maplayer[start + len('<maplayer') : end]}</qgis>".encode()


def counted(layer: QgsVectorLayer) -> int:
    """Return how many features QGIS reads of a layer, whatever the provider says."""
    return sum(1 for _feature in layer.getFeatures(QgsFeatureRequest().setNoAttributes()))
