"""Short marks of a layer's data, style and schema: two layers with the same marks would be published alike.

Marks are cheap, for the GUI thread makes them whenever a layer changes. That of the data is made of what the provider
says for nothing, not of the features: the table's time stamp in a GeoPackage, time and size of any other file, the
features themselves of a small memory layer. What no provider tells (databases, services) is counted while QGIS edits:
changes that others make there go unnoticed. Joined layers, virtual fields, the filter and edits not saved yet belong to
it. Marks may differ where the data do not (edits published unsaved, then saved); a change made here is never missed.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, List, Tuple

from qgis.core import (
    Qgis,
    QgsFeatureRequest,
    QgsMapLayer,
    QgsProviderRegistry,
    QgsReadWriteContext,
    QgsVectorLayer,
)
from qgis.PyQt.QtXml import QDomDocument

from ..backend.features import geopackage
from ..backend.safe_xml import Element, parse

EDITS = "geopub/edits"  # custom property: how often edits of a published layer were saved
LOOKED_AT = 2_000  # features of a memory layer, at most; larger ones are told by number and extent
_DRAWN = (
    QgsMapLayer.StyleCategory.Symbology
    | QgsMapLayer.StyleCategory.Labeling
    | QgsMapLayer.StyleCategory.Diagrams
    | QgsMapLayer.StyleCategory.Rendering
)
_SIDES = (".dbf", ".shx", "-wal")  # files beside one that change with it


@dataclass(frozen=True)
class LayerMarks:
    """What a layer was like at one moment."""

    data: str
    style: str  # starts with the version of QGIS, since each writes styles in another way
    schema: str


def marks(layer: QgsVectorLayer) -> LayerMarks:
    """Return the marks of a layer as it is now, edits not saved yet included."""
    return LayerMarks(data_mark(layer), style_mark(layer), schema_mark(layer))


def data_mark(layer: QgsVectorLayer) -> str:
    """Return a mark that changes with the features, and with what is joined to them or filtered from them."""
    return _mark(
        [
            _stamp(layer),
            layer.subsetString(),
            layer.crs().authid(),
            _unsaved(layer),
            int(layer.customProperty(EDITS, 0) or 0),
            [layer.expressionField(index) for index in range(layer.fields().count())],
            [_joined(join) for join in layer.vectorJoins()],
        ]
    )


def style_mark(layer: QgsVectorLayer) -> str:
    """Return a mark that changes with what QGIS draws."""
    document = QDomDocument()
    layer.exportNamedStyle(document, QgsReadWriteContext(), _DRAWN)
    root = parse(bytes(document.toByteArray()), doctype=True)
    return f"{_minor_version()}:{_mark(_plain(root))}"


def schema_mark(layer: QgsVectorLayer) -> str:
    """Return a mark that changes with fields, kind of geometry and reference system."""
    fields = [(field.name(), field.typeName()) for field in layer.fields()]
    return _mark([fields, int(layer.wkbType()), layer.crs().authid()])


def same_style(before: str, now: str) -> bool:
    """Tell whether two marks of styles, as far as they can be compared, are of the same style."""
    return before == now or before.partition(":")[0] != now.partition(":")[0]


def _mark(values: Any) -> str:
    return hashlib.sha256(json.dumps(values, default=str).encode()).hexdigest()[:16]


def _minor_version() -> str:
    return ".".join(Qgis.version().split(".")[:2])


def _plain(element: Element) -> List[Any]:
    """Return an element without regard to the order of attributes, which Qt shuffles, or to the version of QGIS."""
    attributes = sorted(pair for pair in element.attrib.items() if pair[0] not in ("version", "styleCategories"))
    return [element.tag, attributes, (element.text or "").strip(), [_plain(child) for child in element]]


def _stamp(layer: QgsVectorLayer) -> Any:
    """Return what the provider says about the state of its data, None for one that says nothing."""
    if layer.providerType() == "memory":
        return _memory_stamp(layer)
    stated = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    path = Path(str(stated.get("path") or ""))
    if not path.is_file():
        return None
    if path.suffix.lower() == ".gpkg":
        return _geopackage_stamp(path, str(stated.get("layerName") or ""))
    beside = [path, *(path.with_suffix(side) if side[0] == "." else Path(f"{path}{side}") for side in _SIDES)]
    return [(file.stat().st_mtime_ns, file.stat().st_size) for file in beside if file.is_file()]


def _geopackage_stamp(path: Path, table: str) -> Any:
    """Return when a table was last changed: the file's own time changes when QGIS merely opens it."""
    sql = "SELECT table_name, last_change FROM gpkg_contents WHERE lower(table_name) = lower(?) OR ? = '' ORDER BY 1"
    try:
        with closing(geopackage.connect(path)) as connection:
            return connection.execute(sql, (table, table)).fetchall()
    except sqlite3.Error:  # of a file that is being written, or is damaged: publishing will tell
        return None


def _memory_stamp(layer: QgsVectorLayer) -> Any:
    provider = layer.dataProvider()
    count = provider.featureCount()
    if count > LOOKED_AT:
        return [count, layer.extent().toString(6)]
    digest = hashlib.sha256()
    for feature in provider.getFeatures(QgsFeatureRequest()):
        values = [str(value) for value in feature.attributes()]
        digest.update(repr((feature.id(), values)).encode())
        digest.update(bytes(feature.geometry().asWkb()))
    return digest.hexdigest()


def _unsaved(layer: QgsVectorLayer) -> Tuple[int, ...]:
    buffer = layer.editBuffer()
    if buffer is None or not layer.isModified():
        return ()
    changed = (buffer.addedFeatures(), buffer.deletedFeatureIds(), buffer.changedAttributeValues())
    return (*(len(part) for part in changed), len(buffer.changedGeometries()), layer.undoStack().index())


def _joined(join: Any) -> Any:
    other = join.joinLayer()
    stamp = _stamp(other) if isinstance(other, QgsVectorLayer) else None
    edits = int(other.customProperty(EDITS, 0) or 0) if other is not None else 0
    names = join.joinFieldNamesSubset() or []
    return [join.joinLayerId(), join.joinFieldName(), join.targetFieldName(), list(names), join.prefix(), stamp, edits]
