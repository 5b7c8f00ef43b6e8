"""What a layer's author should know before it is published."""

from __future__ import annotations

from typing import Iterator, Tuple

from qgis.core import QgsVectorLayer, QgsWkbTypes

from ..backend.faults import Fault, Severity
from ..backend.translation import tr
from .field_names import clashing


def layer_faults(layer: QgsVectorLayer) -> Tuple[Fault, ...]:
    """Return every finding about a layer, the blocking ones first."""
    if not layer.isValid():
        return (
            Fault(
                "layer.invalid",
                Severity.ERROR,
                tr("The layer “{layer}” cannot be read.", layer=layer.name()),
                tr("Its source is missing or does not answer."),
                tr("Repair the data source of the layer, then publish again."),
            ),
        )
    return (*_blocking_faults(layer), *_notes(layer))


def needs_crs(layer: QgsVectorLayer) -> bool:
    """Say whether a known coordinate reference system has to be chosen before the layer can be published."""
    crs = layer.crs()
    return not crs.isValid() or not crs.authid() or crs.authid().startswith("USER:")


def _blocking_faults(layer: QgsVectorLayer) -> Iterator[Fault]:
    if QgsWkbTypes.flatType(layer.wkbType()) == QgsWkbTypes.Type.GeometryCollection:  # not spatial, as QGIS sees it
        yield Fault(
            "layer.collections",
            Severity.ERROR,
            tr("The layer “{layer}” holds collections of geometries.", layer=layer.name()),
            tr("QGIS cannot draw points, lines and polygons in one geometry, and so cannot style them."),
            tr("Take them apart with “Extract by geometry type”, and publish what comes out."),
        )
    elif not layer.isSpatial():
        yield Fault(
            "layer.no-geometry",
            Severity.ERROR,
            tr("The layer “{layer}” has no geometry.", layer=layer.name()),
            tr("A table without geometry cannot be drawn or tiled."),
            tr("Join the table to a layer with geometry and publish that layer."),
        )
    elif layer.featureCount() == 0:
        yield Fault(
            "layer.empty",
            Severity.ERROR,
            tr("The layer “{layer}” has no feature.", layer=layer.name()),
            tr("Its filter hides all of them.") if layer.subsetString() else tr("Nothing was added to it yet."),
            tr("Change the filter.") if layer.subsetString() else tr("Add features to the layer, then publish again."),
        )


def _notes(layer: QgsVectorLayer) -> Iterator[Fault]:
    if layer.isModified():
        yield Fault(
            "layer.unsaved-edits",
            Severity.INFO,
            tr("Edits that are not saved yet will be published too."),
            cure=tr("Save or undo them first if you do not want that."),
        )
    if layer.subsetString():
        yield Fault(
            "layer.filtered",
            Severity.INFO,
            tr("Only the features that the layer's filter lets through will be published."),
            cure=tr("Remove the filter first to publish all of them."),
        )
    names = layer.fields().names()
    for position, name in clashing(names).items():
        yield Fault(
            "field.clash",
            Severity.REPAIRED,
            tr("The field “{field}” will be published as “{name}”.", field=names[position], name=name),
            tr("Another field has the same name but for capital letters, which a GeoPackage does not allow."),
        )
