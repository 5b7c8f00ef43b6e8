"""Export of a layer's style: QML, which draws as QGIS does, and SLD for every other client."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Tuple

from qgis.core import QgsVectorLayer
from qgis.PyQt.QtCore import QFile, QIODevice
from qgis.PyQt.QtXml import QDomDocument

from ..backend.faults import Fault, Severity
from ..backend.translation import tr


@dataclass(frozen=True)
class ExportedStyle:
    """The files of a layer's style, and what could not be kept in them."""

    qml: Optional[Path]
    sld: Optional[Path]
    faults: Tuple[Fault, ...] = ()


def export_style(layer: QgsVectorLayer, table: str, folder: Path) -> ExportedStyle:
    """Write `folder`/<table>.qml and .sld; a format that QGIS cannot write is a fault, not an error."""
    faults: List[Fault] = []
    qml, sld = folder / f"{table}.qml", folder / f"{table}.sld"
    message, written = layer.saveNamedStyle(str(qml))
    written = written and qml.is_file()  # QGIS does not notice every failure
    if not written:
        faults.append(_style_fault("style.qml-failed", "QML", message))
    message, sld_written = layer.saveSldStyle(str(sld))
    sld_written = sld_written and sld.is_file()
    if not sld_written:
        faults.append(_style_fault("style.sld-failed", "SLD", message))
    else:
        _name_layer(sld, table)
        if "not implemented yet" in sld.read_text(encoding="utf-8"):
            faults.append(
                Fault(
                    "style.sld-loss",
                    Severity.WARNING,
                    tr("The SLD does not show everything that the QGIS style shows."),
                    tr("SLD has no equivalent for some symbols of this layer."),
                    tr("Maps drawn by GeoPub use the QGIS style and are not concerned."),
                    table=table,
                )
            )
    return ExportedStyle(qml if written else None, sld if sld_written else None, tuple(faults))


def _style_fault(fault_id: str, style_format: str, message: str) -> Fault:
    return Fault(
        fault_id,
        Severity.WARNING,
        tr("The style could not be written as {format}.", format=style_format),
        tr("QGIS says: {message}", message=message or tr("unknown error")),
        tr("The layer is published without this format."),
    )


def _name_layer(sld: Path, table: str) -> None:
    """Name the SLD's layer like the table: QGIS writes the layer's title, with spaces and accents."""
    document = QDomDocument()
    document.setContent(sld.read_bytes(), True)
    named_layers = document.elementsByTagName("NamedLayer")
    for position in range(named_layers.count()):
        name = named_layers.at(position).firstChildElement("Name")
        if name.isNull():
            name = named_layers.at(position).firstChildElement("se:Name")
        name.firstChild().setNodeValue(table)
    file = QFile(str(sld))
    if file.open(QIODevice.OpenModeFlag.WriteOnly):
        file.write(document.toByteArray(2))
        file.close()
