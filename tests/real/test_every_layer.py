"""Every layer that QGIS makes of the real files and projects is published whole by the plugin, or refused with reasons.

Each goes the way of a person who presses *Publish* in the dialog: what the dialog refuses, it refuses in words beside a
field; what it accepts is exported, sent, served by the engine of this computer, and asked for over HTTP. What came of
each is written into build/every-layer.md.
"""

from __future__ import annotations

import math
import shutil
import sys
import time
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

import mapbox_vector_tile
import pytest
import requests

pytest.importorskip("qgis.gui")

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeatureRequest,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor, QImage

from geopub_plugin.backend.errors import GeoPubError
from geopub_plugin.backend.faults import blocking
from geopub_plugin.publish.embedded_process import EmbeddedProcess
from geopub_plugin.publish.layer_publication import LayerPublication
from geopub_plugin.publish.publication_values import PublicationResult, Refused
from geopub_plugin.publish.store_source import StoreSource
from geopub_plugin.publish.targets import this_computer
from geopub_plugin.ui.publish_dialog import PublishDialog

from ..conftest import CACHE, ROOT, SHARED_DATA
from .qgis_layers import counted, layers_of_file, open_project

TABLE = ROOT / "build" / "every-layer.md"
SHORT = ("lizmap__points_lines", "geocat__emptylayer")  # of the normal run
LEVELS = 2  # of the tiles that are made: the whole is seen on the first
SIDE = 160  # pixels of a map
SPECK = 1024  # of a tile's side: smaller shapes are generalised away
FEW = 20_000  # features, of which the extent is found out
PATIENCE = 200_000  # ms for one publication on a machine that others keep busy
WGS84 = QgsCoordinateReferenceSystem("EPSG:4326")


@dataclass
class Outcome:
    """What became of one layer."""

    origin: str
    layer: str
    features: int = 0  # as QGIS reads them
    served: Optional[int] = None  # as the WFS counts them
    map: str = ""  # what the WMS draws
    tiles: int = 0  # features in the tiles of the first level
    words: str = ""  # why it is refused
    notes: Tuple[str, ...] = field(default=())  # ids of what was mended or noted
    seconds: float = 0.0

    @property
    def row(self) -> str:
        """A row of the table."""
        told = self.words or f"WFS {self.served}, WMS {self.map}, TMS {self.tiles}"
        cells = (self.origin, self.layer, self.features, told, ", ".join(self.notes), f"{self.seconds:.1f}")
        return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _parameters() -> List[object]:
    """Return the real files and projects, told from the archives' lists so that nothing is unzipped at collection."""
    if not SHARED_DATA.is_dir():
        return [pytest.param(None, marks=pytest.mark.skip(reason="the real data of ../shared/data is not here"))]
    names = {name for archive in SHARED_DATA.glob("dev-*.zip") for name in zipfile.ZipFile(archive).namelist()}
    paths = [Path(name) for name in sorted(names) if name.endswith((".gpkg", ".qgs", ".qgz"))]
    return [
        pytest.param(
            CACHE / "data" / path,
            id=path.stem if path.suffix == ".gpkg" else f"{path.parts[1]}-{path.stem}",
            marks=[] if path.stem in SHORT else [pytest.mark.slow],
        )
        for path in paths
    ]


@pytest.fixture(scope="module")
def here(qgis_app: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreSource]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOPUB_PYTHON", sys.executable)
        process = EmbeddedProcess(tmp_path_factory.mktemp("every-layer") / "data")
        yield StoreSource(this_computer(), process)
        process.close()


@pytest.fixture(scope="module")
def table() -> Iterator[List[Outcome]]:
    """Return the list that becomes the table of what came of each layer."""
    outcomes: List[Outcome] = []
    yield outcomes
    TABLE.parent.mkdir(exist_ok=True)
    head = ("| from | layer | features | published, or why not | notes | s |", "|---|---|---:|---|---|---:|")
    TABLE.write_text("\n".join((*head, *(one.row for one in outcomes))) + "\n", "utf-8")


@pytest.mark.parametrize("file", _parameters())
def test_each_layer_is_published_whole_or_refused_with_reasons(
    file: Path, here: StoreSource, table: List[Outcome], real_data: Path, tmp_path: Path, qtbot, qgis_new_project
) -> None:
    if file.suffix == ".gpkg":
        copy = Path(shutil.copy(file, tmp_path / file.name))  # QGIS writes into what it opens
        given = ((layer, file.stem) for layer in layers_of_file(copy))
    else:
        opened = open_project(file, real_data, tmp_path)
        given = ((layer, f"{file.name} ({data})") for layer, data in opened)
    for layer, origin in given:
        begun = time.monotonic()
        outcome = Outcome(origin, layer.name(), counted(layer) if layer.isValid() else 0)
        table.append(outcome)
        try:
            publish(layer, outcome, here, qtbot)
        finally:
            outcome.seconds = time.monotonic() - begun
            if file.suffix == ".gpkg":
                sip.delete(layer)  # pytest keeps it until QGIS is gone, and GDAL's files with it


def publish(layer: QgsVectorLayer, outcome: Outcome, here: StoreSource, qtbot) -> None:
    """Publish a layer as it is proposed and look at its services, or hear why it cannot be published."""
    dialog = PublishDialog(layer, _taken(here), source=here)
    qtbot.addWidget(dialog)
    _answer(dialog)
    if not dialog.publish.isEnabled():
        outcome.words = _refusal_of(dialog)
        return
    plan = replace(dialog.plan, bottom_level=min(dialog.plan.bottom_level, dialog.plan.top_level + LEVELS - 1))
    dialog.done(0)
    ended: list = []
    publication = LayerPublication(layer, plan, here)
    publication.finished.connect(ended.append)
    publication.failed.connect(ended.append)
    steps = [""]
    publication.moved.connect(lambda _share, step: steps.append(step))
    publication.start()
    try:
        qtbot.waitUntil(lambda: bool(ended), timeout=PATIENCE)
    except TimeoutError:
        pytest.fail(f"{outcome.layer} came no further than “{steps[-1]}”: {here.last_words}")
    if isinstance(ended[0], GeoPubError):
        outcome.words = _refusal(ended[0])
        return
    result: PublicationResult = ended[0]
    urls = {url.type: url.url for url in result.urls}
    outcome.notes = tuple(dict.fromkeys(fault.id for fault in result.faults))
    outcome.served = features_served(urls["WFS"])
    assert outcome.served == outcome.features, outcome
    outcome.map = look_at_map(layer, urls["WMS"], plan.srs)
    outcome.tiles = features_in_tiles(urls["TMS"])
    assert bool(outcome.tiles) == seen_at(plan.top_level, layer, plan.srs), outcome


def _taken(here: StoreSource) -> Dict[str, str]:
    """Return to which datasheet each technical name belongs, as the panel knows it."""
    if here.address is None:
        return {}
    with here.address.open() as store:
        return {one.layer_name: sheet.name for sheet in store.datasheets.list() for one in sheet.services}


def _answer(dialog: PublishDialog) -> None:
    """Answer what the dialog asks for: another name for one that is taken, and where a layer lies."""
    title, number = dialog.title.text(), 2
    while dialog.draft.fault("layer_name") or dialog.draft.fault("title"):
        dialog.title.setText(f"{title[:90]} {number}")
        dialog.title.textEdited.emit(dialog.title.text())
        number += 1
    if dialog.crs is not None:
        assert not dialog.publish.isEnabled() and dialog.crs_fault.text()
        reach = max(map(abs, _corners(dialog.draft.layers[0].extent())))
        dialog.crs.setCrs(QgsCoordinateReferenceSystem("EPSG:4326" if reach <= 360 else "EPSG:2154"))


def _corners(box: QgsRectangle) -> Tuple[float, float, float, float]:
    corners = box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()
    return corners if all(map(math.isfinite, corners)) else (0.0, 0.0, 0.0, 0.0)


def _refusal_of(dialog: PublishDialog) -> str:
    """Return why the dialog does not publish: every reason is in sight, and says what to do."""
    reasons = blocking(dialog._faults)
    assert reasons or dialog.draft.faults
    for fault in reasons:
        assert fault.what and fault.why and fault.cure and fault.what in dialog.notes.text(), fault
    dialog.done(0)
    return " ".join((*(fault.sentence for fault in reasons), *(one.text for one in dialog.draft.faults)))


def _refusal(error: GeoPubError) -> str:
    """Return why the store does not take a layer: only for what a person alone can settle."""
    assert isinstance(error, Refused) and blocking(error.faults), error
    for fault in blocking(error.faults):
        assert fault.what and (fault.why or fault.cure), fault
    return " ".join(fault.sentence for fault in blocking(error.faults))


def features_served(url: str) -> int:
    """Return how many features the WFS has, and see that it gives the first of them."""
    answer = requests.get(f"{url}&resultType=hits", timeout=120)
    assert answer.status_code == 200, answer.text
    first = requests.get(f"{url}&count=1&outputFormat=application/json", timeout=120)
    count = int(answer.text.partition('numberMatched="')[2].partition('"')[0])
    assert len(first.json()["features"]) == min(count, 1)
    return count


def look_at_map(layer: QgsVectorLayer, url: str, srs: str) -> str:
    """Compare the published map with QGIS's own of the same place: either both show something, or both nothing."""
    crs = QgsCoordinateReferenceSystem(srs) if srs else layer.crs()
    box = _on_globe(layer, srs)
    if not box.isFinite() or box.isNull():
        return "nowhere"
    box = _square(box)
    host, _, query = url.partition("?")
    layers = next(part.partition("=")[2] for part in query.split("&") if part.lower().startswith("layers="))
    asked = {
        "service": "WMS", "version": "1.1.1", "request": "GetMap", "layers": layers, "styles": "", "srs": "EPSG:4326",
        "bbox": ",".join(map(str, _corners(box))), "width": SIDE, "height": SIDE, "format": "image/png",
    }  # fmt: skip
    answer = requests.get(host, asked, timeout=120)
    assert answer.headers["Content-Type"] == "image/png", answer.text
    there = _painted(QImage.fromData(answer.content))
    here = _painted(_drawn(layer, crs, box))
    assert bool(there) == bool(here), (layer.name(), there, here, answer.url)
    return f"{there:.0%}" if there else "nothing, as in QGIS"


def seen_at(level: int, layer: QgsVectorLayer, srs: str) -> bool:
    """Return whether tiles of a level show a layer: points always, other shapes unless all are within a speck."""
    if not any(feature.hasGeometry() and not feature.geometry().isEmpty() for feature in layer.getFeatures()):
        return False
    box = _on_globe(layer, srs)
    points = layer.geometryType() == QgsWkbTypes.GeometryType.PointGeometry
    return points or max(box.width(), box.height()) > 360 / 2**level / SPECK


def _on_globe(layer: QgsVectorLayer, srs: str) -> QgsRectangle:
    crs = QgsCoordinateReferenceSystem(srs) if srs else layer.crs()
    return QgsCoordinateTransform(crs, WGS84, QgsProject.instance()).transformBoundingBox(_extent(layer))


def _extent(layer: QgsVectorLayer) -> QgsRectangle:
    """Return where the features are: GeoPackages may state anything, the whole world for a street."""
    if layer.featureCount() > FEW:
        return layer.extent()
    box = QgsRectangle()
    for feature in layer.getFeatures(QgsFeatureRequest().setNoAttributes()):
        if feature.hasGeometry():
            box.combineExtentWith(feature.geometry().boundingBox())
    return box


def _square(box: QgsRectangle) -> QgsRectangle:
    """Return a square around a box, within the world if there is room."""
    side = max(box.width(), box.height(), 0.002) * 1.1
    middle = box.center()
    return QgsRectangle.fromCenterAndSize(middle, side, side)


def _drawn(layer: QgsVectorLayer, crs: QgsCoordinateReferenceSystem, box: QgsRectangle) -> QImage:
    """Return a layer as QGIS draws it."""
    copy = layer.clone()
    copy.setCrs(crs)
    settings = QgsMapSettings()
    settings.setLayers([copy])
    settings.setDestinationCrs(WGS84)
    settings.setTransformContext(QgsProject.instance().transformContext())
    settings.setExtent(box)
    settings.setOutputSize(QSize(SIDE, SIDE))
    settings.setBackgroundColor(QColor(255, 255, 255))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    return job.renderedImage()


def _painted(picture: QImage) -> float:
    """Return the share of pixels that are neither white nor transparent."""
    white = QColor(255, 255, 255).rgb()
    points = [picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height())]
    return sum(point.alpha() > 0 and point.rgb() != white for point in points) / len(points)


def features_in_tiles(url: str) -> int:
    """Return how many features a second decoder finds in the tiles of the first level."""
    about = requests.get(f"{url}/metadata.json", timeout=60).json()
    zoom, (west, south, east, north) = int(about["minzoom"]), about["bounds"]
    left, top = _tile(west, north, zoom)
    right, bottom = _tile(east, south, zoom)
    assert (right - left + 1) * (bottom - top + 1) <= 64, about
    found = 0
    for column in range(left, right + 1):
        for row in range(top, bottom + 1):
            tile = requests.get(f"{url}/{zoom}/{column}/{row}.pbf", timeout=60)
            assert tile.status_code in (200, 204), tile.text
            if tile.status_code == 200:
                found += sum(len(one["features"]) for one in mapbox_vector_tile.decode(tile.content).values())
    return found


def _tile(lon: float, lat: float, zoom: int) -> Tuple[int, int]:
    side = 2**zoom
    slope = math.log(math.tan(math.pi / 4 + math.radians(max(-85.05, min(85.05, lat))) / 2))
    column, row = int((lon + 180) / 360 * side), int((1 - slope / math.pi) / 2 * side)
    return max(0, min(side - 1, column)), max(0, min(side - 1, row))
