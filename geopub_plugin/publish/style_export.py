"""Export of a layer's style: QML, which draws as QGIS does, and SLD 1.1 and 1.0 for every other client."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Tuple

from qgis.core import QgsVectorLayer
from qgis.PyQt.QtCore import QFile, QIODevice
from qgis.PyQt.QtXml import QDomDocument

from ..backend.errors import InvalidInput
from ..backend.faults import Fault, Severity
from ..backend.styles.fidelity import Fate, FidelityReport
from ..backend.styles.sld10 import to_sld10
from ..backend.translation import tr
from .sld_source import sld_source


@dataclass(frozen=True)
class ExportedStyle:
    """The files of a layer's style, and what could not be kept in them."""

    qml: Optional[Path]
    sld: Optional[Path]  # 1.1.0, as QGIS writes it
    faults: Tuple[Fault, ...] = ()
    sld10: Optional[Path] = None  # 1.0.0, which older servers and validators want
    reports: Tuple[FidelityReport, ...] = ()


def export_style(layer: QgsVectorLayer, table: str, folder: Path) -> ExportedStyle:
    """Write `folder`/<table>.qml, .sld and .1.0.sld; a format that cannot be written is a fault, not an error."""
    faults: List[Fault] = []
    qml, sld = folder / f"{table}.qml", folder / f"{table}.sld"
    message, written = layer.saveNamedStyle(str(qml))
    written = written and qml.is_file()  # QGIS does not notice every failure
    if written:
        _keep_memory_private(qml)
    else:
        faults.append(_style_fault("style.qml-failed", "QML", message))
    message = _save_sld(sld_source(layer), sld)
    if not sld.is_file():
        faults.append(_style_fault("style.sld-failed", "SLD", message))
        return ExportedStyle(qml if written else None, None, tuple(faults))
    _name_layer(sld, table)
    sld10, reports = _sld10(sld, table, _scales(layer), faults)
    return ExportedStyle(qml if written else None, sld, tuple(faults), sld10, reports)


def _save_sld(twin: QgsVectorLayer, sld: Path) -> str:
    """Write SLD 1.1.0, and return what QGIS says; what it cannot write is a comment in it, as QGIS before 3.44 does."""
    if not hasattr(twin, "exportSldStyleV3"):
        return str(twin.saveSldStyle(str(sld))[0])
    from qgis.core import QgsSldExportContext

    context = QgsSldExportContext()  # `saveSldStyle` would write nothing for the sake of one symbol layer
    document = twin.exportSldStyleV3(context)
    for error in context.errors():
        words = error.replace("--", "–")
        document.documentElement().appendChild(document.createComment(f"{words} not implemented yet"))
    _write(document, sld)
    return " ".join(context.errors())


def _sld10(
    sld: Path, table: str, scales: Tuple[float, float], faults: List[Fault]
) -> Tuple[Optional[Path], Tuple[FidelityReport, ...]]:
    """Write SLD 1.0.0 beside SLD 1.1.0, and say what it does not show."""
    try:
        content, report = to_sld10(sld.read_bytes(), table, scales)
    except InvalidInput as error:
        faults.append(Fault("style.sld-empty", Severity.WARNING, error.what, error.why, error.cure, table=table))
        return None, ()
    lost = report.of(Fate.LOST)
    if lost:
        faults.append(
            Fault(
                "style.sld-loss",
                Severity.WARNING,
                tr("The SLD does not show everything that the QGIS style shows."),
                " ".join(dict.fromkeys(finding.what for finding in lost)),
                tr("Maps drawn by GeoPub use the QGIS style and are not concerned."),
                table=table,
                count=len(lost),
            )
        )
    made = sld.with_suffix(".1.0.sld")
    made.write_bytes(content)
    return made, (report,)


def _scales(layer: QgsVectorLayer) -> Tuple[float, float]:
    """Return the smallest and the largest denominator at which a layer is drawn, 0 for no limit."""
    return (layer.maximumScale(), layer.minimumScale()) if layer.hasScaleBasedVisibility() else (0.0, 0.0)


def _style_fault(fault_id: str, style_format: str, message: str) -> Fault:
    return Fault(
        fault_id,
        Severity.WARNING,
        tr("The style could not be written as {format}.", format=style_format),
        tr("QGIS says: {message}", message=message or tr("unknown error")),
        tr("The layer is published without this format."),
    )


def _keep_memory_private(qml: Path) -> None:
    """Take out of a style, which will be public, where its layer is published."""
    document = QDomDocument()
    document.setContent(qml.read_bytes(), True)
    private = []
    for tag, name in (("Option", "name"), ("property", "key")):  # from 3.18 on, and before
        elements = document.elementsByTagName(tag)
        found = (elements.at(position).toElement() for position in range(elements.count()))
        private += [element for element in found if element.attribute(name).startswith("geopub/")]
    for element in private:
        element.parentNode().removeChild(element)
    if private:
        _write(document, qml)


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
    _write(document, sld)


def _write(document: QDomDocument, path: Path) -> None:
    file = QFile(str(path))
    if file.open(QIODevice.OpenModeFlag.WriteOnly):
        file.write(document.toByteArray(2))
        file.close()
